//! How fast is too fast. A class shares one address, so verbs are limited by member, and what all of
//! its members do by class; an address is limited only in wrong join codes, in wrong passwords, in
//! classes it begins and in how many join.

pub(crate) mod bounds;
pub(crate) mod buckets;
pub(crate) mod networks;
pub(crate) mod proxies;
pub(crate) mod weight;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use axum::extract::ConnectInfo;
use http::Extensions;
use parking_lot::Mutex;
use signaling::{Command, Group, GroupId, InviteeList, Role, UserId, json};

use crate::clock::monotonic;
use crate::error::Error;
use crate::limits::bounds::Bounds;
use crate::limits::buckets::{Buckets, NetworkBuckets, SITE_SHARE};
use crate::limits::networks::{network, site};

/// The address a request came from, as [`serve`](crate::serve) noted it.
pub fn peer_address(extensions: &Extensions) -> IpAddr {
    let info = extensions.get::<ConnectInfo<SocketAddr>>();
    info.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip())
}

/// How many wrong guesses an address has, and how they come back.
struct Allowance {
    /// How many there are at once.
    guesses: f64,
    /// How many come back in a second.
    per_second: f64,
    /// How far many guesses at once can put an address behind.
    debt: f64,
}

const CODES: Allowance = Allowance { guesses: 60.0, per_second: 1.0, debt: 120.0 };
const PASSWORDS: Allowance = Allowance { guesses: 10.0, per_second: 0.1, debt: 2.0 };

/// The wrong guesses that addresses have left. Only wrong ones count, which no limiter at hand
/// does: a whole school joins from one address within a minute.
struct Guesses {
    allowance: Allowance,
    left: Mutex<HashMap<Network, Left>>,
}

/// A network that guesses as one, and how many times the allowance it has.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Network {
    address: IpAddr,
    share: u8,
}

/// The networks that a guess counts against. Whoever has one of IPv6 to themselves has mostly many
/// of them, so these have not much more together than one.
fn networks(address: IpAddr) -> impl Iterator<Item = Network> {
    let own = Network { address: network(address), share: 1 };
    let site = Network { address: site(address), share: SITE_SHARE };
    std::iter::once(own).chain(address.to_canonical().is_ipv6().then_some(site))
}

struct Left {
    guesses: f64,
    at: Instant,
}

impl Guesses {
    fn new(allowance: Allowance) -> Self {
        Self { allowance, left: Mutex::default() }
    }

    fn refill(&self, network: Network, left: &mut Left, now: Instant) {
        let share = f64::from(network.share);
        let back = (now - left.at).as_secs_f64() * self.allowance.per_second * share;
        left.guesses = (left.guesses + back).min(self.allowance.guesses * share);
        left.at = now;
    }

    fn may_try(&self, address: IpAddr) -> Result<(), Error> {
        let mut all = self.left.lock();
        for network in networks(address) {
            let Some(left) = all.get_mut(&network) else { continue };
            self.refill(network, left, monotonic().into_std());
            if left.guesses < 1.0 {
                let per_second = self.allowance.per_second * f64::from(network.share);
                let wait = (1.0 - left.guesses) / per_second;
                return Err(Error::TooFast(Duration::from_secs_f64(wait)));
            }
        }
        Ok(())
    }

    /// Guesses that were made at once run into debt, so that they are no way around.
    fn was_wrong(&self, address: IpAddr) {
        let mut all = self.left.lock();
        let now = monotonic().into_std();
        if all.len() > FORGET_ABOVE {
            all.retain(|network, left| {
                self.refill(*network, left, now);
                left.guesses < self.allowance.guesses * f64::from(network.share)
            });
        }
        for network in networks(address) {
            let guesses = self.allowance.guesses * f64::from(network.share);
            let left = all.entry(network).or_insert(Left { guesses, at: now });
            self.refill(network, left, now);
            left.guesses = (left.guesses - 1.0).max(-self.allowance.debt);
        }
    }
}

