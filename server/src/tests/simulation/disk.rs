//! The simulated store: what a crash leaves, and a writing side that is slow and fails.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use signaling::{Event, EventKind, GroupId, Timestamp, UserId};

use crate::identity::tokens::{BrowserId, Held, Membership, part};
use crate::identity::{JoinCode, TokenHash};
use crate::store::cleanup::Cleanup;
use crate::store::log::{EncodedEvent, Loaded};
use crate::store::put::Put;
use crate::store::write::{Append, FirstAnswer, KeysOf, Write};
use crate::store::{Failure, KEY_LIFETIME_MILLIS, StoreWriter};

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
    pub memberships: BTreeMap<(BrowserId, UserId), Membership>,
    pub next_deadline: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub is_deleted: bool,
    answers: BTreeMap<(UserId, String), Remembered>,
}

impl Class {
    /// The memberships of one browser.
    pub fn of_browser(&self, browser: BrowserId) -> impl Iterator<Item = &Membership> {
        let (first, last) = (UserId::from_bytes([0; 16]), UserId::from_bytes([u8::MAX; 16]));
        self.memberships.range((browser, first)..=(browser, last)).map(|(_, it)| it)
    }

    /// Takes a member's place in it from every browser.
    fn revoke(&mut self, user: UserId) {
        let theirs = self.memberships.keys().filter(|(_, who)| *who == user);
        let browsers: Vec<BrowserId> = theirs.map(|(browser, _)| *browser).collect();
        for browser in browsers {
            let mut held: Vec<Membership> = self.of_browser(browser).copied().collect();
            self.memberships.retain(|(other, _), _| *other != browser);
            part(&mut held, user);
            self.memberships.extend(held.into_iter().map(|it| ((browser, it.user), it)));
        }
    }
}

