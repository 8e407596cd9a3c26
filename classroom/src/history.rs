//! What happened in class, read from the log: every invitation with each invitee's part in it, and
//! what each person did. The [`Lesson`](crate::Lesson) says how things stand; this says how they
//! came to.
//!
//! A [`Chronicle`] is a fold like any other reading: it takes the events one by one, can be put
//! down and taken up again where it stopped, and hands each [`Record`] out as soon as nothing more
//! can happen to it. So a class of any length is read in little memory.

mod chronicle;
mod in_order;
mod lessons;
mod pace;
mod record;
mod section;

pub use chronicle::{Chronicle, Page, Person, Summary};
pub use in_order::InOrder;
pub use lessons::LessonHeld;
pub use pace::Waits;
pub use record::{Kind, Part, Record};
pub use section::{Raise, Section, sections};
