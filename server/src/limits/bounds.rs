//! Quotas: how much of the server one client, one class and one network can take, in connections,
//! streams, time and bytes. Rates are in `limits`; how large a request may be, the contract says.

use std::time::Duration;

/// The bounds of connections and streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How many connections may be open, live streams among them. Who comes then is told to come
    /// back.
    pub connections: usize,
    /// How many of them one network may have: a school is one, behind its router. Proxies that are
    /// trusted bring everybody and have no share.
    pub connections_of_network: usize,
    /// How many live streams of one class a member may have open, on all of their devices.
    pub streams_of_member: usize,
    /// How long the headers of a request may take from their first byte, and a new connection until
    /// that.
    pub header_timeout: Duration,
    /// How long a connection may be idle between two requests; longer than proxies keep theirs.
    pub idle_timeout: Duration,
    /// The longest headers of a request, in bytes; at least 8 192.
    pub header_bytes: usize,
    /// How long a request's body may stand still.
    pub body_timeout: Duration,
    /// How long all of a request's body may take, however it moves.
    pub body_deadline: Duration,
    /// How long a write may stand still before the reader is given up.
    pub write_timeout: Duration,
    /// How many bytes a class may come to, on the disk and in memory. At that, what goes on can be
    /// ended and nothing begun.
    pub class_bytes: u64,
    /// How many bytes may be written for one network in a day; as many once more at once.
    pub network_bytes_a_day: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connections_of_network: 10_000,
            streams_of_member: 16,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            header_bytes: 32 * 1_024,
            body_timeout: Duration::from_secs(10),
            body_deadline: Duration::from_secs(60),
            write_timeout: Duration::from_secs(30),
            class_bytes: 256 << 20,
            network_bytes_a_day: 2 << 30,
        }
    }
}
