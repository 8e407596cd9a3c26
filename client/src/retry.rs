//! How often, and after how long, something is tried again: exponential backoff with full jitter.

use std::time::Duration;

use crate::Error;

/// How often, and after how long, a request is repeated that may be answered in a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How often it is sent in all.
    pub tries: u32,
    /// The longest wait before the second try; it doubles with each.
    pub first: Duration,
    /// The longest wait there is, unless the server asks for more.
    pub most: Duration,
}

/// A server that asks for more is not waited for by a request: whoever sent it may have a better idea.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest that somebody who follows waits, whatever a server asks for.
const LONGEST: Duration = Duration::from_secs(300);

impl Default for Retry {
    fn default() -> Self {
        let (first, most) = (Duration::from_millis(250), Duration::from_secs(15));
        Self { tries: 6, first, most }
    }
}

impl Retry {
    /// Nothing is sent twice.
    pub const ONCE: Self = Self { tries: 1, first: Duration::ZERO, most: Duration::ZERO };

    /// How long to wait after so many tries that failed; none when there are to be no more.
    pub(crate) fn wait(&self, failed: u32, error: &Error) -> Option<Duration> {
        let is_soon =
            !matches!(error, Error::Refused { retry_after: Some(it), .. } if *it > PATIENCE);
        (failed < self.tries && error.may_pass() && is_soon).then(|| self.backoff(failed, error))
    }

    /// The same where it is tried for ever.
    pub(crate) fn backoff(&self, failed: u32, error: &Error) -> Duration {
        let longest = self.first.saturating_mul(1 << failed.saturating_sub(1).min(16));
        let wait = longest.min(self.most).mul_f64(fastrand::f64());
        match error {
            Error::Refused { retry_after: Some(asked), .. } => wait.max((*asked).min(LONGEST)),
            _ => wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use signaling::{Code, Problem};

    use super::*;

    fn refused(status: u16, seconds: Option<u64>) -> Error {
        let problem = Box::new(Problem::new(status, Code::TooFast, "Wait."));
        Error::Refused { problem, retry_after: seconds.map(Duration::from_secs) }
    }

    #[test]
    fn waits_double_up_to_the_longest_and_are_spread_over_all_of_it() {
        let retry = Retry { tries: 100, ..Retry::default() };
        for (failed, longest) in [(1, 250), (2, 500), (3, 1_000), (7, 15_000), (90, 15_000)] {
            let waits = (0..200).filter_map(|_| retry.wait(failed, &refused(503, None)));
            let waits: Vec<u128> = waits.map(|wait| wait.as_millis()).collect();
            assert!(waits.iter().all(|wait| *wait <= longest), "{failed}: {waits:?}");
            assert!(waits.iter().any(|wait| *wait < longest / 3), "{failed}: {waits:?}");
            assert!(waits.iter().any(|wait| *wait > longest / 2), "{failed}: {waits:?}");
        }
    }

    #[test]
    fn what_the_server_asks_for_is_waited() {
        let retry = Retry::default();
        let wait = retry.wait(1, &refused(429, Some(40))).expect("another try");
        assert!(wait >= Duration::from_secs(40));
    }

    #[test]
    fn what_will_not_pass_is_not_tried_again() {
        for error in
            [refused(401, None), refused(409, None), refused(410, None), refused(429, None)]
        {
            assert_eq!(Retry::default().wait(1, &error), None, "{error:?}");
        }
        assert_eq!(Retry::default().wait(6, &refused(503, None)), None, "often enough");
        assert_eq!(Retry::default().wait(1, &refused(429, Some(3_600))), None, "too long");
        assert_eq!(Retry::ONCE.wait(1, &refused(503, None)), None);
    }
}
