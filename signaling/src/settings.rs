//! What a teacher can set for a class: the engine's own setting, and the switches of applications.

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
}

/// The settings of a class.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Nobody new may join.
    pub locked: bool,
    /// The applications' switches by name, in the order of their names.
    switches: Vec<(Box<str>, bool)>,
}

/// A change of some settings; what is not named stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettingsChange {
    /// Nobody new may join.
    pub locked: Option<bool>,
    /// The switches that are set, and how.
    pub switches: Vec<(Switch, bool)>,
}

impl SettingsChange {
    /// Locks the class, or unlocks it.
    pub fn lock(locked: bool) -> Self {
        Self { locked: Some(locked), switches: Vec::new() }
    }

    /// Sets one switch.
    pub fn set(switch: Switch, on: bool) -> Self {
        Self { locked: None, switches: vec![(switch, on)] }
    }
}

impl Settings {
    /// Those of a new class, with these switches of its applications.
    pub fn of_new_class(switches: impl IntoIterator<Item = Switch>) -> Self {
        let mut settings = Self::default();
        for switch in switches.into_iter().filter(|switch| switch.default) {
            if let Err(place) = settings.place(switch.name) {
                settings.switches.insert(place, (switch.name.into(), true));
            }
        }
        settings
    }

    /// Whether an application's switch is on.
    pub fn is_on(&self, switch: Switch) -> bool {
        self.place(switch.name).map_or(switch.default, |place| self.switches[place].1)
    }

    /// The settings after the change.
    #[must_use]
    pub fn changed(&self, change: &SettingsChange) -> Self {
        let mut settings = self.clone();
        settings.locked = change.locked.unwrap_or(self.locked);
        for (switch, on) in &change.switches {
            settings.set(*switch, *on);
        }
        settings
    }

    fn set(&mut self, switch: Switch, on: bool) {
        match self.place(switch.name) {
            Ok(place) if on || switch.default => self.switches[place].1 = on,
            Ok(place) => drop(self.switches.remove(place)),
            Err(place) if on != switch.default => {
                self.switches.insert(place, (switch.name.into(), on));
            }
            Err(_) => {}
        }
    }

    /// The place of a switch, or where it would be.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.switches.binary_search_by_key(&name, |(name, _)| name)
    }
}

/// The name of the engine's own setting.
pub(crate) const LOCKED: &str = "locked";

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(LOCKED, &self.locked)?;
        for (name, on) in &self.switches {
            map.serialize_entry(name, on)?;
        }
        map.end()
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
                while let Some((name, on)) = map.next_entry::<Box<str>, bool>()? {
                    if &*name == LOCKED {
                        locked = Some(on);
                    } else {
                        match settings.place(&name) {
                            Ok(place) => settings.switches[place].1 = on,
                            Err(place) => settings.switches.insert(place, (name, on)),
                        }
                    }
                }
                settings.locked = locked.ok_or_else(|| de::Error::missing_field(LOCKED))?;
                Ok(settings)
            }
        }

        deserializer.deserialize_map(Named)
    }
}
