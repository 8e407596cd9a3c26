//! What must be true once nothing goes wrong for a while: every class that somebody is in has a home, which
//! shows what its log tells, and nothing that was due is still open.

use std::time::Duration;

use signaling::{Event, Group, GroupId, Timestamp, apply};

use super::database::{Address, Holder};
use super::school::{School, Storm};
use crate::clock::monotonic;
use crate::tests::simulation::device::Standing;
use crate::tests::simulation::model::{Model, Verdict, must};

/// How long it stays calm: what is under way comes within twelve seconds and is given up after five, leases run
/// out after three more, others look for orphans every second, and what could not be read is read again after
/// five.
const CALM: Duration = Duration::from_secs(26);
/// At night it stays so, until also what may be answered for half a minute has come to be due.
const NIGHT: Duration = Duration::from_secs(22);
const PACE: Duration = Duration::from_millis(400);
/// How late a deadline may be then.
const LATENESS: Duration = Duration::from_secs(2);
/// How often everybody gets their turn before it is clear that they do not come to rest.
const TURNS: u32 = 1_000;

impl School {
    /// Nothing goes wrong for a while, and everybody does what they do by themselves.
    pub async fn calm_down(&mut self) -> Verdict {
        self.note(format_args!("it is calm"));
        self.tally.calms += 1;
        self.storm = Storm::default();
        self.wire.borrow_mut().calm_down();
        for node in self.nodes.values_mut() {
            node.sleeps_until = None;
        }
        // At night nobody is there whose coming would have a class read.
        let is_night = self.chance(500);
        for person in &mut self.people {
            person.device.is_asleep = is_night;
            if is_night {
                person.device.line = None;
            }
        }
        // Of several machines one may stay away, perhaps as of now.
        let stays_away = self.pick(self.machines.len()).filter(|_| self.random.bool());
        if let Some(holder) = stays_away.and_then(|address| self.at_address(address))
            && self.nodes.len() > 1
            && self.random.bool()
        {
            self.tally.kills += 1;
            self.note(format_args!("node {holder} is killed, and nobody starts it again"));
            self.end(holder);
        }
        self.wait(CALM, stays_away).await?;
        self.is_in_order(is_night)?;
        if is_night {
            self.wait(NIGHT, stays_away).await?;
            self.is_in_order(is_night)?;
        }
        for person in &mut self.people {
            person.device.is_asleep = false;
        }
        Ok(())
    }

    /// Time goes by in which nothing goes wrong.
    async fn wait(&mut self, time: Duration, stays_away: Option<Address>) -> Verdict {
        let over_at = monotonic() + time;
        loop {
            for address in 0..self.machines.len() {
                if self.at_address(address).is_none()
                    && (stays_away != Some(address) || self.nodes.is_empty())
                {
                    self.start(address);
                }
            }
            self.come_to_rest()?;
            if monotonic() >= over_at {
                return Ok(());
            }
            self.tally.steps += 1;
            self.pass(PACE).await;
        }
    }

    fn come_to_rest(&mut self) -> Verdict {
        for _ in 0..TURNS {
            let mut moves = false;
            while self.deliver_a_letter()? {
                self.tally.steps += 1;
                moves = true;
            }
            let holders: Vec<Holder> = self.nodes.keys().copied().collect();
            for holder in holders {
                let mut turns = 0;
                while self.attend(holder) | self.have_it_written(holder)? {
                    self.tally.steps += 1;
                    moves = true;
                    turns += 1;
                    if turns > 20 {
                        break;
                    }
                }
            }
            for index in (0..self.requests.len()).rev() {
                let moved = self.move_request(index, false)?;
                self.tally.steps += u64::from(moved);
                moves |= moved;
            }
            for person in 0..self.people.len() {
                while self.send_on(person)? | self.deliver(person)? {
                    self.tally.steps += 1;
                    moves = true;
                }
                moves |= self.follow_up(person);
            }
            if !moves {
                return Ok(());
            }
        }
        Err("nobody comes to rest".to_owned())
    }

    fn is_in_order(&self, is_night: bool) -> Verdict {
        must!(self.requests.is_empty(), "a request has no end");
        for node in self.nodes.values() {
            must!(!node.lease.is_in_doubt(), "node {} is in doubt for ever", node.holder);
        }
        for (group_id, model) in &self.models {
            let class = format!("class {group_id}");
            self.is_class_in_order(*group_id, model, is_night)
                .map_err(|sentence| format!("{class}: {sentence}"))?;
        }
        Ok(())
    }

    fn is_class_in_order(&self, group_id: GroupId, model: &Model, is_night: bool) -> Verdict {
        let now = monotonic();
        let wire = self.wire.borrow();
        let database = &wire.database;
        let class = database.contents.class(group_id).ok_or("it is not in the database")?;
        must!(class.log.len() as u64 == model.seq, "the log is not as long as it was");
        let mut read_back = Group::new(group_id);
        for (row, was) in class.log.iter().zip(&model.log) {
            let body = &mut serde_json::Deserializer::from_str(&row.body);
            let event = Event::decode(row.name, body).map_err(|error| error.to_string())?;
            must!(event == *was, "event {} is another one than it was", was.seq);
            apply(&mut read_back, &event);
        }
        let home = database.home_of(group_id).map(|(home, _)| home);
        let home = home.filter(|home| database.is_held(*home, now));
        let earliest = self.nodes.values().map(|node| node.clock.now()).min();
        let clock = match home.and_then(|home| self.nodes.get(&home)) {
            Some(node) => node.clock.now(),
            None => earliest.ok_or("there is no node")?,
        };
        let lateness = i64::try_from(LATENESS.as_millis()).unwrap_or(0);
        let late = Timestamp::from_millis(clock.as_millis() - lateness);
        let overdue = model.overdue(late);
        must!(overdue.is_empty(), "home {home:?} has lost the deadlines of {overdue:?}");
        let over = model.turns_over(late);
        must!(over.is_empty() || model.ended.is_some(), "the turns {over:?} go on for ever");
        for node in self.nodes.values() {
            let Some(room) = node.rooms.get(group_id) else { continue };
            must!(home == Some(node.holder), "node {} shows what is {home:?}'s", node.holder);
            must!(room.group() == read_back, "the room is not what its log tells");
            must!(room.join_code() == class.join_code, "the room has another code");
        }
        for (index, person) in self.people.iter().enumerate() {
            let device = &person.device;
            if self.classes[device.class] != group_id || device.standing != Standing::Inside {
                continue;
            }
            if is_night {
                continue;
            }
            let is_in = model.members.contains_key(&device.user);
            must!(is_in, "{index} does not know that they are out");
            must!(home.is_some(), "nobody is its home");
            must!(device.line.is_some(), "{index} has no line");
            let page = device.page.as_ref().ok_or("somebody has no page")?;
            let seen = model.next_for(device.user, page.seq);
            must!(seen.is_none(), "{index} is at {} and has not seen {seen:?}", page.seq);
        }
        Ok(())
    }
}
