//! The fold that reads a class's log as its history.

use serde::{Deserialize, Serialize};
use signaling::event::MemberJoined;
use signaling::{
    Alike, Event, EventKind, Group, GroupId, Invitation, InviteId, InviteeState, LogReader,
    MemberView, Name, Reading, Reason, Role, Snapshot, Timestamp, UNDO_SECONDS, UserId, apply,
};

use super::lessons::{LessonHeld, Lessons};
use super::pace::{Pace, Waits};
use super::record::{Kind, Part, Record};
use crate::Reason::Skipped;

/// The most rounds that are read as one page.
const PAGE_ROUNDS: u32 = 25;
/// The most invitations that are read as one page.
const PAGE_INVITATIONS: u32 = 250;
/// The most parts of invitations that are read as one page, but for those of a single invitation.
const PAGE_PARTS: usize = 1_000;

/// Somebody who is or was in the class, and what they did there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Who.
    #[serde(rename = "userID")]
    pub user: UserId,
    /// The name they gave.
    pub name: Name,
    /// What tells them from those before whose names look like theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alike: Option<Alike>,
    /// What they are, or were at last.
    pub role: Role,
    /// When they came.
    pub joined_at: Timestamp,
    /// When they went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at: Option<Timestamp>,
    /// Why they went: `left` or `removed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_reason: Option<String>,
    /// How often they raised a hand, asked or unprompted.
    pub hands: u32,
    /// How often they were called: invited to speak, or given the floor.
    pub called: u32,
    /// How often they had the floor.
    pub turns: u32,
    /// Milliseconds that they had the floor, in turns that are over.
    pub spoke_millis: i64,
    /// How often they declined the floor.
    pub passes: u32,
    /// How often they declined to raise a hand.
    pub declined: u32,
    /// How often they let a round run out.
    pub ran_out: u32,
}

impl Person {
    /// The name, told apart from those that look like it.
    pub fn told_apart(&self) -> String {
        self.name.told_apart(self.alike)
    }
}

/// A stretch of the log that is read at once: some invitations and all that came of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// The event of its first invitation.
    pub from: u64,
    /// How many rounds were asked before it.
    pub rounds_before: u32,
    /// When the last of them was asked.
    pub round_at: Option<Timestamp>,
    /// The last event yet that is about one of its invitations, but for those that outlast the
    /// page after it.
    pub last: u64,
    /// How many rounds it holds.
    pub rounds: u32,
    invitations: u32,
    parts: usize,
}

impl Page {
    /// Whether an invitation with so many parts begins another page; every page has one at least.
    const fn is_full(&self, kind: Kind, parts: usize) -> bool {
        matches!(kind, Kind::Round) && self.rounds >= PAGE_ROUNDS
            || self.invitations >= PAGE_INVITATIONS
            || self.parts + parts > PAGE_PARTS
    }
}

/// A class in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The names of its teachers, who began it first.
    pub teachers: Vec<String>,
    /// How many are or were students in it, whoever came to teach not counted.
    pub students: u32,
    /// How often a teacher asked for hands.
    pub rounds: u32,
    /// How many hands were raised, asked or unprompted.
    pub hands: u32,
    /// How often somebody had the floor.
    pub turns: u32,
    /// How long it took to hands and turns.
    #[serde(default)]
    pub waits: Waits,
}

/// A class's history as far as its log has been read.
#[derive(Debug, Clone, PartialEq)]
pub struct Chronicle {
    group: Group,
    written: Written,
    /// Invitations from this event on are not told.
    until: u64,
}

/// What a chronicle holds beside the group itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Written {
    people: Vec<Person>,
    /// Those to which something can still happen, in the order in which they were made.
    live: Vec<Record>,
    /// Those of the live ones that are done unless an undo brings something of them back, and since
    /// when, the earliest first.
    #[serde(default)]
    done: Vec<(InviteId, Timestamp)>,
    /// The invitations by which an undo brought something back, each with that of the record in which
    /// it goes on.
    #[serde(default)]
    restoring: Vec<(InviteId, InviteId)>,
    /// Those that outlasted the page after their own, as they ended.
    late: Vec<Record>,
    rounds: u32,
    round_at: Option<Timestamp>,
    pages: Vec<Page>,
    began_at: Option<Timestamp>,
    last_at: Option<Timestamp>,
    /// The last moment before that at which something happened.
    #[serde(default)]
    before_at: Option<Timestamp>,
    #[serde(default)]
    pace: Pace,
    #[serde(default)]
    lessons: Lessons,
    /// For how many milliseconds nothing had happened when the class ended by itself.
    #[serde(default)]
    forgotten_millis: Option<i64>,
}

