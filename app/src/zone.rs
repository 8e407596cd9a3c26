//! Moments as people read them: in the time zone of the school, which the server is told.

use jiff::tz::TimeZone;
use jiff::{Timestamp as Instant, ZonedDateTime, civil::Date};
use leptos::prelude::*;
use signaling::Timestamp;

use crate::words::date;

/// The time zone in which the pages tell times.
#[derive(Debug, Clone)]
pub struct Zone {
    zone: TimeZone,
    /// Whether a time is told with its day.
    days: bool,
}

impl Zone {
    /// The zone of the machine.
    pub fn of_machine() -> Self {
        Self { zone: TimeZone::system(), days: false }
    }

    /// The zone of this IANA name, such as `Europe/Berlin`; none when there is none.
    pub fn named(name: &str) -> Option<Self> {
        Some(Self { zone: TimeZone::get(name).ok()?, days: false })
    }

    fn zoned(&self, at: Timestamp) -> ZonedDateTime {
        let instant = Instant::from_millisecond(at.as_millis()).unwrap_or_default();
        instant.to_zoned_datetime(self.zone.clone())
    }

    /// The zone, telling each time with its day.
    pub fn with_days(self) -> Self {
        Self { days: true, ..self }
    }

    /// The zone's name, or how far it is from UTC at this moment.
    pub fn name(&self, at: Timestamp) -> String {
        let name = self.zone.iana_name().map(|name| name.trim_start_matches("Etc/").to_owned());
        name.unwrap_or_else(|| self.zoned(at).strftime("UTC%:z").to_string())
    }

    /// 24 Nov 2026
    pub fn day(&self, at: Timestamp) -> String {
        let at = self.zoned(at);
        date::day(&at.day().to_string(), month(&at), &at.year().to_string())
    }

    /// 2026-11-24 09:42:07, which spreadsheets of every country take for a time.
    pub fn spreadsheet(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// 24 Nov 2026, 09:42
    pub fn day_and_clock(&self, at: Timestamp) -> String {
        let time = self.short_clock(at);
        let at = self.zoned(at);
        date::day_and_time(&at.day().to_string(), month(&at), &at.year().to_string(), &time)
    }

    /// 09:42:07, or 24 Nov 09:42:07
    pub fn clock(&self, at: Timestamp) -> String {
        let at = self.zoned(at);
        let time = at.strftime("%H:%M:%S").to_string();
        if !self.days {
            return time;
        }
        date::short_day_with_seconds(&at.day().to_string(), month(&at), &time)
    }

    /// 09:42
    pub fn short_clock(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%H:%M").to_string()
    }

    /// 24 Nov, 09:42
    pub fn short_day_and_clock(&self, at: Timestamp) -> String {
        let time = self.short_clock(at);
        let at = self.zoned(at);
        date::short_day_and_time(&at.day().to_string(), month(&at), &time)
    }

    /// The moment at which a day begins, as a date field sends it: 2026-11-24. With `next`, the
    /// day after it.
    pub fn start_of(&self, date: &str, next: bool) -> Option<Timestamp> {
        let date: Date = date.parse().ok()?;
        let date = if next { date.tomorrow().ok()? } else { date };
        let zoned = date.to_zoned_datetime(self.zone.clone()).ok()?;
        Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
    }
}

/// The short name of a month.
fn month(at: &ZonedDateTime) -> &'static str {
    match at.month() {
        1 => date::january(),
        2 => date::february(),
        3 => date::march(),
        4 => date::april(),
        5 => date::may(),
        6 => date::june(),
        7 => date::july(),
        8 => date::august(),
        9 => date::september(),
        10 => date::october(),
        11 => date::november(),
        _ => date::december(),
    }
}

/// The time zone of the school.
pub fn zone() -> Zone {
    use_context::<Zone>().unwrap_or_else(Zone::of_machine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_zone_of_the_school() {
        let at: Timestamp = "2026-11-24T23:30:07.400Z".parse().expect("a moment");
        let zone = Zone::named("Europe/Berlin").expect("a zone");
        assert_eq!(zone.day(at), "25 Nov 2026");
        assert_eq!(zone.clock(at), "00:30:07");
        assert_eq!(zone.name(at), "Europe/Berlin");
        assert_eq!(zone.clone().with_days().clock(at), "25 Nov 00:30:07");
        assert!(Zone::named("Nowhere/Town").is_none());
        let starts = zone.start_of("2026-11-25", false).expect("a day");
        assert_eq!(starts.to_string(), "2026-11-24T23:00:00.000Z");
        let next = zone.start_of("2026-11-25", true).expect("a day");
        assert_eq!(next.to_string(), "2026-11-25T23:00:00.000Z");
        assert_eq!(zone.start_of("25.11.2026", false), None);
    }

    #[test]
    fn the_zones_come_with_the_program() {
        let own = jiff::tz::TimeZoneDatabase::bundled();
        for name in ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"] {
            assert!(own.get(name).is_ok(), "{name}");
        }
    }
}
