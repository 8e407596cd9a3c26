//! Picking who speaks, and why it was them.

use classroom::Why;
use leptos::prelude::*;
use signaling::UserId;

use super::next::Next;
use crate::room::action::RoomAction;
use crate::room::changing::While;
use crate::room::icon::{CHEVRON, Icon};
use crate::room::live::Live;
use crate::room::portion::List;
use crate::room::reactive::Derived;
use crate::room::tap::Tap;
use crate::words::room as words;

/// The dialog's id.
const PICK: &str = "pick";

/// The button, and the ways of picking that it opens: of two hands and more, and once something was
/// asked also of everybody here.
#[component]
pub fn Pick(next: Next) -> impl IntoView {
    let live = expect_context::<Live>();
    let several = Derived::new(move |_| live.count(List::Hands) > 1);
    let is_there = Derived::new(move |_| {
        let was_asked = live.before.with_value(|before| !before.questions.is_empty())
            || live.lesson.with(|lesson| lesson.question.is_some())
            || live.tally.with(|tally| tally.has_turns());
        // Whoever is called and silent is to be settled first.
        let is_called = live.lesson.with(|lesson| !lesson.invited.is_empty());
        !is_called && (several.get() || was_asked && live.students_online() > 1)
    });
    let way = move |action: RoomAction, key: Option<&'static str>, words: &'static str| move || view! { <Tap action ends=next.ends.get() class="row" key words /> };
    view! {
        <While so=move || is_there.get()>
            <button class="quiet picks" type="button" popovertarget=PICK>
                {words::pick()}
                <Icon path=CHEVRON />
            </button>
            <div
                id=PICK
                class="dialog"
                popover="auto"
                role="dialog"
                aria-labelledby="pick-title"
                data-pressed=""
            >
                <h3 id="pick-title">{words::pick_title()}</h3>
                <While so=move || several.get()>
                    {way(RoomAction::PickFair, Some("f"), words::pick_fair())}
                    {way(RoomAction::PickHand, Some("r"), words::pick_hand())}
                    <h4>{words::pick_of_all()}</h4>
                </While>
                {way(RoomAction::PickFairOfAll, None, words::pick_fair_of_all())}
                {way(RoomAction::PickStudent, None, words::pick_student())}
            </div>
        </While>
    }
}

/// Why somebody was picked, beside their name.
pub fn why_words(live: Live, user: UserId, why: Why) -> String {
    match why {
        Why::NoTurnYet => words::no_turn_yet().to_owned(),
        Why::FewestTurns => words::fewest_turns(turns(live, user)),
        Why::LongestSince => words::longest_since().to_owned(),
        Why::FirstHand => words::first_up().to_owned(),
        Why::Random => words::drawn().to_owned(),
    }
}

/// How many turns somebody had, as soon as anybody had one.
pub fn turns_words(live: Live, user: UserId) -> Option<String> {
    live.tally.with(|tally| tally.has_turns()).then(|| match turns(live, user) {
        0 => words::no_turn_yet().to_owned(),
        turns => words::so_many_turns(turns),
    })
}

fn turns(live: Live, user: UserId) -> usize {
    live.tally.with(|tally| tally.share(user).map_or(0, |share| share.turns))
}
