//! Events as a log holds them and as a stream tells them, whoever wrote them, and what else a browser
//! reads of the server.

use call::Call;
use classroom::history::Chronicle;
use classroom::{APPLICATIONS, Lesson};
use serde::Serialize;
use serde::de::DeserializeOwned;
use signaling::event::{MemberJoined, Table};
use signaling::wire::IceServers;
use signaling::{
    Application, Command, Eraser, Event, EventKind, FinishWhom, Group, GroupId, Invitation,
    InviteId, Problem, Relay, Ringing, Settlement, Snapshot, StatusChange, Timestamp, UserId, act,
    apply, json,
};

/// The most events that are read at once; the time they take grows with their square.
const MOST: usize = 64;

/// One event a line: a letter that says which, and its body. Whatever can be decoded is encoded to
/// the same, folded, told, erased, and gone on from. The letters after those of the events stand for
/// what is no event of a log.
pub fn log(bytes: &[u8]) {
    let application = APPLICATIONS;
    let group_id = GroupId::from_bytes([1; 16]);
    let mut group = Group::new(group_id);
    let events: Vec<Event> =
        bytes.split(|byte| *byte == b'\n').filter_map(decode).take(MOST).collect();
    for event in &events {
        let text = serde_json::to_string(event).expect("an event is JSON");
        let mut reader = serde_json::Deserializer::from_str(&text);
        let again = Event::decode(event.kind.name(), &mut reader);
        assert_eq!(again.expect("what is written can be read"), *event);
        assert_eq!(json::read_events(event.kind.name(), &text), Ok(vec![event.clone()]));
        apply(&mut group, event);
        look(&group);
    }
    read_tables(&events);
    for line in bytes.split(|byte| *byte == b'\n').take(MOST) {
        read_told(line);
        read_besides(line);
    }
    tell(&application, group_id, &events);
    for user in users(&events) {
        erase(&application, &events, user);
    }
    let now = events.iter().map(|event| event.at).max().unwrap_or_default();
    for command in commands(&group) {
        go_on(&application, group.clone(), now, command);
    }
}

/// Tells in tables what can be; what is read of that are the same events.
fn read_tables(events: &[Event]) {
    let mut read = Vec::new();
    let mut rest = events.iter().peekable();
    while let Some(first) = rest.next() {
        let mut table = Table::of(first);
        while rest.next_if(|next| table.add(next)).is_some() {}
        let text = serde_json::to_string(&table).expect("a table is JSON");
        let name = first.kind.name();
        read.extend(json::read_events(name, &text).expect("what is written can be read"));
    }
    assert_eq!(read, events);
}

/// The name of the event that a line is about, and the rest of the line.
fn named(line: &[u8]) -> Option<(&'static str, &[u8])> {
    let (which, rest) = line.split_first()?;
    let name = EventKind::NAMES.get(usize::from(which.checked_sub(b'a')?))?;
    Some((name, rest))
}

fn decode(line: &[u8]) -> Option<Event> {
    let (name, body) = named(line)?;
    Event::decode(name, &mut serde_json::Deserializer::from_slice(body)).ok()
}

/// Reads what a stream may tell of an event, as a browser does; what can be read can be told again.
fn read_told(line: &[u8]) {
    let Some((name, text)) = named(line) else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    if let Ok(events) = json::read_events(name, text) {
        assert!(!events.is_empty(), "it is told of something");
        read_tables(&events);
    }
}

/// Reads what is no event of a log as a browser does.
fn read_besides(line: &[u8]) {
    let Some((which, text)) = line.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let events = u8::try_from(EventKind::NAMES.len()).unwrap_or(u8::MAX);
    match which.wrapping_sub(b'a').wrapping_sub(events) {
        0 => reads_alike::<Snapshot>(text),
        1 => reads_alike::<Relay>(text),
        2 => reads_alike::<StatusChange>(text),
        3 => reads_alike::<Ringing>(text),
        4 => reads_alike::<Problem>(text),
        5 => reads_alike::<Settlement>(text),
        6 => reads_alike::<Invitation>(text),
        7 => reads_alike::<IceServers>(text),
        _ => {}
    }
}

