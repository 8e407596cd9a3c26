//! How long to wait before the next attempt: exponential backoff with jitter.

use std::time::Duration;

/// The first and the longest wait before a new stream is opened, in milliseconds.
pub const WAITS: (f64, f64) = (500.0, 15_000.0);

/// The first and the longest time between two such questions, in milliseconds.
pub const ASKS: (f64, f64) = (2_000.0, 6_000.0);

/// A time that grows with failures, in milliseconds.
pub fn grown((first, longest): (f64, f64), failures: u32) -> f64 {
    (first * f64::from(1_u32 << failures.min(8))).min(longest)
}

/// A time in milliseconds, so that not everybody comes at once.
pub fn jittered(millis: f64) -> Duration {
    Duration::from_secs_f64(millis * (0.5 + js_sys::Math::random()) / 1_000.0)
}
