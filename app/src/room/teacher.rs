//! The teacher's room: the list is the hero, and one control asks for hands.

mod asked;
mod asking;
mod board;
mod choice;
mod class;
mod floor;
mod hands;
mod limit;
mod menu;
mod next;
mod person;
mod pick;
mod prepared;
#[cfg(feature = "ssr")]
mod rename;
mod several;
mod spoken;
mod switch;
mod undo;

pub use self::board::TeacherRoom;