/// What a browser can read is JSON and says the same to everybody, and can be told again.
fn reads_alike<T: Serialize + DeserializeOwned>(text: &str) {
    let written = |value: &T| serde_json::to_string(value).expect("it is JSON");
    let Ok(read) = json::read::<T>(text) else { return };
    let text_again = written(&read);
    let by_all: T = serde_json::from_str(text).expect("what a browser reads is JSON");
    assert_eq!(written(&by_all), text_again);
    let again: T = json::read(&text_again).expect("what is written can be read");
    assert_eq!(written(&again), text_again);
}

fn users(events: &[Event]) -> Vec<UserId> {
    let joined = events.iter().filter_map(|event| match &event.kind {
        EventKind::MemberJoined(MemberJoined { user_id, .. }) => Some(*user_id),
        _ => None,
    });
    let mut users: Vec<UserId> = joined.collect();
    users.sort_unstable();
    users.dedup();
    users.truncate(4);
    users
}

/// Everything that is read of a group, and what a browser makes of it.
fn look(group: &Group) {
    let _ = (Lesson::of(group), group.next_deadline(), Call::all(group).count());
    for member in group.members().iter().take(4) {
        let snapshot = Snapshot::of(group, member.user_id, Timestamp::default(), |_| true);
        let text = serde_json::to_string(&snapshot).expect("a snapshot is JSON");
        let again: Snapshot = serde_json::from_str(&text).expect("what is written can be read");
        // What closed an invitation is known to the rules alone and not written.
        assert_eq!(json::read(&text).as_ref(), Ok(&again), "a browser reads it too");
        assert_eq!(serde_json::to_string(&again).ok(), Some(text));
        let of_browser = Group::from(again);
        assert_eq!(of_browser.seq, group.seq);
        let _ = Lesson::of(&of_browser);
    }
}

/// The history as it is read in one go, and in two.
fn tell(application: &dyn Application, group: GroupId, events: &[Event]) {
    let read = |state: Option<&str>, events: &[Event]| {
        let mut reader = application.log_reader(group, state)?;
        events.iter().for_each(|event| reader.read(event));
        Some(reader.reading().state)
    };
    let (first, rest) = events.split_at(events.len() / 2);
    let first = read(None, first);
    let states = [read(None, events), read(first.as_deref(), rest)];
    for state in states.iter().flatten() {
        assert!(Chronicle::restore(state).is_some(), "what is put down can be taken up");
    }
    assert_eq!(states[0], states[1], "a log reads alike in one go and in two");
}

/// What is erased once is erased.
fn erase(application: &dyn Application, events: &[Event], user: UserId) {
    let erase = |events: &[Event]| {
        let mut eraser = Eraser::new(user);
        let erased = events.iter().map(|event| {
            let erased = eraser.erase(event, application);
            erased.unwrap_or_else(|| event.clone())
        });
        erased.collect::<Vec<Event>>()
    };
    let once = erase(events);
    assert_eq!(erase(&once), once);
}

/// What the first members could ask for.
fn commands(group: &Group) -> Vec<Command> {
    let mut commands = vec![Command::Expire];
    let fresh = InviteId::from_bytes([9; 16]);
    for actor in group.members().iter().take(3).map(|member| member.user_id) {
        let data = String::new;
        for invite_id in group.live().take(3).map(|it| it.invite_id).chain([fresh]) {
            let whom = FinishWhom::Unnamed;
            commands.extend([
                Command::Accept { actor, invite_id, data: data() },
                Command::Reject { actor, invite_id, data: data(), reason: None },
                Command::Cancel { actor, invite_id, data: data(), reason: None },
                Command::Finish { actor, invite_id, whom, reason: None, data: data() },
                Command::Modify { actor, invite_id, data: data(), expires_at: None },
            ]);
        }
        commands.extend([Command::Leave { actor, user: actor }, Command::End { actor }]);
    }
    commands
}

/// Has a command decided; what it makes happen can be told and read like everything else.
fn go_on(application: &dyn Application, mut group: Group, now: Timestamp, command: Command) {
    let before = group.seq;
    if let Ok(done) = act(&mut group, now, command, application) {
        for (place, event) in (1..).zip(&done.events) {
            assert_eq!(event.seq, before + place, "numbers have no gaps");
            let text = serde_json::to_string(event).expect("an event is JSON");
            let mut reader = serde_json::Deserializer::from_str(&text);
            let again = Event::decode(event.kind.name(), &mut reader);
            assert_eq!(again.expect("what is written can be read"), *event);
        }
    }
    look(&group);
}