pub(crate) struct Limits {
    verbs: Buckets<UserId>,
    looks: Buckets<UserId>,
    looks_at: Buckets<GroupId>,
    changes: Buckets<GroupId>,
    words: Buckets<GroupId>,
    begins: NetworkBuckets,
    joins: NetworkBuckets,
    take_overs: NetworkBuckets,
    /// In units of [`GRAIN`] bytes.
    written: NetworkBuckets,
    relays: Buckets<UserId>,
    exports: Buckets<UserId>,
    codes: Guesses,
    passwords: Guesses,
}

/// How many join from one address before they are slowed down.
const JOINS_AT_ONCE: u32 = 10_000;
/// How many bytes of words, and of parts of people who are asked, a class takes before it is slowed
/// down, and in a second after that: all that is ever said in it stays in memory with it.
const WORDS: (u32, u32) = (16 << 20, 64 << 10);
/// What any look costs, in rows: reading the request, finding out who asks, the frame of a page.
const LOOK: u32 = 100;
/// How many rows a member may look at before they are slowed down, and in a second after that. A
/// row is one member or one part of an invitation that has to be gone through.
const ROWS: (u32, u32) = (100_000, 5_000);
/// The same of all members of a class together: the largest class can come back at once.
const ROWS_OF_CLASS: (u32, u32) = (80_000_000, 500_000);
/// How exactly bytes are counted that are written for a network.
const GRAIN: u64 = 64;
/// How many invitations of a member may be live, and how many of a class. It is a limit of the
/// server and no application's rule, for memory and every snapshot hold what is live, whatever it is
/// for. The largest class has room for one of each member, and more.
const MAX_LIVE: (usize, usize) = (512, 16_384);
/// How many open invitations a class may have that ask every student: whoever joins has a part in
/// each. Those of students that ask every teacher are limited by what a class may have live: a
/// class of thousands may have one of each.
const MAX_TO_STUDENTS: usize = 64;
/// How many bytes of JSON the `data` of all that is live in a class comes to before nobody may add
/// more to it than what one has always. Every snapshot holds it.
const LIVE_WORDS: usize = 4 << 20;
/// What a member may always say in what is live.
const OWN_WORDS: usize = 128 << 10;
/// What all of it comes to at most.
const MAX_LIVE_WORDS: usize = 16 << 20;
/// How many wrong guesses are held before those that have come back are forgotten.
const FORGET_ABOVE: usize = 10_000;

/// Whether a group takes what a command adds to what is live in it.
pub(crate) fn takes(group: &Group, command: &Command) -> Result<(), Error> {
    let has_many = |actor: &UserId| {
        group.count_live_of(*actor) >= MAX_LIVE.0 || group.count_live() >= MAX_LIVE.1
    };
    let is_one_too_many = match command {
        Command::Invite { actor, .. } => has_many(actor),
        Command::InviteInGroup { actor, invitee_list, .. } => {
            let asks_students = *invitee_list == InviteeList::Everyone && group.is_teacher(*actor);
            let asked = group.live_to_everyone(Role::Student).len();
            has_many(actor) || asks_students && asked >= MAX_TO_STUDENTS
        }
        _ => false,
    };
    if is_one_too_many || says_too_much(group, command) {
        return Err(Error::TooManyInvitations);
    }
    Ok(())
}

/// Whether a command says more than there is room for in what is live. A member may say as much as
/// is left for all, and always a little: so no few of them can take the word from the others.
fn says_too_much(group: &Group, command: &Command) -> bool {
    let Some((speaker, more)) = says(group, command) else { return false };
    let all = group.count_words();
    let own = group.count_words_of(speaker) + more;
    more > 0 && (own > OWN_WORDS.max(LIVE_WORDS.saturating_sub(all)) || all + more > MAX_LIVE_WORDS)
}

/// Whose words a command adds to what is live, and how many bytes of JSON more.
fn says(group: &Group, command: &Command) -> Option<(UserId, usize)> {
    let length = json::length(command.data());
    match command {
        Command::Invite { actor, .. }
        | Command::InviteInGroup { actor, .. }
        | Command::Accept { actor, .. }
        | Command::Reject { actor, .. } => Some((*actor, length)),
        Command::Modify { invite_id, .. } => {
            let invitation = group.invitation(*invite_id)?;
            let replaced = json::length(&invitation.data);
            Some((invitation.inviter, length.saturating_sub(replaced)))
        }
        Command::Cancel { invite_id, .. } | Command::Finish { invite_id, .. } => {
            let invitation = group.invitation(*invite_id)?;
            Some((invitation.inviter, length * weight::said_to(command, invitation)))
        }
        Command::Create { .. }
        | Command::Join { .. }
        | Command::ChangeGroup { .. }
        | Command::RenewJoinCode { .. }
        | Command::ChangeRole { .. }
        | Command::Leave { .. }
        | Command::End { .. }
        | Command::EndForgotten { .. }
        | Command::Expire => None,
    }
}

