//! How much of the server one client can take: connections, streams, and time. What is too fast is
//! in `limits`; how large a request may be, the contract says.

use std::time::Duration;

/// The bounds of connections and streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How many connections may be open, live streams among them. Who comes then is told to come
    /// back.
    pub connections: usize,
    /// How many live streams of one class a member may have open, on all of their devices.
    pub streams_of_member: usize,
    /// How long the headers of a request may take, and how long a connection may be idle.
    pub header_timeout: Duration,
    /// The longest headers of a request, in bytes; at least 8 192.
    pub header_bytes: usize,
    /// How long a request's body may stand still.
    pub body_timeout: Duration,
    /// How long all of a request's body may take, however it moves.
    pub body_deadline: Duration,
    /// How long a write may stand still before the reader is given up.
    pub write_timeout: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 20_000,
            streams_of_member: 16,
            header_timeout: Duration::from_secs(10),
            header_bytes: 32 * 1_024,
            body_timeout: Duration::from_secs(10),
            body_deadline: Duration::from_secs(60),
            write_timeout: Duration::from_secs(30),
        }
    }
}
