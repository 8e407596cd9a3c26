//! The clock: the only place that reads the time.

use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use signaling::Timestamp;
use tokio::time::Instant;

/// A moment of the clock that only goes on and tells no time of day, for what takes or lasts a while.
#[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
pub(crate) fn monotonic() -> Instant {
    Instant::now()
}

/// The server's clock. It does not go back, so that no event is older than the one before it; and
/// where the machine's clock is set back it goes on by itself, so that what is to end in thirty
/// seconds does. A server that starts takes over what the machine's clock shows.
#[derive(Debug, Default)]
pub struct Clock {
    /// A moment that the machine's clock has shown, and when that was; later ones are counted
    /// from it for as long as the machine's clock shows less.
    shown: Mutex<Option<(i64, Instant)>>,
    /// What stands for the machine's clock in the simulation, in milliseconds since the epoch.
    #[cfg(test)]
    simulated: Option<std::sync::Arc<std::sync::atomic::AtomicI64>>,
}

impl Clock {
    /// The moment it is.
    pub fn now(&self) -> Timestamp {
        let mut shown = self.shown.lock();
        let (machine, instant) = (self.of_the_machine(), monotonic());
        let counted = shown.map(|(at, since)| {
            let passed = instant.saturating_duration_since(since).as_millis();
            at.saturating_add(i64::try_from(passed).unwrap_or(i64::MAX))
        });
        match counted.filter(|counted| *counted > machine) {
            Some(counted) => Timestamp::from_millis(counted),
            None => {
                *shown = Some((machine, instant));
                Timestamp::from_millis(machine)
            }
        }
    }

    /// It is not before this moment, which another server's clock has shown.
    pub fn not_before(&self, moment: Timestamp) {
        if self.now() < moment {
            *self.shown.lock() = Some((moment.as_millis(), monotonic()));
        }
    }

    fn of_the_machine(&self) -> i64 {
        #[cfg(test)]
        if let Some(simulated) = &self.simulated {
            return simulated.load(std::sync::atomic::Ordering::Relaxed);
        }
        #[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
    }

    /// The clock of a machine whose own clock is this one.
    #[cfg(test)]
    pub(crate) fn simulated(machine: std::sync::Arc<std::sync::atomic::AtomicI64>) -> Self {
        Self { shown: Mutex::default(), simulated: Some(machine) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_back_goes_on_and_never_back() {
        let machine = Arc::new(AtomicI64::new(1_000_000));
        let clock = Clock::simulated(Arc::clone(&machine));
        let pass = async |millis: u64| {
            tokio::time::advance(Duration::from_millis(millis)).await;
            machine.fetch_add(millis.cast_signed(), Ordering::Relaxed);
        };
        assert_eq!(clock.now(), Timestamp::from_millis(1_000_000));
        machine.store(400_000, Ordering::Relaxed);
        assert_eq!(clock.now(), Timestamp::from_millis(1_000_000));
        pass(30_000).await;
        assert_eq!(clock.now(), Timestamp::from_millis(1_030_000), "it goes on");
        machine.store(1_030_500, Ordering::Relaxed);
        assert_eq!(clock.now(), Timestamp::from_millis(1_030_500), "the machine is ahead again");
        pass(500).await;
        assert_eq!(clock.now(), Timestamp::from_millis(1_031_000));
    }
}
