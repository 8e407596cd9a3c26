//! What a run came to: medians, ratios of medians, and what they had to be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::json;

use crate::Result;
use crate::class::Peer;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    Sync,
    Storm(usize),
    Answered(usize),
    Invitation,
    Join,
    Cpu(usize),
    Bytes(usize),
    Commits(usize),
    Memory,
    Idle,
    Stop,
    Start,
    Restart,
    Reads,
    School(u8),
    SchoolCpu,
    Attacked(When, u8),
    AttackedMemory(When),
    AttackAccepted,
    AttackRefused,
    AttackCutOff,
}

/// Before, during or after an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    Before,
    During,
    After,
}

impl When {
    const fn words(self) -> &'static str {
        match self {
            Self::Before => "before an attack",
            Self::During => "during it",
            Self::After => "after it",
        }
    }
}

impl Measure {
    fn name(self) -> String {
        match self {
            Self::Sync => "one fdatasync".to_owned(),
            Self::Storm(students) => {
                format!("storm of {students}: the last page has the last hand")
            }
            Self::Answered(students) => format!("storm of {students}: answered, p99"),
            Self::Invitation => "one invitation to the last of 500".to_owned(),
            Self::Join => "500 join at once: the last is answered".to_owned(),
            Self::Cpu(students) => {
                format!("storm of {students}: server CPU per million deliveries")
            }
            Self::Bytes(students) => format!("storm of {students}: received per delivery"),
            Self::Commits(students) => format!("storm of {students}: commits"),
            Self::Memory => "memory per open stream".to_owned(),
            Self::Idle => "idle CPU per open stream".to_owned(),
            Self::Stop => "stopped under 5 000 open streams".to_owned(),
            Self::Start => "start on a small file".to_owned(),
            Self::Restart => "500 streams back after a kill, caught up".to_owned(),
            Self::Reads => "reads of files meanwhile".to_owned(),
            Self::School(part) => format!("10 000 students in 250 classes: delivered, p{part}"),
            Self::SchoolCpu => "10 000 students in 250 classes: server CPU".to_owned(),
            Self::Attacked(when, part) => {
                format!("1 000 students, {}: delivered, p{part}", when.words())
            }
            Self::AttackedMemory(when) => format!("1 000 students, {}: memory", when.words()),
            Self::AttackAccepted => "requests of attackers that were answered".to_owned(),
            Self::AttackRefused => "requests of attackers that were refused".to_owned(),
            Self::AttackCutOff => "connections of attackers that were cut off".to_owned(),
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::Cpu(_) => "s",
            Self::Bytes(_) => "bytes",
            Self::Commits(_)
            | Self::Reads
            | Self::AttackAccepted
            | Self::AttackRefused
            | Self::AttackCutOff => "",
            Self::AttackedMemory(_) => "MiB",
            Self::Memory => "KiB",
            Self::Idle => "µs/s",
            Self::SchoolCpu => "% of a core",
            Self::Sync
            | Self::Storm(_)
            | Self::Answered(_)
            | Self::Invitation
            | Self::Join
            | Self::Stop
            | Self::Start
            | Self::Restart
            | Self::School(_)
            | Self::Attacked(..) => "ms",
        }
    }
}

#[derive(Default)]
pub struct Report {
    samples: BTreeMap<(Measure, Peer), Vec<f64>>,
    client_bound: BTreeSet<(Measure, Peer)>,
}

/// Something that has to hold, and by how much it does.
struct Demand {
    what: String,
    value: f64,
    must: f64,
    aim: f64,
    /// Whether more is better.
    at_least: bool,
}

impl Demand {
    fn verdict(&self) -> &'static str {
        let reaches =
            |mark: f64| if self.at_least { self.value >= mark } else { self.value <= mark };
        match (reaches(self.aim), reaches(self.must)) {
            (true, _) => "aim met",
            (false, true) if self.must.is_infinite() => "aim missed",
            (false, true) => "met",
            (false, false) => "MISSED",
        }
    }
}

impl Report {
    pub fn add(&mut self, measure: Measure, peer: Peer, value: f64) {
        self.samples.entry((measure, peer)).or_default().push(value);
    }

    pub fn is_client_bound(&mut self, measure: Measure, peer: Peer) {
        self.client_bound.insert((measure, peer));
    }

    fn median(&self, measure: Measure, peer: Peer) -> Option<f64> {
        let mut values = self.samples.get(&(measure, peer))?.clone();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    }

