//! The simulated store: what a crash leaves, and a writing side that is slow and fails.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use signaling::{Event, EventKind, GroupId, Timestamp, UserId};

use crate::identity::{JoinCode, TokenHash};
use crate::store::keep::{Keep, Tidy};
use crate::store::seam::{Failure, Store};
use crate::store::{Append, EncodedEvent, FirstAnswer, KEY_LIFETIME_MILLIS, Loaded, Write};

/// One event as it lies on the disk.
#[derive(Clone)]
pub struct Row {
    pub name: &'static str,
    pub body: Rc<str>,
}

/// A class as it lies on the disk.
#[derive(Clone)]
pub struct Class {
    pub join_code: JoinCode,
    /// Every code that it has had, and how long the log was when the code came.
    pub codes: Vec<(u64, JoinCode)>,
    pub log: Vec<Row>,
    pub credentials: BTreeMap<[u8; 32], UserId>,
    pub next_deadline: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub is_deleted: bool,
    answers: BTreeMap<(UserId, String), Remembered>,
}

#[derive(Clone)]
struct Remembered {
    request: TokenHash,
    status: u16,
    body: Rc<[u8]>,
    at: Timestamp,
}

/// What a handover link on the disk stands for.
#[derive(Clone)]
pub struct Link {
    pub group_id: GroupId,
    pub user: UserId,
    pub expires_at: Timestamp,
}

/// Everything that is durable.
#[derive(Clone, Default)]
pub struct Contents {
    pub classes: BTreeMap<GroupId, Rc<Class>>,
    pub links: BTreeMap<[u8; 32], Link>,
}

/// How often things go wrong, in thousandths.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weather {
    /// A commit fails and nothing of it is kept.
    pub fails: u32,
    /// A commit is reported as failed and is on the disk.
    pub fails_late: u32,
    /// A commit is reported as failed, and is on the disk after the next loss of power if nothing
    /// was written since.
    pub haunts: u32,
    /// A read fails.
    pub unreadable: u32,
    /// The longest that something takes, in turns of everybody else.
    pub slowest: u32,
}

/// What the store is made to do wrong, to see that it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Defect {
    #[default]
    None,
    /// Every so often a commit is reported as done and is not.
    Forgets,
    /// No class tells when something is to time out in it.
    NoDeadlines,
}

/// A disk, and what there is of it after a loss of power.
pub struct Disk {
    pub contents: Contents,
    /// What a loss of power would leave in place of the contents, and what would be new of it.
    ghost: Option<(Contents, Vec<Durable>)>,
    pub weather: Weather,
    pub defect: Defect,
    random: fastrand::Rng,
    /// What has become durable since this was last looked at, in order.
    pub news: Vec<Durable>,
    pub commits: u64,
    pub failures: u64,
}

/// Something that has become durable.
pub enum Durable {
    Event(GroupId, Event),
    /// Some bodies of the log are others now, for somebody was erased from it.
    Rewritten(GroupId, UserId),
    Deleted(GroupId),
}

impl Disk {
    pub fn new(seed: u64, defect: Defect) -> Self {
        Self {
            contents: Contents::default(),
            ghost: None,
            weather: Weather::default(),
            defect,
            random: fastrand::Rng::with_seed(seed),
            news: Vec::new(),
            commits: 0,
            failures: 0,
        }
    }

    fn chance(&mut self, thousandths: u32) -> bool {
        thousandths > 0 && self.random.u32(..1_000) < thousandths
    }

    /// The power is gone. What was reported as failed may turn out to be there.
    pub fn lose_power(&mut self) {
        if let Some((ghost, news)) = self.ghost.take()
            && self.random.bool()
        {
            self.contents = ghost;
            self.news.extend(news);
        }
    }

    /// Every class in which something is to time out, and when.
    pub fn deadlines(&self) -> Vec<(GroupId, Timestamp)> {
        if self.defect == Defect::NoDeadlines {
            return Vec::new();
        }
        let classes = self.contents.classes.iter();
        classes.filter_map(|(group_id, class)| Some((*group_id, class.next_deadline?))).collect()
    }
}