impl Limits {
    pub fn new(bounds: &Bounds) -> Self {
        let a_day = u32::try_from(bounds.network_bytes_a_day / GRAIN).unwrap_or(u32::MAX);
        Self {
            verbs: Buckets::new(1_000, 100),
            looks: Buckets::new(ROWS.0, ROWS.1),
            looks_at: Buckets::new(ROWS_OF_CLASS.0, ROWS_OF_CLASS.1),
            // More than a few hostile members come to, so that these do not hold up the others.
            changes: Buckets::new(50_000, 5_000),
            words: Buckets::new(WORDS.0, WORDS.1),
            begins: NetworkBuckets::new(1_000, 10),
            // All schools of a town may come from one address in the same minute.
            joins: NetworkBuckets::new(JOINS_AT_ONCE, 100),
            take_overs: NetworkBuckets::new(100, 1),
            written: NetworkBuckets::new(a_day, a_day / (24 * 3_600)),
            relays: Buckets::new(100, 2),
            // Each reads a whole class.
            exports: Buckets::new(20, 1),
            codes: Guesses::new(CODES),
            passwords: Guesses::new(PASSWORDS),
        }
    }

    /// Whether an address may try a code.
    pub fn may_try_code(&self, address: IpAddr) -> Result<(), Error> {
        self.codes.may_try(address)
    }

    /// One wrong code from an address.
    pub fn wrong_code(&self, address: IpAddr) {
        self.codes.was_wrong(address);
    }

    /// Whether an address may try a password.
    pub fn may_try_password(&self, address: IpAddr) -> Result<(), Error> {
        self.passwords.may_try(address)
    }

    /// One wrong password from an address.
    pub fn wrong_password(&self, address: IpAddr) {
        self.passwords.was_wrong(address);
    }

    /// One verb of a member.
    pub fn verb(&self, user: UserId) -> Result<(), Error> {
        self.verbs.take(&user, 1)
    }

    /// One export of a class by a member.
    pub fn export(&self, user: UserId) -> Result<(), Error> {
        self.exports.take(&user, 1)
    }

    /// One look of a member at the class.
    pub fn look(&self, group_id: GroupId, user: UserId) -> Result<(), Error> {
        self.look_at(group_id, user, LOOK)
    }

    /// So many rows more that a look of a member has to go through.
    pub fn look_at(&self, group_id: GroupId, user: UserId, rows: u32) -> Result<(), Error> {
        self.looks.take(&user, rows)?;
        self.looks_at.take(&group_id, rows)
    }

    /// One change to a class, and how many bytes of words and parts it brings.
    pub fn change(&self, group_id: GroupId, words: u64) -> Result<(), Error> {
        self.changes.take(&group_id, 1)?;
        self.words.take(&group_id, u32::try_from(words).unwrap_or(u32::MAX))
    }

    /// So many bytes that are written for a network.
    pub fn write(&self, address: IpAddr, bytes: u64) -> Result<(), Error> {
        let grains = u32::try_from(bytes.div_ceil(GRAIN)).unwrap_or(u32::MAX);
        self.written.take(address, grains)
    }

    /// One word of a member to the other end of an invitation.
    pub fn relay(&self, user: UserId) -> Result<(), Error> {
        self.relays.take(&user, 1)
    }

    /// One member more from an address, and how many bytes they come to.
    pub fn join(&self, address: IpAddr, bytes: u64) -> Result<(), Error> {
        self.joins.take(address, 1)?;
        self.write(address, bytes)
    }

    /// One class begun from an address.
    pub fn begin(&self, address: IpAddr) -> Result<(), Error> {
        self.begins.take(address, 1)?;
        self.write(address, 3 * weight::EVENT + weight::ADMISSION)
    }

