//! The engine around the rules: the log in its store, the one writer, the live streams, the HTTP
//! API and identity. It knows invitations and members, and nothing of raised hands: what is built
//! on it is handed in as a [`signaling::Application`].

mod admin;
mod answer;
mod bounds;
mod clock;
mod engine;
mod error;
mod fanout;
mod history;
mod http;
mod ice;
mod identity;
mod limits;
mod listen;
mod piece;
mod proxies;
mod room;
mod signs;
#[cfg(test)]
mod simulation;
mod store;
mod stream;
mod writer;

pub use admin::{HashError, MIN_PASSWORD_CHARS, PasswordError, hash_password};
pub use answer::Answer;
pub use bounds::Bounds;
pub use engine::{Engine, Handover, Joined, Session};
pub use error::Error;
pub use http::{Route, api, bodies_in_time, routes, same_origin};
pub use ice::IceConfig;
pub use identity::{
    Entrance, JoinCode, Presented, Token, new_group_id, new_invite_id, new_user_id, presented,
    presented_by_admin, set_admin_cookie, set_cookie,
};
pub use listen::{listen, serve};
pub use room::Room;
pub use store::OpenError;
pub use store::history::{ClassFilter, ClassRow, Place};