impl Written {
    /// Has the times of the class and those of the lesson take something over.
    fn note(&mut self, note: impl Fn(&mut Pace)) {
        note(&mut self.pace);
        self.lessons.pace().into_iter().for_each(note);
    }
}

/// A chronicle that has been put down.
#[derive(Serialize, Deserialize)]
struct Saved {
    snapshot: Snapshot,
    ended: bool,
    written: Written,
}

impl LogReader for Chronicle {
    fn read(&mut self, event: &Event) {
        self.tell(event);
    }

    fn reading(&self) -> Reading {
        let summary = serde_json::to_string(&self.summary()).unwrap_or_default();
        Reading { summary, state: self.save() }
    }
}

fn until(now: Timestamp, turns: impl Iterator<Item = (UserId, Timestamp)>) -> i64 {
    turns.map(|(_, since)| now.millis_since(since).max(0)).sum()
}

/// The most late records that are kept; of more, the newest.
const LATE: usize = 500;

impl Chronicle {
    /// The number of the form in which [`save`](Self::save) puts a chronicle down. It is raised when
    /// the form changes, or what is counted.
    pub const VERSION: u32 = 8;

    /// A chronicle of which nothing is written yet.
    pub fn new(group: GroupId) -> Self {
        Self { group: Group::new(group), written: Written::default(), until: u64::MAX }
    }

    /// A chronicle for reading one page, which ends where the next one begins: it has to be told
    /// the events about members before the page, and then all events from the page's first to its
    /// last.
    pub fn of_page(group: GroupId, page: &Page, until: Option<u64>) -> Self {
        let (rounds, round_at) = (page.rounds_before, page.round_at);
        let written = Written { rounds, round_at, ..Written::default() };
        Self { written, until: until.unwrap_or(u64::MAX), ..Self::new(group) }
    }

    /// A record of a page as it stands now: it may have outlasted the events by which the page is
    /// read.
    pub fn as_it_stands(&self, record: Record) -> Record {
        let mut later = self.written.live.iter().chain(&self.written.late);
        later.find(|it| it.invite_id == record.invite_id).cloned().unwrap_or(record)
    }

    /// Takes up what [`save`](Self::save) put down; none when it is no such text.
    pub fn restore(saved: &str) -> Option<Self> {
        let Saved { snapshot, ended, written } = serde_json::from_str(saved).ok()?;
        let mut group = Group::from(snapshot);
        group.ended = ended;
        Some(Self { group, written, until: u64::MAX })
    }

    /// The chronicle as a text, to be taken up later.
    pub fn save(&self) -> String {
        let members = self.group.members().iter().map(|member| MemberView {
            user_id: member.user_id,
            name: member.name.clone(),
            role: member.role,
            online: false,
            alike: member.alike,
        });
        let saved = Saved {
            snapshot: Snapshot {
                group_id: self.group.id,
                name: self.group.name.clone(),
                seq: self.group.seq,
                now: self.written.last_at.unwrap_or_default(),
                settings: self.group.settings.clone(),
                members: members.collect(),
                invitations: self.group.live().cloned().collect(),
                performed: None,
                join_code: None,
            },
            ended: self.group.ended,
            written: self.written.clone(),
        };
        serde_json::to_string(&saved).unwrap_or_default()
    }

    /// The group's id.
    pub const fn id(&self) -> GroupId {
        self.group.id
    }

    /// Whether this is a student whose name looks like a teacher's.
    pub fn is_like_teacher(&self, person: &Person) -> bool {
        let first = |it: &Person| Alike::first(it.user, it.alike);
        let mut teachers = self.people().iter().filter(|it| it.role == Role::Teacher);
        person.role == Role::Student && teachers.any(|teacher| first(teacher) == first(person))
    }

    /// The class's name.
    pub fn name(&self) -> &str {
        self.group.name.as_ref().map_or("", Name::as_str)
    }

    /// The last event that was told.
    pub const fn seq(&self) -> u64 {
        self.group.seq
    }

