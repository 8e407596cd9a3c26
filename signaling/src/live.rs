//! The live invitations of a group and what they come to: kept up to date with each change, for
//! nobody can go through thousands of them at each.

use crate::sorted::Sorted;
use crate::{Invitation, InviteId, Invitee, InviteeList, Role, Timestamp, UserId, json};

/// Which invitations are live, and what they come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Live {
    /// All of them, by the event that made each.
    in_order: Sorted<(u64, InviteId)>,
    /// Those that can still be answered and ask everyone who is a student, and a teacher, likewise.
    to_everyone: [Sorted<(u64, InviteId)>; 2],
    /// Those that can still be answered and time out, by when.
    due: Sorted<(u64, InviteId)>,
    /// What each member has of them, by member.
    own: Sorted<UserId, Own>,
    parts: usize,
    words: usize,
}

/// What of the live invitations is one member's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Own {
    invitations: usize,
    words: usize,
}

/// How the words that somebody has said change, in bytes of JSON.
pub(crate) type Said = Vec<(UserId, isize)>;

/// The words that lie with a part: whose they are, and how many bytes of JSON they come to.
pub(crate) fn said_in(inviter: UserId, part: &Invitee) -> impl Iterator<Item = (UserId, isize)> {
    part.words().map(move |(is_invitees, data)| {
        (if is_invitees { part.user_id } else { inviter }, json::length(data).cast_signed())
    })
}

const fn place_of(role: Role) -> usize {
    match role {
        Role::Student => 0,
        Role::Teacher => 1,
    }
}

/// Adds a value to a set or takes it out; whether it was not so before.
fn put(set: &mut Sorted<(u64, InviteId)>, value: (u64, InviteId), is_in: bool) -> bool {
    if is_in { set.insert(value, ()) } else { set.remove(&value) }
}

/// A moment as a number that is in the same order.
fn ordered(at: Timestamp) -> u64 {
    at.as_millis().cast_unsigned() ^ 1 << 63
}

fn moment(ordered: u64) -> Timestamp {
    Timestamp::from_millis((ordered ^ 1 << 63).cast_signed())
}

impl Live {
    /// Takes over how an invitation stands, of which the inviter has this role.
    pub fn follow(&mut self, invitation: &Invitation, role: Option<Role>) {
        let place = (invitation.seq, invitation.invite_id);
        let asks_everyone = invitation.open && invitation.invitee_list == InviteeList::Everyone;
        let asked = role.filter(|_| asks_everyone).map(Role::invites);
        for role in [Role::Student, Role::Teacher] {
            put(&mut self.to_everyone[place_of(role)], place, asked == Some(role));
        }
        if let Some(at) = invitation.expires_at {
            put(&mut self.due, (ordered(at), invitation.invite_id), invitation.open);
        }
        let is_live = invitation.is_live();
        if put(&mut self.in_order, place, is_live) {
            let parts = invitation.parts();
            if is_live {
                self.own(invitation.inviter, |own| own.invitations += 1);
                self.parts += parts.len();
            } else {
                self.own(invitation.inviter, |own| own.invitations -= 1);
                self.parts -= parts.len();
            }
            let of_parts = parts.iter().flat_map(|part| said_in(invitation.inviter, part));
            let of_inviter = json::length(&invitation.data) + invitation.count_closing_words();
            let of_inviter = (invitation.inviter, of_inviter.cast_signed());
            for (user, words) in of_parts.chain([of_inviter]) {
                self.say(user, if is_live { words } else { -words });
            }
        }
    }

    /// The deadline of an invitation is about to be another one.
    pub fn forget_deadline(&mut self, invitation: &Invitation) {
        if let Some(at) = invitation.expires_at {
            put(&mut self.due, (ordered(at), invitation.invite_id), false);
        }
    }

    /// Changes what somebody has; whoever has nothing is not listed.
    fn own(&mut self, user: UserId, change: impl FnOnce(&mut Own)) {
        let mut own = self.own_of(user);
        change(&mut own);
        if own == Own::default() {
            self.own.remove(&user);
        } else {
            self.own.insert(user, own);
        }
    }

    /// The words of somebody in a live invitation have become more, or fewer.
    pub fn say(&mut self, user: UserId, more: isize) {
        self.words = self.words.saturating_add_signed(more);
        self.own(user, |own| own.words = own.words.saturating_add_signed(more));
    }

    /// A live invitation has one part more.
    pub const fn add_part(&mut self) {
        self.parts += 1;
    }

    /// Whether it is one of them.
    pub fn contains(&self, invitation: &Invitation) -> bool {
        self.in_order.contains(&(invitation.seq, invitation.invite_id))
    }

    /// All of them, in the order in which they were made.
    pub fn in_order(&self) -> impl Iterator<Item = InviteId> {
        self.in_order.keys().map(|(_, invite_id)| *invite_id)
    }

    /// Those that can still be answered and ask everyone of a role, in the order in which they were
    /// made.
    pub fn to_everyone(&self, role: Role) -> impl ExactSizeIterator<Item = InviteId> {
        self.to_everyone[place_of(role)].keys().map(|(_, invite_id)| *invite_id)
    }

    /// Those that time out by this moment, the earliest first.
    pub fn due(&self, now: Timestamp) -> impl Iterator<Item = InviteId> {
        let until = ordered(now);
        let due = self.due.keys().take_while(move |(at, _)| *at <= until);
        due.map(|(_, invite_id)| *invite_id)
    }

    /// When the next one times out.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.due.keys().next().map(|(at, _)| moment(*at))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.in_order.len()
    }

    fn own_of(&self, user: UserId) -> Own {
        self.own.get(&user).copied().unwrap_or_default()
    }

    /// How many an inviter has.
    pub fn count_of(&self, inviter: UserId) -> usize {
        self.own_of(inviter).invitations
    }

    /// How many bytes of JSON the `data` comes to that somebody has said in them.
    pub fn words_of(&self, user: UserId) -> usize {
        self.own_of(user).words
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
