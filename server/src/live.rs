//! What is in memory of groups that are in use, and the streams that follow them.

mod chunk;
mod ephemeral;
pub(crate) mod fanout;
pub(crate) mod liveness;
pub(crate) mod log_tail;
mod memberships;
pub(crate) mod outlet;
mod presence;
pub(crate) mod relay;
pub(crate) mod room;
pub(crate) mod rooms;
pub(crate) mod stream;
