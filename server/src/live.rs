//! What is in memory of groups that are in use, and the streams that follow them.

pub(crate) mod fanout;
pub(crate) mod piece;
pub(crate) mod room;
pub(crate) mod rooms;
pub(crate) mod signs;
pub(crate) mod stream;
