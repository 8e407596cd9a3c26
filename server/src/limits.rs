//! How fast is too fast. A class shares one address, so verbs are limited by member; an address
//! is limited only in wrong join codes and in classes it begins.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::ConnectInfo;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::Extensions;
use signaling::UserId;

use crate::error::Error;

/// The address a request came from, as [`serve`](crate::serve) noted it.
pub fn peer_address(extensions: &Extensions) -> IpAddr {
    let info = extensions.get::<ConnectInfo<SocketAddr>>();
    info.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip())
}

/// How many wrong codes an address may try at once; one more for every second after.
const GUESSES: f64 = 60.0;
/// How far many guesses at once can put an address behind.
const DEBT: f64 = 120.0;

/// The wrong codes an address has left. Only wrong ones count, which no limiter at hand does: a
/// whole school joins from one address within a minute.
struct Guesses {
    left: f64,
    at: Instant,
}

impl Guesses {
    fn refill(&mut self, now: Instant) {
        self.left = (self.left + (now - self.at).as_secs_f64()).min(GUESSES);
        self.at = now;
    }
}

pub(crate) struct Limits {
    verbs: DefaultKeyedRateLimiter<UserId>,
    begins: DefaultKeyedRateLimiter<IpAddr>,
    codes: Mutex<HashMap<IpAddr, Guesses>>,
    clock: DefaultClock,
}

/// The most keys a limiter holds before it forgets those that have been quiet.
const FORGET_ABOVE: usize = 10_000;

fn quota(burst: u32, per_second: u32) -> Quota {
    let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(at_least_one(per_second)).allow_burst(at_least_one(burst))
}

/// The part of an address that one household or school cannot change at will.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl Limits {
    pub fn new() -> Self {
        Self {
            verbs: RateLimiter::keyed(quota(1_000, 100)),
            begins: RateLimiter::keyed(quota(1_000, 10)),
            codes: Mutex::default(),
            clock: DefaultClock::default(),
        }
    }

    fn check<K: std::hash::Hash + Eq + Clone>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        key: &K,
    ) -> Result<(), Error> {
        if limiter.len() > FORGET_ABOVE {
            limiter.retain_recent();
        }
        let checked = limiter.check_key(key);
        checked.map_err(|denied| Error::TooFast(denied.wait_time_from(self.clock.now())))
    }

    /// Whether an address may try a code.
    pub fn may_try_code(&self, address: IpAddr) -> Result<(), Error> {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(guesses) = codes.get_mut(&network(address)) else { return Ok(()) };
        guesses.refill(Instant::now());
        if guesses.left >= 1.0 {
            return Ok(());
        }
        Err(Error::TooFast(Duration::from_secs_f64(1.0 - guesses.left)))
    }

    /// One wrong code from an address. Guesses that were made at once run into debt, so that they
    /// are no way around.
    pub fn wrong_code(&self, address: IpAddr) {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if codes.len() > FORGET_ABOVE {
            codes.retain(|_, guesses| {
                guesses.refill(now);
                guesses.left < GUESSES
            });
        }
        let full = Guesses { left: GUESSES, at: now };
        let guesses = codes.entry(network(address)).or_insert(full);
        guesses.refill(now);
        guesses.left = (guesses.left - 1.0).max(-DEBT);
    }

    /// One verb of a member.
    pub fn verb(&self, user: UserId) -> Result<(), Error> {
        self.check(&self.verbs, &user)
    }

    /// One class begun from an address.
    pub fn begin(&self, address: IpAddr) -> Result<(), Error> {
        self.check(&self.begins, &network(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_guesses_codes_for_long_and_others_are_not_held_up() {
        let limits = Limits::new();
        let school = IpAddr::from([192, 0, 2, 7]);
        let wrong = || limits.may_try_code(school).map(|()| limits.wrong_code(school));
        let guessed = (0..1_000).take_while(|_| wrong().is_ok()).count();
        assert!((60..70).contains(&guessed), "{guessed} wrong codes in a row");
        assert!(limits.may_try_code(IpAddr::from([192, 0, 2, 8])).is_ok());
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
