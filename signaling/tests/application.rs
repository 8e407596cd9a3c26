//! Shows what an application adds to the rules: what follows, what it refuses, what it ends by
//! itself, what stays, and how two of them stand beside each other.

mod support;

use signaling::event::{InvitationCleared, InviteeFinished, ReceiveNewInvitation};
use signaling::{
    Application, Code, Command, Event, EventKind, Group, GroupId, Invitation, InviteId,
    InviteeList, InviteeState, LogReader, Performance, Performing, Reading, Refusal, Rejection,
    Role, Setting, Snapshot, Switch, Timestamp, UserId, next_deadline,
};
use support::*;

use InviteeList::Everyone;

const ADA: UserId = user(1);
const BEN: UserId = user(2);
const CLEO: UserId = user(3);

const HANDS: InviteId = invite_id(1);
const CALL: InviteId = invite_id(2);
const OTHER: InviteId = invite_id(3);

const SHOWN: Switch = Switch::on("shown");
const LOUD: Switch = Switch::off("loud");
const REFUSED: Rejection = Rejection::Application(Refusal {
    status: 409,
    code: Code::HasOne,
    text: "You have one already.",
});

/// Ada and Ben teach Cleo.
fn lesson() -> Class {
    let mut class = Class::begun_by(ADA);
    does(&mut class, [join(BEN), make(ADA, Role::Teacher, BEN), join(CLEO)]);
    class
}

/// Does what the rules allow.
fn does<const N: usize>(class: &mut Class, commands: [Command; N]) {
    for command in commands {
        class.act(command.clone()).unwrap_or_else(|refused| panic!("{command:?}: {refused:?}"));
    }
}

/// An invitation to all with this `data`.
fn asks(invite_id: InviteId, words: &str) -> Command {
    about(words, invite_in_group(ADA, invite_id, Everyone))
}

/// The same invitation with this `data`.
fn about(words: &str, mut invitation: Command) -> Command {
    if let Command::InviteInGroup { data, .. } = &mut invitation {
        words.clone_into(data);
    }
    invitation
}

fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.kind.name()).collect()
}

fn finished(seq: u64, reason: &str) -> Event {
    let (reason, data) = (reason.to_owned(), String::new());
    let finished = InviteeFinished { invite_id: HANDS, invitee: CLEO, by: CLEO, reason, data };
    Event { seq, at: Timestamp::from_millis(0), kind: finished.into() }
}

/// Lowers a hand when its owner is called, and would call somebody twice. Its questions stay, and it
/// cancels them when the hour is over, by both teachers.
struct Calling;

const HOUR: Timestamp = Timestamp::from_millis(1_760_003_600_000);

impl Application for Calling {
    fn finish_reason(&self, data: &str) -> Option<&'static str> {
        Some(if data == "hand" { "lowered" } else { "over" })
    }

    fn follow(&self, _: &Group, event: &Event) -> Vec<Command> {
        match &event.kind {
            EventKind::ReceiveNewInvitation(new) if new.group_id.is_none() => {
                vec![finish(CLEO, HANDS), invite(CLEO, OTHER, CLEO)]
            }
            EventKind::InviteeFinished(_) => vec![cancel(ADA, HANDS)],
            _ => Vec::new(),
        }
    }

    fn stays(&self, _: &Group, new: &ReceiveNewInvitation) -> bool {
        new.data == "hand"
    }

    fn deadline(&self, group: &Group) -> Option<Timestamp> {
        group.invitation(HANDS).filter(|hands| hands.open).map(|_| HOUR)
    }

    fn expire(&self, _: &Group, now: Timestamp) -> Vec<Command> {
        if now < HOUR { Vec::new() } else { vec![cancel(ADA, HANDS), cancel(BEN, HANDS)] }
    }
}

#[test]
fn an_application_names_the_reason_of_a_finish_and_says_what_follows_in_the_same_commit() {
    let mut class = lesson();
    does(&mut class, [asks(HANDS, "hand"), accept(CLEO, HANDS)]);
    let mut alone = class.clone();
    let lowered = alone.act_with(finish(CLEO, HANDS), &Calling).expect("she may");
    let seq = class.group.seq + 1;
    assert_eq!(lowered.events[0], Event { at: class.now, ..finished(seq, "lowered") });

    let call = class.act_with(invite(ADA, CALL, CLEO), &Calling).expect("a teacher may call");
    assert_eq!(
        names(&call.events),
        ["onReceiveNewInvitation", "onInviteeFinished", "onInvitationCancelled"],
        "the refused is left out, and of what follows something follows"
    );
    let seqs: Vec<u64> = call.events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, [seq, seq + 1, seq + 2]);
    let hand = class.group.invitation(HANDS).and_then(|hands| hands.part(CLEO)).expect("a part");
    assert_eq!(hand.state, InviteeState::Finished);
}

