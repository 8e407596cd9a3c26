//! The teacher's room: the list is the hero, and one control asks for hands.

use call::STUDENTS_MAY_CALL;
use classroom::ASK_ANYTIME;
use leptos::prelude::*;
use signaling::UserId;

use super::call::CallButtons;
use super::clock::{Countdown, Since};
use super::lists::{Away, HandMark, List, More, NameOf, Row, rows};
use super::text::Text;
use super::{Confirm, Heading, Live, Notice, Question, Tap};

/// The teacher's room. Its children are how students come in.
#[component]
pub fn TeacherRoom(
    /// The question that was typed and not taken.
    question: String,
    /// How students come in.
    children: Children,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let here = move || format!("{} here", live.students_online());
    view! {
        <Heading>
            <p class="head-count">
                <Text words=here />
            </p>
            <ClassMenu />
        </Heading>
        <main class="board">
            <Notice />
            {children()}
            <Asking question />
            <Hands />
            <div class="beside">
                <Speaking />
                <Silent />
                <Here />
            </div>
        </main>
    }
}

/// The question that is asked, and the next one, which can be typed meanwhile.
#[component]
fn Asking(question: String) -> impl IntoView {
    let live = expect_context::<Live>();
    let group = live.group.with_untracked(|group| group.id);
    let round = Memo::new(move |_| live.lesson.with(|lesson| lesson.round_now().cloned()));
    let asked = move || {
        round.get().map(|round| {
            let state =
                if round.first { "Asking: the first hand takes it" } else { "Asking for hands" };
            view! {
                <div class="asked">
                    <div class="grow">
                        <p class="hint">
                            <Text words=move || state.to_owned() />
                        </p>
                        {round.question.map(|words| view! { <Question words /> })}
                    </div>
                    {round
                        .expires_at
                        .map(|until| view! { <Countdown since=round.since until /> })}
                    <Tap deed="stopAsking" class="primary" words="Stop asking" />
                </div>
            }
        })
    };
    view! {
        <section class="asking" aria-label="Ask for hands">
            {asked}
            <form
                class="ask"
                class:next=move || round.with(Option::is_some)
                method="post"
                action=crate::actions::ACT
            >
                <input type="hidden" name="group" value=group.to_string() />
                <input type="hidden" name="deed" value="ask" />
                <div class="field grow">
                    <label for="question">"Question, if you like"</label>
                    <input
                        id="question"
                        name="question"
                        value=question
                        maxlength="500"
                        autocomplete="off"
                        data-once=""
                    />
                </div>
                <div class="field">
                    <label for="limit">"Time"</label>
                    <select id="limit" name="limit">
                        <option value="">"no limit"</option>
                        <option value="10">"10 seconds"</option>
                        <option value="30">"30 seconds"</option>
                        <option value="60">"1 minute"</option>
                        <option value="180">"3 minutes"</option>
                        <option value="600">"10 minutes"</option>
                    </select>
                </div>
                <label class="check">
                    <input type="checkbox" name="first" value="yes" />
                    "First hand takes it"
                </label>
                <button class="primary">"Ask for hands"</button>
            </form>
        </section>
    }
}

#[component]
fn Hands() -> impl IntoView {
    let live = expect_context::<Live>();
    let count = move || live.count(List::Hands);
    view! {
        <section class="raised" aria-labelledby="raised-title">
            <div class="count-line">
                <h2 id="raised-title" class="count" class:some=move || { count() > 0 }>
                    <HandMark />
                    <span class="unseen">"Raised hands: "</span>
                    <strong>
                        <Text words=move || count().to_string() />
                    </strong>
                    <span class="of">
                        <Text words=move || format!("of {}", live.students()) />
                    </span>
                </h2>
                <Show when=move || { count() > 1 }>
                    <Tap deed="lowerAll" class="bare" words="Lower all" />
                </Show>
            </div>
            <Show when=move || count() == 0>
                <p class="nobody">"No hands are up."</p>
            </Show>
            <ol class="hands" start=live.from(List::Hands) + 1>
                {rows(move || live.hands(), |hand| view! { <HandRow hand /> })}
            </ol>
            <More list=List::Hands />
        </section>
    }
}

