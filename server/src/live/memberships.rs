//! Which members of a group the browsers hold that have come into it.

use std::cmp::Reverse;
use std::collections::HashMap;

use signaling::{Group, UserId};

use crate::identity::tokens::{BrowserId, Held, Membership, part};

/// The memberships of one group, by browser: a cache of the store.
#[derive(Default)]
pub(crate) struct Memberships(HashMap<BrowserId, Vec<Membership>>);

impl Memberships {
    pub fn admit(&mut self, browser: BrowserId, membership: Membership) {
        let held = self.0.entry(browser).or_default();
        // What is read of the store may be older than what was published meanwhile.
        if held.iter().any(|it| it.user == membership.user && it.is_later_than(&membership)) {
            return;
        }
        held.retain(|it| it.user != membership.user);
        held.push(membership);
    }

    /// The member has gone.
    pub fn revoke(&mut self, user: UserId) {
        self.0.retain(|_, held| {
            part(held, user);
            !held.is_empty()
        });
    }

    /// One browser is not this member any more.
    pub fn end_device(&mut self, browser: BrowserId, user: UserId) {
        let Some(held) = self.0.get_mut(&browser) else { return };
        part(held, user);
        if held.is_empty() {
            self.0.remove(&browser);
        }
    }

    /// The member of the group for whom the token stands.
    pub fn holder(&self, held: Held, group: &Group) -> Option<UserId> {
        let user = held.stands_for(self.0.get(&held.browser)?)?;
        group.member(user).map(|member| member.user_id)
    }

    /// Every other member as whom the token's browser may go on, whoever came last first.
    pub fn others(&self, held: Held, group: &Group) -> Vec<UserId> {
        let me = self.holder(held, group);
        let Some(memberships) = self.0.get(&held.browser) else { return Vec::new() };
        let is_other = |it: &&Membership| {
            held.may_open(it) && Some(it.user) != me && group.member(it.user).is_some()
        };
        let mut others: Vec<Membership> = memberships.iter().filter(is_other).copied().collect();
        others.sort_unstable_by_key(|membership| Reverse(membership.number()));
        others.into_iter().map(|membership| membership.user).collect()
    }
}