#[test]
fn what_an_application_ends_by_itself_ends_once_at_its_moment_and_with_nobodys_command() {
    let mut class = lesson();
    assert_eq!(next_deadline(&class.group, &Calling), None, "there is nothing to end");
    does(&mut class, [asks(HANDS, "hand")]);
    assert_eq!(next_deadline(&class.group, &Plain), None, "by the rules it goes on for ever");
    assert_eq!(next_deadline(&class.group, &Calling), Some(HOUR));
    for (seconds, earliest) in [(3_599, HOUR.plus_millis(-1_000)), (3_601, HOUR)] {
        let mut class = class.clone();
        does(&mut class, [within(seconds, invite(ADA, CALL, CLEO))]);
        assert_eq!(next_deadline(&class.group, &Calling), Some(earliest));
    }
    class.wait(HOUR.millis_since(class.now) - 1);
    let early = class.act_with(Command::Expire, &Calling).expect("the clock is not refused");
    assert_eq!(early.events, []);
    class.wait(1);
    let other = class.act_with(accept(CLEO, HANDS), &Calling).expect("nothing has ended it yet");
    assert_eq!(names(&other.events), ["onInviteeAccepted"]);
    let due = class.act_with(Command::Expire, &Calling).expect("the clock is not refused");
    assert_eq!(names(&due.events), ["onInvitationCancelled"], "the second comes too late");
    assert_eq!(next_deadline(&class.group, &Calling), None);
}

#[test]
fn what_stays_is_told_once_it_has_closed_until_a_teacher_clears_it() {
    let told = |class: &Class| -> Vec<InviteId> {
        let snapshot = Snapshot::of(&class.group, CLEO, class.now, |_| false);
        snapshot.invitations.iter().map(|it| it.invite_id).collect()
    };
    let clear = |actor, invite_id| Command::Clear { actor, invite_id };
    let mut class = lesson();
    for asks in [asks(HANDS, "hand"), asks(OTHER, "other")] {
        class.act_with(asks, &Calling).expect("a teacher asks");
    }
    does(&mut class, [cancel(ADA, HANDS), cancel(ADA, OTHER)]);
    assert_eq!(told(&class), [HANDS], "what stays is told, and nothing else");
    for (invite_id, stays) in [(HANDS, Some(true)), (OTHER, None)] {
        let wire = serde_json::to_value(class.group.invitation(invite_id)).expect("JSON");
        assert_eq!(wire.get("stays").and_then(|stays| stays.as_bool()), stays);
    }
    let refused = class.act(clear(CLEO, HANDS));
    assert_eq!(refused, Err(Rejection::TeachersOnly));
    assert_eq!(class.act(clear(ADA, CALL)), Err(Rejection::NoSuchInvitation));
    let nothing = class.act(clear(ADA, OTHER)).expect("a teacher may");
    assert_eq!(nothing.events, [], "what does not stay is clear");
    let cleared = class.act(clear(BEN, HANDS)).expect("a teacher may");
    let cleared: Vec<EventKind> = cleared.events.into_iter().map(|event| event.kind).collect();
    assert_eq!(cleared, [InvitationCleared { invite_id: HANDS, by: BEN }.into()]);
    assert_eq!(told(&class), []);
    assert_eq!(class.act(clear(ADA, HANDS)).expect("a teacher may").events, [], "twice is once");
}

#[test]
fn what_stays_and_was_asked_of_some_is_told_while_one_of_them_has_declined() {
    for (answer, is_told) in [(reject(CLEO, HANDS), true), (cancel(ADA, HANDS), false)] {
        let mut class = lesson();
        let cleo = InviteeList::Members(vec![CLEO]);
        let to_cleo = about("hand", invite_in_group(ADA, HANDS, cleo));
        class.act_with(to_cleo, &Calling).expect("a teacher asks");
        does(&mut class, [answer]);
        assert_eq!(class.group.count_live(), usize::from(is_told));
        does(&mut class, [Command::Clear { actor: ADA, invite_id: HANDS }]);
        assert_eq!(class.group.count_live(), 0);
    }
}

