//! How long something took, and in which zone the moments of a class are told.

use classroom::history::Chronicle;

use crate::room::duration;
use crate::zone::{Zone, zone};

/// How long something took: 2.1 s, 1:32, 1:05:00.
pub fn took(millis: i64) -> String {
    if millis < 60_000 {
        let tenths = (millis.max(0) + 50) / 100;
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else {
        duration(millis / 1_000)
    }
}

/// How long somebody spoke: 0:07, 1:32.
pub fn spoke(millis: i64) -> String {
    duration((millis + 500) / 1_000)
}

/// The time zone of the school, for the moments of a class: with their days, when it was on more than
/// one.
pub fn zone_of(chronicle: &Chronicle) -> Zone {
    let zone = zone();
    match (chronicle.began_at(), chronicle.last_at()) {
        (Some(began), Some(last)) if zone.day(began) != zone.day(last) => zone.with_days(),
        _ => zone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_something_took() {
        for (millis, words) in
            [(0, "0.0 s"), (2_149, "2.1 s"), (59_940, "59.9 s"), (92_000, "1:32"), (-5, "0.0 s")]
        {
            assert_eq!(took(millis), words);
        }
        assert_eq!(spoke(6_600), "0:07");
    }
}
