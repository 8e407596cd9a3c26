//! A search for classes.

use server::ClassFilter;

use crate::request::query;
use crate::zone::Zone;

/// A field of the search, which is no longer than what is looked for can be.
fn typed(field: &str, most: usize) -> String {
    query(field).chars().take(most).collect()
}

/// What is looked for, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Search {
    pub name: String,
    pub from: String,
    pub until: String,
    /// `on`, `over`, or neither.
    pub state: String,
    pub after: String,
}

impl Search {
    /// What the address of the page says.
    pub fn of_page() -> Self {
        Self {
            name: typed("name", 64),
            from: typed("from", 10),
            until: typed("until", 10),
            state: typed("state", 4),
            after: query("after"),
        }
    }

    /// Whether anything is looked for.
    pub fn is_any(&self) -> bool {
        self.fields().iter().any(|(_, value)| !value.is_empty())
    }

    /// What an address says of it.
    pub fn fields(&self) -> [(&'static str, &str); 4] {
        [
            ("name", &self.name),
            ("from", &self.from),
            ("until", &self.until),
            ("state", self.state()),
        ]
    }

    /// Which classes the filter shows, by the word for it in an address.
    pub fn state(&self) -> &str {
        if over(&self.state).is_some() { &self.state } else { "" }
    }
}

/// Whether classes are to be over, as an address says it.
fn over(state: &str) -> Option<bool> {
    match state {
        "on" => Some(false),
        "over" => Some(true),
        _ => None,
    }
}

/// Which classes the fields of a search mean.
pub fn class_filter(zone: &Zone, name: &str, from: &str, until: &str, state: &str) -> ClassFilter {
    ClassFilter {
        name: name.trim().to_owned(),
        from: zone.start_of(from, false),
        until: zone.start_of(until, true),
        over: over(state),
    }
}
