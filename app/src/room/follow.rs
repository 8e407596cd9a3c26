//! The browser's side of a live class: one stream, opened after the snapshot that the page came
//! with, whose events are folded as the server folds them. The tabs of a browser share it
//! (`tabs.js`).
//!
//! An EventSource stops for good on an answer that is not 200 and knows nothing of a proxy that
//! has gone silent. So every failure closes it, a new one is opened after a time that grows and is
//! jittered, and a watchdog takes a stream for dead that has missed a heartbeat. What comes after
//! such a silence was said before it, to a laptop that fell asleep, and is not listened to.
//!
//! Some networks hold streams back and let everything else pass. So while no stream tells anything the
//! page also asks for the class every few seconds, by the tag of what it has.

mod backoff;
mod fold;
mod follower;
mod polling;
mod stream;
mod tab_stream;
mod watch;

pub use self::follower::start;
