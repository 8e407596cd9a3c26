//! Several servers on one database, its nodes: how one is named, and how they know each other.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use http::Uri;
use sha2::Sha256;
use signaling::Timestamp;

use crate::hex::{hex, unhex};

/// The shortest secret, in bytes.
const SHORTEST_SECRET: usize = 16;
/// How long a mark is good for, in milliseconds either way: the nodes' clocks may differ.
const MARK_MILLIS: i64 = 60_000;

/// One server among several on the same database.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where the others reach it.
    pub address: NodeAddress,
    /// What all of them know.
    pub secret: NodeSecret,
}

/// Where the other servers reach one: scheme `http`, a host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeAddress(String);

/// The address is none.
#[derive(Debug, thiserror::Error)]
#[error("give it as http://host:port, where the other servers reach this one")]
pub struct NoNodeAddress;

impl NodeAddress {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NodeAddress {
    type Err = NoNodeAddress;

    fn from_str(text: &str) -> Result<Self, NoNodeAddress> {
        let uri: Uri = text.parse().map_err(|_| NoNodeAddress)?;
        let is_address = uri.scheme_str() == Some("http")
            && uri.authority().is_some_and(|it| it.port().is_some() && !it.as_str().contains('@'))
            && matches!(uri.path_and_query().map(|it| it.as_str()), None | Some("/"));
        if is_address {
            Ok(Self(text.trim_end_matches('/').to_owned()))
        } else {
            Err(NoNodeAddress)
        }
    }
}

/// What all servers on one database know, and nobody else. It is shown nowhere, nor sent.
#[derive(Clone)]
pub struct NodeSecret(String);

/// The secret is too short.
#[derive(Debug, thiserror::Error)]
#[error(
    "it is too short: at least {SHORTEST_SECRET} characters, such as `openssl rand -hex 32` makes"
)]
pub struct ShortSecret;

impl fmt::Debug for NodeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeSecret")
    }
}

impl FromStr for NodeSecret {
    type Err = ShortSecret;

    fn from_str(text: &str) -> Result<Self, ShortSecret> {
        if text.len() < SHORTEST_SECRET { Err(ShortSecret) } else { Ok(Self(text.to_owned())) }
    }
}

impl NodeSecret {
    /// What tells two secrets apart, and nothing else of them.
    pub(crate) fn fingerprint(&self) -> String {
        hex(&self.mac("nodes of one database").finalize().into_bytes())
    }

    /// The mark by which a node knows that another one has forwarded a request at this moment: for whom, what
    /// is asked, and by which method.
    pub(crate) fn mark(&self, now: Timestamp, request: &str) -> String {
        let at = now.as_millis();
        format!("{at} {}", hex(&self.mac(&format!("{at} {request}")).finalize().into_bytes()))
    }

    /// Whether a mark is that of this request, made by a node a moment ago.
    pub(crate) fn knows(&self, now: Timestamp, mark: &str, request: &str) -> bool {
        let Some((at, signed)) = mark.split_once(' ') else { return false };
        let Ok(at) = at.parse::<i64>() else { return false };
        let Some(signed) = unhex(signed) else { return false };
        let is_fresh = now.as_millis().abs_diff(at) <= MARK_MILLIS.unsigned_abs();
        is_fresh && self.mac(&format!("{at} {request}")).verify_slice(&signed).is_ok()
    }

    fn mac(&self, of: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes())
            // RFC 2104: a key of any length will do.
            .expect("HMAC takes any key");
        mac.update(of.as_bytes());
        mac
    }
}

/// Which server decides on a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Home {
    /// This one.
    Here,
    /// None yet, or there is no such class: whoever is asked may find out.
    Nobody,
    /// The one at this address.
    At(String),
}

/// The class has another server for its home.
#[derive(Debug, thiserror::Error)]
#[error("another server is the class's home")]
pub(crate) struct Elsewhere;

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> NodeSecret {
        text.parse().expect("a secret")
    }

    #[test]
    fn a_mark_is_good_for_its_request_from_a_node_that_knows_the_secret_and_for_a_minute() {
        let (ours, other) = (secret("sixteen letters!"), secret("sixteen others!!"));
        let now = Timestamp::from_millis(1_760_000_000_000);
        let later = |millis| Timestamp::from_millis(now.as_millis() + millis);
        let mark = ours.mark(now, "GET /class");
        assert!(ours.knows(now, &mark, "GET /class"));
        assert!(ours.knows(later(60_000), &mark, "GET /class"));
        assert!(ours.knows(later(-60_000), &mark, "GET /class"));
        for (at, mark, request) in [
            (later(60_001), mark.as_str(), "GET /class"),
            (later(-60_001), &mark, "GET /class"),
            (now, &mark, "POST /class"),
            (now, &other.mark(now, "GET /class"), "GET /class"),
            (now, "", "GET /class"),
            (now, "1 zz", "GET /class"),
            (now, "x 00", "GET /class"),
        ] {
            assert!(!ours.knows(at, mark, request), "{mark} {request}");
        }
        assert_ne!(ours.fingerprint(), other.fingerprint());
        assert!(!format!("{ours:?}").contains("sixteen"));
    }

    #[test]
    fn an_address_names_a_host_and_a_port_and_nothing_else() {
        for good in ["http://10.0.0.1:3000", "http://node-1.internal:80/", "http://[::1]:3000"] {
            assert!(good.parse::<NodeAddress>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "10.0.0.1:3000",
            "https://node:3000",
            "http://node",
            "http://a:1/path",
            "http://u@a:1",
        ] {
            assert!(bad.parse::<NodeAddress>().is_err(), "{bad}");
        }
        assert!("short".parse::<NodeSecret>().is_err());
    }
}
