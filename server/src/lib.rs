//! The engine around the rules: the log in its store, the one writer, the live streams, the HTTP
//! API and identity. It knows invitations and members, and nothing of raised hands: what is built
//! on it is handed in as a [`signaling::Application`].

mod admin;
mod answer;
mod bounds;
mod buckets;
mod clock;
mod config;
mod connections;
mod cookies;
mod engine;
mod entry;
mod error;
mod fanout;
mod folding;
mod history;
mod http;
mod ice;
mod identity;
mod kept;
mod limits;
mod listen;
mod looks;
mod networks;
mod pace;
mod piece;
mod proxies;
mod reach;
mod render_queue;
mod room;
mod signs;
#[cfg(test)]
mod simulation;
mod store;
mod stream;
#[cfg(test)]
mod tests;
mod tokens;
mod weight;
mod writer;

pub use admin::{HashError, MIN_PASSWORD_CHARS, PasswordError, hash_password};
pub use answer::Answer;
pub use bounds::Bounds;
pub use config::Config;
pub use cookies::{Cookies, Presented};
pub use engine::{Engine, Handover, Joined, Session};
pub use entry::{enter_name, shows_something};
pub use error::Error;
pub use http::{Route, api, bodies_in_time, in_turn, routes, same_origin};
pub use ice::IceConfig;
pub use identity::{Entrance, JoinCode, Ticket, Token, new_group_id, new_invite_id, new_user_id};
pub use listen::{listen, serve};
pub use reach::{Link, address_for_others};
pub use render_queue::Asking;
pub use room::Room;
pub use store::OpenError;
pub use store::check::{Checked, Progress, check};
pub use store::copy::{CopyError, back_up};
pub use store::history::{ClassFilter, ClassRow, Place};
