//! Calls, as far as every room has them: who may be called, which call one is in, and where its
//! panel goes. Everything else is code of its own that a browser fetches when there is a call.

mod buttons;
mod calling;
#[cfg(feature = "browser")]
mod desk;
#[cfg(feature = "browser")]
mod devices;
#[cfg(feature = "browser")]
mod line;
#[cfg(feature = "browser")]
mod meeting;
#[cfg(feature = "browser")]
mod panel;
mod place;
#[cfg(feature = "browser")]
mod ring;
#[cfg(feature = "browser")]
mod tab;
#[cfg(feature = "browser")]
mod talk;

pub use self::buttons::CallButtons;
#[cfg(feature = "browser")]
pub use self::buttons::{CallAllTeachers, CallTeachers};
pub use self::calling::Calling;
pub use self::place::{CallPlace, MeetingPlace};
