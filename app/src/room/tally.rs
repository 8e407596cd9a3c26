//! Keeps the tally of a teacher's page, or of the projector's, as it is: it is fetched anew when a turn
//! begins or ends, something is taken back, or somebody joins.

use std::time::Duration;

use classroom::Tally;
use leptos::prelude::*;
use leptos::task::spawn_local;
use signaling::json;

use super::live::Live;
use super::net;
use super::reactive::Derived;

/// The least time between two fetches: a class comes in all at once.
const REST: Duration = Duration::from_secs(2);

/// Follows the tally for as long as the page lives.
pub fn follow(live: Live) {
    let turns = Derived::new(move |_| {
        live.lesson.with(|lesson| {
            let undo = lesson.undo.as_ref().map_or(0, |undo| undo.seq);
            let speaking = lesson.speaking.iter().map(|turn| turn.invite_id.random_bits());
            (speaking.fold(undo, |all, bits| all ^ bits), live.students())
        })
    });
    // Whether it is being fetched, and whether it is to be fetched once more after that.
    let (is_busy, is_due) = (StoredValue::new(false), StoredValue::new(false));
    Effect::new(move |before: Option<(u64, usize)>| {
        let now = turns.get();
        // A page that began with a part of the class has none yet.
        let has_none = live.tally.with_untracked(|tally| tally.members.is_empty());
        if before.map_or(has_none && now.1 > 0, |before| before != now) {
            is_due.set_value(true);
            if !is_busy.get_value() {
                is_busy.set_value(true);
                spawn_local(async move {
                    while is_due.get_value() {
                        is_due.set_value(false);
                        fetch(live).await;
                        net::pause(REST).await;
                    }
                    is_busy.set_value(false);
                });
            }
        }
        now
    });
}

/// What is not there now comes with the next turn.
async fn fetch(live: Live) {
    let path = live.group.with_untracked(|group| format!("/class/{}/tally.json", group.id));
    let Ok((200, text)) = net::get(&path).await else { return };
    let Ok(tally) = json::read::<Tally>(&text) else { return };
    if tally.seq >= live.tally.with_untracked(|known| known.seq) {
        live.tally.set(tally);
    }
}
