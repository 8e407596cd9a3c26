//! Demultiplexing: whose session a datagram is for, when all come to one port.
//!
//! A session is first known by the user fragment of its ICE credentials, which a STUN message names,
//! and then by the address from which a message came whose integrity the session has confirmed. An
//! address alone claims nothing: whoever has seen a user fragment could divert a voice otherwise.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::SocketAddr;

use str0m::net::Protocol;

/// Where a datagram came from.
pub(crate) type Source = (Protocol, SocketAddr);

/// The most addresses by which one session is known: a browser tries several at first.
const ADDRESSES: usize = 16;

/// Which datagrams are for which session.
#[derive(Debug)]
pub(crate) struct Demultiplexer<S> {
    by_fragment: HashMap<String, S>,
    by_address: HashMap<Source, S>,
    addresses: HashMap<S, Vec<Source>>,
}

impl<S> Default for Demultiplexer<S> {
    fn default() -> Self {
        Self { by_fragment: HashMap::new(), by_address: HashMap::new(), addresses: HashMap::new() }
    }
}

impl<S: Copy + Eq + Hash> Demultiplexer<S> {
    /// A session's own user fragment.
    pub fn admit(&mut self, fragment: String, session: S) {
        self.by_fragment.insert(fragment, session);
        self.addresses.insert(session, Vec::new());
    }

    /// Forgets all that leads to a session.
    pub fn forget(&mut self, session: S) {
        self.by_fragment.retain(|_, it| *it != session);
        for address in self.addresses.remove(&session).unwrap_or_default() {
            if self.by_address.get(&address) == Some(&session) {
                self.by_address.remove(&address);
            }
        }
    }

    /// The session that a STUN message is for which names this user fragment.
    pub fn named(&self, fragment: &str) -> Option<S> {
        self.by_fragment.get(fragment).copied()
    }

    /// The session of an address from which it has taken a message.
    pub fn known(&self, source: Source) -> Option<S> {
        self.by_address.get(&source).copied()
    }

    /// The session has taken a STUN message from this address.
    pub fn confirm(&mut self, source: Source, session: S) {
        let Some(addresses) = self.addresses.get_mut(&session) else { return };
        if self.by_address.insert(source, session) == Some(session) {
            return;
        }
        addresses.push(source);
        if addresses.len() > ADDRESSES {
            let oldest = addresses.remove(0);
            if self.by_address.get(&oldest) == Some(&session) {
                self.by_address.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(port: u16) -> Source {
        (Protocol::Udp, SocketAddr::from(([192, 0, 2, 1], port)))
    }

    #[test]
    fn a_session_is_known_by_its_newest_addresses_until_it_is_forgotten() {
        let mut sessions = Demultiplexer::default();
        sessions.admit("abcd".to_owned(), 1);
        assert_eq!((sessions.named("abcd"), sessions.named("abc")), (Some(1), None));
        assert_eq!(sessions.known(from(1)), None);
        for port in 1..=20 {
            sessions.confirm(from(port), 1);
            sessions.confirm(from(port), 1);
        }
        assert_eq!((sessions.known(from(4)), sessions.known(from(5))), (None, Some(1)));
        sessions.forget(1);
        assert!(sessions.by_address.is_empty() && sessions.by_fragment.is_empty());
        sessions.confirm(from(1), 1);
        assert_eq!(sessions.known(from(1)), None, "nothing leads to what is gone");
    }

    #[test]
    fn an_address_that_has_gone_over_to_another_session_stays_with_it() {
        let mut sessions = Demultiplexer::default();
        sessions.admit("one".to_owned(), 1);
        sessions.admit("two".to_owned(), 2);
        sessions.confirm(from(1), 1);
        sessions.confirm(from(1), 2);
        sessions.forget(1);
        assert_eq!(sessions.known(from(1)), Some(2));
    }
}
