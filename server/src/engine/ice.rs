//! The servers that help two browsers find a way to each other. Who runs them is configuration, and
//! without it none is contacted. A TURN server that shares a secret with this one takes credentials
//! that are good for a while: a name that says until when, and the name's HMAC (the REST API for
//! access to TURN services that coturn and others implement).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use signaling::wire::{IceServer, IceServers};
use signaling::{Timestamp, UserId};

/// How long a TURN credential is good for, in seconds: a lesson, and some more.
const CREDENTIAL_SECONDS: u32 = 2 * 3_600;

/// The servers as they are configured.
#[derive(Debug, Clone, Default)]
pub struct IceConfig {
    /// The `stun:` addresses.
    pub stun: Vec<String>,
    /// The `turn:` and `turns:` addresses.
    pub turn: Vec<String>,
    /// The secret that is shared with the TURN servers.
    pub turn_secret: String,
}

impl IceConfig {
    /// The servers, with credentials for this member, and whether this server helps as well.
    pub(crate) fn servers_for(
        &self,
        user: UserId,
        now: Timestamp,
        over_server: bool,
    ) -> IceServers {
        let mut ice_servers = Vec::new();
        let mut expires_at = None;
        if !self.stun.is_empty() {
            let urls = self.stun.clone();
            ice_servers.push(IceServer { urls, username: None, credential: None });
        }
        if !self.turn.is_empty() {
            let (expires, username, credential) = self.credential_for(user, now);
            let urls = self.turn.clone();
            ice_servers.push(IceServer {
                urls,
                username: Some(username),
                credential: Some(credential),
            });
            expires_at = Some(expires);
        }
        IceServers { ice_servers, expires_at, over_server }
    }

    /// A credential for the TURN servers that is good for this member: until when, the name and the
    /// password.
    pub fn credential_for(&self, user: UserId, now: Timestamp) -> (Timestamp, String, String) {
        let expires = now.plus_seconds(CREDENTIAL_SECONDS);
        let username = format!("{}:{user}", expires.as_millis().div_euclid(1_000));
        let password = sign(&self.turn_secret, &username);
        (expires, username, password)
    }
}

fn sign(secret: &str, name: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes())
        // RFC 2104: a key of any length will do.
        .expect("HMAC takes any key");
    mac.update(name.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_the_hmac_of_its_end_and_its_member() {
        // RFC 2202, test case 2.
        let known = sign("Jefe", "what do ya want for nothing?");
        assert_eq!(known, "7/zfauXrL6LSdBbV8YTfnCWafHk=");
        let config = IceConfig {
            stun: vec!["stun:stun.example".to_owned()],
            turn: vec!["turn:turn.example".to_owned()],
            turn_secret: "north".to_owned(),
        };
        let user = UserId::from_bytes([7; 16]);
        let servers = config.servers_for(user, Timestamp::from_millis(1_760_000_000_123), true);
        let turn = &servers.ice_servers[1];
        let name = format!("1760007200:{user}");
        assert_eq!(turn.credential, Some(sign("north", &name)));
        assert_eq!(turn.username, Some(name));
        assert_eq!(servers.ice_servers[0].credential, None);
        let none = IceConfig::default().servers_for(user, Timestamp::default(), false);
        assert_eq!(
            none,
            IceServers { ice_servers: Vec::new(), expires_at: None, over_server: false }
        );
    }
}
