//! A change of settings as it is sent: the names in it are looked up among the settings of the
//! applications only when it is read.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::settings::{LOCKED, NAMES, STUDENTS_INVITE_STUDENTS};
use crate::{NamesShown, Setting, SettingsChange};

/// The engine's own settings that are read as those of applications are.
const OWN: [Setting; 1] = [Setting::Switch(STUDENTS_INVITE_STUDENTS)];

/// A change of settings by the names of these. Which are known depends on the applications:
/// [`ChangeSettings::read`] tells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChangeSettings(Vec<(String, Sent)>);

/// What was sent for a setting.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Sent {
    On(bool),
    Number(u32),
    Word(String),
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
    /// A switch is neither true nor false.
    #[error("the field `{0}` is true or false")]
    NoBoolean(String),
    /// A number is none, or too large.
    #[error("the field `{0}` is a whole number from 0 to {1}")]
    NoNumber(String, u32),
    /// What is told of names is none of the words for it.
    #[error("the field `names` is `full`, `first`, `initials` or `numbers`")]
    NoNames,
}

impl ChangeSettings {
    /// What is to change, where the applications have these settings.
    ///
    /// # Errors
    /// When a name is unknown or comes twice, or a value is not one of the setting's.
    pub fn read(self, settings: &[Setting]) -> Result<SettingsChange, SettingsError> {
        let mut change = SettingsChange::default();
        let mut named = BTreeSet::new();
        for (name, sent) in self.0 {
            let setting = settings.iter().chain(&OWN).find(|setting| setting.name() == name);
            let is_own = [LOCKED, NAMES].contains(&&*name);
            if setting.is_none() && !is_own {
                return Err(SettingsError::Unknown(name));
            }
            match (setting, sent) {
                _ if named.contains(&name) => return Err(SettingsError::Twice(name)),
                (Some(Setting::Switch(switch)), Sent::On(on)) => {
                    change.switches.push((*switch, on));
                }
                (Some(Setting::Switch(_)), _) => return Err(SettingsError::NoBoolean(name)),
                (Some(Setting::Amount(amount)), Sent::Number(number))
                    if number <= amount.most() =>
                {
                    change.amounts.push((*amount, number));
                }
                (Some(Setting::Amount(amount)), _) => {
                    return Err(SettingsError::NoNumber(name, amount.most()));
                }
                (None, Sent::On(on)) if name == LOCKED => change.locked = Some(on),
                (None, _) if name == LOCKED => return Err(SettingsError::NoBoolean(name)),
                (None, Sent::Word(word)) => {
                    let names = NamesShown::of_word(&word).ok_or(SettingsError::NoNames)?;
                    change.names = Some(names);
                }
                (None, _) => return Err(SettingsError::NoNames),
            }
            named.insert(name);
        }
        Ok(change)
    }
}

impl From<SettingsChange> for ChangeSettings {
    fn from(change: SettingsChange) -> Self {
        let SettingsChange { locked, names, switches, amounts } = change;
        let locked = locked.map(|locked| (LOCKED.to_owned(), Sent::On(locked)));
        let names = names.map(|names| (NAMES.to_owned(), Sent::Word(names.word().to_owned())));
        let switches = switches.into_iter();
        let switches = switches.map(|(switch, on)| (switch.name().to_owned(), Sent::On(on)));
        let amounts = amounts.into_iter();
        let amounts =
            amounts.map(|(amount, number)| (amount.name().to_owned(), Sent::Number(number)));
        Self(locked.into_iter().chain(names).chain(switches).chain(amounts).collect())
    }
}

impl Serialize for ChangeSettings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, sent) in &self.0 {
            match sent {
                Sent::On(on) => map.serialize_entry(name, on)?,
                Sent::Number(number) => map.serialize_entry(name, number)?,
                Sent::Word(word) => map.serialize_entry(name, word)?,
                Sent::Other(_) => map.serialize_entry(name, &())?,
            }
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
