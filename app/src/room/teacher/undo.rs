//! What was done last and can be taken back: said for a moment, and taken back by one press.

use classroom::{Undo, UndoneDeed};
use leptos::prelude::*;

use crate::room::action::RoomAction;
use crate::room::live::Live;
use crate::room::reactive::Derived;
use crate::room::tap::Tap;
use crate::room::text::Text;
use crate::words::room as words;

/// For how long a live page shows it, in milliseconds.
const SHOWN: i64 = 8_000;
/// For how long it can be taken back.
const OFFERED: i64 = 30_000;

/// What was done last. A page that does not follow the class shows it for as long as it is offered.
#[component]
pub fn Toast() -> impl IntoView {
    let live = expect_context::<Live>();
    let age = move |undo: &Undo| live.now.get().millis_since(undo.at);
    let undo = Derived::new(move |_| {
        let undo = live.lesson.with(|lesson| lesson.undo.clone());
        undo.filter(|undo| age(undo) < OFFERED)
    });
    let is_past =
        Derived::new(move |_| undo.with(|it| it.as_ref().is_some_and(|it| age(it) >= SHOWN)));
    move || {
        undo.get().map(|undo| {
            let seq = undo.seq;
            view! {
                <div class="toast" data-pressed="" data-past=move || is_past.get().then_some("")>
                    <p>
                        <Text words=move || undo_words(live, &undo) />
                    </p>
                    <Tap action=RoomAction::Undo seq key=Some("u") words=words::undo() />
                </div>
            }
        })
    }
}

fn undo_words(live: Live, undo: &Undo) -> String {
    let name = || undo.who.map_or_else(String::new, |who| live.name_of(who));
    match undo.deed {
        UndoneDeed::Lower => words::hand_lowered(&name()),
        UndoneDeed::LowerAll => words::hands_lowered(undo.count),
        UndoneDeed::EarlierHands => words::earlier_hands_lowered(undo.count),
        UndoneDeed::EndTurn => words::turn_ended(&name()),
        UndoneDeed::Next => words::called_next(&name()),
        UndoneDeed::StopAsking => words::stopped_asking().to_owned(),
        UndoneDeed::Clear => words::question_cleared().to_owned(),
    }
}