impl Contents {
    pub fn class(&self, group_id: GroupId) -> Option<&Class> {
        self.classes.get(&group_id).map(Rc::as_ref).filter(|class| !class.is_deleted)
    }

    fn class_mut(&mut self, group_id: GroupId) -> Result<&mut Class, Failure> {
        let class = self.classes.get_mut(&group_id).filter(|class| !class.is_deleted);
        class.map(Rc::make_mut).ok_or_else(|| "there is no such class".into())
    }

    pub fn group_of_code(&self, code: &JoinCode) -> Option<GroupId> {
        let mut classes = self.classes.iter().filter(|(_, class)| !class.is_deleted);
        classes.find(|(_, class)| class.join_code == *code).map(|(group_id, _)| *group_id)
    }

    /// The body of an event of a log.
    pub fn body(&self, group_id: GroupId, seq: u64) -> Option<&Row> {
        let place = usize::try_from(seq.checked_sub(1)?).ok()?;
        self.classes.get(&group_id)?.log.get(place)
    }

    fn append(&mut self, append: &Append<'_>) -> Result<(), Failure> {
        if let Some((code, _)) = append.creates {
            if self.classes.contains_key(&append.group_id) || self.group_of_code(code).is_some() {
                return Err("there is such a class, or such a code".into());
            }
            let class = Class {
                join_code: code.clone(),
                codes: vec![(0, code.clone())],
                log: Vec::new(),
                credentials: BTreeMap::new(),
                next_deadline: None,
                ended_at: None,
                is_deleted: false,
                answers: BTreeMap::new(),
            };
            self.classes.insert(append.group_id, Rc::new(class));
        }
        let class = self.class_mut(append.group_id)?;
        if class.log.len() as u64 != append.expected_seq {
            return Err("the log does not end where this append expects".into());
        }
        for EncodedEvent { event, body } in append.events {
            class.log.push(Row { name: event.kind.name(), body: body.as_str().into() });
            if matches!(event.kind, EventKind::GroupEnded(_)) {
                class.ended_at = Some(event.at);
            }
        }
        class.next_deadline = append.next_deadline;
        Ok(())
    }

    fn write(&mut self, now: Timestamp, group_id: GroupId, write: &Write) -> Result<(), Failure> {
        if let Write::JoinCode(code) = write
            && self.group_of_code(code).is_some_and(|other| other != group_id)
        {
            return Err("another class has this code".into());
        }
        if let Write::Handover { token, user, expires_at } = write {
            let link = Link { group_id, user: *user, expires_at: *expires_at };
            self.links.insert(*token.as_bytes(), link);
        }
        if let Write::SpendHandover(token) = write {
            self.links.remove(token.as_bytes());
        }
        if let Write::Revoke { user } = write {
            self.links.retain(|_, link| link.group_id != group_id || link.user != *user);
        }
        if let Write::Carry { from, to } = write {
            for class in self.classes.values_mut().map(Rc::make_mut) {
                if let Some(user) = class.credentials.get(from.as_bytes()).copied() {
                    class.credentials.entry(*to.as_bytes()).or_insert(user);
                }
            }
        }
        let class = self.class_mut(group_id)?;
        match write {
            Write::Grant { token, user } => {
                class.credentials.insert(*token.as_bytes(), *user);
            }
            Write::Revoke { user } => class.credentials.retain(|_, holder| holder != user),
            Write::JoinCode(code) => {
                class.join_code = code.clone();
                class.codes.push((class.log.len() as u64, code.clone()));
            }
            Write::Carry { .. } | Write::Handover { .. } | Write::SpendHandover(_) => {}
            Write::FirstAnswer { user, key, request, status, body } => {
                let answer = Remembered {
                    request: *request,
                    status: *status,
                    body: body.as_slice().into(),
                    at: now,
                };
                class.answers.insert((*user, key.clone()), answer);
            }
        }
        Ok(())
    }
}