    /// When the class began.
    pub const fn began_at(&self) -> Option<Timestamp> {
        self.written.began_at
    }

    /// When something happened last.
    pub const fn last_at(&self) -> Option<Timestamp> {
        self.written.last_at
    }

    /// Whether the class is over.
    pub const fn has_ended(&self) -> bool {
        self.group.ended
    }

    /// For how many milliseconds nothing had happened when the class ended by itself; none when
    /// somebody ended it, or it goes on.
    pub const fn forgotten_millis(&self) -> Option<i64> {
        self.written.forgotten_millis
    }

    /// Everybody who is or was in the class, in the order in which they came.
    pub fn people(&self) -> &[Person] {
        &self.written.people
    }

    /// One of them.
    pub fn person(&self, user: UserId) -> Option<&Person> {
        self.written.people.iter().find(|person| person.user == user)
    }

    /// The records to which something can still happen, in the order in which they were made.
    pub fn live(&self) -> &[Record] {
        &self.written.live
    }

    /// The pages to read the class by.
    pub fn pages(&self) -> &[Page] {
        &self.written.pages
    }

    /// How many rounds there were.
    pub const fn rounds(&self) -> u32 {
        self.written.rounds
    }

    /// Milliseconds that somebody had the floor, until `now` where they have it.
    pub fn spoke_millis(&self, person: &Person, now: Timestamp) -> i64 {
        let theirs = self.speaking().filter(|(speaker, _)| *speaker == person.user);
        person.spoke_millis + until(now, theirs)
    }

    /// Milliseconds that anybody had the floor, until `now` where they have it.
    pub fn spoken_millis(&self, now: Timestamp) -> i64 {
        let over: i64 = self.written.people.iter().map(|person| person.spoke_millis).sum();
        over + until(now, self.speaking())
    }

    /// Who has the floor, and since when.
    fn speaking(&self) -> impl Iterator<Item = (UserId, Timestamp)> {
        let giving = |record: &&Record| matches!(record.kind, Kind::Floor | Kind::Ask);
        self.written.live.iter().filter(giving).flat_map(|record| {
            let speaking = record.parts.iter().filter(|it| it.state == InviteeState::Accepted);
            speaking.filter_map(|part| Some((record.speaker(part.user)?, part.settled_at?)))
        })
    }

    /// The class in numbers.
    pub fn summary(&self) -> Summary {
        let teachers = self.written.people.iter().filter(|person| person.role == Role::Teacher);
        let students =
            self.written.people.iter().filter(|person| person.role == Role::Student).count();
        Summary {
            teachers: teachers.map(Person::told_apart).collect(),
            students: u32::try_from(students).unwrap_or(u32::MAX),
            rounds: self.written.rounds,
            hands: self.written.people.iter().map(|person| person.hands).sum(),
            turns: self.written.people.iter().map(|person| person.turns).sum(),
            waits: self.written.pace.waits(),
        }
    }

    /// The lessons of the class, the earliest first.
    pub fn lessons(&self) -> Vec<LessonHeld> {
        self.written.lessons.all()
    }

