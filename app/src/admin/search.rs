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
    pub after: String,
}

impl Search {
    /// What the address of the page says.
    pub fn of_page() -> Self {
        Self {
            name: typed("name", 64),
            from: typed("from", 10),
            until: typed("until", 10),
            after: query("after"),
        }
    }

    /// Whether anything is looked for.
    pub fn is_any(&self) -> bool {
        !(self.name.is_empty() && self.from.is_empty() && self.until.is_empty())
    }

    /// What an address says of it.
    pub fn fields(&self) -> [(&str, &str); 3] {
        [("name", &self.name), ("from", &self.from), ("until", &self.until)]
    }
}

/// Which classes the fields of a search mean.
pub fn class_filter(zone: &Zone, name: &str, from: &str, until: &str) -> ClassFilter {
    ClassFilter {
        name: name.trim().to_owned(),
        from: zone.start_of(from, false),
        until: zone.start_of(until, true),
    }
}