/// An application whose `data`, reasons and switch are its one word, and which is about one member.
struct Of {
    word: &'static str,
    switch: Switch,
    whom: UserId,
    /// When it ends something; none while it has nothing to end and to let be heard.
    at: Option<Timestamp>,
}

const ONE: Of = Of { word: "one", switch: SHOWN, whom: ADA, at: None };
const TWO: Of = Of { word: "two", switch: LOUD, whom: BEN, at: None };

/// Knows one text as its state, and tells how many events it read after it.
struct Counts(usize);

impl LogReader for Counts {
    fn read(&mut self, _: &Event) {
        self.0 += 1;
    }

    fn reading(&self) -> Reading {
        Reading { summary: self.0.to_string(), state: String::new() }
    }
}

impl Application for Of {
    fn finish_reason(&self, data: &str) -> Option<&'static str> {
        (data == self.word).then_some(self.word)
    }

    fn follow(&self, _: &Group, event: &Event) -> Vec<Command> {
        match event.kind {
            EventKind::InviteeFinished(_) => vec![invite(self.whom, CALL, CLEO)],
            _ => Vec::new(),
        }
    }

    fn stays(&self, _: &Group, new: &ReceiveNewInvitation) -> bool {
        new.data == self.word
    }

    fn perform(
        &self,
        _: &Group,
        performing: &Performing<'_>,
    ) -> Option<Result<Performance, Rejection>> {
        let data = self.word.to_owned();
        (performing.data == self.word).then(|| {
            let commands = vec![join(self.whom)];
            Ok(Performance { commands, undoable: 0..0, data })
        })
    }

    fn settings(&self) -> Vec<Setting> {
        vec![Setting::Switch(self.switch)]
    }

    fn deadline(&self, _: &Group) -> Option<Timestamp> {
        self.at
    }

    fn expire(&self, _: &Group, _: Timestamp) -> Vec<Command> {
        vec![cancel(self.whom, HANDS)]
    }

    fn refuse(&self, _: &Group, now: Timestamp, command: &Command) -> Option<Rejection> {
        let is_late = now > Timestamp::from_millis(5);
        (is_late && command.data() == self.word).then_some(REFUSED)
    }

    fn silence(&self, data: &str) -> Option<u32> {
        (data == self.word).then_some(7)
    }

    fn ends(&self, _: &Group, invitation: &Invitation) -> Vec<UserId> {
        if invitation.data == self.word { vec![self.whom] } else { Vec::new() }
    }

    fn lost(&self, _: &Group, invitation: &Invitation, user: UserId) -> Vec<Command> {
        vec![finish_of(self.whom, invitation.invite_id, user)]
    }

    fn meetings(&self, _: &Group) -> Vec<(InviteId, Vec<UserId>)> {
        vec![(HANDS, vec![self.whom])]
    }

    fn voices(&self, _: &Group) -> Option<Vec<UserId>> {
        self.at.map(|_| vec![self.whom])
    }

    fn log_reader(&self, _: GroupId, state: Option<&str>) -> Option<Box<dyn LogReader>> {
        (state == Some(self.word)).then(|| Box::new(Counts(0)) as Box<dyn LogReader>)
    }

    fn reading_version(&self) -> u32 {
        if self.word == "one" { 7 } else { 8 }
    }

    fn knows_reason(&self, reason: &str) -> bool {
        reason == self.word
    }

    fn keep_when_erased(&self, data: &str) -> Option<String> {
        (data == self.word).then(|| data.to_uppercase())
    }
}

