//! A real server on a real database, and the people who talk to it.

mod answer;
mod class;
mod database;
mod routes;
mod server;
mod shapes;
mod stream;
mod voice;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use self::database::Place;
pub use answer::{Answer, Request};
pub use class::{Class, GroupInvitation, Invite, Member};
pub use routes::{group_routes, invitation_routes};
pub use server::{Endpoint, Server};
pub use shapes::{assert_fields, assert_time, keys};
pub use stream::{Event, EventStream};
pub use voice::{VoicePage, connection, heard, offer};

/// How long anything may take before a test gives it up; far more than it ever needs.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for what must come, and says what was waited for when it does not.
pub async fn within_patience<T>(what: &str, future: impl Future<Output = T>) -> T {
    let result = tokio::time::timeout(PATIENCE, future).await;
    result.unwrap_or_else(|_| panic!("waited {PATIENCE:?} in vain for {what}"))
}

/// Waits until the clock, which the server's is too, shows this moment.
pub async fn wait_until(moment: signaling::Timestamp) {
    #[expect(clippy::disallowed_methods, reason = "it waits for a moment of the server's clock")]
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    let millis = u64::try_from(moment.as_millis()).expect("a moment after 1970");
    tokio::time::sleep(Duration::from_millis(millis).saturating_sub(since_epoch)).await;
}
