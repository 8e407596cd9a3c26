//! The people: classes in which everybody is busy all the time, and readers who hold on to their
//! streams. They know when the server does not answer, and nothing else of its deaths.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use handup_client::News;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::Result;
use crate::client::{Answer, Client, Event, Member, Request, all};
use crate::log::{Log, Promise};

/// How many students a class has who stay, beside one who comes and goes.
const STUDENTS: usize = 8;
/// A class that is longer than this is ended, and another one begins.
const LONG_CLASS: u64 = 1_500;
/// The most recent invitations, which students answer.
const RECENT: usize = 6;
/// How often it is looked for a deadline that has not fired, 700 ms apart: how soon one fires after
/// a start is the machine's affair as much as the server's. But nothing comes before it in its class
/// (`log.rs`), so whoever was answered that they have done something finds it fired.
const LOOKS: u32 = 40;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Somebody's stream, and all that ever came on it.
struct Reader {
    member: Member,
    sees_all: bool,
    /// Whether they follow by the client that programs use.
    by_client: bool,
    seen: Mutex<Vec<Event>>,
    /// The numbers for which a snapshot stood.
    skipped: Mutex<Vec<RangeInclusive<u64>>>,
}

/// A class in play.
pub struct Class {
    teacher: Member,
    students: Vec<Member>,
    join_code: Mutex<String>,
    /// It may be renewed at this moment.
    renewing: AtomicBool,
    /// The codes that it had before.
    dead_codes: Mutex<Vec<String>>,
    /// How often it was locked, and whether it may be at this moment.
    locks: AtomicU64,
    locking: AtomicBool,
    /// Those whose credentials are dead.
    gone: Mutex<Vec<Member>>,
    readers: Vec<Reader>,
    promises: Mutex<Vec<Promise>>,
    recent: Mutex<Vec<String>>,
    marks: AtomicU64,
    /// Nobody begins anything any more.
    closing: AtomicBool,
    /// It is being ended: whoever was not told its last events is told that it is over.
    ending: AtomicBool,
}

/// A class that is over: what its teacher has seen, and what was promised to everybody.
pub struct Past {
    /// The class.
    pub group: String,
    /// The log as the teacher saw it live; what came with the end may be missing.
    pub seen: Vec<Event>,
    /// What was answered.
    pub promises: Vec<Promise>,
    /// The newest code that was answered.
    pub join_code: String,
    /// Those whose credentials are dead.
    pub gone: Vec<Member>,
}

/// Everybody there is.
pub struct World {
    /// The way to the server.
    pub client: Client,
    /// Events that the client that programs use has told.
    pub followed: AtomicU64,
    classes: Mutex<Vec<Arc<Class>>>,
    past: Mutex<Vec<Past>>,
    wrongs: Mutex<Vec<String>>,
    rng: Mutex<Rng>,
    /// No class begins any more.
    is_over: AtomicBool,
}

impl World {
    /// A world without classes.
    pub fn new(client: Client, rng: Rng) -> Arc<Self> {
        let (classes, past, wrongs) = Default::default();
        let (rng, is_over) = (Mutex::new(rng), AtomicBool::default());
        let followed = AtomicU64::default();
        Arc::new(Self { client, followed, classes, past, wrongs, rng, is_over })
    }

    fn rng(&self) -> Rng {
        lock(&self.rng).fork()
    }

    /// Notes that something is wrong.
    pub fn wrong(&self, wrong: impl Into<String>) {
        lock(&self.wrongs).push(wrong.into());
    }

    /// What is wrong so far.
    pub fn wrongs(&self) -> Vec<String> {
        lock(&self.wrongs).clone()
    }

    /// Takes the classes that are over.
    pub fn take_past(&self) -> Vec<Past> {
        std::mem::take(&mut lock(&self.past))
    }

    fn classes(&self) -> Vec<Arc<Class>> {
        lock(&self.classes).clone()
    }

