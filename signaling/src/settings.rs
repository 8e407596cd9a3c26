//! What a teacher can set for a class: the engine's own settings, and those of applications.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A setting that an application adds to those of a class: on or off. On the wire it stands beside
/// the engine's own under its name, so no two applications may share one; what it means, the engine
/// does not know. One that is off in a new class is left out while it is off, so that an application
/// that is added changes nothing for the classes that do not use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    name: &'static str,
    default: bool,
}

impl Switch {
    /// A switch that is on in a new class.
    pub const fn on(name: &'static str) -> Self {
        Self { name, default: true }
    }

    /// A switch that is off in a new class.
    pub const fn off(name: &'static str) -> Self {
        Self { name, default: false }
    }

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// Whether it is told whichever way it stands, as it is on in a new class.
    pub const fn is_always_told(self) -> bool {
        self.default
    }
}

/// A setting that an application adds to those of a class: a number, 0 in a new class. It is left out
/// while it is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    name: &'static str,
    most: u32,
}

impl Amount {
    /// A number up to this one.
    pub const fn up_to(name: &'static str, most: u32) -> Self {
        Self { name, most }
    }

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The largest that it can be.
    pub const fn most(self) -> u32 {
        self.most
    }
}

/// A setting that an application adds to those of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// On or off.
    Switch(Switch),
    /// A number.
    Amount(Amount),
}

impl Setting {
    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Switch(switch) => switch.name,
            Self::Amount(amount) => amount.name,
        }
    }
}

/// Students may invite each other, one to one; the engine's own.
pub const STUDENTS_INVITE_STUDENTS: Switch = Switch::off("studentsInviteStudents");

/// What of each student's name the other students are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NamesShown {
    /// All of it.
    #[default]
    Full,
    /// Its first word.
    First,
    /// The first letters of its words.
    Initials,
    /// Nothing: a number stands in its place.
    Numbers,
}

impl NamesShown {
    /// All that there is to choose from.
    pub const ALL: [Self; 4] = [Self::Full, Self::First, Self::Initials, Self::Numbers];

    /// The word for it on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::First => "first",
            Self::Initials => "initials",
            Self::Numbers => "numbers",
        }
    }

    /// What this word says.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// The settings of a class.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Nobody new may join.
    pub locked: bool,
    /// What of each student's name the other students are told.
    pub names: NamesShown,
    /// What applications have set by name, in the order of the names.
    others: Vec<(Box<str>, Value)>,
}

/// What a setting of an application is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    On(bool),
    Number(u32),
}

/// A change of some settings; what is not named stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettingsChange {
    /// Nobody new may join.
    pub locked: Option<bool>,
    /// What of each student's name the other students are told.
    pub names: Option<NamesShown>,
    /// The switches that are set, and how.
    pub switches: Vec<(Switch, bool)>,
    /// The numbers that are set.
    pub amounts: Vec<(Amount, u32)>,
}

impl SettingsChange {
    /// Locks the class, or unlocks it.
    pub fn lock(locked: bool) -> Self {
        Self { locked: Some(locked), ..Self::default() }
    }

    /// Tells the other students this of each student's name.
    pub fn show_names(names: NamesShown) -> Self {
        Self { names: Some(names), ..Self::default() }
    }

    /// Sets one switch.
    pub fn set(switch: Switch, on: bool) -> Self {
        Self { switches: vec![(switch, on)], ..Self::default() }
    }

    /// Sets one number.
    pub fn set_amount(amount: Amount, number: u32) -> Self {
        Self { amounts: vec![(amount, number)], ..Self::default() }
    }
}

impl Settings {
    /// Those of a new class, with these settings of its applications.
    pub fn of_new_class(settings: impl IntoIterator<Item = Setting>) -> Self {
        let mut new = Self::default();
        for setting in settings {
            if let Setting::Switch(Switch { name, default: true }) = setting {
                new.put(name, Some(Value::On(true)));
            }
        }
        new
    }

