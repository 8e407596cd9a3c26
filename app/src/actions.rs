//! What the forms of the pages do. Each is a server function and a plain form's target as well: a
//! browser without the room's script is sent back to the page, with what went wrong and what was typed
//! in the address.

mod act;
mod admin;
mod arrival;
mod handover;
mod join;
mod start;

pub use self::join::SOMEBODY_ELSE;
