//! What Prometheus is told of the engine, and what requests are counted for it.

use crate::engine::Engine;
use crate::metrics::{Answered, ByLimit, Standing};

impl Engine {
    /// Counts a request that was answered.
    pub fn count_answer(&self, answered: &Answered, answer: &http::Extensions) {
        self.metrics().answered(answered, answer.get::<ByLimit>().copied());
    }

    /// The metrics, in the text format of OpenMetrics.
    pub async fn told_metrics(&self) -> String {
        let (groups, streams) = self.groups_and_streams();
        self.metrics().told(&Standing {
            waiting: self.waiting_for_writer(),
            groups,
            streams,
            store_up: self.check().await.is_ok(),
            in_doubt: self.is_in_doubt(),
        })
    }
}
