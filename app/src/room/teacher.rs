//! The teacher's room: the list is the hero, and one control asks for hands.

mod asking;
mod board;
mod hands;
mod members;
mod menu;
mod speaking;

pub use self::board::TeacherRoom;
