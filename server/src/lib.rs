//! The engine around the rules: the log in its store, the one writer, the live streams, the HTTP
//! API and identity. It knows invitations and members, and nothing of raised hands: what is built
//! on it is handed in as a [`signaling::Application`].

mod clock;
mod config;
mod engine;
mod error;
mod hex;
mod http;
mod identity;
mod integrations;
mod limits;
mod live;
mod metrics;
mod names;
mod nodes;
mod render_queue;
mod store;
#[cfg(test)]
mod tests;
mod writer;

pub use config::{Config, VoiceConfig};
pub use engine::ice::IceConfig;
pub use engine::{Engine, Handover, Joined, Session};
pub use error::Error;
pub use http::listen::{listen, serve};
pub use http::reach::{Link, address_for_others};
pub use http::{
    Forwarded, Probe, Route, api, bodies_in_time, description, forwarding, in_turn, routes,
    same_origin, serve_metrics,
};
pub use identity::cookies::{Cookies, Presented};
pub use identity::password::{
    HashError, MIN_PASSWORD_CHARS, PasswordError, PasswordHash, hash_password,
};
pub use identity::{Entrance, JoinCode, Ticket, Token, new_group_id, new_invite_id, new_user_id};
pub use integrations::{
    Integration, IntegrationKey, Integrations, IntegrationsError, Webhook, WebhookSecret,
    file::section as integration_section, is_integration_name, read as read_integrations,
};
pub use limits::bounds::Bounds;
pub use live::room::Room;
pub use metrics::Answered;
pub use names::entry::{enter_name, shows_something};
pub use nodes::{NoNodeAddress, Node, NodeAddress, NodeSecret, ShortSecret};
pub use render_queue::Asking;
pub use store::address::{Database, NoAddress, PostgresAddress};
pub use store::classes::{ClassFilter, ClassRow, Place};
pub use store::examine::examine;
pub use store::examined::Examined;
pub use store::moving::{MoveError, Moved, move_store};
pub use store::open_error::OpenError;
pub use store::sqlite::check::{Checked, Progress, check};
pub use store::sqlite::copy::{CopyError, back_up};
pub use voice::{Limits as VoiceLimits, Listening as VoiceListening};
