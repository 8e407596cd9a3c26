//! How fast is too fast. A class shares one address, so verbs are limited by member, and what all of
//! its members do by class; an address is limited only in wrong join codes, in wrong passwords, in
//! classes it begins and in how many join.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::ConnectInfo;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::Extensions;
use signaling::{Group, GroupId, UserId};

use crate::bounds::Bounds;
use crate::error::Error;
use crate::weight;

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
    let own = network(address);
    let site = match own {
        IpAddr::V6(own) => {
            let [a, b, c, ..] = own.segments();
            Some(IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)))
        }
        IpAddr::V4(_) => None,
    };
    let site = site.map(|address| Network { address, share: SITE_SHARE });
    [Network { address: own, share: 1 }].into_iter().chain(site)
}

/// How many households' allowances all networks of one site have together.
const SITE_SHARE: u8 = 16;

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
        let mut all = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        for network in networks(address) {
            let Some(left) = all.get_mut(&network) else { continue };
            self.refill(network, left, Instant::now());
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
        let mut all = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
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
    verbs: DefaultKeyedRateLimiter<UserId>,
    looks: DefaultKeyedRateLimiter<UserId>,
    looks_at: DefaultKeyedRateLimiter<GroupId>,
    changes: DefaultKeyedRateLimiter<GroupId>,
    words: DefaultKeyedRateLimiter<GroupId>,
    begins: DefaultKeyedRateLimiter<IpAddr>,
    joins: DefaultKeyedRateLimiter<IpAddr>,
    take_overs: DefaultKeyedRateLimiter<IpAddr>,
    /// In units of [`GRAIN`] bytes.
    written: DefaultKeyedRateLimiter<IpAddr>,
    relays: DefaultKeyedRateLimiter<UserId>,
    exports: DefaultKeyedRateLimiter<UserId>,
    codes: Guesses,
    passwords: Guesses,
    clock: DefaultClock,
    written_at_once: u32,
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
/// How many invitations of a member may be live, and how many of a class: the writer looks at them
/// all. Where anybody may ask at any time, each member has one.
const MAX_LIVE: (usize, usize) = (512, 16_384);

/// Whether a group takes one more invitation of a member.
pub(crate) fn takes_invitation(group: &Group, inviter: UserId) -> Result<(), Error> {
    let own = group.live().filter(|invitation| invitation.inviter == inviter).count();
    if own < MAX_LIVE.0 && group.live().count() < MAX_LIVE.1 {
        Ok(())
    } else {
        Err(Error::TooManyInvitations)
    }
}

/// The most keys a limiter holds before it forgets those that have been quiet.
const FORGET_ABOVE: usize = 10_000;

fn quota(burst: u32, per_second: u32) -> Quota {
    let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(at_least_one(per_second)).allow_burst(at_least_one(burst))
}

/// The part of an address that one household or school cannot change at will.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl Limits {
    pub fn new(bounds: &Bounds) -> Self {
        let a_day = u32::try_from(bounds.network_bytes_a_day / GRAIN).unwrap_or(u32::MAX);
        Self {
            verbs: RateLimiter::keyed(quota(1_000, 100)),
            looks: RateLimiter::keyed(quota(ROWS.0, ROWS.1)),
            looks_at: RateLimiter::keyed(quota(ROWS_OF_CLASS.0, ROWS_OF_CLASS.1)),
            // More than a few hostile members come to, so that these do not hold up the others.
            changes: RateLimiter::keyed(quota(50_000, 5_000)),
            words: RateLimiter::keyed(quota(WORDS.0, WORDS.1)),
            begins: RateLimiter::keyed(quota(1_000, 10)),
            // All schools of a town may come from one address in the same minute.
            joins: RateLimiter::keyed(quota(JOINS_AT_ONCE, 100)),
            take_overs: RateLimiter::keyed(quota(100, 1)),
            written: RateLimiter::keyed(quota(a_day, a_day / (24 * 3_600))),
            relays: RateLimiter::keyed(quota(100, 2)),
            // Each reads a whole class.
            exports: RateLimiter::keyed(quota(20, 1)),
            codes: Guesses::new(CODES),
            passwords: Guesses::new(PASSWORDS),
            clock: DefaultClock::default(),
            written_at_once: a_day.max(1),
        }
    }

    fn check<K: std::hash::Hash + Eq + Clone>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        key: &K,
    ) -> Result<(), Error> {
        self.check_many(limiter, key, NonZeroU32::MIN)
    }

    fn check_many<K: std::hash::Hash + Eq + Clone>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        key: &K,
        count: NonZeroU32,
    ) -> Result<(), Error> {
        if limiter.len() > FORGET_ABOVE {
            limiter.retain_recent();
        }
        let checked = limiter.check_key_n(key, count).map_err(|_| Error::BodyTooLarge)?;
        checked.map_err(|denied| Error::TooFast(denied.wait_time_from(self.clock.now())))
    }

    /// The same of what may be more than there ever is at once: that takes all there is.
    fn check_up_to<K: std::hash::Hash + Eq + Clone>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        key: &K,
        count: u32,
        most: u32,
    ) -> Result<(), Error> {
        NonZeroU32::new(count.min(most))
            .map_or(Ok(()), |count| self.check_many(limiter, key, count))
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
        self.check(&self.verbs, &user)
    }

    /// One export of a class by a member.
    pub fn export(&self, user: UserId) -> Result<(), Error> {
        self.check(&self.exports, &user)
    }

    /// One look of a member at the class.
    pub fn look(&self, group_id: GroupId, user: UserId) -> Result<(), Error> {
        self.look_at(group_id, user, LOOK)
    }

    /// So many rows more that a look of a member has to go through.
    pub fn look_at(&self, group_id: GroupId, user: UserId, rows: u32) -> Result<(), Error> {
        self.check_up_to(&self.looks, &user, rows, ROWS.0)?;
        self.check_up_to(&self.looks_at, &group_id, rows, ROWS_OF_CLASS.0)
    }

    /// One change to a class, and how many bytes of words and parts it brings.
    pub fn change(&self, group_id: GroupId, words: u64) -> Result<(), Error> {
        self.check(&self.changes, &group_id)?;
        let words = u32::try_from(words).unwrap_or(u32::MAX);
        self.check_up_to(&self.words, &group_id, words, WORDS.0)
    }

    /// So many bytes that are written for a network.
    pub fn write(&self, address: IpAddr, bytes: u64) -> Result<(), Error> {
        let grains = u32::try_from(bytes.div_ceil(GRAIN)).unwrap_or(u32::MAX);
        self.check_up_to(&self.written, &network(address), grains, self.written_at_once)
    }

    /// One word of a member to the other end of an invitation.
    pub fn relay(&self, user: UserId) -> Result<(), Error> {
        self.check(&self.relays, &user)
    }

    /// One member more from an address.
    pub fn join(&self, address: IpAddr) -> Result<(), Error> {
        self.check(&self.joins, &network(address))?;
        self.write(address, weight::EVENT + weight::ADMISSION)
    }

    /// One class begun from an address.
    pub fn begin(&self, address: IpAddr) -> Result<(), Error> {
        self.check(&self.begins, &network(address))?;
        self.write(address, 3 * weight::EVENT + weight::ADMISSION)
    }

    /// One link for another device that is made or used from an address.
    pub fn take_over(&self, address: IpAddr) -> Result<(), Error> {
        self.check(&self.take_overs, &network(address))?;
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
        let joined = (0..1_000_000).take_while(|_| limits.join(town).is_ok()).count();
        assert!((10_000..20_000).contains(&joined), "{joined} joined");
        assert!(limits.join(IpAddr::from([192, 0, 2, 8])).is_ok());
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

    #[test]
    fn a_household_counts_as_one_address() {
        let one: IpAddr = "2001:db8:1:2:3::4".parse().expect("an address");
        let other: IpAddr = "2001:db8:1:2:ffff::9".parse().expect("an address");
        let mapped: IpAddr = "::ffff:192.0.2.7".parse().expect("an address");
        assert_eq!(network(one), network(other));
        assert_eq!(network(mapped), IpAddr::from([192, 0, 2, 7]));
    }
}
