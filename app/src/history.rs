//! What happened in class, afterwards: the pages for an administrator, for a class's teachers, and
//! for a student what is stored about themselves. They are made on the server alone and need no
//! script.

mod class;
mod entries;
mod invitation;
mod mine;
pub mod names;
mod order;
mod pager;
mod people;
mod person;
mod pictures;
mod portions;
pub mod read;
mod recorded;
mod rounds;
#[cfg(test)]
mod sizes;
mod spot;
mod tables;
mod times;
pub mod viewer;
mod words;

pub use self::class::ClassPage;
pub use self::invitation::{InvitationPage, MyInvitationPage};
pub use self::mine::MyDataPage;
pub use self::person::PersonPage;
