//! A person in the class, and what a teacher can do about them.

use leptos::prelude::*;
use signaling::UserId;

use super::floor::speaks;
use super::limit::limit_of_turn;
use crate::room::action::RoomAction;
use crate::room::call::CallButtons;
use crate::room::changing::While;
use crate::room::icon::HAND;
use crate::room::lists::NameOf;
use crate::room::live::Live;
use crate::room::portion::List;
use crate::room::reactive::Derived;
use crate::room::tap::Tap;
use crate::room::text::Text;
use crate::ui::confirm::Confirm;
use crate::words::room as words;

/// The id of the sheet that people are listed in, which their own dialogs are opened from. With it go
/// these: who begins a call wants to see the room.
pub const CLASS: &str = "class-panel";

/// How a person stands.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stand {
    /// The place of their hand, from 1.
    hand: Option<usize>,
    speaks: bool,
    is_online: bool,
}

impl Stand {
    fn of(live: Live, user: UserId) -> Self {
        let hand = live.lesson.with(|it| it.hands.iter().position(|hand| hand.user == user));
        let (speaks, is_online) = (speaks(live, user), live.is_online(user));
        Self { hand: hand.map(|place| place + 1), speaks, is_online }
    }

    /// What the row says.
    fn words(self) -> &'static str {
        match self {
            Self { speaks: true, .. } => words::speaks(),
            Self { hand: Some(_), .. } => words::has_hand_up(),
            Self { is_online: false, .. } => words::not_connected(),
            _ => "",
        }
    }

    /// The same in a sentence, and whether they are connected.
    fn sentence(self, live: Live) -> String {
        let connected = if self.is_online { words::is_connected() } else { words::not_connected() };
        match self {
            Self { speaks: true, .. } => words::stands_so(words::speaks(), connected),
            Self { hand: Some(place), .. } => {
                words::hand_up_at(place, live.count(List::Hands), connected)
            }
            _ => words::stands_so(words::hand_down(), connected),
        }
    }
}

/// A row of the sheet, and the dialog behind it.
#[component]
pub fn MemberRow(user: UserId, is_teacher: bool) -> impl IntoView {
    let live = expect_context::<Live>();
    let stand = Derived::new(move |_| Stand::of(live, user));
    let (id, title_id) = (format!("member-{user}"), format!("member-{user}-name"));
    let (opens, labelled_by) = (id.clone(), title_id.clone());
    let name = live.name_of(user);
    let deeds = if user == live.me {
        view! { <p>{words::this_is_you()}</p> }.into_any()
    } else if is_teacher {
        of_teacher(user, &name, &id)
    } else {
        of_student(live, user, &name, &id, stand)
    };
    let state = move || stand.get().words().to_owned();
    let away = move || stand.with(|it| it.words() == words::not_connected()).then_some("true");
    let status = move || {
        let is_online = stand.get().is_online;
        let words =
            if is_online { words::status_connected() } else { words::status_not_connected() };
        words.to_owned()
    };
    // The page of a part of a large class is kept small.
    let has_hand = move || live.is_whole() && !is_teacher && !stand.get().speaks;
    let hand = move || has_hand().then(|| hand_of(live, user, stand));
    view! {
        <li>
            <button class="member" type="button" popovertarget=opens class:away=move || !stand.get().is_online>
                <NameOf user />
                <span class="hint" aria-hidden=away>
                    {if is_teacher {
                        words::teacher().into_any()
                    } else {
                        view! { <Text words=state /> }.into_any()
                    }}
                </span>
                <span class="unseen">
                    <Text words=status />
                </span>
            </button>
            {hand}
            <div id=id class="dialog" popover="auto" role="dialog" aria-labelledby=labelled_by>
                <h3 id=title_id>
                    <bdi translate="no">{name}</bdi>
                </h3>
                {deeds}
            </div>
        </li>
    }
}

/// The button that raises or lowers somebody's hand for them, in the order of the presses.
fn hand_of(live: Live, user: UserId, stand: Derived<Stand>) -> AnyView {
    let name = live.name_of(user);
    let is_up = Derived::new(move |_| stand.get().hand.is_some());
    let button = move || {
        if is_up.get() {
            let label = words::about(words::lower(), &name);
            view! { <Tap action=RoomAction::Lower who=user class="icon raised-for" label icon=HAND whom=name.clone() stays=true words=words::lower() /> }
                .into_any()
        } else {
            let label = words::about(words::raise_hand(), &name);
            view! { <Tap action=RoomAction::RaiseFor who=user class="icon" label icon=HAND whom=name.clone() stays=true words=words::raise_hand() /> }
                .into_any()
        }
    };
    button.into_any()
}

fn of_student(live: Live, user: UserId, name: &str, id: &str, stand: Derived<Stand>) -> AnyView {
    let has_hand = move || stand.get().hand.is_some();
    let about = words::about(words::lower(), name);
    let share = Derived::new(move |_| {
        let share = live.tally.with(|tally| tally.share(user).copied());
        let share = share.filter(|share| share.hands + share.turns > 0);
        share.map(|share| words::hands_and_turns(share.hands, share.turns))
    });
    view! {
        <p>
            <Text words=move || stand.get().sentence(live) />
        </p>
        {move || share.get().map(|words| view! { <p class="hint">{words}</p> })}
        {move || stand.get().speaks.then(|| limit_of_turn(live, user))}
        <div class="choices">
            <While so=move || !stand.get().speaks>
                <Tap action=RoomAction::CallOn who=user words=words::invite() />
            </While>
            <While so=has_hand>
                <Tap action=RoomAction::Lower who=user label=about.clone() words=words::lower() />
            </While>
            <CallButtons who=user dialog=CLASS.to_owned() />
        </div>
        {more_deeds(
            user,
            name,
            id,
            RoomAction::MakeTeacher,
            words::make_co_teacher(),
            [words::co_teacher_title(name), words::co_teacher_means(name)],
        )}
    }
    .into_any()
}

fn of_teacher(user: UserId, name: &str, id: &str) -> AnyView {
    view! {
        <p>{words::teacher_like_you()}</p>
        <div class="choices">
            <CallButtons who=user dialog=CLASS.to_owned() />
        </div>
        {more_deeds(
            user,
            name,
            id,
            RoomAction::MakeStudent,
            words::make_student(),
            [words::student_title(name), words::student_means(name)],
        )}
    }
    .into_any()
}

/// What is seldom done about somebody: to give them the other role, which is asked about with this
/// title and these words, and to remove them.
fn more_deeds(
    user: UserId,
    name: &str,
    id: &str,
    action: RoomAction,
    does: &'static str,
    [title, means]: [String; 2],
) -> AnyView {
    view! {
        <details class="more-deeds">
            <summary>{words::more()}</summary>
            <div class="choices">
                <Confirm id=format!("{id}-role") opens=does class="quiet" title means keep=words::not_now()>
                    <Tap action who=user class="destroys" words=does />
                </Confirm>
                {removes(user, name, id)}
            </div>
        </details>
    }
    .into_any()
}

fn removes(user: UserId, name: &str, id: &str) -> AnyView {
    view! {
        <Confirm
            id=format!("{id}-remove")
            opens=words::remove()
            class="quiet ends"
            title=words::remove_title(name)
            means=words::removing()
            keep=words::keep()
        >
            <Tap action=RoomAction::Remove who=user class="destroys" words=words::remove() />
        </Confirm>
    }
    .into_any()
}