    /// Begins a class and everybody's work in it, and begins another when that one is long.
    pub fn keep_a_class(self: &Arc<Self>, tasks: &mut JoinSet<()>) {
        let world = Arc::clone(self);
        tasks.spawn(async move {
            loop {
                let goes_on = match world.play_a_class().await {
                    Ok(goes_on) => goes_on,
                    Err(error) => {
                        world.wrong(error.to_string());
                        false
                    }
                };
                if !goes_on || world.is_over.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
    }

    async fn play_a_class(self: &Arc<Self>) -> Result<bool> {
        let class = Arc::new(self.begin().await?);
        lock(&self.classes).push(Arc::clone(&class));
        if self.is_over.load(Ordering::Relaxed) {
            class.closing.store(true, Ordering::Relaxed);
        }
        let (mut readers, mut actors) = (JoinSet::new(), JoinSet::new());
        for place in 0..class.readers.len() {
            let (world, class) = (Arc::clone(self), Arc::clone(&class));
            readers.spawn(async move {
                let reader = &class.readers[place];
                if reader.by_client {
                    world.follow(&class, reader).await;
                } else {
                    world.read(&class, reader).await;
                }
            });
        }
        for student in class.students.clone() {
            let (world, class) = (Arc::clone(self), Arc::clone(&class));
            actors.spawn(async move { world.study(&class, &student).await });
        }
        let (world, taught) = (Arc::clone(self), Arc::clone(&class));
        actors.spawn(async move { world.teach(&taught).await });
        let (world, visited) = (Arc::clone(self), Arc::clone(&class));
        actors.spawn(async move { world.visit(&visited).await });
        let (world, kept) = (Arc::clone(self), Arc::clone(&class));
        actors.spawn(async move { world.keep(&kept).await });
        while let Some(done) = actors.join_next().await {
            done?;
        }
        let is_long = class.length() >= LONG_CLASS;
        if self.is_over.load(Ordering::Relaxed) {
            // Closed because the run is over. What has a deadline comes to its end first.
            tokio::time::sleep(Duration::from_secs(3)).await;
            self.audit(&class, true).await;
        }
        class.ending.store(true, Ordering::Relaxed);
        let end = Request::of(&class.teacher, Method::POST, "/end").key("end");
        let ended = self.client.insist(&end).await;
        if ended.is_done() {
            lock(&class.promises).push(Promise::Ended);
        } else {
            self.wrong(format!("the class cannot be ended: {ended:?}"));
        }
        while let Some(done) = readers.join_next().await {
            done?;
        }
        lock(&self.classes).retain(|other| !Arc::ptr_eq(other, &class));
        self.put_away(&class);
        Ok(is_long)
    }

    async fn begin(&self) -> Result<Class> {
        let body = json!({ "name": "Crash course", "teacher": "Ms Noether" });
        let begun = self.client.insist(&Request::new(Method::POST, "/groups").json(body)).await;
        let teacher = Member::of(&begun.body)?;
        let join_code = begun.body["joinCode"].as_str().ok_or("no join code")?.to_owned();
        let joins = (0..STUDENTS).map(|_| self.join(&join_code));
        let students = all(joins).await.into_iter().collect::<Result<Vec<_>>>()?;
        let joined = students.iter().chain([&teacher]);
        let promises = joined.map(|member| Promise::Joined(member.user.clone())).collect();
        let reader = |member: &Member, sees_all, by_client| Reader {
            member: member.clone(),
            sees_all,
            by_client,
            seen: Mutex::default(),
            skipped: Mutex::default(),
        };
        let mut readers = vec![reader(&teacher, true, false)];
        for (student, by_client) in students.iter().zip([false, true]) {
            readers.push(reader(student, false, by_client));
        }
        Ok(Class {
            teacher,
            students,
            join_code: Mutex::new(join_code),
            renewing: AtomicBool::default(),
            dead_codes: Mutex::default(),
            locks: AtomicU64::default(),
            locking: AtomicBool::default(),
            gone: Mutex::default(),
            readers,
            promises: Mutex::new(promises),
            recent: Mutex::default(),
            marks: AtomicU64::default(),
            closing: AtomicBool::default(),
            ending: AtomicBool::default(),
        })
    }

    async fn join(&self, join_code: &str) -> Result<Member> {
        Member::of(&self.client.insist(&to_join(join_code)).await.body)
    }

    /// Joins by the newest code, as soon as the class takes somebody; none when it is over.
    async fn come_in(&self, class: &Class) -> Option<Member> {
        while class.goes_on() {
            let code = lock(&class.join_code).clone();
            let locks = class.locks.load(Ordering::SeqCst);
            let is_locked = class.locking.load(Ordering::SeqCst);
            let answer = self.client.insist(&to_join(&code)).await;
            let is_rightly = match answer.status {
                403 => is_locked || class.locks.load(Ordering::SeqCst) > locks,
                404 => class.renewing.load(Ordering::SeqCst) || *lock(&class.join_code) != code,
                _ => {
                    let member = Member::of(&answer.body);
                    return member.map_err(|error| self.wrong(error.to_string())).ok();
                }
            };
            if !is_rightly {
                self.wrong(format!("nobody can join any more: {answer:?}"));
                return None;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        None
    }

    /// Has everybody come to an end.
    pub fn close(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        for class in self.classes() {
            class.closing.store(true, Ordering::Relaxed);
        }
    }

    // ---- Reading -------------------------------------------------------------------------------

    async fn read(&self, class: &Class, reader: &Reader) {
        let mut rng = self.rng();
        let mut last = 0;
        loop {
            match self.client.stream(&reader.member, last).await {
                Ok(mut stream) => loop {
                    let event = match stream.next().await {
                        Ok(Some(event)) => event,
                        Ok(None) => break,
                        Err(error) => {
                            self.wrong(format!("a stream after {last}: {error}"));
                            return;
                        }
                    };
                    let is_next = event.seq == last + 1 || !reader.sees_all && event.seq > last;
                    if !is_next || event.name == "snapshot" {
                        self.wrong(format!("a stream after {last} goes on with {event:?}"));
                        return;
                    }
                    last = event.seq;
                    let is_last = event.name == "onGroupEnded";
                    lock(&reader.seen).push(event);
                    if is_last {
                        return;
                    }
                    if last >= LONG_CLASS {
                        class.closing.store(true, Ordering::Relaxed);
                    }
                },
                Err(Some(410)) if class.ending.load(Ordering::Relaxed) => return,
                Err(Some(status)) if status < 500 => {
                    self.wrong(format!("a stream after {last} is refused with {status}"));
                    return;
                }
                Err(_) => {}
            }
            pause(&mut rng, 12).await;
        }
    }

    /// Follows by the client that programs use, which goes on by itself after a broken connection.
    async fn follow(&self, class: &Class, reader: &Reader) {
        let mut following = match self.client.member(&reader.member) {
            Ok(member) => member.follow(),
            Err(error) => return self.wrong(error.to_string()),
        };
        let mut last = 0;
        while let Some(news) = following.next().await {
            let (seq, event) = match news {
                // At first, and where a machine sleeps for so long that streams seem to be held back.
                Ok(News::Snapshot(snapshot)) => (snapshot.seq, None),
                Ok(News::Event(event)) => {
                    let name = event.kind.name().to_owned();
                    let text = serde_json::to_string(&event).unwrap_or_default();
                    (event.seq, Some(Event { seq: event.seq, name, text }))
                }
                Ok(_) => continue,
                Err(error)
                    if error.status() == Some(410) && class.ending.load(Ordering::Relaxed) =>
                {
                    return;
                }
                Err(error) => return self.wrong(format!("the client, after {last}: {error}")),
            };
            if seq < last || event.is_some() && seq == last {
                return self.wrong(format!("the client, after {last}, goes on with {event:?}"));
            }
            match event {
                Some(event) => {
                    self.followed.fetch_add(1, Ordering::Relaxed);
                    lock(&reader.seen).push(event);
                }
                None => lock(&reader.skipped).push(last + 1..=seq),
            }
            last = seq;
        }
    }

    /// Looks whether all that was promised is there, in every class in play. Meanwhile they go on.
    pub async fn audit_all(&self) {
        let classes = self.classes();
        all(classes.iter().map(|class| self.audit(class, false))).await;
    }

    /// Looks whether somebody whose credential is dead can come in, or somebody by a code that is.
    async fn try_the_dead(&self, class: &Class) {
        let mut rng = self.rng();
        let group = &class.teacher.group;
        let gone = rng.choice(lock(&class.gone).iter()).cloned();
        if let Some(gone) = gone {
            let answer = self.client.send(&Request::of(&gone, Method::GET, "")).await;
            // It may be down, or its disk fail.
            if let Ok(answer) = answer
                && !matches!(answer.status, 401 | 429 | 500..)
            {
                self.wrong(format!("{group}: {} is gone and answered {answer:?}", gone.user));
            }
            if self.client.stream(&gone, 0).await.is_ok() {
                self.wrong(format!("{group}: {} is gone and has a stream", gone.user));
            }
        }
        let code = rng.choice(lock(&class.dead_codes).iter()).cloned();
        if let Some(code) = code
            && let Ok(answer) = self.client.send(&to_join(&code)).await
            && !matches!(answer.status, 404 | 429 | 500..)
        {
            self.wrong(format!("{group}: by a dead code one is answered {answer:?}"));
        }
    }

    async fn audit(&self, class: &Class, is_settled: bool) {
        self.try_the_dead(class).await;
        // A machine that is busy with something else may be late by seconds; what is lost never comes.
        for patience in (0..LOOKS).rev() {
            match self.look(class).await {
                Ok(wrongs) if wrongs.is_empty() => return,
                Ok(wrongs)
                    if patience == 0 || !is_settled && wrongs.iter().any(|w| !is_late(w)) =>
                {
                    let group = &class.teacher.group;
                    wrongs.into_iter().for_each(|wrong| self.wrong(format!("{group}: {wrong}")));
                    return;
                }
                Ok(_) => {}
                // It was ended meanwhile, or the server was: then it is looked at later.
                Err(_) if patience == 0 || !is_settled => return,
                Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
    }

    async fn look(&self, class: &Class) -> Result<Vec<String>> {
        let promises = lock(&class.promises).clone();
        let answer = self.client.send(&Request::of(&class.teacher, Method::GET, "")).await?;
        let snapshot = answer.body;
        let through = snapshot["seq"].as_u64().ok_or("no snapshot")?;
        let now = snapshot["now"].as_str().ok_or("no time")?;
        let stream = self.client.stream(&class.teacher, 0).await;
        let mut stream = stream.map_err(|status| format!("refused with {status:?}"))?;
        let mut log = Log::default();
        let mut events = Vec::new();
        while log.seq < through {
            let event = stream.next().await?.ok_or("the stream is over")?;
            log.read(&event);
            if !log.wrongs.is_empty() {
                return Ok(log.wrongs);
            }
            events.push(event);
        }
        let mut wrongs = log.broken(&promises);
        wrongs.extend(log.differs(&snapshot, &class.teacher));
        wrongs
            .extend(log.overdue(&a_second_before(now)).into_iter().map(|it| format!("{LATE}{it}")));
        let seen = lock(&class.readers[0].seen);
        if let Some((one, other)) = seen.iter().zip(&events).find(|(one, other)| one != other) {
            wrongs.push(format!("what was seen as {one:?} is {other:?}"));
        }
        Ok(wrongs)
    }

    /// Compares what the readers of a class that is over have seen, and keeps it.
    fn put_away(&self, class: &Class) {
        let seen = std::mem::take(&mut *lock(&class.readers[0].seen));
        let mut log = Log::default();
        seen.iter().for_each(|event| log.read(event));
        for reader in &class.readers[1..] {
            let (own, skipped) = (lock(&reader.seen), lock(&reader.skipped));
            if own.is_empty() {
                self.wrong(format!("{} has seen nothing", reader.member.user));
            }
            let ends = [seen.last(), own.last()].map(|last| last.map_or(0, |event| event.seq));
            // Before they joined there was something too, which is theirs to see.
            let expected = seen.iter().filter(|it| {
                log.is_visible(it.seq, &reader.member.user)
                    && !skipped.iter().any(|numbers| numbers.contains(&it.seq))
            });
            let until = |event: &&Event| event.seq <= ends[0].min(ends[1]);
            if !own.iter().take_while(until).eq(expected.take_while(until)) {
                self.wrong(format!("{} has seen something else", reader.member.user));
            }
        }
        let promises = std::mem::take(&mut *lock(&class.promises));
        let group = class.teacher.group.clone();
        let join_code = lock(&class.join_code).clone();
        let gone = std::mem::take(&mut *lock(&class.gone));
        lock(&self.past).push(Past { group, seen, promises, join_code, gone });
    }

    // ---- Acting --------------------------------------------------------------------------------

    async fn verb(
        &self,
        class: &Class,
        member: &Member,
        path: &str,
        mark: &str,
        body: Value,
    ) -> Answer {
        let request = Request::of(member, Method::POST, path).json(body).key(mark);
        let answer = self.client.insist(&request).await;
        if answer.status == 401 || answer.status == 404 && class.length() > 0 {
            self.wrong(format!("{path} is answered with {answer:?}"));
        }
        answer
    }

    async fn study(&self, class: &Class, student: &Member) {
        let mut rng = self.rng();
        let mut answered: Vec<String> = Vec::new();
        while class.goes_on() {
            pause(&mut rng, 30).await;
            let mark = class.mark();
            let offer = rng.choice(lock(&class.recent).iter()).cloned();
            match offer {
                Some(invite) if !answered.contains(&invite) => {
                    let (verb, name) = match rng.u8(..4) {
                        0 => ("reject", "onInviteeRejected"),
                        _ => ("accept", "onInviteeAccepted"),
                    };
                    let path = format!("/invitations/{invite}/{verb}");
                    let answer =
                        self.verb(class, student, &path, &mark, json!({ "data": mark })).await;
                    class.promised(&answer, name, Some(&student.user), Some(&mark));
                    answered.push(invite);
                    if answered.len() > 4 * RECENT {
                        answered.remove(0);
                    }
                }
                Some(invite) if rng.u8(..3) > 0 => {
                    let path = format!("/invitations/{invite}/finish");
                    let body = json!({ "invitee": student.user, "data": mark });
                    let answer = self.verb(class, student, &path, &mark, body).await;
                    // One that was finished by a teacher has the teacher's words.
                    class.promised(&answer, "onInviteeFinished", Some(&student.user), None);
                }
                _ => {
                    let (path, whom) = match rng.u8(..3) {
                        0 => ("/invite", json!(class.teacher.user)),
                        _ => ("/inviteInGroup", json!("*")),
                    };
                    let field = if path == "/invite" { "invitee" } else { "inviteeList" };
                    let body = json!({ field: whom, "data": mark, "timeout": 1 });
                    let answer = self.verb(class, student, path, &mark, body).await;
                    class.promised(&answer, "onReceiveNewInvitation", None, Some(&mark));
                }
            }
        }
    }

    async fn teach(&self, class: &Class) {
        let mut rng = self.rng();
        let teacher = &class.teacher;
        while class.goes_on() {
            pause(&mut rng, 60).await;
            let mark = class.mark();
            let offer = rng.choice(lock(&class.recent).iter()).cloned();
            match (rng.u8(..10), offer) {
                (0, Some(invite)) => {
                    let path = format!("/invitations/{invite}/cancel");
                    let body = json!({ "data": mark });
                    let answer = self.verb(class, teacher, &path, &mark, body).await;
                    class.promised(&answer, "onInvitationCancelled", None, None);
                }
                (1 | 2, Some(invite)) => {
                    let path = format!("/invitations/{invite}/finish");
                    let body = json!({ "data": mark });
                    let answer = self.verb(class, teacher, &path, &mark, body).await;
                    class.promised(&answer, "onInviteeFinished", None, None);
                }
                (3, _) => {
                    let Some(student) = rng.choice(&class.students) else { continue };
                    let body = json!({ "invitee": student.user, "data": mark, "timeout": 1 });
                    let answer = self.verb(class, teacher, "/invite", &mark, body).await;
                    class.promised(&answer, "onReceiveNewInvitation", None, Some(&mark));
                    if answer.is_done() && rng.bool() {
                        let invite = answer.body["inviteID"].as_str().unwrap_or_default();
                        let path = format!("/invitations/{invite}/accept");
                        let mark = class.mark();
                        let body = json!({ "data": mark });
                        let answer = self.verb(class, student, &path, &mark, body).await;
                        let user = Some(&student.user);
                        class.promised(&answer, "onInviteeAccepted", user, Some(&mark));
                    }
                }
                _ => {
                    let whom = if rng.u8(..3) == 0 {
                        let some = rng.choose_multiple(class.students.iter(), 3);
                        json!(some.iter().map(|student| &student.user).collect::<Vec<_>>())
                    } else {
                        json!("*")
                    };
                    let answers = if rng.u8(..4) == 0 { "first" } else { "each" };
                    let body = json!({
                        "inviteeList": whom, "data": mark, "answers": answers,
                        "timeout": rng.u8(..3),
                    });
                    let answer = self.verb(class, teacher, "/inviteInGroup", &mark, body).await;
                    class.promised(&answer, "onReceiveNewInvitation", None, Some(&mark));
                    if let Some(invite) = answer.body["inviteID"].as_str() {
                        let mut recent = lock(&class.recent);
                        recent.push(invite.to_owned());
                        if recent.len() > RECENT {
                            recent.remove(0);
                        }
                    }
                }
            }
        }
    }

    /// A teacher who keeps the class: renames and locks it, renews its code, and has a student help.
    async fn keep(&self, class: &Class) {
        let mut rng = self.rng();
        while class.goes_on() {
            pause(&mut rng, 300).await;
            match rng.u8(..4) {
                0 => {
                    self.change(class, false).await;
                }
                1 => {
                    class.locking.store(true, Ordering::SeqCst);
                    class.locks.fetch_add(1, Ordering::SeqCst);
                    self.change(class, true).await;
                    pause(&mut rng, 60).await;
                    self.change(class, false).await;
                    class.locking.store(false, Ordering::SeqCst);
                }
                2 => self.renew(class).await,
                _ => {
                    let Some(student) = rng.choice(&class.students) else { continue };
                    for role in ["teacher", "student"] {
                        self.appoint(class, student, role).await;
                        pause(&mut rng, 200).await;
                    }
                }
            }
        }
    }

    async fn change(&self, class: &Class, locked: bool) {
        let name = class.mark();
        let body = json!({ "name": name, "settings": { "locked": locked } });
        let request = Request::of(&class.teacher, Method::PATCH, "").json(body).key(&name);
        let answer = self.client.insist(&request).await;
        match answer.body["seq"].as_u64() {
            Some(seq) if answer.is_done() => {
                lock(&class.promises).push(Promise::Changed { seq, name, locked });
            }
            _ => self.wrong(format!("the class cannot be changed: {answer:?}")),
        }
    }

    async fn renew(&self, class: &Class) {
        class.renewing.store(true, Ordering::SeqCst);
        let request = Request::of(&class.teacher, Method::POST, "/joinCode").key(&class.mark());
        let answer = self.client.insist(&request).await;
        if let (true, Some(code)) = (answer.is_done(), answer.body["joinCode"].as_str()) {
            let dead = std::mem::replace(&mut *lock(&class.join_code), code.to_owned());
            lock(&class.dead_codes).push(dead);
        } else {
            self.wrong(format!("the code cannot be renewed: {answer:?}"));
        }
        class.renewing.store(false, Ordering::SeqCst);
    }

    async fn appoint(&self, class: &Class, student: &Member, role: &str) {
        let path = format!("/members/{}", student.user);
        let request = Request::of(&class.teacher, Method::PATCH, &path);
        let request = request.json(json!({ "role": role })).key(&class.mark());
        let answer = self.client.insist(&request).await;
        match answer.body["seq"].as_u64() {
            Some(seq) if answer.is_done() => {
                let (user, is_teacher) = (student.user.clone(), role == "teacher");
                lock(&class.promises).push(Promise::Role { seq, user, is_teacher });
            }
            _ => self.wrong(format!("{path} cannot be made a {role}: {answer:?}")),
        }
    }

    /// Somebody who comes, raises a hand, and goes or is removed again, and again: by the client that
    /// programs use, which takes it for done when an answer was lost and the credential is dead.
    async fn visit(&self, class: &Class) {
        let mut rng = self.rng();
        while class.goes_on() {
            pause(&mut rng, 200).await;
            let Some(visitor) = self.come_in(class).await else { return };
            lock(&class.promises).push(Promise::Joined(visitor.user.clone()));
            if let Err(error) = self.stay(class, &visitor, &mut rng).await {
                self.wrong(format!("{} came in: {error}", visitor.user));
            }
            lock(&class.promises).push(Promise::Left(visitor.user.clone()));
            lock(&class.gone).push(visitor);
        }
    }

    async fn stay(&self, class: &Class, visitor: &Member, rng: &mut Rng) -> Result<()> {
        let member = self.client.member(visitor)?;
        let offer = rng.choice(lock(&class.recent).iter()).cloned();
        if let Some(invite) = offer {
            let mark = class.mark();
            let id = invite.parse().map_err(|_| format!("{invite} is no id"))?;
            match member.accept(id, &mark).await {
                Ok(settled) => {
                    let (seq, name) = (settled.seq, "onInviteeAccepted");
                    let (user, mark) = (Some(visitor.user.clone()), Some(mark));
                    lock(&class.promises).push(Promise::Event { seq, name, invite, user, mark });
                }
                // It was too late, or is not for whoever came since.
                Err(error) if matches!(error.status(), Some(403 | 409)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        pause(rng, 200).await;
        if rng.bool() {
            member.leave().await?;
        } else {
            self.client.member(&class.teacher)?.remove(member.user_id()).await?;
        }
        Ok(())
    }
}

impl Class {
    fn goes_on(&self) -> bool {
        !self.closing.load(Ordering::Relaxed)
    }

    fn length(&self) -> u64 {
        lock(&self.readers[0].seen).last().map_or(0, |event| event.seq)
    }

    fn mark(&self) -> String {
        format!("mark-{}-", self.marks.fetch_add(1, Ordering::Relaxed))
    }

    fn promised(
        &self,
        answer: &Answer,
        name: &'static str,
        user: Option<&String>,
        mark: Option<&String>,
    ) {
        let (true, Some(seq)) = (answer.is_done(), answer.body["seq"].as_u64()) else { return };
        // A cancel that was repeated where it closed nobody's part names no event of its own.
        if answer.body["invitees"].as_array().is_some_and(Vec::is_empty) {
            return;
        }
        let invite = answer.body["inviteID"].as_str().unwrap_or_default().to_owned();
        let (user, mark) = (user.cloned(), mark.cloned());
        lock(&self.promises).push(Promise::Event { seq, name, invite, user, mark });
    }
}

fn to_join(code: &str) -> Request {
    let body = json!({ "joinCode": code, "name": "Student" });
    Request::new(Method::POST, "/join").json(body)
}

const LATE: &str = "late: ";

fn is_late(wrong: &str) -> bool {
    wrong.starts_with(LATE)
}

/// A moment of the server's clock, a second before.
fn a_second_before(now: &str) -> String {
    let parsed: std::result::Result<jiff::Timestamp, _> = now.parse();
    let before = parsed.map(|it| it - jiff::SignedDuration::from_secs(1));
    before.map_or_else(|_| String::new(), |it| format!("{it:.3}"))
}

async fn pause(rng: &mut Rng, most_millis: u64) {
    tokio::time::sleep(Duration::from_millis(rng.u64(0..=most_millis))).await;
}
