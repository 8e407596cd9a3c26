//! The live invitations of a group and what they come to: kept up to date with each change, for
//! nobody can go through thousands of them at each.

use std::collections::BTreeSet;

use crate::{Invitation, InviteId, InviteeList, Timestamp, UserId};

/// Which invitations are live, and what they come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Live {
    /// All of them, by the event that made each.
    in_order: BTreeSet<(u64, InviteId)>,
    /// Those to everyone that can still be answered, likewise.
    to_everyone: BTreeSet<(u64, InviteId)>,
    /// Those that can still be answered and time out, by when.
    due: BTreeSet<(u64, InviteId)>,
    /// How many each inviter has, by inviter.
    of_inviters: Vec<(UserId, usize)>,
    parts: usize,
    words: usize,
}

/// Adds a value to a set or takes it out; whether it was not so before.
fn put(set: &mut BTreeSet<(u64, InviteId)>, value: (u64, InviteId), is_in: bool) -> bool {
    if is_in { set.insert(value) } else { set.remove(&value) }
}

/// A moment as a number that is in the same order.
fn ordered(at: Timestamp) -> u64 {
    at.as_millis().cast_unsigned() ^ 1 << 63
}

fn moment(ordered: u64) -> Timestamp {
    Timestamp::from_millis((ordered ^ 1 << 63).cast_signed())
}

impl Live {
    /// Takes over how an invitation stands.
    pub fn follow(&mut self, invitation: &Invitation) {
        let place = (invitation.seq, invitation.invite_id);
        let asks_everyone = invitation.invitee_list == InviteeList::Everyone;
        put(&mut self.to_everyone, place, invitation.open && asks_everyone);
        if let Some(at) = invitation.expires_at {
            put(&mut self.due, (ordered(at), invitation.invite_id), invitation.open);
        }
        let is_live = invitation.is_live();
        if put(&mut self.in_order, place, is_live) {
            let parts = invitation.parts().len();
            let words = invitation.count_words();
            let inviter = self.of_inviter(invitation.inviter);
            if is_live {
                *inviter += 1;
                self.parts += parts;
                self.words += words;
            } else {
                *inviter -= 1;
                self.parts -= parts;
                self.words -= words;
                self.of_inviters.retain(|(_, count)| *count > 0);
            }
        }
    }

    fn of_inviter(&mut self, inviter: UserId) -> &mut usize {
        let place = self.of_inviters.binary_search_by_key(&inviter, |(user, _)| *user);
        let place = place.unwrap_or_else(|place| {
            self.of_inviters.insert(place, (inviter, 0));
            place
        });
        &mut self.of_inviters[place].1
    }

    /// A live invitation has one part more.
    pub const fn add_part(&mut self) {
        self.parts += 1;
    }

    /// The words of a live invitation have become more, or fewer.
    pub const fn add_words(&mut self, more: isize) {
        self.words = self.words.saturating_add_signed(more);
    }

    /// Whether it is one of them.
    pub fn contains(&self, invitation: &Invitation) -> bool {
        self.in_order.contains(&(invitation.seq, invitation.invite_id))
    }

    /// All of them, in the order in which they were made.
    pub fn in_order(&self) -> impl Iterator<Item = InviteId> {
        self.in_order.iter().map(|(_, invite_id)| *invite_id)
    }

    /// Those to everyone that can still be answered, in the order in which they were made.
    pub fn to_everyone(&self) -> impl ExactSizeIterator<Item = InviteId> {
        self.to_everyone.iter().map(|(_, invite_id)| *invite_id)
    }

    /// Those that time out by this moment, the earliest first.
    pub fn due(&self, now: Timestamp) -> impl Iterator<Item = InviteId> {
        let until = ordered(now);
        let due = self.due.iter().take_while(move |(at, _)| *at <= until);
        due.map(|(_, invite_id)| *invite_id)
    }

    /// When the next one times out.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| moment(*at))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.in_order.len()
    }

    /// How many an inviter has.
    pub fn count_of(&self, inviter: UserId) -> usize {
        let place = self.of_inviters.binary_search_by_key(&inviter, |(user, _)| *user);
        place.map_or(0, |place| self.of_inviters[place].1)
    }

    /// How many parts they have together.
    pub const fn parts(&self) -> usize {
        self.parts
    }

    /// How many bytes of JSON the `data` in them comes to.
    pub const fn words(&self) -> usize {
        self.words
    }
}