#[component]
fn HandRow(hand: Row) -> impl IntoView {
    let live = expect_context::<Live>();
    let user = hand.user;
    let is_new = hand.seq > live.first_seq;
    let is_invited = Memo::new(move |_| live.lesson.with(|lesson| lesson.invited(user).is_some()));
    let about = move |words: &'static str| format!("{words}: {}", live.name_of(user));
    view! {
        <li class="hand" class:new=is_new>
            <NameOf user />
            <Away user />
            <Since moment=hand.since />
            <span class="row-actions">
                <Show
                    when=move || is_invited.get()
                    fallback=move || {
                        view! {
                            <Tap deed="callOn" who=user class="primary" label=about("Invite to speak") words="Invite to speak" />
                        }
                    }
                >
                    <span class="waiting">"invited…"</span>
                </Show>
                <Tap deed="lower" who=user class="bare" label=about("Lower") words="Lower" />
            </span>
        </li>
    }
}

#[component]
fn Silent() -> impl IntoView {
    let live = expect_context::<Live>();
    let is_any = move || live.count(List::Invited) > 0;
    view! {
        <Show when=is_any>
            <section class="silent" aria-labelledby="silent-title">
                <h2 id="silent-title">"Invited to speak"</h2>
                <ul>
                    {rows(
                        move || live.invited(),
                        move |invited| {
                            view! {
                                <li class="line">
                                    <NameOf user=invited.user />
                                    <Away user=invited.user />
                                    <Since moment=invited.since />
                                    <Tap
                                        deed="cancelCall"
                                        who=invited.user
                                        label=format!("Cancel: {}", live.name_of(invited.user))
                                        words="Cancel"
                                    />
                                </li>
                            }
                        },
                    )}
                </ul>
                <More list=List::Invited />
            </section>
        </Show>
    }
}

#[component]
fn Speaking() -> impl IntoView {
    let live = expect_context::<Live>();
    let nobody = move || live.lesson.with(|lesson| lesson.speaking.is_empty());
    view! {
        <section class="floor" aria-labelledby="floor-title">
            <h2 id="floor-title">"Speaking"</h2>
            <Show when=nobody>
                <p class="nobody">"Nobody is speaking."</p>
            </Show>
            <ul class="speaking">
                {rows(
                    move || live.speaking(),
                    move |turn| {
                        view! {
                            <li class="turn line">
                                <NameOf user=turn.user />
                                <Away user=turn.user />
                                <Since moment=turn.since />
                                <Tap
                                    deed="endTurn"
                                    who=turn.user
                                    class="primary"
                                    label=format!("End turn: {}", live.name_of(turn.user))
                                    words="End turn"
                                />
                            </li>
                        }
                    },
                )}
            </ul>
            <More list=List::Speaking />
        </section>
    }
}

#[component]
fn Here() -> impl IntoView {
    let live = expect_context::<Live>();
    let chip = |row: Row| view! { <MemberChip user=row.user is_teacher=row.seq == 1 /> };
    view! {
        <section class="here" aria-labelledby="here-title">
            <h2 id="here-title">
                "Here "
                <span class="hint">
                    <Text words=move || format!("{} joined", live.students()) />
                </span>
            </h2>
            <ul class="members">{rows(move || live.here(), chip)}</ul>
            <More list=List::Here />
        </section>
    }
}