#[derive(Clone)]
struct Remembered {
    answer: Rc<FirstAnswer>,
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
    pub tokens: BTreeMap<[u8; 32], Held>,
    tickets: BTreeMap<[u8; 32], Link>,
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
                memberships: BTreeMap::new(),
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
        let is_of = |link: &Link, user: UserId| link.group_id == group_id && link.user == user;
        match write {
            Write::Token { token, held } => {
                self.tokens.insert(*token.as_bytes(), *held);
            }
            Write::TakeAlong { from, to } => {
                for class in self.classes.values_mut().map(Rc::make_mut) {
                    let opened = |it: &&Membership| from.opens(it);
                    let found = class.of_browser(from.browser).filter(opened).copied();
                    for along in found.collect::<Vec<_>>() {
                        class.memberships.entry((*to, along.user)).or_insert(along);
                    }
                }
            }
            Write::Membership { browser, membership } => {
                let place = (*browser, membership.user);
                self.class_mut(group_id)?.memberships.insert(place, *membership);
            }
            Write::Revoke { user } => {
                self.links.retain(|_, link| !is_of(link, *user));
                self.tickets.retain(|_, ticket| !is_of(ticket, *user));
                self.class_mut(group_id)?.revoke(*user);
            }
            Write::JoinCode(code) => {
                let class = self.class_mut(group_id)?;
                class.join_code = code.clone();
                class.codes.push((class.log.len() as u64, code.clone()));
            }
            Write::Ticket { ticket, user, expires_at } => {
                let made = Link { group_id, user: *user, expires_at: *expires_at };
                self.tickets.entry(*ticket.as_bytes()).or_insert(made);
            }
            Write::Handover { token, user, expires_at } => {
                self.links.retain(|_, link| !is_of(link, *user));
                let link = Link { group_id, user: *user, expires_at: *expires_at };
                self.links.insert(*token.as_bytes(), link);
            }
            Write::SpendHandover(token) => {
                self.links.remove(token.as_bytes());
            }
            Write::EndHandovers { of: Some(user) } => {
                self.links.retain(|_, link| !is_of(link, *user));
            }
            Write::EndHandovers { of: None } => {
                self.links.retain(|_, link| link.group_id != group_id);
            }
            // People have begun all its classes, and end no device.
            Write::Integrated { .. } | Write::OwnId { .. } | Write::EndDevice { .. } => {}
            Write::FirstAnswer { user, key, answer } => {
                let answer = Remembered { answer: Rc::new(answer.clone()), at: now };
                self.class_mut(group_id)?.answers.insert((*user, key.clone()), answer);
            }
        }
        Ok(())
    }

    /// Whom a token stands for in a class, if it has not ended by then.
    pub fn holder(&self, group_id: GroupId, token: TokenHash, now: Timestamp) -> Option<UserId> {
        let held = self.tokens.get(token.as_bytes()).filter(|held| !held.has_ended(now))?;
        held.stands_for(self.class(group_id)?.of_browser(held.browser))
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

// What is read and written, however it comes there.
impl Contents {
    pub fn load(&self, group_id: GroupId) -> Option<Loaded> {
        let class = self.class(group_id)?;
        let encoded =
            |row: &Row| Some(EncodedEvent { event: event_of(row)?, body: row.body.to_string() });
        let memberships: Vec<_> =
            class.memberships.iter().map(|((browser, _), it)| (*browser, *it)).collect();
        let is_here = |held: &Held| class.of_browser(held.browser).next().is_some();
        let tokens = self.tokens.iter().filter(|(_, held)| is_here(held));
        Some(Loaded {
            join_code: class.join_code.clone(),
            events: class.log.iter().filter_map(encoded).collect(),
            memberships,
            tokens: tokens.map(|(it, held)| (TokenHash::from_bytes(*it), *held)).collect(),
            integration: None,
        })
    }

    pub fn events_after(&self, group_id: GroupId, seq: u64) -> Vec<Event> {
        let skip = usize::try_from(seq).unwrap_or(usize::MAX);
        let log = self.class(group_id).map_or(&[][..], |class| &class.log);
        log.iter().skip(skip).filter_map(event_of).collect()
    }

    pub fn first_answer(
        &self,
        group_id: GroupId,
        user: UserId,
        key: &str,
        now: Timestamp,
    ) -> Option<FirstAnswer> {
        let found = self.class(group_id)?.answers.get(&(user, key.to_owned()))?;
        let is_known = found.at.as_millis() > now.as_millis() - KEY_LIFETIME_MILLIS;
        is_known.then(|| found.answer.as_ref().clone())
    }

    pub fn keys_of(&self, group_id: GroupId, user: UserId) -> KeysOf {
        let answers = self.class(group_id).map(|class| &class.answers);
        let of_user = answers.into_iter().flatten().filter(|((who, _), _)| *who == user);
        let at: Vec<Timestamp> = of_user.map(|(_, answer)| answer.at).collect();
        let count = u32::try_from(at.len()).unwrap_or(u32::MAX);
        KeysOf { count, oldest: at.into_iter().min() }
    }

    pub fn event(&self, group_id: GroupId, seq: u64) -> Option<Event> {
        self.body(group_id, seq).and_then(event_of)
    }

    pub fn token(&self, token: TokenHash) -> Option<(Held, u32)> {
        let held = *self.tokens.get(token.as_bytes())?;
        let others = self.tokens.values().filter(|it| it.browser == held.browser);
        Some((held, others.map(|it| it.generation).max().unwrap_or(0)))
    }

    pub fn ticket(&self, ticket: TokenHash, now: Timestamp) -> Option<(GroupId, UserId)> {
        let made = self.tickets.get(ticket.as_bytes())?;
        (made.expires_at > now).then_some((made.group_id, made.user))
    }

    pub fn has_ended(&self, group_id: GroupId) -> Option<bool> {
        Some(self.class(group_id)?.ended_at.is_some())
    }

    pub fn ended_before(&self, moment: Timestamp) -> Option<GroupId> {
        let classes = self.classes.iter().filter(|(_, class)| !class.is_deleted);
        let ended = classes.filter_map(|(id, class)| Some((class.ended_at?, *id)));
        ended.filter(|(at, _)| *at <= moment).min().map(|(_, id)| id)
    }

    pub fn commit(
        &mut self,
        now: Timestamp,
        appends: &[Append<'_>],
        writes: &[(GroupId, Write)],
    ) -> Result<Vec<Durable>, Failure> {
        for append in appends {
            self.append(append)?;
        }
        for (group_id, write) in writes {
            self.write(now, *group_id, write)?;
        }
        Ok(appends.iter().flat_map(appended).collect())
    }

    pub fn put(&mut self, put: &Put) {
        if let Put::Replaced { token, by, ends_at } = put {
            if let Some(held) = self.tokens.get_mut(token.as_bytes()) {
                held.ends_at.get_or_insert(*ends_at);
            }
            if let Some(held) = self.tokens.get_mut(by.as_bytes()) {
                held.replaces = None;
            }
        }
    }

    pub fn soft_delete(&mut self, group_id: GroupId) -> Result<Vec<Durable>, Failure> {
        self.links.retain(|_, link| link.group_id != group_id);
        self.tickets.retain(|_, ticket| ticket.group_id != group_id);
        let class = self.class_mut(group_id)?;
        class.is_deleted = true;
        class.next_deadline = None;
        class.memberships.clear();
        class.answers.clear();
        Ok(vec![Durable::Deleted(group_id)])
    }

    pub fn rewrite(
        &mut self,
        append: &Append<'_>,
        user: UserId,
        events: &[(u64, String)],
    ) -> Result<Vec<Durable>, Failure> {
        if !append.events.is_empty() {
            self.append(append)?;
        }
        self.links.retain(|_, link| link.user != user);
        self.tickets.retain(|_, ticket| ticket.user != user);
        let class = self.class_mut(append.group_id)?;
        for (seq, body) in events {
            let row = usize::try_from(*seq)?.checked_sub(1).and_then(|at| class.log.get_mut(at));
            row.ok_or("there is no such event")?.body = body.as_str().into();
        }
        class.revoke(user);
        let name = user.to_string();
        class.answers.retain(|(who, _), remembered| {
            let kept = serde_json::to_string(&remembered.answer.kept).unwrap_or_default();
            *who != user && !kept.contains(&name)
        });
        let mut news: Vec<Durable> = appended(append).collect();
        news.push(Durable::Rewritten(append.group_id, user));
        Ok(news)
    }

    pub fn purge(&mut self, now: Timestamp) {
        let forgotten = now.as_millis() - KEY_LIFETIME_MILLIS;
        for class in self.classes.values_mut() {
            if class.answers.values().any(|answer| answer.at.as_millis() <= forgotten) {
                let class = Rc::make_mut(class);
                class.answers.retain(|_, answer| answer.at.as_millis() > forgotten);
            }
        }
        self.links.retain(|_, link| link.expires_at > now);
        self.tickets.retain(|_, ticket| ticket.expires_at > now);
        self.tokens.retain(|_, held| !held.has_ended(now));
    }

    pub fn clean_up(&mut self) {
        self.classes.retain(|_, class| !class.is_deleted);
    }
}

impl StoreWriter for SimulatedStore {
    async fn load(&mut self, group_id: GroupId) -> Result<Option<Loaded>, Failure> {
        self.read(|contents| contents.load(group_id)).await
    }

    async fn events_after(&mut self, group_id: GroupId, seq: u64) -> Result<Vec<Event>, Failure> {
        self.read(|contents| contents.events_after(group_id, seq)).await
    }

    async fn first_answer(
        &mut self,
        group_id: GroupId,
        user: UserId,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<FirstAnswer>, Failure> {
        self.read(|contents| contents.first_answer(group_id, user, key, now)).await
    }

    async fn keys_of(&mut self, group_id: GroupId, user: UserId) -> Result<KeysOf, Failure> {
        self.read(|contents| contents.keys_of(group_id, user)).await
    }

    async fn event(&mut self, group_id: GroupId, seq: u64) -> Result<Option<Event>, Failure> {
        self.read(|contents| contents.event(group_id, seq)).await
    }

    async fn token(&mut self, token: TokenHash) -> Result<Option<(Held, u32)>, Failure> {
        self.read(|contents| contents.token(token)).await
    }

    async fn ticket(
        &mut self,
        ticket: TokenHash,
        now: Timestamp,
    ) -> Result<Option<(GroupId, UserId)>, Failure> {
        self.read(|contents| contents.ticket(ticket, now)).await
    }

    async fn has_code(&mut self, code: &JoinCode) -> Result<bool, Failure> {
        self.read(|contents| contents.group_of_code(code).is_some()).await
    }

    async fn has_handover(&mut self, token: TokenHash) -> Result<bool, Failure> {
        self.read(|contents| contents.links.contains_key(token.as_bytes())).await
    }

    async fn has_ended(&mut self, group_id: GroupId) -> Result<Option<bool>, Failure> {
        self.read(|contents| contents.has_ended(group_id)).await
    }

    async fn ended_before(&mut self, moment: Timestamp) -> Result<Option<GroupId>, Failure> {
        self.read(|contents| contents.ended_before(moment)).await
    }

    async fn commit(
        &mut self,
        now: Timestamp,
        appends: &[Append<'_>],
        writes: &[(GroupId, Write)],
    ) -> Result<(), Failure> {
        self.write(|contents| contents.commit(now, appends, writes)).await
    }

    async fn put(&mut self, put: Put) -> Result<(), Failure> {
        let write = |contents: &mut Contents| {
            contents.put(&put);
            Ok(Vec::new())
        };
        self.write(write).await
    }

    async fn soft_delete(&mut self, group_id: GroupId, _: Timestamp) -> Result<(), Failure> {
        self.write(|contents| contents.soft_delete(group_id)).await
    }

    async fn rewrite(
        &mut self,
        append: &Append<'_>,
        user: UserId,
        events: &[(u64, String)],
    ) -> Result<(), Failure> {
        self.write(|contents| contents.rewrite(append, user, events)).await
    }

    async fn purge(&mut self, now: Timestamp) -> Result<bool, Failure> {
        let write = |contents: &mut Contents| {
            contents.purge(now);
            Ok(Vec::new())
        };
        self.write(write).await.map(|()| false)
    }

    async fn clean_up(&mut self) -> Result<Cleanup, Failure> {
        let write = |contents: &mut Contents| {
            contents.clean_up();
            Ok(Vec::new())
        };
        self.write(write).await.map(|()| Cleanup::Done)
    }

    fn invalidate(&mut self) {}
}