/// The event of a row.
pub fn event_of(row: &Row) -> Option<Event> {
    Event::decode(row.name, &mut serde_json::Deserializer::from_str(&row.body)).ok()
}

/// The writer's way to the disk.
pub struct SimulatedStore(pub Rc<RefCell<Disk>>);

impl SimulatedStore {
    /// Lets everybody else go on for a while.
    async fn take_time(&self) {
        let mut turns = {
            let mut disk = self.0.borrow_mut();
            let slowest = disk.weather.slowest;
            disk.random.u32(..=slowest)
        };
        poll_fn(|_| {
            if turns == 0 {
                return Poll::Ready(());
            }
            turns -= 1;
            Poll::Pending
        })
        .await;
    }

    async fn read<T>(&self, read: impl FnOnce(&Contents) -> T) -> Result<T, Failure> {
        self.take_time().await;
        let mut disk = self.0.borrow_mut();
        let unreadable = disk.weather.unreadable;
        if disk.chance(unreadable) {
            disk.failures += 1;
            return Err("the disk cannot be read".into());
        }
        Ok(read(&disk.contents))
    }

    /// Writes all of something or nothing, and does not always tell the truth about it.
    async fn write(
        &self,
        write: impl FnOnce(&mut Contents) -> Result<Vec<Durable>, Failure>,
    ) -> Result<(), Failure> {
        self.take_time().await;
        let fails_late = {
            let mut disk = self.0.borrow_mut();
            let weather = disk.weather;
            if disk.chance(weather.fails) {
                disk.failures += 1;
                return Err("the disk is full".into());
            }
            let mut contents = disk.contents.clone();
            let news = write(&mut contents)?;
            if disk.chance(weather.haunts) {
                disk.failures += 1;
                disk.ghost = Some((contents, news));
                return Err("the disk did not say that it has it".into());
            }
            if disk.defect == Defect::Forgets && disk.chance(5) {
                return Ok(());
            }
            disk.contents = contents;
            disk.news.extend(news);
            disk.ghost = None;
            disk.commits += 1;
            disk.chance(weather.fails_late)
        };
        self.take_time().await;
        if fails_late {
            self.0.borrow_mut().failures += 1;
            return Err("the disk did not say that it has it".into());
        }
        Ok(())
    }
}

fn appended(append: &Append<'_>) -> impl Iterator<Item = Durable> {
    append.events.iter().map(|encoded| Durable::Event(append.group_id, encoded.event.clone()))
}

impl Store for SimulatedStore {
    async fn load(&mut self, group_id: GroupId) -> Result<Option<Loaded>, Failure> {
        let read = |contents: &Contents| {
            let class = contents.class(group_id)?;
            let encoded = |row: &Row| {
                Some(EncodedEvent { event: event_of(row)?, body: row.body.to_string() })
            };
            let holds =
                |(token, user): (&[u8; 32], &UserId)| (TokenHash::from_bytes(*token), *user);
            Some(Loaded {
                join_code: class.join_code.clone(),
                events: class.log.iter().filter_map(encoded).collect(),
                credentials: class.credentials.iter().map(holds).collect(),
            })
        };
        self.read(read).await
    }

    async fn events_after(&mut self, group_id: GroupId, seq: u64) -> Result<Vec<Event>, Failure> {
        let skip = usize::try_from(seq)?;
        let read = |contents: &Contents| {
            let log = contents.class(group_id).map_or(&[][..], |class| &class.log);
            log.iter().skip(skip).filter_map(event_of).collect()
        };
        self.read(read).await
    }

