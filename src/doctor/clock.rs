//! The clock, beside those that can be seen from here.

use signaling::Timestamp;

use super::finding::Finding;
use super::machine_time::{now, of};
use super::probed::Probed;

const CHECK: &str = "clock";
/// How far clocks may be apart, in milliseconds: an answer's tells whole seconds, and was on its way.
const APART: i64 = 5_000;
/// Before this version nobody ran it: 2026-01-01.
const EARLIEST: i64 = 1_767_225_600_000;

pub fn look(database: Option<Timestamp>, reached: Option<&Probed>) -> Finding {
    let here = now();
    let answer = reached.and_then(|reached| reached.date).map(of);
    let others: Vec<(&str, i64)> = [("PostgreSQL", database), ("the server's answer", answer)]
        .into_iter()
        .filter_map(|(who, there)| Some((who, here.as_millis() - there?.as_millis())))
        .collect();
    found(here, &others)
}

fn found(here: Timestamp, others: &[(&str, i64)]) -> Finding {
    let to_do = "let the machine follow a time server: `timedatectl set-ntp true`";
    if here.as_millis() < EARLIEST {
        return Finding::fail(CHECK, format!("it is {here} here, which cannot be")).advise(to_do);
    }
    if let Some((who, apart)) = others.iter().find(|(_, apart)| apart.abs() > APART) {
        let (seconds, way) = (apart.abs() / 1_000, if *apart > 0 { "fast" } else { "slow" });
        return Finding::warn(
            CHECK,
            format!("it is {here} here: {seconds} s {way}, beside the clock of {who}"),
        )
        .advise(to_do);
    }
    let beside: Vec<&str> = others.iter().map(|(who, _)| *who).collect();
    let beside = match &*beside {
        [] => "there is no other clock to see".to_owned(),
        beside => format!("as {} has it", beside.join(" and ")),
    };
    Finding::ok(CHECK, format!("it is {here}; {beside}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;

    #[test]
    fn a_clock_that_others_do_not_have_is_found_out() {
        let at = Timestamp::from_millis(EARLIEST + 1_000);
        assert_eq!(found(at, &[]).state, State::Ok);
        assert_eq!(found(at, &[("PostgreSQL", -900)]).state, State::Ok);
        let slow = found(at, &[("PostgreSQL", -9_000)]);
        assert!(slow.state == State::Warn && slow.found.contains("9 s slow"), "{slow:?}");
        assert_eq!(found(Timestamp::from_millis(0), &[]).state, State::Fail);
    }
}
