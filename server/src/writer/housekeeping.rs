//! When what is not used leaves memory, and how much of what is used stays.

use std::time::Duration;

/// When what is not used leaves memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Housekeeping {
    /// How long an unused group stays in memory.
    pub idle: Duration,
    /// How often what is idle or has outlived its use is looked for.
    pub sweep: Duration,
    /// How many of a group's newest events stay in memory. A stream that is further behind starts
    /// over from a snapshot.
    pub tail_events: usize,
    /// The longest body of a first answer that is kept as it is, in bytes.
    pub kept_body: usize,
}

impl Default for Housekeeping {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(600),
            sweep: Duration::from_secs(60),
            // The largest class can raise all its hands twice within it.
            tail_events: 16_384,
            kept_body: 1_024,
        }
    }
}
