//! Token buckets that are charged on failure only: wrong codes and wrong passwords, by network.
//!
//! A whole school joins from one address within a minute, so right ones cost nothing; no limiter at
//! hand does that. A bucket may go below zero, so that guesses that are made at once are no way around.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::buckets::SITE_SHARE;
use super::networks::{network, site};
use crate::clock::monotonic;
use crate::error::Error;

/// How many wrong guesses are held before those that have come back are forgotten.
const FORGET_ABOVE: usize = 10_000;

/// How many wrong guesses an address has, and how they come back.
pub(super) struct Allowance {
    /// How many there are at once.
    pub guesses: f64,
    /// How many come back in a second.
    pub per_second: f64,
    /// How far below zero guesses that are made at once can bring it.
    pub debt: f64,
}

/// The wrong guesses that addresses have left.
pub(super) struct Guesses {
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
    pub fn new(allowance: Allowance) -> Self {
        Self { allowance, left: Mutex::default() }
    }

    fn refill(&self, network: Network, left: &mut Left, now: Instant) {
        let share = f64::from(network.share);
        let back = (now - left.at).as_secs_f64() * self.allowance.per_second * share;
        left.guesses = (left.guesses + back).min(self.allowance.guesses * share);
        left.at = now;
    }

    pub fn may_try(&self, address: IpAddr) -> Result<(), Error> {
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
    pub fn was_wrong(&self, address: IpAddr) {
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
