//! The teacher's room: the list is the hero, and one control asks for hands.

use leptos::prelude::*;
use signaling::UserId;

use super::call::CallButtons;
use super::clock::{Countdown, Since};
use super::lists::{HandMark, List, More, NameOf, Row, rows};
use super::{Confirm, Heading, Live, Notice, Tap};

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
            <p class="head-count">{here}</p>
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

#[component]
fn Asking(question: String) -> impl IntoView {
    let live = expect_context::<Live>();
    let group = live.group.with_untracked(|group| group.id);
    let round = Memo::new(move |_| live.lesson.with(|lesson| lesson.round_now().cloned()));
    let form = move |question: String| {
        view! {
            <form class="ask" method="post" action=crate::actions::ACT>
                <input type="hidden" name="group" value=group.to_string() />
                <input type="hidden" name="deed" value="ask" />
                <div class="field grow">
                    <label for="question">"Question, if you like"</label>
                    <input id="question" name="question" value=question maxlength="500" autocomplete="off" />
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
        }
    };
    view! {
        <section class="asking" aria-label="Ask for hands">
            {move || match round.get() {
                None => form(question.clone()).into_any(),
                Some(round) => {
                    let words = round.question.clone();
                    view! {
                        <div class="asked">
                            <div class="grow">
                                <p class="hint">
                                    {if round.first {
                                        "Asking: the first hand takes it"
                                    } else {
                                        "Asking for hands"
                                    }}
                                </p>
                                {words
                                    .map(|words| {
                                        view! {
                                            <p class="words">
                                                <bdi>{words}</bdi>
                                            </p>
                                        }
                                    })}
                            </div>
                            {round
                                .expires_at
                                .map(|until| view! { <Countdown since=round.since until /> })}
                            <Tap deed="stopAsking" class="primary">
                                "Stop asking"
                            </Tap>
                        </div>
                    }
                        .into_any()
                }
            }}
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
                    <strong>{count}</strong>
                    <span class="of">{move || format!("of {}", live.students())}</span>
                </h2>
                <Show when=move || { count() > 1 }>
                    <Tap deed="lowerAll" class="bare">
                        "Lower all"
                    </Tap>
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
            <Since moment=hand.since />
            <span class="row-actions">
                <Show
                    when=move || is_invited.get()
                    fallback=move || {
                        view! {
                            <Tap deed="callOn" who=user class="primary" label=about("Invite to speak")>
                                "Invite to speak"
                            </Tap>
                        }
                    }
                >
                    <span class="waiting">"invited…"</span>
                </Show>
                <Tap deed="lower" who=user class="bare" label=about("Lower")>
                    "Lower"
                </Tap>
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
                                    <Since moment=invited.since />
                                    <Tap
                                        deed="cancelCall"
                                        who=invited.user
                                        label=format!("Cancel: {}", live.name_of(invited.user))
                                    >
                                        "Cancel"
                                    </Tap>
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
                                <Since moment=turn.since />
                                <Tap
                                    deed="endTurn"
                                    who=turn.user
                                    class="primary"
                                    label=format!("End turn: {}", live.name_of(turn.user))
                                >
                                    "End turn"
                                </Tap>
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
                <span class="hint">{move || format!("{} joined", live.students())}</span>
            </h2>
            <ul class="members">{rows(move || live.here(), chip)}</ul>
            <More list=List::Here />
        </section>
    }
}

#[component]
fn MemberChip(user: UserId, is_teacher: bool) -> impl IntoView {
    let live = expect_context::<Live>();
    let is_online = move || live.online.with(|online| online.contains(&user));
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
                <span class="unseen">{move || format!(", {}", status())}</span>
            </button>
            <div id=id class="dialog" popover="auto" role="dialog" aria-labelledby=labelled_by>
                <h3 id=title_id>
                    <bdi>{name}</bdi>
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
                            <Tap deed="makeStudent" who=user>
                                "Make a student"
                            </Tap>
                            <Tap deed="remove" who=user class="destroys">
                                "Remove from class"
                            </Tap>
                        </div>
                    }
                        .into_any()
                } else {
                    view! {
                        <div class="choices">
                            <Tap deed="callOn" who=user class="primary">
                                "Invite to speak"
                            </Tap>
                            <Tap deed="makeTeacher" who=user>
                                "Make a co-teacher"
                            </Tap>
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
                            <Tap deed="remove" who=user class="destroys">
                                "Remove from class"
                            </Tap>
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
    let settings = Memo::new(move |_| live.group.with(|group| group.settings));
    let history = live.group.with_untracked(|group| format!("/class/{}/history", group.id));
    view! {
        <button class="quiet" type="button" popovertarget="class-menu">
            "Class"
        </button>
        <div id="class-menu" class="dialog menu" popover="auto" role="dialog" aria-label="Class">
            {move || {
                if settings.get().ask_anytime {
                    view! {
                        <p>"Students may raise a hand at any time."</p>
                        <Tap deed="closeFloor">"Only when I ask"</Tap>
                    }
                        .into_any()
                } else {
                    view! {
                        <p>"Hands go up only when you ask."</p>
                        <Tap deed="openFloor">"Allow at any time"</Tap>
                    }
                        .into_any()
                }
            }}
            {move || {
                if settings.get().locked {
                    view! {
                        <p>"The class is locked: nobody new can join."</p>
                        <Tap deed="unlock">"Unlock the class"</Tap>
                    }
                        .into_any()
                } else {
                    view! {
                        <p>"Anybody with the code can join."</p>
                        <Tap deed="lock">"Lock the class"</Tap>
                    }
                        .into_any()
                }
            }}
            {move || {
                if settings.get().students_may_call {
                    view! {
                        <p>"Students may call you, one at a time."</p>
                        <Tap deed="forbidCalls">"No calls from students"</Tap>
                    }
                        .into_any()
                } else {
                    view! {
                        <p>"Students cannot call you."</p>
                        <Tap deed="allowCalls">"Let students call me"</Tap>
                    }
                        .into_any()
                }
            }}
            <p>"Who raised a hand, who spoke, and for how long."</p>
            <a class="button quiet" href=history>
                "What happened in class"
            </a>
            <p>"Teach from another device as well."</p>
            <Tap deed="handOver" plain=true>
                "Another device"
            </Tap>
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
