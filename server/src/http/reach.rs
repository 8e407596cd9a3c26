//! Under which address people reach the server: the configured one, or the one by which each browser
//! came. That may be one that no other machine can open, such as `127.0.0.1`: links for phones then
//! hold the machine's own address in its network, where the server listens on that.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use http::header::{HOST, HeaderMap};
use http::uri::Authority;

use crate::engine::Engine;
use crate::identity::{JoinCode, Token};

/// A link to this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The whole address.
    pub url: String,
    /// Whether other machines can open it, as far as this one knows.
    pub is_for_others: bool,
}

impl Link {
    fn to(self, path: &str) -> Self {
        Self { url: self.url + path, ..self }
    }
}

impl Engine {
    /// The link that joins a class, for whoever the client that sent these headers shows it to.
    pub fn join_link(&self, headers: &HeaderMap, code: &JoinCode) -> Link {
        self.origin(headers).to(&format!("/join/{}", code.as_str()))
    }

    /// The link by which a teacher goes on with another device.
    pub fn handover_link(&self, headers: &HeaderMap, token: &Token) -> Link {
        self.origin(headers).to(&format!("/handover/{}", token.reveal()))
    }

    fn origin(&self, headers: &HeaderMap) -> Link {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        origin(self.public_url(), host, self.listens_on(), in_network)
    }
}

/// The address by which other machines reach a server that listens on this one; none when it listens
/// to its own machine alone, or is in no network.
pub fn address_for_others(listens_on: SocketAddr) -> Option<SocketAddr> {
    others_reach(listens_on, in_network)
}

fn others_reach(
    listens_on: SocketAddr,
    in_network: impl Fn(IpAddr) -> Option<IpAddr>,
) -> Option<SocketAddr> {
    let ip = match listens_on.ip() {
        ip if ip.is_unspecified() => in_network(ip)?,
        ip => ip,
    };
    (!ip.to_canonical().is_loopback()).then(|| SocketAddr::new(ip, listens_on.port()))
}

fn origin(
    public_url: Option<&str>,
    host: Option<&str>,
    listens_on: Option<SocketAddr>,
    in_network: impl Fn(IpAddr) -> Option<IpAddr>,
) -> Link {
    if let Some(url) = public_url {
        return Link { url: url.to_owned(), is_for_others: true };
    }
    let host = host.unwrap_or("127.0.0.1");
    let here = |is_for_others| Link { url: format!("http://{host}"), is_for_others };
    let Some(port) = port_of_own_machine(host) else { return here(true) };
    // By another port the browser came through something of which nothing is known here.
    let listens_on = listens_on.filter(|address| address.port() == port);
    match listens_on.and_then(|address| others_reach(address, in_network)) {
        Some(address) => Link { url: format!("http://{address}"), is_for_others: true },
        None => here(false),
    }
}

/// The port of a host that every machine takes for itself; none when it is another.
fn port_of_own_machine(host: &str) -> Option<u16> {
    let authority: Authority = host.parse().ok()?;
    let name = authority.host().trim_matches(['[', ']']).to_ascii_lowercase();
    let name = name.trim_end_matches('.');
    let is_own = match name.parse::<IpAddr>() {
        Ok(ip) => ip.to_canonical().is_loopback() || ip.is_unspecified(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    };
    is_own.then(|| authority.port_u16().unwrap_or(80))
}

/// The machine's own address on its way to others, for a server that listens on all of them. The
/// system is asked for the way to an address that is nobody's; nothing is sent there.
fn in_network(listens_on: IpAddr) -> Option<IpAddr> {
    let v4 = (IpAddr::from(Ipv4Addr::UNSPECIFIED), IpAddr::from([192, 0, 2, 1]));
    let v6 = (Ipv6Addr::UNSPECIFIED.into(), IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]));
    let ways = if listens_on.is_ipv4() { &[v4][..] } else { &[v4, v6] };
    ways.iter().find_map(|(any, nobody)| {
        let socket = UdpSocket::bind((*any, 0)).ok()?;
        socket.connect((*nobody, 9)).ok()?;
        let ip = socket.local_addr().ok()?.ip();
        (!ip.is_unspecified() && !ip.is_loopback()).then_some(ip)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(public_url: Option<&str>, host: &str, listens_on: &str) -> (String, bool) {
        let listens_on = listens_on.parse().ok();
        let own = |ip: IpAddr| {
            let own: IpAddr = if ip.is_ipv4() { [192, 0, 2, 7].into() } else { [1; 8].into() };
            Some(own)
        };
        let Link { url, is_for_others } = origin(public_url, Some(host), listens_on, own);
        (url, is_for_others)
    }

    #[test]
    fn a_link_for_others_never_leads_them_to_their_own_machine() {
        for host in [
            "127.0.0.1:3000",
            "127.9.9.9:3000",
            "localhost:3000",
            "LOCALHOST.:3000",
            "class.localhost:3000",
            "[::1]:3000",
            "[::ffff:127.0.0.1]:3000",
            "0.0.0.0:3000",
            "[::]:3000",
        ] {
            let own = ("http://192.0.2.7:3000".to_owned(), true);
            assert_eq!(seen(None, host, "0.0.0.0:3000"), own, "{host}");
            assert_eq!(seen(None, host, "192.0.2.7:3000"), own, "{host}");
            let own = ("http://[1:1:1:1:1:1:1:1]:3000".to_owned(), true);
            assert_eq!(seen(None, host, "[::]:3000"), own, "{host}");
            let here = (format!("http://{host}"), false);
            // To its own machine alone, through something else, or not known at all.
            for listens_on in ["127.0.0.1:3000", "[::1]:3000", "0.0.0.0:8080", "nowhere"] {
                assert_eq!(seen(None, host, listens_on), here, "{host} {listens_on}");
            }
            let public = ("https://handup.example".to_owned(), true);
            assert_eq!(seen(Some("https://handup.example"), host, "0.0.0.0:3000"), public);
        }
    }

    #[test]
    fn whoever_came_by_an_address_of_the_network_shows_others_that_one() {
        for host in ["192.0.2.9:3000", "handup.example", "[2001:db8::7]:3000", "localhost.example"]
        {
            let seen = seen(None, host, "0.0.0.0:3000");
            assert_eq!(seen, (format!("http://{host}"), true));
        }
    }

    #[test]
    fn a_machine_in_no_network_says_so() {
        let anywhere = "0.0.0.0:3000".parse().ok();
        let link = origin(None, Some("127.0.0.1:3000"), anywhere, |_| None);
        assert!(!link.is_for_others);
        // Whatever network this machine is in, it is not told to lead others to themselves.
        let found = in_network(Ipv4Addr::UNSPECIFIED.into());
        assert!(found.is_none_or(|ip| ip.is_ipv4() && !ip.is_loopback()));
    }
}