    /// One link for another device that is made or used from an address.
    pub fn take_over(&self, address: IpAddr) -> Result<(), Error> {
        self.take_overs.take(address, 1)?;
        self.write(address, weight::ADMISSION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_guesses_codes_for_long_and_others_are_not_held_up() {
        let limits = Limits::new(&Bounds::default());
        let school = IpAddr::from([192, 0, 2, 7]);
        let wrong = || limits.may_try_code(school).map(|()| limits.wrong_code(school));
        let guessed = (0..1_000).take_while(|_| wrong().is_ok()).count();
        assert!((60..70).contains(&guessed), "{guessed} wrong codes in a row");
        assert!(limits.may_try_code(IpAddr::from([192, 0, 2, 8])).is_ok());
    }

    #[test]
    fn a_town_joins_from_one_address_and_a_flood_does_not() {
        let limits = Limits::new(&Bounds::default());
        let town = IpAddr::from([192, 0, 2, 7]);
        let joined = (0..1_000_000).take_while(|_| limits.join(town, 864).is_ok()).count();
        assert!((10_000..20_000).contains(&joined), "{joined} joined");
        assert!(limits.join(IpAddr::from([192, 0, 2, 8]), 864).is_ok());
    }

    #[test]
    fn passwords_are_guessed_more_slowly_than_codes() {
        let limits = Limits::new(&Bounds::default());
        let school = IpAddr::from([192, 0, 2, 7]);
        let wrong = || limits.may_try_password(school).map(|()| limits.wrong_password(school));
        let guessed = (0..1_000).take_while(|_| wrong().is_ok()).count();
        assert_eq!(guessed, 10);
        let Err(Error::TooFast(wait)) = limits.may_try_password(school) else {
            panic!("it goes on");
        };
        assert!(wait <= Duration::from_secs(10) && wait > Duration::from_secs(8), "{wait:?}");
        assert!(limits.may_try_code(school).is_ok());
    }

    #[test]
    fn whoever_has_thousands_of_networks_does_not_guess_thousands_of_times() {
        let limits = Limits::new(&Bounds::default());
        let of_site = |n: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 7, n, 0, 0, 0, 1));
        let wrong = |at| limits.may_try_code(at).map(|()| limits.wrong_code(at));
        let guessed = (0..u16::MAX).take_while(|n| wrong(of_site(*n)).is_ok()).count();
        assert!((960..1_100).contains(&guessed), "{guessed} wrong codes in a row");
        assert!(limits.may_try_code(IpAddr::from([192, 0, 2, 8])).is_ok());
    }

    #[test]
    fn a_class_is_not_filled_with_words_and_others_are_not_held_up() {
        let limits = Limits::new(&Bounds::default());
        let [class, other] = [1, 2].map(|number| GroupId::from_bytes([number; 16]));
        let said = (0..10_000).take_while(|_| limits.change(class, 12_288).is_ok()).count();
        assert!((1_365..2_000).contains(&said), "{said} of the longest");
        assert!(limits.change(class, 0).is_ok(), "hands without words go on");
        assert!(limits.change(other, 12_288).is_ok());
    }

    /// The arithmetic in docs/SECURITY.md, of the numbers that hold here.
    #[test]
    fn guessing_a_class_takes_as_long_as_is_written_down() {
        let codes = 31_f64.powi(6);
        assert!((codes / 1e6).round() == 888.0, "{codes}");
        let (burst, per_second) = (CODES.guesses, CODES.per_second);
        assert!((burst, per_second) == (60.0, 1.0));
        // Guesses until the first hit, on average, when so many classes go on.
        let days = |classes: f64, addresses: f64| {
            codes / (classes + 1.0) / (per_second * addresses) / 86_400.0
        };
        assert!((days(1.0, 1.0) / 365.0).round() == 14.0, "{}", days(1.0, 1.0));
        assert!(days(100.0, 1.0).round() == 102.0, "{}", days(100.0, 1.0));
        assert!((days(100.0, f64::from(SITE_SHARE))).round() == 6.0);
        assert!((days(100.0, 1_000.0) * 24.0 * 10.0).round() == 24.0);
    }
}
