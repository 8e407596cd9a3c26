//! Trusted proxies: which client a request is of. Anybody may write `X-Forwarded-For`, so it counts
//! only as far as configured proxies have written it.

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;

use http::HeaderMap;
use ipnet::IpNet;

/// The proxies that are believed.
pub(crate) struct Proxies {
    trusted: Vec<IpNet>,
    is_told: OnceLock<()>,
}

impl Proxies {
    /// Those of these networks.
    pub const fn new(trusted: Vec<IpNet>) -> Self {
        Self { trusted, is_told: OnceLock::new() }
    }

    /// Whether an address is that of a proxy.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// For whom a request is that came from this peer with these headers. Each proxy writes behind
    /// what it was told, so the list is read from its end, for as long as its writers are trusted.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let forwarded = headers.get_all("x-forwarded-for");
        if !self.trusts(peer) {
            if forwarded.iter().next().is_some() {
                self.tell_once(peer);
            }
            return peer;
        }
        let lines = forwarded.iter().rev().map(|line| line.to_str().unwrap_or_default());
        let mut nearest = peer;
        for named in lines.flat_map(|line| line.rsplit(',')) {
            // Behind what cannot be read, nothing tells who wrote it.
            let Some(address) = address(named.trim()) else { break };
            nearest = address;
            if !self.trusts(address) {
                break;
            }
        }
        nearest
    }

    fn tell_once(&self, peer: IpAddr) {
        self.is_told.get_or_init(|| {
            tracing::warn!(
                %peer,
                "ignoring X-Forwarded-For from an untrusted peer: all its clients share one rate limit. If \
                 it is your proxy, name it with --trusted-proxy"
            );
        });
    }
}

/// The address as proxies write it: some add the port.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse().ok().or_else(with_port).or_else(in_brackets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    /// The client that is found behind a peer that brings these lines of the header.
    fn client(trusted: &[&str], peer: &str, lines: &[&'static str]) -> IpAddr {
        let networks = trusted.iter().map(|network| network.parse().expect("a network"));
        let proxies = Proxies::new(networks.collect());
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().expect("a value"));
        }
        proxies.client(ip(peer), &headers)
    }

    #[test]
    fn whoever_is_no_trusted_proxy_asks_for_themselves() {
        for trusted in [&[][..], &["10.0.0.0/8"], &["::1/128"]] {
            for peer in ["127.0.0.1", "192.0.2.7", "2001:db8::1"] {
                assert_eq!(client(trusted, peer, &["198.51.100.1"]), ip(peer));
            }
        }
    }

    #[test]
    fn the_nearest_address_that_is_no_trusted_proxys_is_the_client() {
        let trusted = ["127.0.0.1/32", "10.0.0.0/8", "2001:db8:5::/48"];
        for (peer, lines, expected) in [
            ("127.0.0.1", &["198.51.100.1"][..], "198.51.100.1"),
            ("127.0.0.1", &["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["203.0.113.9, 198.51.100.1, 10.1.2.3"], "198.51.100.1"),
            ("127.0.0.1", &["203.0.113.9", "198.51.100.1,10.1.2.3"], "198.51.100.1"),
            ("127.0.0.1", &["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
            ("2001:db8:5::1", &["2001:db8:77::1"], "2001:db8:77::1"),
            ("::ffff:10.1.2.3", &["198.51.100.1"], "198.51.100.1"),
            ("10.1.2.3", &["198.51.100.1:4711"], "198.51.100.1"),
            ("10.1.2.3", &["[2001:db8:77::1]:4711"], "2001:db8:77::1"),
            ("10.1.2.3", &["[2001:db8:77::1]"], "2001:db8:77::1"),
        ] {
            assert_eq!(client(&trusted, peer, lines), ip(expected), "{peer} {lines:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_hides_what_stands_before_it() {
        let trusted = ["127.0.0.1/32", "10.0.0.0/8"];
        for (lines, expected) in [
            (&[][..], "127.0.0.1"),
            (&[""], "127.0.0.1"),
            (&["198.51.100.1, unknown"], "127.0.0.1"),
            (&["198.51.100.1, unknown, 10.1.2.3"], "10.1.2.3"),
            (&["198.51.100.1,"], "127.0.0.1"),
        ] {
            assert_eq!(client(&trusted, "127.0.0.1", lines), ip(expected), "{lines:?}");
        }
    }
}
