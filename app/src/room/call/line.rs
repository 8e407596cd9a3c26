//! The line between the two browsers of a call. The server carries what they have to tell each
//! other to find a way, and promises nothing; so a page that is not connected says *hello* every
//! other second, and the caller's page answers each hello of a page it does not know, or has waited
//! for too long, with a new attempt. That is all there is to a reload, a lost word, a changed
//! network: another hello. Two who find no way within a few seconds meet at the server's forwarding unit,
//! where it carries voices.

mod attempt;
mod connect;
mod handle;
mod over_server;
mod relay;
mod round;

pub use self::handle::{Line, Link, Opening, Tells};