    /// Takes the next event, and hands out the records that it completed. One that was told
    /// already changes nothing.
    pub fn tell(&mut self, event: &Event) -> Vec<Record> {
        if event.seq <= self.group.seq {
            return Vec::new();
        }
        // What an undo brings back is told on the page of what it restores.
        if event.seq >= self.until
            && let EventKind::ReceiveNewInvitation(new) = &event.kind
            && new.restores.is_none_or(|restores| self.record(restores).is_none())
        {
            return Vec::new();
        }
        apply(&mut self.group, event);
        self.written.lessons.goes_on(event, &self.group);
        match &event.kind {
            EventKind::Performed(it) => {
                self.written.note(|pace| pace.performed(event.seq, it.first, it.last));
            }
            EventKind::Undone(undone) => self.written.note(|pace| pace.undone(undone.performed)),
            _ => {}
        }
        self.written.began_at.get_or_insert(event.at);
        if self.written.last_at != Some(event.at) {
            self.written.before_at = self.written.last_at;
        }
        self.written.last_at = Some(event.at);
        match &event.kind {
            EventKind::ReceiveNewInvitation(new) => {
                let inviter = self.group.member(new.inviter).map(|member| member.role);
                if !self.goes_on(new.invite_id, new.restores, event) {
                    self.begin(new.invite_id, Kind::of(new, inviter));
                }
            }
            EventKind::InvitationModified(modified) => {
                if let Some(record) = self.record(modified.invite_id) {
                    record.change(event.at, &modified.data);
                }
            }
            EventKind::MemberJoined(joined) => self.welcome(event.at, joined),
            EventKind::MemberChanged(changed) => {
                self.count(changed.user_id, |person| person.role = changed.role)
            }
            EventKind::MemberLeft(left) => self.count(left.user_id, |person| {
                person.left_at = Some(event.at);
                person.left_reason = Some(left.reason.clone());
            }),
            EventKind::InviteeAccepted(_)
            | EventKind::InviteeRejected(_)
            | EventKind::InvitationCancelled(_)
            | EventKind::InvitationTimeout(_)
            | EventKind::InviteeModified(_)
            | EventKind::InviteeFinished(_)
            | EventKind::InvitationCleared(_)
            | EventKind::Performed(_)
            | EventKind::Undone(_)
            | EventKind::GroupChanged(_) => {}
            EventKind::GroupEnded(ended) => {
                let was_still = self.written.before_at.map(|before| event.at.millis_since(before));
                self.written.forgotten_millis =
                    was_still.filter(|_| ended.reason == Reason::Forgotten.text());
            }
        }
        self.follow(event);
        self.hand_out(event)
    }

    /// Somebody comes, or comes back.
    fn welcome(&mut self, at: Timestamp, joined: &MemberJoined) {
        if let Some(person) = self.written.people.iter_mut().find(|it| it.user == joined.user_id) {
            person.name.clone_from(&joined.name);
            person.alike = joined.alike;
            person.role = joined.role;
            person.left_at = None;
            person.left_reason = None;
            return;
        }
        self.written.people.push(Person {
            user: joined.user_id,
            name: joined.name.clone(),
            alike: joined.alike,
            role: joined.role,
            joined_at: at,
            left_at: None,
            left_reason: None,
            hands: 0,
            called: 0,
            turns: 0,
            spoke_millis: 0,
            passes: 0,
            declined: 0,
            ran_out: 0,
        });
    }

    fn record(&mut self, invite_id: InviteId) -> Option<&mut Record> {
        let invite_id = self.told_in(invite_id);
        self.written.live.iter_mut().find(|record| record.invite_id == invite_id)
    }

    fn count(&mut self, user: UserId, change: impl FnOnce(&mut Person)) {
        if let Some(person) = self.written.people.iter_mut().find(|person| person.user == user) {
            change(person);
        }
    }

    fn begin(&mut self, invite_id: InviteId, kind: Kind) {
        let Some(invitation) = self.group.invitation(invite_id) else { return };
        let (rounds_before, round_at) = (self.written.rounds, self.written.round_at);
        if kind == Kind::Round {
            self.written.rounds += 1;
            self.written.round_at = Some(invitation.created_at);
            let (seq, at) = (invitation.seq, invitation.created_at);
            self.written.note(|pace| pace.asked(seq, at));
            self.written.lessons.asked();
        }
        let record = Record::begin(kind, self.written.rounds, self.written.round_at, invitation);
        let (from, parts) = (record.seq, record.parts.len());
        if self.written.pages.last().is_none_or(|page| page.is_full(kind, parts)) {
            let page = Page {
                from,
                rounds_before,
                round_at,
                last: from,
                rounds: 0,
                invitations: 0,
                parts: 0,
            };
            self.written.pages.push(page);
        }
        if let Some(page) = self.written.pages.last_mut() {
            page.rounds += u32::from(kind == Kind::Round);
            page.invitations += 1;
            page.parts += parts;
            page.last = from;
        }
        if kind == Kind::Ask {
            self.count(record.inviter, |person| person.hands += 1);
            self.written.lessons.raised();
        }
        if kind == Kind::Floor {
            for part in &record.parts {
                self.count(part.user, |person| person.called += 1);
            }
        }
        self.written.live.push(record);
    }

    /// The invitation in whose record this one is told.
    fn told_in(&self, invite_id: InviteId) -> InviteId {
        let restoring = self.written.restoring.iter().find(|(new, _)| *new == invite_id);
        restoring.map_or(invite_id, |(_, told)| *told)
    }

