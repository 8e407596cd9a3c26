//! A webhook, and the signature of what is sent to it, as [Standard Webhooks](https://www.standardwebhooks.com)
//! has them: libraries in most languages check it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::Uri;
use sha2::Sha256;
use signaling::Timestamp;

use crate::identity::random;

/// What each secret begins with.
const PREFIX: &str = "whsec_";
/// The shortest secret, in bytes.
const SHORTEST: usize = 24;

/// Where events are delivered.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The address that is posted to.
    pub url: Uri,
    /// By which the receiver knows that a message is of this server.
    pub secret: WebhookSecret,
    /// How long an event is tried to be delivered before it is given up.
    pub retry_for: Duration,
}

impl Webhook {
    /// How long an event is tried where nothing else is said: a receiver that broke on a Friday evening is
    /// mended on Monday.
    pub const RETRY_FOR: Duration = Duration::from_secs(3 * 24 * 3_600);
}

/// What a server and the receiver of its webhook know, and nobody else.
#[derive(Clone)]
pub struct WebhookSecret(Vec<u8>);

/// A text is no secret of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a webhook's secret is `whsec_` and at least 24 bytes in base64")]
pub struct NoWebhookSecret;

impl WebhookSecret {
    /// A new secret.
    pub fn new() -> Self {
        Self(random::<32>().to_vec())
    }

    /// The text, for the operator and the receiver.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// The signature of a message: over its id, the time and the body.
    pub(crate) fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let seconds = at.as_millis() / 1_000;
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes any length");
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl Default for WebhookSecret {
    fn default() -> Self {
        Self::new()
    }
}

impl FromStr for WebhookSecret {
    type Err = NoWebhookSecret;

    fn from_str(text: &str) -> Result<Self, NoWebhookSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(NoWebhookSecret)?;
        let secret = STANDARD.decode(encoded).map_err(|_| NoWebhookSecret)?;
        if secret.len() < SHORTEST { Err(NoWebhookSecret) } else { Ok(Self(secret)) }
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn a_message_is_signed_as_the_specification_says() {
        let secret: WebhookSecret =
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().expect("a secret");
        let (id, at) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp::from_millis(1_614_265_330_000));
        let signature = secret.sign(id, at, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_read_as_it_is_shown_and_one_that_is_too_short_is_none() {
        let shown = WebhookSecret::new().reveal();
        assert_eq!(shown.parse::<WebhookSecret>().map(|secret| secret.reveal()), Ok(shown));
        for text in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_?"]
        {
            assert!(text.parse::<WebhookSecret>().is_err(), "{text}");
        }
    }
}
