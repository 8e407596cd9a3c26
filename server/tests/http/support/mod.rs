//! A real server on a real file, and the people who talk to it.

mod answer;
mod class;
mod routes;
mod server;
mod shapes;
mod stream;

use std::time::Duration;

pub use answer::{Answer, Request};
pub use class::{Class, GroupInvitation, Invite, Member};
pub use routes::{group_routes, invitation_routes};
pub use server::Server;
pub use shapes::{assert_fields, assert_time, keys};
pub use stream::{Event, EventStream};

/// How long anything may take before a test gives it up; far more than it ever needs.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for what must come, and says what was waited for when it does not.
pub async fn within_patience<T>(what: &str, future: impl Future<Output = T>) -> T {
    let result = tokio::time::timeout(PATIENCE, future).await;
    result.unwrap_or_else(|_| panic!("waited {PATIENCE:?} in vain for {what}"))
}
