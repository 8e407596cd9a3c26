//! Who is next, as a teacher's room and the projector know it.

use classroom::FAIR_ORDER;
use signaling::UserId;

use super::live::Live;

/// Who stands at the top of the list: whoever is called and silent, or would be called next.
pub fn hero(live: Live) -> Option<UserId> {
    let is_fair = live.group.with(|group| group.settings.is_on(FAIR_ORDER));
    live.lesson.with(|lesson| {
        let is_online = |user| live.is_online(user);
        let mut called = lesson.invited.iter().map(|invited| invited.user);
        let called = called.find(|user| lesson.hand(*user).is_some());
        called.or_else(|| {
            if is_fair {
                live.tally.with(|tally| lesson.fair_hero(tally, is_online))
            } else {
                Some(lesson.hero(is_online)?.user)
            }
        })
    })
}
