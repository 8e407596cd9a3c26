//! The student's room: one thing at a time, for a thumb.

mod asked;
mod choice;
mod list;
mod menu;
mod news;
mod room;
mod sheets;
#[cfg(feature = "browser")]
mod signs;
mod slots;
mod state;

pub use self::room::StudentRoom;
