//! The student's room: one thing at a time, for a thumb.

use classroom::{Round, Standing};
use leptos::prelude::*;

use super::action::RoomAction;
use super::call::CallTeachers;
use super::clock::{Countdown, Since};
use super::heading::Heading;
use super::lists::{HandsForAll, SpeakingForAll};
use super::live::Live;
use super::notice::Notice;
use super::tap::Tap;
use super::text::{Question, Text};
use super::words::standing_words;
use crate::ui::confirm::Confirm;
use crate::words::room as words;

/// What can be done right now; it changes only when something else can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Answer,
    Raise,
    Lower,
    Floor,
    Done,
    Nothing,
}

impl Choice {
    const fn of(standing: &Standing) -> Self {
        match standing {
            Standing::Invited(_) => Self::Floor,
            Standing::Speaking(_) => Self::Done,
            Standing::HandUp { .. } => Self::Lower,
            Standing::Asked(_) => Self::Answer,
            Standing::MayRaise => Self::Raise,
            Standing::Waiting => Self::Nothing,
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Raise => "raise",
            Self::Lower => "lower",
            Self::Floor => "floor",
            Self::Done => "done",
            Self::Nothing => "nothing",
        }
    }
}

/// The student's room.
#[component]
pub fn StudentRoom() -> impl IntoView {
    let live = expect_context::<Live>();
    let standing = Memo::new(move |_| {
        live.lesson.with(|lesson| live.group.with(|group| lesson.standing(group, live.me)))
    });
    let choice = Memo::new(move |_| standing.with(Choice::of));
    let my_data = live.group.with_untracked(|group| format!("/class/{}/me", group.id));
    let sentence = move || standing.with(|standing| standing_words(live, standing));
    view! {
        <Heading />
        <main class="desk" data-choice=move || choice.get().key()>
            <div class="now">
                <Notice />
                <Asked />
                <p class="sentence">
                    <Text words=sentence />
                </p>
                {move || match standing.get() {
                    Standing::Speaking(turn) => {
                        view! {
                            <p class="turn-time">
                                <Since moment=turn.since />
                            </p>
                        }
                            .into_any()
                    }
                    _ => ().into_any(),
                }}
            </div>
            <div class="lists">
                <SpeakingForAll />
                <HandsForAll />
            </div>
            <div class="action">{move || action(choice.get())}</div>
        </main>
        <footer class="exit">
            <CallTeachers />
            <a class="button quiet" href=my_data>
                {words::my_data()}
            </a>
            <Confirm
                id="leave"
                opens=words::leave_class()
                class="quiet"
                title=words::leave_title()
                means=words::leave_student()
                keep=words::stay()
            >
                <Tap action=RoomAction::Leave class="destroys" plain=true words=words::leave() />
            </Confirm>
        </footer>
    }
}

/// What is being asked, whether or not one has answered.
#[component]
fn Asked() -> impl IntoView {
    let live = expect_context::<Live>();
    let round = Memo::new(move |_| {
        live.lesson.with(|lesson| {
            let asked = live.group.with(|group| lesson.asked(group, live.me).cloned());
            asked.or_else(|| lesson.round_now().cloned())
        })
    });
    // A round without a question and without a limit of time has nothing to show.
    let shown =
        move || round.get().filter(|round| round.question.is_some() || round.expires_at.is_some());
    move || {
        shown().map(|Round { question, since, expires_at, .. }| {
            view! {
                <div class="question">
                    {question.map(|words| view! { <Question words /> })}
                    {expires_at.map(|until| view! { <Countdown since until /> })}
                </div>
            }
        })
    }
}

fn action(choice: Choice) -> AnyView {
    match choice {
        Choice::Answer => view! {
            <Tap action=RoomAction::RaiseHand class="act raise" words=words::raise_hand() />
            <Tap action=RoomAction::NotNow class="quiet wide" words=words::not_now() />
        }
        .into_any(),
        Choice::Raise => view! {
            <Tap action=RoomAction::RaiseHand class="act raise" words=words::raise_hand() />
        }
        .into_any(),
        Choice::Lower => view! {
            <Tap action=RoomAction::LowerHand class="act plain-act" words=words::lower_hand() />
        }
        .into_any(),
        Choice::Floor => view! {
            <Tap action=RoomAction::Speak class="act speak" words=words::speak() />
            <Tap action=RoomAction::Pass class="quiet wide" words=words::pass() />
        }
        .into_any(),
        Choice::Done => view! {
            <Tap action=RoomAction::Done class="act plain-act" words=words::done() />
        }
        .into_any(),
        Choice::Nothing => ().into_any(),
    }
}
