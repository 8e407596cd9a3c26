//! Who has spoken and who has not, without a name: a strip and a sentence. They change when a turn
//! begins or ends, not with each hand.

use leptos::prelude::*;
use signaling::{Role, Sorted, UserId};

use crate::room::changing::While;
use crate::room::live::Live;
use crate::room::reactive::Derived;
use crate::room::text::Text;
use crate::words::room as words;

/// How many students have spoken, have raised a hand and had no turn, and have done neither.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Parts {
    spoken: usize,
    waited: usize,
    silent: usize,
    without_hand: usize,
}

impl Parts {
    fn of(live: Live) -> Self {
        let mut parts = Self { spoken: 0, waited: 0, silent: 0, without_hand: 0 };
        live.tally.with(|tally| {
            for share in &tally.members {
                match (share.turns, share.hands) {
                    (1.., _) => parts.spoken += 1,
                    (0, 1..) => parts.waited += 1,
                    (0, 0) => parts.silent += 1,
                }
                parts.without_hand += usize::from(share.hands == 0);
            }
        });
        parts
    }
}

/// The strip and the sentence, from the first turn on.
#[component]
pub fn Spoken() -> impl IntoView {
    let live = expect_context::<Live>();
    let parts = Derived::new(move |_| Parts::of(live));
    let is_there = Derived::new(move |_| live.is_whole() && parts.get().spoken > 0);
    // Drawn, for the page's policy lets no style through that is not in its sheet.
    let strip = move || {
        let Parts { spoken, waited, silent, .. } = parts.get();
        let all = spoken + waited + silent;
        view! {
            <svg
                class="spread"
                viewBox=format!("0 0 {all} 1")
                preserveAspectRatio="none"
                aria-hidden="true"
            >
                <rect class="spoken" width=spoken height="1" />
                <rect class="waited" x=spoken width=waited height="1" />
            </svg>
        }
    };
    let sentence = move || {
        let Parts { spoken, without_hand, .. } = parts.get();
        let raised = match without_hand {
            0 => words::all_raised().to_owned(),
            silent => words::no_hand_so_far(silent),
        };
        format!("{} {raised}", words::have_spoken(spoken))
    };
    view! {
        <While so=move || is_there.get()>
            <div class="share">
                {strip}
                <p class="hint">
                    <Text words=sentence />
                </p>
            </div>
        </While>
    }
}

/// The students who have raised no hand yet.
pub fn without_hand(live: Live) -> Sorted<UserId> {
    let up: Sorted<UserId> =
        live.lesson.with(|lesson| lesson.hands.iter().map(|hand| hand.user).collect());
    with_none(live, |share| share.hands > 0 || up.contains(&share.user))
}

/// The students who have had no turn yet.
pub fn without_turn(live: Live) -> Sorted<UserId> {
    with_none(live, |share| share.turns > 0)
}

/// The students of whom it does not hold. Who has only just joined has no share yet.
fn with_none(live: Live, has: impl Fn(&classroom::Share) -> bool) -> Sorted<UserId> {
    let mut students: Sorted<UserId> = live
        .group
        .with(|group| group.with_role(Role::Student).map(|member| member.user_id).collect());
    live.tally.with(|tally| {
        for share in tally.members.iter().filter(|share| has(share)) {
            students.remove(&share.user);
        }
    });
    students
}