#[test]
fn a_pair_of_applications_is_one_that_answers_for_both_and_has_the_history_of_the_first() {
    let both = (ONE, TWO);
    let mut class = lesson();
    does(&mut class, [asks(HANDS, "one"), asks(OTHER, "two"), asks(CALL, "three")]);
    let group = &class.group;
    let now = Timestamp::from_millis(6);
    for (word, invite_id, whose) in
        [("one", HANDS, Some(ADA)), ("two", OTHER, Some(BEN)), ("three", CALL, None)]
    {
        let is_known = whose.is_some();
        assert_eq!(both.finish_reason(word), is_known.then_some(word));
        assert_eq!(both.silence(word), is_known.then_some(7));
        assert_eq!(both.knows_reason(word), is_known, "{word}");
        assert_eq!(both.keep_when_erased(word), is_known.then(|| word.to_uppercase()));
        let command = modify(ADA, HANDS, word);
        assert_eq!(both.refuse(group, now, &command), is_known.then_some(REFUSED));
        assert_eq!(both.refuse(group, Timestamp::from_millis(5), &command), None);
        let made = class.log.iter().find_map(|event| match &event.kind {
            EventKind::ReceiveNewInvitation(new) if new.invite_id == invite_id => Some(new),
            _ => None,
        });
        assert_eq!(both.stays(group, made.expect("it was made")), is_known, "{word}");
        let invitation = group.invitation(invite_id).expect("it was made");
        assert_eq!(both.ends(group, invitation), Vec::from_iter(whose), "{word}");
        let here = [ADA].into();
        let performing = Performing { now, actor: ADA, data: word, fresh: OTHER, here: &here };
        let performed = both.perform(group, &performing).map(|performance| {
            let performance = performance.expect("it is not refused");
            (performance.data, performance.commands)
        });
        assert_eq!(performed, whose.map(|whose| (word.to_owned(), vec![join(whose)])));
    }
    assert_eq!(both.settings(), [Setting::Switch(SHOWN), Setting::Switch(LOUD)]);
    let of_both = |command: fn(UserId) -> Command| [ADA, BEN].map(command);
    let follows = both.follow(group, &finished(1, "left"));
    assert_eq!(follows, of_both(|whom| invite(whom, CALL, CLEO)), "in their order");
    assert_eq!(both.expire(group, now), of_both(|whom| cancel(whom, HANDS)));
    let invitation = group.invitation(HANDS).expect("it was made");
    let lost = both.lost(group, invitation, CLEO);
    assert_eq!(lost, of_both(|whom| finish_of(whom, HANDS, CLEO)));
    assert_eq!(both.meetings(group), [ADA, BEN].map(|whom| (HANDS, vec![whom])));
    assert_eq!(both.reading_version(), 7);
    assert!(both.log_reader(GROUP, Some("two")).is_none());
    let mut reader = both.log_reader(GROUP, Some("one")).expect("its own state");
    reader.read(&finished(1, "left"));
    assert_eq!(reader.reading().summary, "1");
}

#[test]
fn of_a_pair_the_earlier_deadline_is_the_next_and_the_voices_of_the_first_are_heard() {
    let group = lesson().group;
    let at = |millis: Option<i64>| millis.map(Timestamp::from_millis);
    for (one, two, next, heard) in [
        (None, None, None, None),
        (Some(3), None, Some(3), Some(ADA)),
        (None, Some(5), Some(5), Some(BEN)),
        (Some(3), Some(5), Some(3), Some(ADA)),
        (Some(5), Some(3), Some(3), Some(ADA)),
    ] {
        let both = (Of { at: at(one), ..ONE }, Of { at: at(two), ..TWO });
        assert_eq!(both.deadline(&group), at(next), "{one:?} {two:?}");
        assert_eq!(both.voices(&group), heard.map(|whom| vec![whom]), "{one:?} {two:?}");
    }
}

#[test]
fn an_application_that_says_nothing_refuses_nothing_and_knows_nothing() {
    let group = lesson().group;
    let command = modify(ADA, HANDS, "words");
    assert_eq!(Plain.refuse(&group, Timestamp::from_millis(0), &command), None);
    assert_eq!((Plain.settings(), Plain.silence("words")), (vec![], None));
    assert_eq!((Plain.reading_version(), Plain.knows_reason("left")), (0, false));
    assert_eq!(Plain.keep_when_erased("words"), None);
    assert_eq!((Plain.deadline(&group), Plain.voices(&group)), (None, None));
    let mut reader = Plain.log_reader(GROUP, None).expect("a reader of nothing");
    reader.read(&finished(1, "left"));
    assert_eq!(reader.reading(), Reading::default());
}

#[test]
fn what_an_application_refuses_has_not_happened() {
    let mut class = lesson();
    does(&mut class, [asks(HANDS, "hand")]);
    let before = class.group.clone();
    assert_eq!(class.act_with(modify(ADA, HANDS, "one"), &ONE), Err(REFUSED));
    assert_eq!(class.group, before);
    assert_eq!(REFUSED.to_string(), "You have one already.");
    class.act_with(modify(ADA, HANDS, "two"), &ONE).expect("that is not its word");
}
