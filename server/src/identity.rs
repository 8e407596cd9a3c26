//! Who somebody is, without accounts: tokens from the operating system's randomness of which only
//! hashes are kept, and join codes for reading aloud.

pub(crate) mod cookies;
mod join_code;
pub(crate) mod password;
mod random;
mod token;
pub(crate) mod tokens;

pub use self::join_code::JoinCode;
pub(crate) use self::random::{jitter, random};
pub use self::random::{new_group_id, new_invite_id, new_user_id};
pub use self::token::{Entrance, Ticket, Token, TokenHash};
