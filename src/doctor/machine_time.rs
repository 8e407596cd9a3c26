//! The machine's clocks: what is compared with others, and what is measured by.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use signaling::Timestamp;

/// The moment it is, as the machine has it.
pub fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the machine's clock is what is looked at")]
    of(SystemTime::now())
}

/// A moment of the system's as one of Handup's.
pub fn of(moment: SystemTime) -> Timestamp {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A moment to measure from.
pub fn instant() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "it tells a person how long something took")]
    Instant::now()
}
