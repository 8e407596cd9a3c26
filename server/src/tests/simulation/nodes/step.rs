//! What happens from step to step: a message arrives, a writer goes on, somebody asks for something, time
//! passes, a node is killed or sleeps, a clock is set.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::database::Holder;
use super::node::Stopping;
use super::school::School;
use crate::clock::monotonic;
use crate::tests::simulation::model::Verdict;

impl School {
    /// One thing happens.
    pub async fn step(&mut self) -> Verdict {
        self.tally.steps += 1;
        if self.goes_wrong() {
            return Ok(());
        }
        for _ in 0..8 {
            let happens = match self.random.u32(..100) {
                0..22 => self.deliver_a_letter()?,
                22..46 => match self.any_awake() {
                    Some(holder) => self.have_it_written(holder)?,
                    None => false,
                },
                46..54 => match self.any_awake() {
                    Some(holder) => self.attend(holder),
                    None => false,
                },
                54..74 => match self.pick(self.requests.len()) {
                    Some(index) => self.move_request(index, true)?,
                    None => false,
                },
                74..88 => match self.pick(self.people.len()) {
                    Some(person) if self.random.bool() => self.send_on(person)?,
                    Some(person) => self.deliver(person)?,
                    None => false,
                },
                88..97 => self.do_something(),
                _ => break,
            };
            if happens {
                return Ok(());
            }
        }
        let millis = match self.random.u32(..100) {
            0..75 => self.random.u64(1..250),
            75..97 => self.random.u64(250..1_500),
            _ => self.random.u64(1_500..8_000),
        };
        self.pass(Duration::from_millis(millis)).await;
        Ok(())
    }

    /// A node looks after its lease, and goes on with stopping.
    pub fn attend(&mut self, holder: Holder) -> bool {
        let Some(node) = self.nodes.get_mut(&holder).filter(|node| !node.is_asleep()) else {
            return false;
        };
        let renews = node.renewing.go_on(&node.lease, &self.wire);
        let stops = node.go_on_stopping();
        if matches!(node.stopping, Stopping::Closes) && !node.is_writing() {
            self.note(format_args!("node {holder} has stopped"));
            self.end(holder);
            return true;
        }
        if renews || stops {
            self.note(format_args!("node {holder} looks after its lease, stops: {stops}"));
        }
        renews || stops
    }

    fn goes_wrong(&mut self) -> bool {
        let dead: Vec<usize> = (0..self.machines.len())
            .filter(|address| {
                let mut there = self.nodes.values().filter(|node| node.address == *address);
                // A machine that sleeps is taken for dead after a while.
                there.all(|node| node.is_asleep())
            })
            .collect();
        if let Some(place) = self.pick(dead.len())
            && self.chance(60)
        {
            let address = dead[place];
            let sleeps = self.at_address(address).is_some();
            if sleeps && !self.chance(200) {
                return false;
            }
            let started = self.start(address);
            self.tally.replaced += u64::from(sleeps && started);
            return started;
        }
        let Some(holder) = self.any_awake() else { return false };
        if self.chance(self.storm.kills) {
            self.tally.kills += 1;
            let was_busy = self.nodes.get(&holder).is_some_and(|node| node.is_writing());
            self.note(format_args!("node {holder} is killed, was at work: {was_busy}"));
            self.end(holder);
            return true;
        }
        if self.chance(self.storm.sleeps) {
            let most = if self.random.bool() { 3_000 } else { 30_000 };
            let time = Duration::from_millis(self.random.u64(500..most));
            self.tally.sleeps += 1;
            self.note(format_args!("node {holder} sleeps for {time:?}"));
            if let Some(node) = self.nodes.get_mut(&holder) {
                node.sleeps_until = Some(monotonic() + time);
            }
            return true;
        }
        if self.chance(self.storm.stops) {
            self.tally.stops += 1;
            self.note(format_args!("node {holder} is told to stop"));
            if let Some(node) = self.nodes.get_mut(&holder) {
                node.stop();
            }
            return true;
        }
        if self.chance(self.storm.cuts) {
            let most = if self.random.bool() { 2_000 } else { 20_000 };
            let time = Duration::from_millis(self.random.u64(200..most));
            self.tally.cuts += 1;
            self.note(format_args!("node {holder} is cut off from the database for {time:?}"));
            self.wire.borrow_mut().cut_off(holder, monotonic() + time);
            return true;
        }
        if self.chance(self.storm.connections_end) {
            return self.end_a_connection(holder);
        }
        if self.chance(self.storm.clocks_are_set) {
            let machine = self.random.usize(..self.machines.len());
            let by = self.random.i64(-3_000..3_000);
            self.tally.clock_sets += 1;
            self.machines[machine].clock.fetch_add(by, Ordering::Relaxed);
            self.note(format_args!("the clock of machine {machine} is set by {by} ms"));
            return true;
        }
        if self.chance(self.storm.lines_break)
            && let Some(person) = self.pick(self.people.len())
            && self.people[person].device.line.take().is_some()
        {
            self.note(format_args!("the line of {person} breaks"));
            return true;
        }
        false
    }

    /// The connection by which a node renews its lease ends; the node may see that at once, or by what it asks
    /// next.
    fn end_a_connection(&mut self, holder: Holder) -> bool {
        let sees = self.random.bool();
        let Some(node) = self.nodes.get_mut(&holder) else { return false };
        let Some(connection) = node.renewing.connection else { return false };
        node.renewing.has_ended |= sees;
        self.wire.borrow_mut().database.end(connection);
        self.note(format_args!("a connection of node {holder} ends, it sees: {sees}"));
        true
    }
}
