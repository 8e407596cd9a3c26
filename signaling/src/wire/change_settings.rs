//! A change of settings as it is sent: the names in it are looked up among the switches of the
//! applications only when it is read.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::settings::LOCKED;
use crate::{SettingsChange, Switch};

/// A change of settings by the names of these. Which are known depends on the applications:
/// [`ChangeSettings::read`] tells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChangeSettings(Vec<(String, Sent)>);

/// What was sent for a setting.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Sent {
    On(bool),
    Other(IgnoredAny),
}

/// Why [`ChangeSettings`] cannot be read, in the words of serde.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Neither the engine nor an application has a setting of this name.
    #[error("unknown field `{0}`")]
    Unknown(String),
    /// A setting is named twice.
    #[error("duplicate field `{0}`")]
    Twice(String),
    /// A setting is neither true nor false.
    #[error("invalid type: expected a boolean")]
    NoBoolean,
}

impl ChangeSettings {
    /// What is to change, where the applications have these switches.
    ///
    /// # Errors
    /// When a name is unknown or comes twice, or a value is no boolean.
    pub fn read(self, switches: &[Switch]) -> Result<SettingsChange, SettingsError> {
        let mut change = SettingsChange::default();
        for (name, sent) in self.0 {
            let switch = switches.iter().find(|switch| switch.name() == name);
            let is_repeated = match switch {
                Some(switch) => change.switches.iter().any(|(it, _)| it == switch),
                None if name == LOCKED => change.locked.is_some(),
                None => return Err(SettingsError::Unknown(name)),
            };
            if is_repeated {
                return Err(SettingsError::Twice(name));
            }
            let Sent::On(on) = sent else { return Err(SettingsError::NoBoolean) };
            match switch {
                Some(switch) => change.switches.push((*switch, on)),
                None => change.locked = Some(on),
            }
        }
        Ok(change)
    }
}

impl From<SettingsChange> for ChangeSettings {
    fn from(change: SettingsChange) -> Self {
        let locked = change.locked.map(|locked| (LOCKED.to_owned(), Sent::On(locked)));
        let switches = change.switches.into_iter();
        let switches = switches.map(|(switch, on)| (switch.name().to_owned(), Sent::On(on)));
        Self(locked.into_iter().chain(switches).collect())
    }
}

impl Serialize for ChangeSettings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, sent) in &self.0 {
            let on = match sent {
                Sent::On(on) => Some(on),
                Sent::Other(_) => None,
            };
            map.serialize_entry(name, &on)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for ChangeSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Named;

        impl<'de> Visitor<'de> for Named {
            type Value = ChangeSettings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ChangeSettings, A::Error> {
                let mut named = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    named.push(entry);
                }
                Ok(ChangeSettings(named))
            }
        }

        deserializer.deserialize_map(Named)
    }
}