    /// Has an invitation by which an undo brings something back go on in the record of the one that it
    /// restores; false when there is no such record here.
    fn goes_on(&mut self, invite_id: InviteId, restores: Option<InviteId>, event: &Event) -> bool {
        let Some(told) = restores.map(|restores| self.told_in(restores)) else { return false };
        let Some(invitation) = self.group.invitation(invite_id) else { return false };
        let record = self.written.live.iter_mut().find(|record| record.invite_id == told);
        let Some(record) = record else { return false };
        record.open_again(invitation, event);
        self.written.restoring.push((invite_id, told));
        self.written.done.retain(|(done, _)| *done != told);
        true
    }

    /// Takes over what the event did to the invitation that it names, or, of somebody who came, to
    /// those that ask everyone.
    fn follow(&mut self, event: &Event) {
        let Some(invite_id) = event.invite_id() else {
            for place in 0..self.written.live.len() {
                let Some(record) = self.written.live.get(place) else { continue };
                let told = record.invite_id;
                self.follow_record(place, told, event);
                let also = self.written.restoring.iter().filter(|(_, it)| *it == told);
                for invite_id in also.map(|(invite_id, _)| *invite_id).collect::<Vec<_>>() {
                    self.follow_record(place, invite_id, event);
                }
            }
            return;
        };
        let told = self.told_in(invite_id);
        if let Some(place) = self.written.live.iter().position(|it| it.invite_id == told) {
            self.follow_record(place, invite_id, event);
            let goes_on =
                |it: &InviteId| self.group.invitation(*it).is_some_and(Invitation::goes_on);
            let restoring = self.written.restoring.iter().filter(|(_, it)| *it == told);
            let is_done = !goes_on(&told) && !restoring.map(|(it, _)| it).any(goes_on);
            if is_done && self.written.done.iter().all(|(done, _)| *done != told) {
                self.written.done.push((told, event.at));
            }
        }
        self.group.forget(invite_id);
    }

    /// The records to which nothing can happen any more: they are done, and too old for an undo, or
    /// the class has ended.
    fn hand_out(&mut self, event: &Event) -> Vec<Record> {
        let is_over = self.group.ended;
        let is_due = |since: Timestamp| is_over || event.at >= since.plus_seconds(UNDO_SECONDS);
        let due = self.written.done.iter().take_while(|(_, since)| is_due(*since)).count();
        let due: Vec<InviteId> = self.written.done.drain(..due).map(|(told, _)| told).collect();
        let mut records = Vec::new();
        for told in due {
            self.written.restoring.retain(|(_, it)| *it != told);
            let live = &mut self.written.live;
            let Some(place) = live.iter().position(|record| record.invite_id == told) else {
                continue;
            };
            let done = live.remove(place);
            if self.page_of(&done).is_none() {
                if self.written.late.len() == LATE {
                    self.written.late.remove(0);
                }
                self.written.late.push(done.clone());
            }
            records.push(done);
        }
        records
    }

    /// The page of a record, unless it outlasts the page after that.
    fn page_of(&self, record: &Record) -> Option<usize> {
        let page =
            self.written.pages.partition_point(|page| page.from <= record.seq).checked_sub(1)?;
        (page + 2 >= self.written.pages.len()).then_some(page)
    }

