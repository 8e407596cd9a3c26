//! What a token stands for: a browser, of which it is one of the tokens, and so the memberships
//! that the browser held when it was given out.
//!
//! Whoever comes into a class gets a new token, so that one that somebody noted on a shared machine
//! opens nothing that others come into there. The new token belongs to the same browser: what is
//! written is one token and one membership, however many classes the browser is in.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use signaling::{Timestamp, UserId};
use tokio::time::Instant;

use crate::clock::monotonic;
use crate::identity::TokenHash;

/// How long a token is still good after the one that replaced it was used, in seconds: as long as
/// requests of the same browser may be under way.
pub(crate) const GRACE_SECONDS: u32 = 60;
/// How many memberships, the newest, a browser takes along that comes in with a token which was
/// replaced already. It has sent two forms at once, or never heard the answer to the first.
pub(crate) const TAKEN_ALONG: u32 = 20;

/// A browser or a program that holds memberships, for the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BrowserId([u8; 16]);

impl BrowserId {
    /// The browser whose first token this is.
    pub fn of(first: TokenHash) -> Self {
        let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = *first.as_bytes();
        Self(id)
    }

    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// A token of a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub browser: BrowserId,
    /// Its number among the browser's tokens: it opens memberships of its own number and before.
    pub generation: u32,
    /// The token that it replaced, until it has been used itself: an answer that never came must
    /// not cost anybody their classes.
    pub replaces: Option<TokenHash>,
    /// When it ends; none while nothing has replaced it.
    pub ends_at: Option<Timestamp>,
}

impl Held {
    /// The first token of a browser.
    pub fn first(token: TokenHash) -> Self {
        Self { browser: BrowserId::of(token), generation: 0, replaces: None, ends_at: None }
    }

    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.ends_at.is_some_and(|at| at <= now)
    }

    /// Whether it opens this membership of its browser.
    pub const fn opens(&self, membership: &Membership) -> bool {
        membership.generation <= self.generation
    }

    /// Whether its browser may go on as this one of its memberships when somebody says so.
    pub const fn may_open(&self, membership: &Membership) -> bool {
        membership.number() <= self.generation
    }

    /// Whom it stands for, of the memberships of its browser in one class: who came last.
    pub fn stands_for<'m>(
        &self,
        memberships: impl IntoIterator<Item = &'m Membership>,
    ) -> Option<UserId> {
        let opened = memberships.into_iter().filter(|membership| self.opens(membership));
        opened.max_by_key(|membership| membership.generation).map(|membership| membership.user)
    }
}

/// What is added to a membership's number while it is asleep: no token opens it by itself. Whoever a
/// browser was in a class before somebody who has gone is asleep, for a page of who has gone must not
/// be taken for theirs; they go on when somebody says so.
pub(crate) const ASLEEP: u32 = 1 << 31;

/// Whom a browser is in one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Membership {
    /// The number of the token with which it came, and [`ASLEEP`] where it is that.
    pub generation: u32,
    pub user: UserId,
}

impl Membership {
    /// The number of the token with which it came.
    pub const fn number(&self) -> u32 {
        self.generation & !ASLEEP
    }

    pub const fn is_asleep(&self) -> bool {
        self.generation >= ASLEEP
    }

    /// Whether it tells later news of the same member than another one.
    pub fn is_later_than(&self, other: &Self) -> bool {
        (self.number(), self.is_asleep()) > (other.number(), other.is_asleep())
    }
}

/// Takes a member away from those that a browser is in one class, and puts to sleep whom it was
/// before them.
pub(crate) fn part(memberships: &mut Vec<Membership>, user: UserId) {
    let Some(theirs) = memberships.iter().find(|it| it.user == user).copied() else { return };
    memberships.retain(|it| it.user != user);
    if theirs.is_asleep() {
        return;
    }
    for earlier in memberships.iter_mut().filter(|it| it.generation < theirs.generation) {
        earlier.generation |= ASLEEP;
    }
}

struct Known {
    held: Held,
    learned_at: Instant,
    used_at: Instant,
}

/// The tokens that were presented lately or belong to a class in memory: a cache of the store.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<HashMap<TokenHash, Known>>);

impl Tokens {
    fn known(&self) -> MutexGuard<'_, HashMap<TokenHash, Known>> {
        self.0.lock()
    }

    pub fn get(&self, token: TokenHash) -> Option<Held> {
        let mut known = self.known();
        let known = known.get_mut(&token)?;
        known.used_at = monotonic();
        Some(known.held)
    }

    /// Takes over what the store has of tokens. What is known of one already is newer.
    pub fn learn(&self, tokens: impl IntoIterator<Item = (TokenHash, Held)>) {
        let (mut known, now) = (self.known(), monotonic());
        for (token, held) in tokens {
            known.entry(token).or_insert(Known { held, learned_at: now, used_at: now });
        }
    }

    /// A token was used for the first time: what it replaced is told once.
    pub fn take_replaced(&self, token: TokenHash) -> Option<TokenHash> {
        self.known().get_mut(&token)?.held.replaces.take()
    }

    /// A token has an end.
    pub fn end(&self, token: TokenHash, at: Timestamp) {
        if let Some(known) = self.known().get_mut(&token) {
            known.held.ends_at = Some(at);
        }
    }

    /// Forgets what was learned longer ago than this.
    pub fn forget_older(&self, than: Duration) {
        self.known().retain(|_, known| monotonic() - known.learned_at < than);
    }

    /// Forgets what has not been used for this long.
    pub fn forget_unused(&self, for_at_least: Duration) {
        self.known().retain(|_, known| monotonic() - known.used_at < for_at_least);
    }
}
