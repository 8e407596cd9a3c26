//! The pages around the class room, and the page that the room is on.

mod classes_here;
mod handover;
mod join;
mod landing;
mod not_found;
mod outside;
mod picture;
mod plain;
pub mod room;
mod screen;
mod share;
mod start;
mod stored;

pub use self::handover::HandoverPage;
pub use self::join::JoinPage;
pub use self::landing::LandingPage;
pub use self::not_found::NotFoundPage;
pub use self::plain::{other_address_page, wait_page};
pub use self::room::RoomPage;
pub use self::screen::ScreenPage;
pub use self::start::StartPage;
pub use self::stored::StoredPage;
