//! Passwords: their limits, and the argon2 hashes by which they are known.

use std::str::FromStr;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc};

/// The fewest characters of a password.
pub const MIN_PASSWORD_CHARS: usize = 12;
/// The most bytes of a password.
const MAX_PASSWORD_BYTES: usize = 256;
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

/// Why a text is no hash of a password.
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
    let hash: phc::PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        // Without randomness there is no identity: nothing sensible can go on.
        .expect("argon2 hashes any password of this length");
    Ok(hash.to_string())
}

/// Whether this is the password of a hash.
pub(crate) fn is_password(password: &str, hash: &str) -> bool {
    password.len() <= MAX_PASSWORD_BYTES
        && phc::PasswordHash::new(hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// The argon2 hash of a password, as a PHC string.
#[derive(Debug, Clone)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PasswordHash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        let hash = phc::PasswordHash::new(text).map_err(|_| HashError)?;
        if !hash.algorithm.as_str().starts_with("argon2") || hash.hash.is_none() {
            return Err(HashError);
        }
        Ok(Self(text.to_owned()))
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
    fn only_an_argon2_hash_is_one() {
        assert!("$2b$12$no-argon2".parse::<PasswordHash>().is_err());
        assert!("correct horse battery".parse::<PasswordHash>().is_err());
        let hash = hash_password("correct horse battery").expect("a hash");
        assert_eq!(hash.parse::<PasswordHash>().expect("one").as_str(), hash);
    }

    #[test]
    fn a_password_has_a_length() {
        assert_eq!(hash_password("éleven char"), Err(PasswordError::TooShort));
        assert!(hash_password("twelve chars").is_ok());
        assert!(hash_password(&"🙋".repeat(64)).is_ok());
        assert_eq!(hash_password(&"a".repeat(257)), Err(PasswordError::TooLong));
    }
}
