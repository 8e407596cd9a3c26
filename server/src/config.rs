//! What an engine is opened with.

use ipnet::IpNet;
use voice::{Limits, Listening};

use crate::engine::ice::IceConfig;
use crate::identity::password::PasswordHash;
use crate::integrations::Integrations;
use crate::limits::bounds::Bounds;
use crate::nodes::Node;
use crate::store::address::Database;

/// How voices are carried.
#[derive(Debug, Clone, Copy)]
pub struct VoiceConfig {
    /// Where.
    pub listening: Listening,
    /// How many.
    pub limits: Limits,
}

/// The configuration of one server, whole before anything starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the data is kept.
    pub database: Database,
    /// How this server is one among several on the same database; none where it serves alone.
    pub node: Option<Node>,
    /// The origin under which people reach the server, without a slash at its end; none where each
    /// browser's own word is taken.
    pub public_url: Option<String>,
    /// Who runs the server, as its first page names them; none where it names nobody.
    pub operator: Option<String>,
    /// The networks of the proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The origins of other sites whose pages may use the API by a token.
    pub allowed_origins: Vec<String>,
    /// The programs of the operator's that may begin classes and act in them, and are told of events.
    pub integrations: Integrations,
    /// The hash of the administrator's password; none where it is set by a link.
    pub admin_password_hash: Option<PasswordHash>,
    /// The servers that help two browsers to find a way to each other.
    pub ice: IceConfig,
    /// Where voices are carried, and how many; none where the server carries none.
    pub voice: Option<VoiceConfig>,
    /// After how many days without anything happening a class ends by itself.
    pub still_days: u32,
    /// How much of the server one client, one class and one network can take.
    pub bounds: Bounds,
}

impl Config {
    /// Longer than the longest holidays of a school, so that a class goes on after them.
    pub const STILL_DAYS: u32 = 120;

    /// A server on this file, with the defaults for everything else.
    pub fn on(database: impl Into<std::path::PathBuf>) -> Self {
        Self {
            database: Database::File(database.into()),
            node: None,
            public_url: None,
            operator: None,
            trusted_proxies: Vec::new(),
            allowed_origins: Vec::new(),
            integrations: Integrations::default(),
            admin_password_hash: None,
            ice: IceConfig::default(),
            voice: None,
            still_days: Self::STILL_DAYS,
            bounds: Bounds::default(),
        }
    }
}