    fn follow_record(&mut self, place: usize, invite_id: InviteId, event: &Event) {
        let Some(record) = self.written.live.get_mut(place) else { return };
        let Some(invitation) = self.group.invitation(invite_id) else { return };
        let parts_before = record.parts.len();
        let restoring = self.written.restoring.iter().filter(|(_, it)| *it == record.invite_id);
        let mut restoring = restoring.filter_map(|(it, _)| self.group.invitation(*it));
        let is_open_again = restoring.any(Record::opens_again);
        let settled: Vec<(usize, Option<i64>)> = if record.invite_id == invite_id {
            record
                .follow(invitation, is_open_again, event)
                .into_iter()
                .map(|place| (place, None))
                .collect()
        } else {
            record.follow_restored(invitation, event)
        };
        let is_touched = event.invite_id().is_some() || record.parts.len() > parts_before;
        let (kind, inviter) = (record.kind, record.inviter);
        let settled: Vec<(UserId, u64, Came)> = settled
            .into_iter()
            .filter_map(|(place, went_on)| Some((record.parts.get(place)?, went_on)))
            // Whoever is passed over has not passed.
            .filter(|(part, _)| part.reason.as_deref() != Some(Skipped.text()))
            .map(|(part, went_on)| (part.user, part.settled_seq, Came::of(part, went_on, event.at)))
            .collect();
        let page =
            self.written.live.get(place).filter(|_| is_touched).and_then(|it| self.page_of(it));
        if let Some(page) = page.and_then(|page| self.written.pages.get_mut(page)) {
            page.last = event.seq;
        }
        for (user, began, came) in settled {
            self.credit(kind, inviter, user, came);
            let is_student = self.group.is_student(user);
            let speaker = if kind == Kind::Ask { inviter } else { user };
            match (kind, came) {
                (Kind::Round | Kind::Again, Came::To(InviteeState::Accepted)) if is_student => {
                    self.written.note(|pace| pace.raised(event.seq, event.at));
                    self.written.lessons.raised();
                }
                (Kind::Floor | Kind::Ask, Came::To(InviteeState::Accepted)) => {
                    self.written.note(|pace| pace.turn_began(event.seq, event.at));
                    self.written.lessons.spoke(speaker, 1);
                }
                (Kind::Floor | Kind::Ask, Came::Undone { spoke: true }) => {
                    self.written.note(|pace| pace.turn_undone(began));
                    self.written.lessons.spoke(speaker, -1);
                }
                (Kind::Floor | Kind::Ask, Came::ToEnd(_)) => {
                    self.written.note(|pace| pace.turn_ended(event.seq, event.at));
                }
                _ => {}
            }
        }
    }

    /// Counts what came of a part.
    fn credit(&mut self, kind: Kind, inviter: UserId, user: UserId, came: Came) {
        let is_student = self.group.is_student(user);
        let speaker = match kind {
            Kind::Floor => Some(user),
            Kind::Ask => Some(inviter),
            Kind::Round | Kind::Again | Kind::Call | Kind::Other => None,
        };
        if let Some(speaker) = speaker {
            self.count(speaker, |person| match came {
                Came::To(InviteeState::Accepted) => {
                    person.called += u32::from(kind == Kind::Ask);
                    person.turns += 1;
                }
                Came::To(InviteeState::Rejected) => {
                    person.passes += u32::from(kind == Kind::Floor);
                }
                Came::ToEnd(lasted) => person.spoke_millis += lasted,
                Came::Again(lasted) => person.spoke_millis -= lasted,
                // It is as if they had not been called.
                Came::Undone { spoke } => {
                    person.called = person.called.saturating_sub(1);
                    person.turns = person.turns.saturating_sub(u32::from(spoke));
                }
                Came::To(
                    InviteeState::Pending
                    | InviteeState::Cancelled
                    | InviteeState::TimedOut
                    | InviteeState::Finished,
                ) => {}
            });
        } else if matches!(kind, Kind::Round | Kind::Again) {
            self.count(user, |person| match came {
                Came::To(InviteeState::Accepted) => person.hands += u32::from(is_student),
                Came::To(InviteeState::Rejected) => person.declined += 1,
                Came::To(InviteeState::TimedOut) => person.ran_out += 1,
                Came::To(
                    InviteeState::Pending | InviteeState::Cancelled | InviteeState::Finished,
                )
                | Came::ToEnd(_)
                | Came::Again(_)
                | Came::Undone { .. } => {}
            });
        }
    }
}

/// What came of a part by an event.
#[derive(Debug, Clone, Copy)]
enum Came {
    /// It came to a state that is no end.
    To(InviteeState),
    /// What it began ended, after so many milliseconds.
    ToEnd(i64),
    /// What it began goes on again after an end at so many milliseconds.
    Again(i64),
    /// The call itself was taken back, before or after it was answered.
    Undone { spoke: bool },
}

impl Came {
    fn of(part: &Part, went_on: Option<i64>, at: Timestamp) -> Self {
        match (went_on, part.state) {
            (Some(lasted), _) => Self::Again(lasted),
            (None, InviteeState::Finished) if part.is_undone() => Self::Undone { spoke: true },
            (None, InviteeState::Cancelled) if part.is_undone() => Self::Undone { spoke: false },
            (None, InviteeState::Finished) => Self::ToEnd(part.lasted(at).unwrap_or(0)),
            (None, state) => Self::To(state),
        }
    }
}
