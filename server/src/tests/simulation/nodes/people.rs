//! What people do, and what they make of the answers.

use std::time::Duration;

use signaling::{Command, Group, InviteId, Role, UserId};

use super::database::Holder;
use super::doors::PATIENCE;
use super::node::Node;
use super::school::{Asks, Person, Request, School, Stage, Told};
use crate::clock::monotonic;
use crate::http::reply::encode;
use crate::tests::simulation::device::{Device, Line, Standing};
use crate::tests::simulation::model::{Verdict, must};
use crate::tests::simulation::thoughts::{Mind, Thought};
use crate::writer::job::{Key, SideEffect};

/// The most people and classes at a time.
const PEOPLE: usize = 12;
const CLASSES: usize = 4;

impl School {
    /// Somebody does something, or comes; false when nobody does.
    pub fn do_something(&mut self) -> bool {
        let is_there = |person: &&Person| person.device.standing != Standing::Gone;
        let there = self.people.iter().filter(is_there).count();
        if there < PEOPLE && (there == 0 || self.chance(200)) {
            return self.somebody_comes();
        }
        let Some(person) = self.pick(self.people.len()) else { return false };
        self.follow_up(person) || self.act(person)
    }

    fn somebody_comes(&mut self) -> bool {
        let (user, token) = (UserId::from_bytes(self.fresh()), self.secret());
        let living: Vec<usize> = self.living().into_iter().collect();
        let begins = living.is_empty() || (living.len() < CLASSES && self.chance(150));
        if begins {
            let group_id = signaling::GroupId::from_bytes(self.fresh());
            self.classes.push(group_id);
        }
        let class =
            if begins { self.classes.len() - 1 } else { living[self.random.usize(..living.len())] };
        let device = Device::new(class, user, token);
        self.people.push(Person { device, line_by: [0; 2], asks_at: None });
        if begins {
            let code = self.fresh_code();
            self.ask(self.people.len() - 1, Asks::Begin(code));
        }
        true
    }

    /// What a device does by itself: it comes in, and it comes back.
    pub fn follow_up(&mut self, person: usize) -> bool {
        let device = &self.people[person].device;
        if device.is_asking || device.is_asleep {
            return false;
        }
        let asks = match device.standing {
            Standing::Gone => return false,
            Standing::Outside => {
                let wire = self.wire.borrow();
                let class = wire.database.contents.class(self.classes[device.class]);
                let code = class.map(|class| class.join_code.clone());
                Asks::Join(code.unwrap_or_default())
            }
            Standing::Inside => match (&device.page, &device.line) {
                (None, _) => Asks::Page,
                (Some(page), None) => Asks::Stream { after: Some(page.seq) },
                (Some(_), Some(_)) => return false,
            },
        };
        self.ask(person, asks)
    }

    fn act(&mut self, person: usize) -> bool {
        let device = &self.people[person].device;
        let (actor, group_id) = (device.user, self.classes[device.class]);
        if device.is_asleep {
            return false;
        }
        let Some(page) = device.page.clone() else { return false };
        let Some(role) = page.member(actor).map(|member| member.role) else { return false };
        let Some(thought) = self.think_of(actor, role, &page, group_id) else { return false };
        let asks = match thought {
            Thought::KeepAlive(invite_id) => Asks::KeepAlive(invite_id),
            Thought::Ring(_) | Thought::Look(_) | Thought::Relay(_) => return false,
            Thought::Verb(command) => {
                let effects = match command {
                    Command::RenewJoinCode { .. } => vec![SideEffect::JoinCode(self.fresh_code())],
                    _ => Vec::new(),
                };
                let key = self.key_for(actor, &command);
                Asks::Do { command, effects, key }
            }
        };
        self.ask(person, asks)
    }

    fn think_of(
        &mut self,
        actor: UserId,
        role: Role,
        page: &Group,
        group_id: signaling::GroupId,
    ) -> Option<Thought> {
        let Self { random, named, models, .. } = self;
        let mut mind = Mind { random, named, model: models.get(&group_id) };
        mind.think_of(actor, role, page)
    }

