//! The administrator's pages: signing in, setting the password, and all classes. They are made on
//! the server alone and need no script.

mod access;
mod keeping;
mod list;
mod page;
mod place;
pub mod search;
mod sign_in;
mod tabs;

pub use self::page::AdminPage;
pub use self::sign_in::SetUpPage;
