//! Metrics: what one server counts of itself, and how Prometheus is told.
//!
//! What happens often is counted where it happens, by atomics; what only has a state is read when it
//! is asked for. No label names a class, a member or a code.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Answered {
    /// Its method.
    pub method: &'static str,
    /// The template of its path.
    pub route: String,
    /// The status of the answer.
    pub status: u16,
}

/// A request that was refused for there is too much.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Refused {
    limit: &'static str,
}

/// Which limit an answer was refused by, as an extension of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByLimit(pub &'static str);

/// What a server counts.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    refused: Family<Refused, Counter>,
    commits: Histogram,
    commit_events: Histogram,
    failed_commits: Counter,
    /// Bytes that the sockets of streams took.
    pub stream_bytes: Counter,
    /// Streams that were ended because their readers fell behind.
    pub evicted: Counter,
    /// Requests that another server answered.
    pub forwarded: Counter,
    /// Messages that webhooks have taken.
    pub delivered: Counter,
    /// Attempts that they have not.
    pub not_delivered: Counter,
    /// Messages that were given up.
    pub given_up: Counter,
    /// Classes that were loaded by this server, which decides on them since.
    pub loaded: Counter,
    now: Now,
}

/// What has a state, read when it is asked for.
#[derive(Default)]
struct Now {
    waiting: Gauge,
    groups: Gauge,
    streams: Gauge,
    store_up: Gauge,
    in_doubt: Gauge,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("handup"),
            requests: Family::default(),
            refused: Family::default(),
            commits: Histogram::new(exponential_buckets(0.000_5, 2.0, 14)),
            commit_events: Histogram::new(exponential_buckets(1.0, 4.0, 8)),
            failed_commits: Counter::default(),
            stream_bytes: Counter::default(),
            evicted: Counter::default(),
            forwarded: Counter::default(),
            delivered: Counter::default(),
            not_delivered: Counter::default(),
            given_up: Counter::default(),
            loaded: Counter::default(),
            now: Now::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    /// Names everything that is counted, and says what it is.
    fn register(&mut self) {
        let own = &mut self.registry;
        own.register("requests", "Requests that were answered", self.requests.clone());
        own.register("refused", "Requests refused by a limit", self.refused.clone());
        own.register_with_unit(
            "commit",
            "How long a commit took, with its sync",
            Unit::Seconds,
            self.commits.clone(),
        );
        own.register("commit_events", "Events in a commit", self.commit_events.clone());
        own.register(
            "failed_commits",
            "Commits that failed; all of their requests were refused",
            self.failed_commits.clone(),
        );
        own.register_with_unit(
            "streams_sent",
            "What live streams were sent",
            Unit::Bytes,
            self.stream_bytes.clone(),
        );
        own.register(
            "streams_evicted",
            "Live streams that were ended because their readers fell behind",
            self.evicted.clone(),
        );
        own.register(
            "forwarded",
            "Requests that were passed on to another server",
            self.forwarded.clone(),
        );
        own.register(
            "webhooks_delivered",
            "Messages that webhooks have taken",
            self.delivered.clone(),
        );
        own.register(
            "webhooks_failed",
            "Attempts to deliver to a webhook that came to nothing",
            self.not_delivered.clone(),
        );
        own.register(
            "webhooks_given_up",
            "Messages that a webhook has not taken in its time: dead letters",
            self.given_up.clone(),
        );
        own.register("groups_loaded", "Groups read from the store", self.loaded.clone());
        let Now { waiting, groups, streams, store_up, in_doubt } = &self.now;
        own.register("writer_waiting", "Requests that wait for the writer", waiting.clone());
        own.register("groups", "Groups in memory", groups.clone());
        own.register("streams", "Live streams that are open", streams.clone());
        own.register("store_up", "1 while the store can be written and read", store_up.clone());
        own.register(
            "lease_in_doubt",
            "1 while another server may decide on what is in memory here",
            in_doubt.clone(),
        );
    }

    /// Counts a request that was answered, and by which limit it was refused where one did.
    pub fn answered(&self, answered: &Answered, limit: Option<ByLimit>) {
        self.requests.get_or_create(answered).inc();
        if let Some(ByLimit(limit)) = limit {
            self.refused.get_or_create(&Refused { limit }).inc();
        }
    }

    /// Counts a commit.
    pub fn committed(&self, took: Duration, events: usize) {
        self.commits.observe(took.as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "a commit has thousands at most")]
        self.commit_events.observe(events as f64);
    }

    /// Counts a commit that failed.
    pub fn failed_to_commit(&self) {
        self.failed_commits.inc();
    }

    /// All of it, in the text format of OpenMetrics, where this is how the server stands.
    pub fn told(&self, standing: &Standing) -> String {
        let Now { waiting, groups, streams, store_up, in_doubt } = &self.now;
        waiting.set(count(standing.waiting));
        groups.set(count(standing.groups));
        streams.set(count(standing.streams));
        store_up.set(standing.store_up.into());
        in_doubt.set(standing.in_doubt.into());
        let mut told = String::new();
        // A text grows as it needs to.
        let _ = encode(&mut told, &self.registry);
        told
    }
}

/// How a server stands at a moment.
pub(crate) struct Standing {
    /// Requests that wait for the writer.
    pub waiting: usize,
    /// Groups in memory.
    pub groups: usize,
    /// Live streams that are open.
    pub streams: usize,
    /// Whether the store can be written and read.
    pub store_up: bool,
    /// Whether another server may decide on what is in memory.
    pub in_doubt: bool,
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
