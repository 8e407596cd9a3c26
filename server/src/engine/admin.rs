//! The administrator: one password, known by its argon2 hash, and sessions that it opens. The hash
//! comes from the configuration, or from a set-up link that the server prints at its start while
//! there is none and that is good once.

use std::net::IpAddr;
use std::sync::{Mutex, OnceLock, PoisonError};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::engine::Engine;
use crate::error::Error;
use crate::identity::{Token, TokenHash};
use crate::store::keep::Keep;
use crate::writer::chores::Chore;

/// How long a session lasts, in seconds: a working day.
const SESSION_SECONDS: u32 = 12 * 3_600;
/// The fewest characters of a password.
pub const MIN_PASSWORD_CHARS: usize = 12;
/// The most bytes of a password.
const MAX_PASSWORD_BYTES: usize = 256;
/// How many passwords are checked at once: each takes 19 MiB for a while.
const CHECKED_AT_ONCE: usize = 2;
/// The setting that holds the hash of a password that was set up.
const PASSWORD: &str = "admin_password";

/// Why a text is no password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer than [`MIN_PASSWORD_CHARS`] characters.
    #[error("a password has at least {MIN_PASSWORD_CHARS} characters")]
    TooShort,
    /// More than 256 bytes.
    #[error("a password has at most {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
}

/// Why a hash is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an argon2 hash; `handup hash-password` makes one")]
pub struct HashError;

/// The argon2id hash of a password, as a PHC string.
///
/// # Errors
/// When the password is too short or too long.
pub fn hash_password(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < MIN_PASSWORD_CHARS {
        return Err(PasswordError::TooShort);
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(PasswordError::TooLong);
    }
    let hash: PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        // Without randomness there is no identity: nothing sensible can go on.
        .expect("argon2 hashes any password of this length");
    Ok(hash.to_string())
}

fn is_password(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// What the server knows of its administrator.
pub(crate) struct Admin {
    configured: OnceLock<String>,
    set_up: Mutex<Option<TokenHash>>,
    checking: Semaphore,
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            configured: OnceLock::new(),
            set_up: Mutex::default(),
            checking: Semaphore::new(CHECKED_AT_ONCE),
        }
    }
}

impl Admin {
    fn set_up(&self) -> std::sync::MutexGuard<'_, Option<TokenHash>> {
        self.set_up.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Takes the configured hash of the administrator's password, before the server listens.
    ///
    /// # Errors
    /// When it is no argon2 hash.
    pub fn configure_admin(&self, password_hash: String) -> Result<(), HashError> {
        let hash = PasswordHash::new(&password_hash).map_err(|_| HashError)?;
        if !hash.algorithm.as_str().starts_with("argon2") || hash.hash.is_none() {
            return Err(HashError);
        }
        // Only the first configuration counts, and there is but one.
        let _ = self.shared.admin.configured.set(password_hash);
        Ok(())
    }

