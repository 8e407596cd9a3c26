//! Token buckets by key: each holds so much at once, and so much flows back in a second. Whoever
//! takes more than there is has to wait.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use parking_lot::Mutex;

use crate::clock::monotonic;
use crate::error::Error;
use crate::limits::networks::{network, site};

/// The most buckets that are held before those that are full are forgotten.
const FORGET_ABOVE: usize = 10_000;
/// How often they are looked for, at most: it takes a look at all of them.
const FORGET_EVERY: Duration = Duration::from_secs(1);
/// How many networks' shares all networks of one site have together.
pub(crate) const SITE_SHARE: u8 = 16;

/// The buckets of one kind.
pub(crate) struct Buckets<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    at_once: u32,
    clock: DefaultClock,
    forgot_at: Mutex<Option<Instant>>,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    /// Buckets that each hold so much at once, of which so much flows back in a second.
    pub fn new(at_once: u32, per_second: u32) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let at_once = at_least_one(at_once);
        let quota = Quota::per_second(at_least_one(per_second)).allow_burst(at_once);
        Self {
            limiter: RateLimiter::keyed(quota),
            at_once: at_once.get(),
            clock: DefaultClock::default(),
            forgot_at: Mutex::default(),
        }
    }

    /// Takes so much; of what is more than there ever is at once, all there is.
    ///
    /// # Errors
    /// When there is less at this moment: then nothing is taken.
    pub fn take(&self, key: &K, count: u32) -> Result<(), Error> {
        let Some(count) = NonZeroU32::new(count.min(self.at_once)) else { return Ok(()) };
        self.forget(monotonic().into_std());
        let taken = self.limiter.check_key_n(key, count).map_err(|_| Error::BodyTooLarge)?;
        taken.map_err(|denied| Error::TooFast(denied.wait_time_from(self.clock.now())))
    }

    /// Forgets the buckets that are full, where there are many and it was not done a moment ago.
    fn forget(&self, now: Instant) {
        if self.limiter.len() <= FORGET_ABOVE {
            return;
        }
        let mut forgot_at = self.forgot_at.lock();
        if forgot_at.is_none_or(|at| now.saturating_duration_since(at) >= FORGET_EVERY) {
            *forgot_at = Some(now);
            drop(forgot_at);
            self.limiter.retain_recent();
        }
    }
}

/// The buckets of networks. Whoever has one of IPv6 to themselves has mostly many of them, so these
/// have not much more together than one.
pub(crate) struct NetworkBuckets {
    networks: Buckets<IpAddr>,
    sites: Buckets<IpAddr>,
}

impl NetworkBuckets {
    /// Buckets that hold so much at once for a network, of which so much flows back in a second.
    pub fn new(at_once: u32, per_second: u32) -> Self {
        let share = u32::from(SITE_SHARE);
        Self {
            networks: Buckets::new(at_once, per_second),
            sites: Buckets::new(at_once.saturating_mul(share), per_second.saturating_mul(share)),
        }
    }

    /// Takes so much for the network of an address, as [`Buckets::take`].
    ///
    /// # Errors
    /// As there.
    pub fn take(&self, address: IpAddr, count: u32) -> Result<(), Error> {
        self.networks.take(&network(address), count)?;
        self.sites.take(&site(address), count)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    #[test]
    fn whoever_has_thousands_of_networks_has_sixteen_shares() {
        let buckets = NetworkBuckets::new(100, 1);
        let of_site = |n: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 7, n, 0, 0, 0, 1));
        let taken = (0..u16::MAX).filter(|n| buckets.take(of_site(*n), 1).is_ok()).count();
        assert!((1_600..1_700).contains(&taken), "{taken} taken");
        let elsewhere = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 8, 0, 0, 0, 0, 1));
        assert!(buckets.take(elsewhere, 100).is_ok());
    }

    #[test]
    fn what_is_more_than_there_ever_is_takes_all_there_is() {
        let buckets = Buckets::new(10, 1);
        assert!(buckets.take(&1, 0).is_ok());
        assert!(buckets.take(&1, 1_000).is_ok());
        assert!(matches!(buckets.take(&1, 1), Err(Error::TooFast(_))));
        assert!(buckets.take(&2, 10).is_ok());
    }

    #[test]
    fn full_buckets_are_looked_for_once_in_a_while() {
        // One that is taken from is full again within a nanosecond.
        let buckets = Buckets::new(1_000_000, 1_000_000_000);
        let take_from_many = || {
            for key in 0..=FORGET_ABOVE {
                buckets.take(&key, 1).expect("there is enough");
            }
        };
        take_from_many();
        assert!(buckets.limiter.len() > FORGET_ABOVE);
        let now = monotonic().into_std();
        buckets.forget(now);
        assert!(buckets.limiter.len() <= 1, "they are full, and forgotten");
        take_from_many();
        buckets.forget(now + FORGET_EVERY - Duration::from_millis(1));
        assert!(buckets.limiter.len() > FORGET_ABOVE, "it was looked a moment ago");
        buckets.forget(now + FORGET_EVERY);
        assert!(buckets.limiter.len() <= 1);
    }
}
