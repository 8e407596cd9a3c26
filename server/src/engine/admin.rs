//! The administrator: one password, known by its argon2 hash, and sessions that it opens. The hash
//! comes from the configuration, or from a set-up link that the server prints at its start while
//! there is none and that is good once.

use std::net::IpAddr;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Semaphore;

use crate::engine::Engine;
use crate::error::Error;
use crate::identity::password::{PasswordError, PasswordHash, hash_password, is_password};
use crate::identity::{Token, TokenHash};
use crate::store::put::Put;
use crate::writer::chores::Chore;

/// How long a session lasts, in seconds: a working day.
const SESSION_SECONDS: u32 = 12 * 3_600;
/// How many passwords are checked at once: each takes 19 MiB for a while.
const CHECKED_AT_ONCE: usize = 2;
/// The setting that holds the hash of a password that was set up.
const PASSWORD: &str = "admin_password";

/// What the server knows of its administrator.
pub(crate) struct Admin {
    /// The hash that the configuration has; the store's counts where it has none.
    configured: Option<PasswordHash>,
    set_up: Mutex<Option<TokenHash>>,
    checking: Semaphore,
}

impl Admin {
    pub const fn new(configured: Option<PasswordHash>) -> Self {
        let checking = Semaphore::const_new(CHECKED_AT_ONCE);
        Self { configured, set_up: Mutex::new(None), checking }
    }

    fn set_up(&self) -> MutexGuard<'_, Option<TokenHash>> {
        self.set_up.lock()
    }
}

impl Engine {
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
        match &self.shared.admin.configured {
            Some(hash) => Ok(Some(hash.as_str().to_owned())),
            None => Ok(self.shared.store.setting(PASSWORD).await?),
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
        let kept = self.chore(Chore::Put(Put::Setting { name: PASSWORD, value })).await;
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
            let check = move || is_password(&password, &hash);
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
        let session = Put::Session { token: token.hash(), password, expires_at };
        self.chore(Chore::Put(session)).await?;
        Ok(token)
    }

    /// Whether the token is that of an administrator's session.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn is_admin(&self, token: &Token) -> Result<bool, Error> {
        let Some(hash) = self.password_hash().await? else { return Ok(false) };
        let password = TokenHash::of(hash.as_bytes());
        Ok(self.shared.store.has_session(token.hash(), password, self.now()).await?)
    }

    /// Ends an administrator's session.
    ///
    /// # Errors
    /// When the commit failed.
    pub async fn sign_out(&self, token: &Token) -> Result<(), Error> {
        self.chore(Chore::Put(Put::EndSession(token.hash()))).await?;
        tracing::info!(target: "security", "an administrator signed out");
        Ok(())
    }
}