    /// The secret of a link that sets the password, while there is none; the one before it is
    /// dead.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn begin_set_up(&self) -> Result<Option<Token>, Error> {
        if self.password_hash().await?.is_some() {
            return Ok(None);
        }
        let token = Token::new();
        *self.shared.admin.set_up() = Some(token.hash());
        Ok(Some(token))
    }

    async fn password_hash(&self) -> Result<Option<String>, Error> {
        match self.shared.admin.configured.get() {
            Some(hash) => Ok(Some(hash.clone())),
            None => Ok(self.shared.reader.setting(PASSWORD).await?),
        }
    }

    /// Whether there is a password to sign in with.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn has_admin(&self) -> Result<bool, Error> {
        Ok(self.password_hash().await?.is_some())
    }

    /// Whether this is the secret of the set-up link, and it was not used yet.
    pub fn may_set_up(&self, link: &Token) -> bool {
        *self.shared.admin.set_up() == Some(link.hash())
    }

    /// Sets the password by the set-up link, which is used up, and opens a session. None when the
    /// link is not good.
    ///
    /// # Errors
    /// When the password is none, or the commit failed.
    pub async fn set_up(
        &self,
        link: &Token,
        password: String,
    ) -> Result<Result<Option<Token>, PasswordError>, Error> {
        if !self.may_set_up(link) {
            return Ok(Ok(None));
        }
        let _permit = self.shared.admin.checking.acquire().await.map_err(|_| Error::Stopping)?;
        let hashed = tokio::task::spawn_blocking(move || hash_password(&password));
        let hash = match hashed.await.map_err(|_| Error::Stopping)? {
            Ok(hash) => hash,
            Err(error) => return Ok(Err(error)),
        };
        // Of two who open the link at once, one sets the password.
        let is_first = self.shared.admin.set_up().take_if(|it| *it == link.hash()).is_some();
        if !is_first {
            return Ok(Ok(None));
        }
        tracing::info!(target: "security", "the administrator's password was set by the set-up link");
        let value = Some(hash.clone());
        let kept = self.chore(Chore::Keep(Keep::Setting { name: PASSWORD, value })).await;
        if let Err(error) = kept {
            *self.shared.admin.set_up() = Some(link.hash());
            return Err(error);
        }
        Ok(Ok(Some(self.open_session(&hash).await?)))
    }

    /// Opens a session by the password; none when it is wrong. Wrong ones are counted against the
    /// address.
    ///
    /// # Errors
    /// When too many wrong ones came from this address.
    pub async fn sign_in(&self, address: IpAddr, password: String) -> Result<Option<Token>, Error> {
        self.limits().may_try_password(address)?;
        let Some(hash) = self.password_hash().await? else { return Ok(None) };
        let _permit = self.shared.admin.checking.acquire().await.map_err(|_| Error::Stopping)?;
        // Those who waited here may have used up what the address had left.
        self.limits().may_try_password(address)?;
        let is_right = {
            let hash = hash.clone();
            let check =
                move || password.len() <= MAX_PASSWORD_BYTES && is_password(&password, &hash);
            tokio::task::spawn_blocking(check).await.map_err(|_| Error::Stopping)?
        };
        if !is_right {
            self.limits().wrong_password(address);
            tracing::info!(target: "security", %address, "a wrong administrator's password");
            return Ok(None);
        }
        tracing::info!(target: "security", %address, "an administrator signed in");
        self.open_session(&hash).await.map(Some)
    }

    async fn open_session(&self, password_hash: &str) -> Result<Token, Error> {
        let token = Token::new();
        let expires_at = self.now().plus_seconds(SESSION_SECONDS);
        let password = TokenHash::of(password_hash.as_bytes());
        let session = Keep::Session { token: token.hash(), password, expires_at };
        self.chore(Chore::Keep(session)).await?;
        Ok(token)
    }

    /// Whether the token is that of an administrator's session.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn is_admin(&self, token: &Token) -> Result<bool, Error> {
        let Some(hash) = self.password_hash().await? else { return Ok(false) };
        let password = TokenHash::of(hash.as_bytes());
        Ok(self.shared.reader.has_session(token.hash(), password, self.now()).await?)
    }

    /// Ends an administrator's session.
    ///
    /// # Errors
    /// When the commit failed.
    pub async fn sign_out(&self, token: &Token) -> Result<(), Error> {
        self.chore(Chore::Keep(Keep::EndSession(token.hash()))).await?;
        tracing::info!(target: "security", "an administrator signed out");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_and_two_hashes_of_it_differ() {
        let hash = hash_password("correct horse battery").expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$"));
        assert!(is_password("correct horse battery", &hash));
        assert!(!is_password("correct horse batterz", &hash));
        assert!(!is_password("correct horse battery", "not a hash"));
        assert_ne!(hash_password("correct horse battery"), Ok(hash));
    }

    #[test]
    fn a_password_has_a_length() {
        assert_eq!(hash_password("éleven char"), Err(PasswordError::TooShort));
        assert!(hash_password("twelve chars").is_ok());
        assert!(hash_password(&"🙋".repeat(64)).is_ok());
        assert_eq!(hash_password(&"a".repeat(257)), Err(PasswordError::TooLong));
    }
}
