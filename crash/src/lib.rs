//! Shows from outside that what the server answered is kept: it is killed at random moments, or its
//! power is taken away, and clients that know nothing but the contract look whether anything is
//! missing, comes twice, or was seen and is gone.
//!
//! Whether a run finds something depends on when the server dies, which no seed can repeat; what the
//! people of the classes do, and how long the server lives, comes from the seed.

pub mod client;
pub mod cluster;
pub mod database;
pub mod disk;
pub mod link;
pub mod log;
pub mod nodes;
pub mod run;
pub mod server;
pub mod world;

/// What everything here fails with: a sentence.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