    /// Most requests name a key.
    fn key_for(&mut self, user: UserId, command: &Command) -> Option<Key> {
        if matches!(command, Command::Leave { .. }) || self.chance(300) {
            return None;
        }
        let key = format!("key {}", self.named);
        self.named += 1;
        let request = self.secret();
        let used = self.keys.entry((user, key.clone())).or_default();
        used.requests.insert(*request.as_bytes());
        if let Command::Invite { invite_id, .. } | Command::InviteInGroup { invite_id, .. } =
            command
        {
            used.invitations.push(*invite_id);
        }
        Some(Key { user, key, request, encode })
    }

    /// The same request again, with the same key, perhaps to another node; to that it is a new one.
    fn ask_again(&mut self, person: usize, mut asks: Asks) {
        if let Asks::Do { command, key: Some(key), .. } = &mut asks
            && let Command::Invite { invite_id, .. } | Command::InviteInGroup { invite_id, .. } =
                command
        {
            let fresh = InviteId::from_bytes(self.fresh());
            *invite_id = fresh;
            let used = self.keys.entry((key.user, key.key.clone())).or_default();
            used.invitations.push(fresh);
        }
        self.tally.keys_again += 1;
        self.ask(person, asks);
    }

    /// Asks the node that answered last, or any other; false when there is none.
    fn ask(&mut self, person: usize, asks: Asks) -> bool {
        // Who was told to try again waits a moment.
        let wait = match self.people[person].asks_at {
            None => Duration::from_millis(self.random.u64(..1_000)),
            Some(_) => Duration::ZERO,
        };
        let leaves_at = monotonic() + wait;
        let is_open = |at: &Holder| self.nodes.get(at).is_some_and(Node::is_open);
        let before = self.people[person].asks_at.filter(is_open);
        let front = match before {
            Some(before) if !self.chance(150) => before,
            _ => match self.any_open() {
                Some(front) => front,
                None => return false,
            },
        };
        self.people[person].asks_at = Some(front);
        match &asks {
            Asks::Begin(_) | Asks::Join(_) | Asks::Page | Asks::Stream { .. } => {
                self.people[person].device.is_asking = true;
            }
            Asks::Do { .. } | Asks::KeepAlive(_) => {}
        }
        self.note(format_args!("{person} asks node {front} to {asks}"));
        let token = self.secret();
        self.requests.push(Request {
            person,
            group_id: self.classes[self.people[person].device.class],
            asks,
            token,
            front,
            at: front,
            tries: 0,
            leaves_at,
            gives_up_at: leaves_at + PATIENCE,
            is_awaited: true,
            doubts: 0,
            read_at_home: false,
            stage: Stage::ToFront,
        });
        true
    }

    pub fn hear_answer(&mut self, person: usize, asks: Asks, told: Told) -> Verdict {
        let group_id = self.classes[self.people[person].device.class];
        let is_nothing = matches!(told, Told::Nothing | Told::Status(503));
        if is_nothing {
            // They try another one.
            self.people[person].asks_at = None;
        }
        let device = &mut self.people[person].device;
        match (&asks, told) {
            (Asks::Begin(_) | Asks::Join(_), Told::Status(status)) => {
                device.is_asking = false;
                if status < 300 {
                    device.standing = Standing::Inside;
                } else if status < 500 || matches!(asks, Asks::Begin(_)) {
                    device.standing = Standing::Gone;
                }
            }
            // What happens once must not be asked for again when nobody knows what came of it.
            (Asks::Begin(_), _) => {
                device.is_asking = false;
                device.standing = Standing::Gone;
            }
            (Asks::Join(_), _) => device.is_asking = false,
            (Asks::Page, Told::Page(snapshot)) => {
                device.is_asking = false;
                device.page = Some(Group::from(*snapshot));
                device.line = None;
            }
            (Asks::Stream { .. }, Told::Stream(live)) => {
                device.is_asking = false;
                device.line = Some(Line::new(*live));
            }
            (Asks::Page | Asks::Stream { .. }, told) => {
                device.is_asking = false;
                device.line = None;
                if let Told::Status(status @ (401 | 403 | 404 | 410)) = told {
                    device.standing = Standing::Gone;
                    let user = device.user;
                    let model = self.models.get(&group_id);
                    let is_over = model.is_some_and(|model| model.ended.is_some());
                    must!(status != 410 || is_over, "{user} is told that the class is over");
                }
            }
            (Asks::Do { key: Some(_), .. }, _) if is_nothing && self.chance(850) => {
                self.ask_again(person, asks);
            }
            (Asks::Do { .. } | Asks::KeepAlive(_), _) => {}
        }
        Ok(())
    }
}
