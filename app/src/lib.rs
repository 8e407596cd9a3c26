//! The pages of Handup. All of them are rendered on the server and work as plain forms; the class
//! room is made anew by the browser, which then follows the class.
//!
//! With the feature `ssr` this is the server's half: pages, forms and files. With `browser` it is the
//! room alone.

#[cfg(feature = "ssr")]
mod actions;
#[cfg(feature = "ssr")]
mod admin;
#[cfg(feature = "ssr")]
mod document;
#[cfg(feature = "ssr")]
mod export;
#[cfg(feature = "ssr")]
mod failure;
#[cfg(feature = "ssr")]
mod history;
#[cfg(all(test, feature = "ssr"))]
mod largest;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod request;
#[cfg(feature = "ssr")]
mod response;
mod room;
#[cfg(feature = "ssr")]
mod routes;
mod trouble;
mod ui;
#[cfg(feature = "ssr")]
mod visitor;
mod words;
#[cfg(feature = "ssr")]
mod zone;

#[cfg(feature = "ssr")]
pub use crate::document::shell;
#[cfg(feature = "ssr")]
pub use crate::export::{export_routes, exports};
#[cfg(feature = "ssr")]
pub use crate::pages::{other_address_page, wait_page};
#[cfg(feature = "ssr")]
pub use crate::room::RoomAction;
#[cfg(feature = "browser")]
pub use crate::room::wake;
#[cfg(feature = "ssr")]
pub use crate::routes::App;
#[cfg(feature = "ssr")]
pub use crate::zone::Zone;
