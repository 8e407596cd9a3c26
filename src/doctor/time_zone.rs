//! The time zone in which the history tells times.

use app::Zone;

use super::finding::Finding;
use super::machine_time::now;

const CHECK: &str = "time zone";

pub fn look(configured: Option<&Zone>) -> Finding {
    let zone = configured.cloned().unwrap_or_else(Zone::of_machine);
    let at = now();
    let (name, time) = (zone.name(at), zone.short_clock(at));
    if configured.is_none() && name == "UTC" {
        return Finding::warn(CHECK, format!("the machine's is UTC, where it is {time}")).advise(
            "name the school's, so that the history tells its times: --time-zone Europe/Berlin",
        );
    }
    Finding::ok(CHECK, format!("{name}, where it is {time}"))
}