    fn demands(&self) -> Vec<Demand> {
        use Measure::{
            Answered, Commits, Cpu, Idle, Invitation, Join, Memory, Reads, Restart, School, Stop,
            Storm, Sync,
        };
        use Peer::{Floor, Handup, Nchan, SocketIo, SseBatched};
        let mut demands = Vec::new();
        let ours = |measure| self.median(measure, Handup);
        let ratio = |measure, peer| Some(self.median(measure, peer)? / ours(measure)?);
        let mut demand = |what: &str, value: Option<f64>, must: f64, aim: f64, at_least: bool| {
            if let Some(value) = value {
                demands.push(Demand { what: what.to_owned(), value, must, aim, at_least });
            }
        };
        demand("storm of 500: times as fast as nchan", ratio(Storm(500), Nchan), 10.0, 25.0, true);
        demand("storm of 500: as Socket.IO", ratio(Storm(500), SocketIo), 40.0, 60.0, true);
        demand("storm of 500: as batched Node", ratio(Storm(500), SseBatched), 8.0, 15.0, true);
        demand("storm of 30: as batched Node", ratio(Storm(30), SseBatched), 2.5, 5.0, true);
        demand("storm of 30: as nchan", ratio(Storm(30), Nchan), 1.0, 1.5, true);
        let times = |of| Some(ours(Storm(of))? / ours(Storm(500))?);
        let pace = |of: usize| Some(of as f64 / 500.0 * ours(Commits(of))? / ours(Commits(500))?);
        let growth = |of| Some(times(of)? / pace(of)?);
        demand("storm of 2 000: time per N × commits, to 500", growth(2_000), 1.0, 1.0, false);
        demand("storm of 5 000: time per N × commits, to 500", growth(5_000), 1.0, 1.0, false);
        demand("storm of 5 000: times as long as 500", times(5_000), f64::INFINITY, 10.0, false);
        demand("storm of 500: answered, p99, ms", ours(Answered(500)), 200.0, 100.0, false);
        let nchan = self.median(Invitation, Nchan);
        let late = ours(Invitation).zip(nchan).map(|(ours, nchan)| ours - nchan);
        let sync = self.median(Sync, Floor).unwrap_or_default();
        demand("one invitation to 500: ms more than nchan", late, sync, 0.0, false);
        let cpu = ratio(Cpu(500), Nchan).map(|ratio| 1.0 / ratio);
        demand("CPU per delivery: times nchan's", cpu, 1.25, 1.0, false);
        let memory = self.median(Memory, Nchan).unwrap_or(10.0);
        demand("memory per open stream, KiB", ours(Memory), 14.0, memory, false);
        demand("idle CPU per open stream, µs/s", ours(Idle), 5.0, 2.0, false);
        demand("stopped under 5 000 streams, ms", ours(Stop), 3_000.0, 3_000.0, false);
        demand("500 streams back after a kill, ms", ours(Restart), 1_000.0, 500.0, false);
        demand(
            "reads of files meanwhile, per stream",
            ours(Reads).map(|r| r / 500.0),
            1.0,
            0.2,
            false,
        );
        demand("10 000 students: delivered, p99, ms", ours(School(99)), 200.0, 100.0, false);
        let attacked = |part| {
            let during = ours(Measure::Attacked(When::During, part))?;
            Some(during / ours(Measure::Attacked(When::Before, part))?)
        };
        demand("attacked: delivered, median, times as before", attacked(50), 1.5, 1.1, false);
        let late = ours(Measure::Attacked(When::During, 99));
        demand("attacked: delivered, p99, ms", late, 200.0, 20.0, false);
        let memory = |when| ours(Measure::AttackedMemory(when));
        let more = memory(When::During).zip(memory(When::Before)).map(|(now, then)| now - then);
        demand("attacked: MiB of memory more", more, 256.0, 64.0, false);
        let join = ours(Join).zip(ours(Storm(500))).map(|(join, storm)| join / storm);
        demand("500 join at once: times a storm of 500", join, 10.0, 3.0, false);
        demands
    }

    /// Prints the tables, and writes everything that was measured as JSON.
    pub fn tell(&self, file: &Path) -> Result<()> {
        println!("\n| measure | | median | least to most | |\n|---|---|---|---|---|");
        for ((measure, peer), values) in &self.samples {
            let median = self.median(*measure, *peer).unwrap_or_default();
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let most = values.iter().copied().fold(0.0, f64::max);
            let bound = self.client_bound.contains(&(*measure, *peer));
            println!(
                "| {} | {} | {} {} | {} to {} | {} |",
                measure.name(),
                peer.name(),
                figure(median),
                measure.unit(),
                figure(least),
                figure(most),
                if bound { "client-bound" } else { "" },
            );
        }
        println!("\n| ratio of medians | | must | aim | |\n|---|---|---|---|---|");
        let demands = self.demands();
        for demand in &demands {
            println!(
                "| {} | {} | {} {} | {} | {} |",
                demand.what,
                figure(demand.value),
                if demand.at_least { "≥" } else { "≤" },
                figure(demand.must),
                figure(demand.aim),
                demand.verdict(),
            );
        }
        let samples = self.samples.iter().map(|((measure, peer), values)| {
            json!({
                "measure": measure.name(), "unit": measure.unit(), "peer": peer.name(),
                "median": self.median(*measure, *peer), "samples": values,
                "clientBound": self.client_bound.contains(&(*measure, *peer)),
            })
        });
        let demands = demands.iter().map(|demand| {
            json!({
                "what": demand.what, "value": demand.value, "must": demand.must,
                "aim": demand.aim, "verdict": demand.verdict(),
            })
        });
        let all = json!({
            "samples": samples.collect::<Vec<_>>(),
            "demands": demands.collect::<Vec<_>>(),
        });
        std::fs::write(file, serde_json::to_string_pretty(&all)?)?;
        println!("\nAll of it as JSON: {}", file.display());
        Ok(())
    }
}

fn figure(value: f64) -> String {
    match value.abs() {
        infinite if infinite.is_infinite() => "–".to_owned(),
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
