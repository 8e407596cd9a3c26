//! Rate limits: token buckets by member, class and network.
//!
//! A class shares one address, so verbs are limited by member, and what all of its members do by
//! class; an address is limited only in wrong join codes, in wrong passwords, in classes it begins and
//! in how many join.

pub(crate) mod bounds;
pub(crate) mod buckets;
mod guesses;
pub(crate) mod live;
pub(crate) mod networks;
pub(crate) mod proxies;
pub(crate) mod weight;

use std::net::IpAddr;

use signaling::{GroupId, UserId};

use crate::error::Error;
use crate::limits::bounds::Bounds;
use crate::limits::buckets::{Buckets, NetworkBuckets};
use crate::limits::guesses::{Allowance, Guesses};

const CODES: Allowance = Allowance { guesses: 60.0, per_second: 1.0, debt: 120.0 };
const PASSWORDS: Allowance = Allowance { guesses: 10.0, per_second: 0.1, debt: 2.0 };

/// All rate limits of one server.
pub(crate) struct Limits {
    verbs: Buckets<UserId>,
    looks: Buckets<UserId>,
    looks_at: Buckets<GroupId>,
    changes: Buckets<GroupId>,
    words: Buckets<GroupId>,
    begins: NetworkBuckets,
    joins: NetworkBuckets,
    take_overs: NetworkBuckets,
    probes: NetworkBuckets,
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
            // Each is under way for a second.
            probes: NetworkBuckets::new(10, 1),
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

    /// One probe by an address.
    pub fn probe(&self, address: IpAddr) -> Result<(), Error> {
        self.probes.take(address, 1)
    }

    /// One link for another device that is made or used from an address.
    pub fn take_over(&self, address: IpAddr) -> Result<(), Error> {
        self.take_overs.take(address, 1)?;
        self.write(address, weight::ADMISSION)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;
    use std::time::Duration;

    use super::*;
    use crate::limits::buckets::SITE_SHARE;

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