#[component]
fn MemberChip(user: UserId, is_teacher: bool) -> impl IntoView {
    let live = expect_context::<Live>();
    let is_online = move || live.is_online(user);
    let status = move || if is_online() { "connected" } else { "not connected" };
    let (id, title_id) = (format!("member-{user}"), format!("member-{user}-name"));
    let (opens, closes, labelled_by) = (id.clone(), id.clone(), title_id.clone());
    let in_dialog = id.clone();
    let is_me = user == live.me;
    let name = live.name_of(user);
    view! {
        <li>
            <button class="chip" type="button" popovertarget=opens class:away=move || !is_online()>
                <span class="dot" aria-hidden="true"></span>
                <NameOf user />
                {is_teacher.then(|| view! { <span class="hint">"teacher"</span> })}
                <span class="unseen">
                    <Text words=move || format!(", {}", status()) />
                </span>
            </button>
            <div id=id class="dialog" popover="auto" role="dialog" aria-labelledby=labelled_by>
                <h3 id=title_id>
                    <bdi translate="no">{name}</bdi>
                </h3>
                {if is_me {
                    view! { <p>"This is you."</p> }.into_any()
                } else if is_teacher {
                    view! {
                        <p>"A teacher of this class, like you."</p>
                        <div class="choices">
                            <CallButtons who=user dialog=in_dialog.clone() />
                        </div>
                        <div class="choices">
                            <Tap deed="makeStudent" who=user words="Make a student" />
                            <Tap deed="remove" who=user class="destroys" words="Remove from class" />
                        </div>
                    }
                        .into_any()
                } else {
                    view! {
                        <div class="choices">
                            <Tap deed="callOn" who=user class="primary" words="Invite to speak" />
                            <Tap deed="makeTeacher" who=user words="Make a co-teacher" />
                        </div>
                        <div class="choices">
                            <CallButtons who=user dialog=in_dialog.clone() />
                        </div>
                        <p class="warning">
                            "Removing takes them off every list and closes the class on their phone. "
                            "They can join again with the code, unless the class is locked."
                        </p>
                        <div class="choices">
                            <button class="quiet" type="button" popovertarget=closes popovertargetaction="hide">
                                "Keep"
                            </button>
                            <Tap deed="remove" who=user class="destroys" words="Remove from class" />
                        </div>
                    }
                        .into_any()
                }}
            </div>
        </li>
    }
}

/// What concerns the class as a whole.
#[component]
fn ClassMenu() -> impl IntoView {
    let live = expect_context::<Live>();
    let settings = Memo::new(move |_| live.group.with(|group| group.settings.clone()));
    let history = live.group.with_untracked(|group| format!("/class/{}/history", group.id));
    view! {
        <button class="quiet" type="button" popovertarget="class-menu">
            "Class"
        </button>
        <div id="class-menu" class="dialog menu" popover="auto" role="dialog" aria-label="Class">
            {choice(
                move || settings.with(|it| it.is_on(ASK_ANYTIME)),
                ["closeFloor", "Students may raise a hand at any time.", "Only when I ask"],
                ["openFloor", "Hands go up only when you ask.", "Allow at any time"],
            )}
            {choice(
                move || settings.with(|it| it.locked),
                ["unlock", "The class is locked: nobody new can join.", "Unlock the class"],
                ["lock", "Anybody with the code can join.", "Lock the class"],
            )}
            {choice(
                move || settings.with(|it| it.is_on(STUDENTS_MAY_CALL)),
                ["forbidCalls", "Students may call you, one at a time.", "No calls from students"],
                ["allowCalls", "Students cannot call you.", "Let students call me"],
            )}
            <p>"Who raised a hand, who spoke, and for how long."</p>
            <a class="button quiet" href=history>
                "What happened in class"
            </a>
            <p>"Teach from another device as well."</p>
            <Tap deed="handOver" plain=true words="Another device" />
            <p>"Leave the class to your co-teacher, or end it for everybody."</p>
            <div class="choices">
                <Confirm
                    id="leave"
                    opens="Leave"
                    class="quiet"
                    title="Leave the class?"
                    means="It goes on with your co-teacher. You can come back with the code, as a student."
                    keep="Stay"
                    deed="leave"
                    does="Leave"
                />
                <Confirm
                    id="end-class"
                    opens="End the class"
                    class="destroys"
                    title="End the class?"
                    means="Every hand comes down, every turn ends, and the class closes on every phone. It cannot be opened again."
                    keep="Keep going"
                    deed="endClass"
                    does="End the class"
                />
            </div>
        </div>
    }
}

/// How something is set, and the way to set it otherwise: for each the deed, how it is now, and the
/// words on the button.
fn choice(
    is_so: impl Fn() -> bool + Send + Sync + 'static,
    so: [&'static str; 3],
    not_so: [&'static str; 3],
) -> AnyView {
    let is_so = Memo::new(move |_| is_so());
    let now = move || {
        let [deed, state, words] = if is_so.get() { so } else { not_so };
        view! {
            <p>
                <Text words=move || state.to_owned() />
            </p>
            <Tap deed words />
        }
    };
    now.into_any()
}
