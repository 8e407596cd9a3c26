//! The part of an address that stands for whoever is behind it: a household or a school.

use std::net::{IpAddr, Ipv6Addr};

/// The part of an address that one household or school cannot change at will: of IPv6 its first 64
/// bits.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    first(address, 4)
}

/// The networks that one site may have all to itself: of IPv6 the first 48 bits, of IPv4 the address.
pub(crate) fn site(address: IpAddr) -> IpAddr {
    first(address, 3)
}

/// An address with only so many of its sixteen-bit pieces, where it is one of IPv6.
fn first(address: IpAddr, pieces: usize) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let mut kept = address.segments();
            kept[pieces..].fill(0);
            IpAddr::V6(Ipv6Addr::from(kept))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_household_counts_as_one_address() {
        assert_eq!(network(at("2001:db8:1:2:3::4")), network(at("2001:db8:1:2:ffff::9")));
        assert_ne!(network(at("2001:db8:1:2::1")), network(at("2001:db8:1:3::1")));
        assert_eq!(network(at("::ffff:192.0.2.7")), at("192.0.2.7"));
    }

    #[test]
    fn a_site_has_many_networks_of_ipv6_and_one_address_of_ipv4() {
        assert_eq!(site(at("2001:db8:1:2::1")), site(at("2001:db8:1:ffff::1")));
        assert_ne!(site(at("2001:db8:1:2::1")), site(at("2001:db8:2:2::1")));
        assert_ne!(site(at("192.0.2.7")), site(at("192.0.2.8")));
    }
}