    async fn first_answer(
        &mut self,
        group_id: GroupId,
        user: UserId,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<FirstAnswer>, Failure> {
        let read = |contents: &Contents| {
            let found = contents.class(group_id)?.answers.get(&(user, key.to_owned()))?;
            let is_known = found.at.as_millis() > now.as_millis() - KEY_LIFETIME_MILLIS;
            is_known.then(|| FirstAnswer {
                request: found.request,
                status: found.status,
                body: found.body.to_vec(),
            })
        };
        self.read(read).await
    }

    async fn has_code(&mut self, code: &JoinCode) -> Result<bool, Failure> {
        self.read(|contents| contents.group_of_code(code).is_some()).await
    }

    async fn has_handover(&mut self, token: TokenHash) -> Result<bool, Failure> {
        self.read(|contents| contents.links.contains_key(token.as_bytes())).await
    }

    async fn has_ended(&mut self, group_id: GroupId) -> Result<Option<bool>, Failure> {
        self.read(|contents| Some(contents.class(group_id)?.ended_at.is_some())).await
    }

    async fn ended_before(&mut self, moment: Timestamp) -> Result<Option<GroupId>, Failure> {
        let read = |contents: &Contents| {
            let classes = contents.classes.iter().filter(|(_, class)| !class.is_deleted);
            let ended = classes.filter_map(|(id, class)| Some((class.ended_at?, *id)));
            ended.filter(|(at, _)| *at <= moment).min().map(|(_, id)| id)
        };
        self.read(read).await
    }

    async fn commit(
        &mut self,
        now: Timestamp,
        appends: &[Append<'_>],
        writes: &[(GroupId, Write)],
    ) -> Result<(), Failure> {
        let write = |contents: &mut Contents| {
            for append in appends {
                contents.append(append)?;
            }
            for (group_id, write) in writes {
                contents.write(now, *group_id, write)?;
            }
            Ok(appends.iter().flat_map(appended).collect())
        };
        self.write(write).await
    }

    async fn keep(&mut self, _: Keep) -> Result<(), Failure> {
        self.write(|_| Ok(Vec::new())).await
    }

    async fn take_away(&mut self, group_id: GroupId, _: Timestamp) -> Result<(), Failure> {
        let write = |contents: &mut Contents| {
            contents.links.retain(|_, link| link.group_id != group_id);
            let class = contents.class_mut(group_id)?;
            class.is_deleted = true;
            class.next_deadline = None;
            class.credentials.clear();
            class.answers.clear();
            Ok(vec![Durable::Deleted(group_id)])
        };
        self.write(write).await
    }

    async fn rewrite(
        &mut self,
        append: &Append<'_>,
        user: UserId,
        events: &[(u64, String)],
    ) -> Result<(), Failure> {
        let write = |contents: &mut Contents| {
            if !append.events.is_empty() {
                contents.append(append)?;
            }
            contents.links.retain(|_, link| link.user != user);
            let class = contents.class_mut(append.group_id)?;
            for (seq, body) in events {
                let row =
                    usize::try_from(*seq)?.checked_sub(1).and_then(|at| class.log.get_mut(at));
                row.ok_or("there is no such event")?.body = body.as_str().into();
            }
            class.credentials.retain(|_, holder| *holder != user);
            let name = user.to_string();
            class.answers.retain(|(who, _), answer| {
                *who != user && !String::from_utf8_lossy(&answer.body).contains(&name)
            });
            let mut news: Vec<Durable> = appended(append).collect();
            news.push(Durable::Rewritten(append.group_id, user));
            Ok(news)
        };
        self.write(write).await
    }

    async fn purge(&mut self, now: Timestamp) -> Result<(), Failure> {
        let forgotten = now.as_millis() - KEY_LIFETIME_MILLIS;
        let write = |contents: &mut Contents| {
            for class in contents.classes.values_mut() {
                if class.answers.values().any(|answer| answer.at.as_millis() <= forgotten) {
                    let class = Rc::make_mut(class);
                    class.answers.retain(|_, answer| answer.at.as_millis() > forgotten);
                }
            }
            contents.links.retain(|_, link| link.expires_at > now);
            Ok(Vec::new())
        };
        self.write(write).await
    }

    async fn tidy(&mut self) -> Result<Tidy, Failure> {
        self.write(|contents| {
            contents.classes.retain(|_, class| !class.is_deleted);
            Ok(Vec::new())
        })
        .await?;
        Ok(Tidy::Done)
    }

    fn distrust(&mut self) {}
}
