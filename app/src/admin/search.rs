//! Which classes a search means.

use server::ClassFilter;

use crate::zone::Zone;

/// Which classes the fields of a search mean.
pub fn class_filter(zone: &Zone, name: &str, from: &str, until: &str) -> ClassFilter {
    ClassFilter {
        name: name.trim().to_owned(),
        from: zone.start_of(from, false),
        until: zone.start_of(until, true),
    }
}