    /// Whether an application's switch is on.
    pub fn is_on(&self, switch: Switch) -> bool {
        match self.value(switch.name) {
            Some(Value::On(on)) => on,
            Some(Value::Number(_)) | None => switch.default,
        }
    }

    /// What an application's number is set to.
    pub fn amount(&self, amount: Amount) -> u32 {
        match self.value(amount.name) {
            Some(Value::Number(number)) => number.min(amount.most),
            Some(Value::On(_)) | None => 0,
        }
    }

    /// The settings after the change.
    #[must_use]
    pub fn changed(&self, change: &SettingsChange) -> Self {
        let mut settings = self.clone();
        settings.locked = change.locked.unwrap_or(self.locked);
        settings.names = change.names.unwrap_or(self.names);
        for (switch, on) in &change.switches {
            // As it is in a new class it stands there only where it did before.
            let stands = switch.default && settings.value(switch.name).is_some();
            let is_told = *on != switch.default || stands;
            settings.put(switch.name, is_told.then_some(Value::On(*on)));
        }
        for (amount, number) in &change.amounts {
            settings.put(amount.name, (*number > 0).then_some(Value::Number(*number)));
        }
        settings
    }

    fn value(&self, name: &str) -> Option<Value> {
        self.place(name).ok().map(|place| self.others[place].1)
    }

    /// Sets what has this name, or leaves it out.
    fn put(&mut self, name: &str, value: Option<Value>) {
        match (self.place(name), value) {
            (Ok(place), Some(value)) => self.others[place].1 = value,
            (Ok(place), None) => drop(self.others.remove(place)),
            (Err(place), Some(value)) => self.others.insert(place, (name.into(), value)),
            (Err(_), None) => {}
        }
    }

    /// The place of a setting, or where it would be.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.others.binary_search_by_key(&name, |(name, _)| name)
    }
}

/// The names of the engine's own settings.
pub(crate) const LOCKED: &str = "locked";
pub(crate) const NAMES: &str = "names";

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(LOCKED, &self.locked)?;
        if self.names != NamesShown::Full {
            map.serialize_entry(NAMES, self.names.word())?;
        }
        for (name, value) in &self.others {
            match value {
                Value::On(on) => map.serialize_entry(name, on)?,
                Value::Number(number) => map.serialize_entry(name, number)?,
            }
        }
        map.end()
    }
}

/// A value as it is read: of another program's setting, or of a newer server's, anything.
enum Read {
    On(bool),
    Number(u32),
    Names(NamesShown),
    Unknown,
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOf;

        impl Visitor<'_> for OneOf {
            type Value = Read;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a setting")
            }

            fn visit_bool<E>(self, on: bool) -> Result<Read, E> {
                Ok(Read::On(on))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Read, E> {
                Ok(u32::try_from(number).map_or(Read::Unknown, Read::Number))
            }

            fn visit_str<E>(self, word: &str) -> Result<Read, E> {
                Ok(NamesShown::of_word(word).map_or(Read::Unknown, Read::Names))
            }
        }

        deserializer.deserialize_any(OneOf)
    }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Named;

        impl<'de> Visitor<'de> for Named {
            type Value = Settings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("settings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Settings, A::Error> {
                let mut locked = None;
                let mut settings = Settings::default();
                while let Some((name, value)) = map.next_entry::<Box<str>, Read>()? {
                    match value {
                        Read::On(on) if &*name == LOCKED => locked = Some(on),
                        Read::Names(names) if &*name == NAMES => settings.names = names,
                        Read::On(on) => settings.put(&name, Some(Value::On(on))),
                        Read::Number(number) => settings.put(&name, Some(Value::Number(number))),
                        Read::Names(_) | Read::Unknown => {}
                    }
                }
                settings.locked = locked.ok_or_else(|| de::Error::missing_field(LOCKED))?;
                Ok(settings)
            }
        }

        deserializer.deserialize_map(Named)
    }
}
