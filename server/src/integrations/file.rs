//! The file in which the operator names the integrations, in TOML: a section each.
//!
//! ```toml
//! [moodle]
//! key-hash = "…"                 # of the key that `handup integration-key` has shown
//! webhook = "https://moodle.example/handup"
//! webhook-secret = "whsec_…"
//! retry-hours = 72
//! ```

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use http::Uri;
use serde::Deserialize;

use super::webhook::NoWebhookSecret;
use super::{
    Integration, IntegrationKey, Integrations, Webhook, WebhookSecret, is_integration_name,
};
use crate::hex::{hex, unhex};
use crate::identity::TokenHash;

/// The longest that an event may be tried, in hours: a month.
const LONGEST_RETRY_HOURS: u32 = 31 * 24;

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IntegrationsError {
    /// It cannot be read.
    #[error("cannot read {0}: {1}")]
    Unread(String, std::io::Error),
    /// It is no TOML, or has a field that is not known.
    #[error("{0} is wrong: {1}")]
    Malformed(String, String),
    /// What one integration says makes no sense.
    #[error("in {file}, the section [{section}] is wrong: {wrong}")]
    Section {
        /// The file.
        file: String,
        /// The integration.
        section: String,
        /// What is wrong with it.
        wrong: String,
    },
}

#[derive(Deserialize)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "a section, as `handup integration-key` makes one"
)]
struct Section {
    key_hash: String,
    webhook: Option<String>,
    webhook_secret: Option<String>,
    retry_hours: Option<u32>,
}

impl Section {
    fn webhook(self) -> Result<Option<Webhook>, String> {
        let (url, secret) = match (self.webhook, self.webhook_secret) {
            (Some(url), Some(secret)) => (url, secret),
            // The secret stands there from the beginning, for the day when there is a receiver.
            (None, _) => return Ok(None),
            (Some(_), None) => {
                return Err("webhook goes with webhook-secret; `handup integration-key` makes one"
                    .to_owned());
            }
        };
        let url: Uri = url.parse().ok().filter(is_address).ok_or(
            "webhook is an address that begins with https:// (or http://, for one on this machine)",
        )?;
        let secret = secret.parse().map_err(|error: NoWebhookSecret| error.to_string())?;
        let retry_for = match self.retry_hours {
            None => Webhook::RETRY_FOR,
            Some(hours @ 1..=LONGEST_RETRY_HOURS) => Duration::from_secs(u64::from(hours) * 3_600),
            Some(_) => return Err(format!("retry-hours is 1 to {LONGEST_RETRY_HOURS}")),
        };
        Ok(Some(Webhook { url, secret, retry_for }))
    }
}

fn is_address(url: &Uri) -> bool {
    matches!(url.scheme_str(), Some("http" | "https"))
        && url.authority().is_some_and(|it| !it.as_str().contains('@'))
}

/// Reads the file.
///
/// # Errors
/// When it cannot be read, or says what makes no sense.
pub fn read(path: &Path) -> Result<Integrations, IntegrationsError> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| IntegrationsError::Unread(file.clone(), error))?;
    // Who cannot be asked about it cannot be warned either.
    let mode = std::fs::metadata(path).map_or(0, |it| it.permissions().mode());
    if mode & 0o077 != 0 {
        tracing::warn!(
            file,
            "others on this machine may read the file of integrations, which holds secrets: chmod 600"
        );
    }
    let sections: BTreeMap<String, Section> = toml::from_str(&text)
        // Its own words quote the line, and a line may hold a secret.
        .map_err(|error| IntegrationsError::Malformed(file.clone(), error.message().to_owned()))?;
    let mut keys = Vec::new();
    let read = |(section, it): (String, Section)| {
        let wrong = |wrong| IntegrationsError::Section {
            file: file.clone(),
            section: section.clone(),
            wrong,
        };
        if !is_integration_name(&section) {
            return Err(wrong("a name is letters, digits, - and _, at most 64".to_owned()));
        }
        let key = unhex(&it.key_hash).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let key = key.map(TokenHash::from_bytes).ok_or_else(|| {
            wrong("key-hash is the one that `handup integration-key` has shown".to_owned())
        })?;
        if keys.contains(&key) {
            return Err(wrong("another section has the same key-hash".to_owned()));
        }
        keys.push(key);
        let webhook = it.webhook().map_err(wrong)?;
        Ok(Integration { name: section, key, webhook })
    };
    sections.into_iter().map(read).collect()
}

/// A section for the file, for this key.
pub fn section(name: &str, key: &IntegrationKey) -> String {
    let (hash, secret) = (hex(key.hash().as_bytes()), WebhookSecret::new().reveal());
    format!(
        "[{name}]\nkey-hash = \"{hash}\"\n# webhook = \"https://school.example/handup\"\nwebhook-secret = \"{secret}\"\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Result<Integrations, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("integrations.toml");
        std::fs::write(&path, text).expect("a file");
        read(&path).map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn a_section_that_was_printed_is_read() {
        let key = IntegrationKey::new();
        let text = section("moodle", &key).replace("# webhook", "webhook");
        let integrations = told(&text).expect("integrations");
        assert_eq!(integrations.with_key(&key).map(|it| it.name.as_str()), Some("moodle"));
        let webhook = integrations.webhook("moodle").expect("a webhook");
        assert_eq!(webhook.url, "https://school.example/handup");
        assert!(integrations.with_key(&IntegrationKey::new()).is_none());
    }

    #[test]
    fn what_is_wrong_is_told_without_a_secret() {
        let good = section("moodle", &IntegrationKey::new());
        let secret = WebhookSecret::new().reveal();
        for (text, words) in [
            (format!("{good}{}", good.replace("[moodle]", "[other]")), "the same key-hash"),
            (good.replace("key-hash", "key"), "unknown field `key`"),
            ("[a]\nkey-hash = \"12\"".to_owned(), "key-hash is the one"),
            ("a = 1".to_owned(), "expected a section"),
            (good.replace("moodle", "\"a b\""), "a name is letters"),
            (good.replace("# webhook", "webhook").replace("https", "ftp"), "begins with https://"),
            (format!("{good}retry-hours = 0\nwebhook = \"https://a.example\""), "retry-hours is 1"),
            (
                good.replace("# webhook", "webhook").replace("whsec_", "secret_"),
                "a webhook's secret is",
            ),
            (format!("[a]\nwebhook-secret = \"{secret}"), "FILE is wrong"),
        ] {
            let wrong = told(&text).expect_err(words);
            assert!(wrong.contains(words), "{wrong}");
            assert!(!wrong.contains(secret.trim_start_matches("whsec_")), "{wrong}");
        }
    }
}
