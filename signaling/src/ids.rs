//! Identifiers as types of their own, so that a group can never stand where a user should.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text was not an id that Handup could have given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct IdError;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id made of these sixteen bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The sixteen bytes of the id, as the store keeps them.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        /// Only the exact text that [`Display`](fmt::Display) gives is an id: to a client ids are
        /// opaque, and two spellings of one id would be two ids.
        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let id = Self(Uuid::try_parse(text).map_err(|_| IdError)?);
                let mut buffer = Uuid::encode_buffer();
                if id.0.hyphenated().encode_lower(&mut buffer) == text {
                    Ok(id)
                } else {
                    Err(IdError)
                }
            }
        }
    };
}

id! {
    /// A class.
    GroupId
}
id! {
    /// A member of one group.
    UserId
}
id! {
    /// An invitation.
    InviteId
}

impl InviteId {
    /// The id that lies so many places behind this one: a command that makes several invitations
    /// brings the first of their ids, which is random.
    #[must_use]
    pub const fn nth(self, place: u32) -> Self {
        let number = u128::from_be_bytes(*self.as_bytes()).wrapping_add(place as u128);
        Self::from_bytes(number.to_be_bytes())
    }

    /// The 62 bits of a random id that are random and lie together: by them an application draws lots.
    pub const fn random_bits(self) -> u64 {
        let number = u128::from_be_bytes(*self.as_bytes());
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
        let lower = number as u64;
        lower & (u64::MAX >> 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id = UserId::from_bytes([7; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        for other in [
            id.to_string().to_uppercase().replace('7', "A"),
            format!("{{{id}}}"),
            id.to_string().replace('-', ""),
            String::new(),
        ] {
            assert_eq!(other.parse::<UserId>(), Err(IdError), "{other}");
        }
    }

    #[test]
    fn an_id_some_places_behind_another_is_the_number_that_much_greater() {
        for (number, place, behind) in [
            (0, 0, 0),
            (7, 1, 8),
            (0xFFFF, 1, 0x1_0000),
            (u128::from(u64::MAX), 2, u128::from(u64::MAX) + 2),
            (u128::MAX, 3, 2),
        ] {
            let [id, behind] = [number, behind].map(|it| InviteId::from_bytes(it.to_be_bytes()));
            assert_eq!(id.nth(place), behind, "{number:x} {place}");
        }
    }

    #[test]
    fn the_random_bits_of_an_id_are_its_last_62() {
        for (number, bits) in [
            (0, 0),
            (5, 5),
            (u128::MAX, (1 << 62) - 1),
            ((1 << 62) - 1, (1 << 62) - 1),
            (1 << 62, 0),
            (1 << 64, 0),
            ((1 << 63) + (1 << 61) + 1, (1 << 61) + 1),
        ] {
            let id = InviteId::from_bytes(u128::to_be_bytes(number));
            assert_eq!(id.random_bits(), bits, "{number:x}");
        }
    }
}
