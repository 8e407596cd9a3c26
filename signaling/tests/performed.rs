//! Shows what is performed as one: its commands happen in one commit, or none does, and for a while
//! a teacher can take them back, which puts everything in its place again.

mod support;

use std::collections::BTreeSet;
use std::ops::Range;

use signaling::event::{
    InvitationCancelled, InvitationTimeout, InviteeAccepted, InviteeFinished, InviteeModified,
    Performed, ReceiveNewInvitation, Undone,
};
use signaling::{
    Answers, Application, Command, Event, EventKind, Group, Invitation, InviteId, InviteeList,
    InviteeState, MAX_DATA_BYTES, Performance, Performing, Place, Rejection, Role, Snapshot,
    Timeout, UserId,
};
use support::*;

use InviteeList::Everyone;

const ADA: UserId = user(1);
const BEN: UserId = user(2);
const CLEO: UserId = user(3);
const DAN: UserId = user(4);
const EVE: UserId = user(5);

const HANDS: InviteId = invite_id(1);
const CALL: InviteId = invite_id(2);
const ASK: InviteId = invite_id(3);
const OTHER: InviteId = invite_id(4);
/// The first of those that an undo makes.
const FRESH: InviteId = invite_id(100);

fn only<const N: usize>(members: [UserId; N]) -> InviteeList {
    InviteeList::Members(members.to_vec())
}

/// Performs its commands. A question stays once it has closed; whoever takes a call has their hand
/// come down with it, and what they ask.
#[derive(Default)]
struct Does {
    commands: Vec<Command>,
    undoable: Range<usize>,
}

impl Application for Does {
    fn finish_reason(&self, _: &str) -> Option<&'static str> {
        None
    }

    fn follow(&self, group: &Group, event: &Event) -> Vec<Command> {
        let EventKind::InviteeAccepted(accepted) = &event.kind else { return Vec::new() };
        let is_call = group.invitation(accepted.invite_id).is_some_and(|it| it.data == "call");
        let whom = accepted.invitee;
        if is_call { vec![finish_of(whom, HANDS, whom), cancel(whom, ASK)] } else { Vec::new() }
    }

    fn stays(&self, _: &Group, new: &ReceiveNewInvitation) -> bool {
        new.data == "question"
    }

    fn perform(
        &self,
        _: &Group,
        performing: &Performing<'_>,
    ) -> Option<Result<Performance, Rejection>> {
        let Self { commands, undoable } = self;
        (performing.data == "these").then(|| {
            let (commands, undoable) = (commands.clone(), undoable.clone());
            Ok(Performance { commands, undoable, data: "done".to_owned() })
        })
    }
}

fn perform(actor: UserId, data: &str) -> Command {
    let (data, here) = (data.to_owned(), BTreeSet::new());
    Command::Perform { actor, data, fresh: invite_id(50), here }
}

fn undo(actor: UserId, performed: u64) -> Command {
    Command::Undo { actor, performed, fresh: FRESH }
}

fn clear(invite_id: InviteId) -> Command {
    Command::Clear { actor: ADA, invite_id }
}

fn answer_for(invitee: UserId, invite_id: InviteId) -> Command {
    let (data, reason) = (String::new(), None);
    Command::AnswerFor { actor: ADA, invite_id, invitee, accepts: true, data, reason }
}

/// The same invitation with this `data`.
fn about(words: &str, mut invitation: Command) -> Command {
    if let Command::Invite { data, .. } | Command::InviteInGroup { data, .. } = &mut invitation {
        words.clone_into(data);
    }
    invitation
}

impl Class {
    /// Ada and Ben teach; Cleo, Dan and Eve are students.
    fn lesson() -> Self {
        let mut class = Self::begun_by(ADA);
        class.does([join(BEN), make(ADA, Role::Teacher, BEN), join(CLEO), join(DAN), join(EVE)]);
        class
    }

    /// Does what the rules allow, one after the other at one moment.
    fn does<const N: usize>(&mut self, commands: [Command; N]) {
        for command in commands {
            let done = self.act_with(command.clone(), &Does::default());
            done.unwrap_or_else(|refused| panic!("{command:?}: {refused:?}"));
        }
    }

    /// Ada performs these as one that can be undone; the number by which it is.
    fn performs<const N: usize>(&mut self, commands: [Command; N]) -> u64 {
        let does = Does { commands: commands.to_vec(), undoable: 0..N };
        self.act_with(perform(ADA, "these"), &does).expect("something of it happens");
        self.group.performed.as_ref().expect("it can be undone").seq
    }

    fn tries_to_undo(
        &mut self,
        actor: UserId,
        performed: u64,
    ) -> Result<Vec<EventKind>, Rejection> {
        let outcome = self.act_with(undo(actor, performed), &Does::default())?;
        Ok(outcome.events.into_iter().map(|event| event.kind).collect())
    }

    /// Ben takes it back: what comes of it but the word that it is taken back.
    fn undoes(&mut self, performed: u64) -> Vec<EventKind> {
        let mut kinds = self.tries_to_undo(BEN, performed).expect("a teacher may, in time");
        assert_eq!(kinds.pop(), Some(Undone { by: BEN, performed }.into()), "it is told last");
        assert_eq!(self.group.performed, None, "an undo is not undone");
        kinds
    }

    fn seen(&self, invite_id: InviteId) -> &Invitation {
        self.group.invitation(invite_id).expect("the invitation was made")
    }

    fn state(&self, invite_id: InviteId, user: UserId) -> Option<InviteeState> {
        self.seen(invite_id).part(user).map(|part| part.state)
    }

    /// An invitation that restores this one, the undo's first or a later one.
    fn like(&self, like: InviteId, which: u32, invitee_list: InviteeList) -> ReceiveNewInvitation {
        let like = self.seen(like);
        ReceiveNewInvitation {
            invite_id: FRESH.nth(which),
            inviter: like.inviter,
            group_id: Some(GROUP),
            invitee_list,
            data: like.data.clone(),
            timeout: Timeout::NEVER,
            expires_at: None,
            answers: Answers::Each,
            stays: (like.data == "question").then_some(true),
            restores: Some(like.invite_id),
            place: Some(Place { seq: like.seq, at: like.created_at }),
            taken_by: None,
        }
    }

    /// The place of somebody's acceptance, while what it began goes on.
    fn place_of(&self, invite_id: InviteId, user: UserId) -> Place {
        let part = self.seen(invite_id).part(user).expect("a part");
        assert_eq!(part.state, InviteeState::Accepted);
        Place { seq: part.seq, at: part.at }
    }
}

/// An acceptance that Ben's undo brings back to its place.
fn goes_on(which: u32, invitee: UserId, place: Place) -> EventKind {
    let (invite_id, data, by) = (FRESH.nth(which), String::new(), Some(BEN));
    InviteeAccepted { invite_id, invitee, data, by, place: Some(place) }.into()
}

/// What Ben's undo ends.
fn undone_part(invite_id: InviteId, invitee: UserId) -> EventKind {
    let (by, reason, data) = (BEN, "undone".to_owned(), String::new());
    InviteeFinished { invite_id, invitee, by, reason, data }.into()
}

fn undone_all(invite_id: InviteId, inviter: UserId, invitee_list: InviteeList) -> EventKind {
    let (data, reason, by) = (String::new(), Some("undone".to_owned()), Some(BEN));
    InvitationCancelled { invite_id, inviter, invitee_list, data, reason, by }.into()
}

// What is performed.

#[test]
fn what_is_performed_happens_in_one_commit_that_tells_last_what_of_it_can_be_undone() {
    let changes = || modify(ADA, HANDS, "new");
    let declines = || reject(CLEO, HANDS);
    let refused = || accept(BEN, HANDS);
    let happened = || accept(DAN, HANDS);
    // How many events are decided, and the first and the last of them that can be undone.
    for (commands, undoable, decided, range) in [
        (vec![changes(), declines()], 0..2, 2, Some((1, 2))),
        (vec![changes(), declines()], 0..1, 2, Some((1, 1))),
        (vec![changes(), declines()], 1..2, 2, Some((2, 2))),
        (vec![changes(), declines()], 0..0, 2, None),
        (vec![refused(), changes()], 0..2, 1, Some((1, 1))),
        (vec![changes(), refused()], 0..2, 1, Some((1, 1))),
        (vec![refused(), changes()], 0..1, 1, None),
        (vec![changes(), happened(), declines()], 1..3, 2, Some((2, 2))),
        (vec![happened()], 0..1, 0, None),
        (vec![], 0..0, 0, None),
    ] {
        let mut class = Class::lesson();
        class.does([invite_in_group(ADA, HANDS, Everyone), accept(DAN, HANDS)]);
        let before = class.group.seq;
        let does = Does { commands: commands.clone(), undoable: undoable.clone() };
        let events = class.act_with(perform(ADA, "these"), &does).expect("it happens").events;
        let what = format!("{undoable:?} of {commands:?}");
        let seqs: Vec<u64> = events.iter().map(|event| event.seq).collect();
        let all = decided + u64::from(range.is_some());
        assert_eq!(seqs, Vec::from_iter(before + 1..=before + all), "{what}");
        assert_eq!(class.group.seq, before + all, "{what}");
        let told = range.map(|(first, last)| {
            let data = "done".to_owned();
            Performed { by: ADA, data, first: before + first, last: before + last }
        });
        let last = events.last().map(|event| event.kind.clone());
        let last = last.filter(|kind| matches!(kind, EventKind::Performed(_)));
        assert_eq!(last, told.map(EventKind::from), "{what}");
    }
}

#[test]
fn what_is_performed_has_the_first_refusal_when_nothing_of_it_happens() {
    let not_invited = || accept(BEN, HANDS);
    let not_there = || accept(BEN, OTHER);
    let nothing = || modify(ADA, HANDS, "");
    for (commands, refusal) in [
        (vec![not_invited()], Rejection::NotInvited),
        (vec![not_invited(), not_there()], Rejection::NotInvited),
        (vec![not_there(), not_invited()], Rejection::NoSuchInvitation),
        (vec![nothing(), not_there()], Rejection::NoSuchInvitation),
    ] {
        let mut class = Class::lesson();
        class.does([invite_in_group(ADA, HANDS, Everyone)]);
        let before = class.group.clone();
        let undoable = 0..commands.len();
        let done = class.act_with(perform(ADA, "these"), &Does { commands, undoable });
        assert_eq!(done, Err(refusal));
        assert_eq!(class.group, before);
    }
}

#[test]
fn a_member_performs_what_an_application_knows() {
    let mut class = Class::lesson();
    let longest = "x".repeat(MAX_DATA_BYTES);
    for (actor, data, refusal) in [
        (ADA, "those", Rejection::NothingToPerform),
        (user(99), "these", Rejection::NotSignedIn),
        (ADA, &*longest, Rejection::NothingToPerform),
        (ADA, &*format!("{longest}."), Rejection::DataTooLarge),
    ] {
        let done = class.act_with(perform(actor, data), &Does::default());
        assert_eq!(done, Err(refusal), "{actor} {}", data.len());
    }
    assert_eq!(class.act(perform(ADA, "these")), Err(Rejection::NothingToPerform));
    class.act_with(perform(CLEO, "these"), &Does::default()).expect("who may, applications say");
}

// What is undone.

#[test]
fn only_what_was_performed_last_is_undone_by_a_teacher_within_thirty_seconds() {
    let mut class = Class::lesson();
    class.does([HANDS, OTHER].map(|invite_id| invite_in_group(ADA, invite_id, Everyone)));
    let earlier = class.performs([cancel(ADA, HANDS)]);
    let last = class.performs([cancel(ADA, OTHER)]);
    let offered = |class: &Class| {
        let snapshot = Snapshot::of(&class.group, CLEO, class.now, |_| true);
        snapshot.performed.map(|performed| performed.seq)
    };
    assert_eq!(offered(&class), Some(last));
    assert_eq!(class.tries_to_undo(CLEO, last), Err(Rejection::TeachersOnly));
    for number in [earlier, last + 1, 0] {
        assert_eq!(class.tries_to_undo(BEN, number), Err(Rejection::NothingToUndo), "{number}");
    }
    class.wait(29_999);
    let mut late = class.clone();
    late.wait(1);
    assert_eq!(offered(&late), None);
    assert_eq!(late.tries_to_undo(BEN, last), Err(Rejection::NothingToUndo));
    assert_eq!(offered(&class), Some(last));
    class.undoes(last);
    assert_eq!(offered(&class), None);

    let next = class.performs([cancel(ADA, FRESH)]);
    class.wait(60_000);
    assert_eq!(class.tries_to_undo(ADA, last), Ok(vec![]), "twice is once");
    assert_eq!(offered(&class), None, "too late for the next");
    assert_eq!(class.group.performed.as_ref().map(|performed| performed.seq), Some(next));
}

#[test]
fn what_was_asked_of_all_and_cancelled_is_asked_again_until_its_deadline() {
    // Seconds to answer in, milliseconds until it is cancelled, and from then until that is undone;
    // and the seconds that are left.
    for (seconds, before, after, left) in [
        (60, 10_000, 0, Some(50)),
        (60, 10_000, 1, Some(50)),
        (60, 10_000, 999, Some(50)),
        (60, 10_000, 1_000, Some(49)),
        (60, 40_000, 19_999, Some(1)),
        (60, 40_000, 20_000, None),
        (0, 10_000, 20_000, Some(0)),
    ] {
        for everybody_has_answered in [false, true] {
            let mut class = Class::lesson();
            class.does([first(within(seconds, invite_in_group(ADA, HANDS, Everyone)))]);
            if everybody_has_answered {
                class.does([CLEO, DAN, EVE].map(|user| reject(user, HANDS)));
            }
            let expires_at = class.seen(HANDS).expires_at;
            class.wait(before);
            let performed = class.performs([cancel(BEN, HANDS)]);
            class.wait(after);
            let again = left.map(|left| ReceiveNewInvitation {
                timeout: Timeout::new(left).expect("a timeout"),
                expires_at,
                answers: Answers::First,
                ..class.like(HANDS, 0, Everyone)
            });
            let again: Vec<EventKind> = again.into_iter().map(EventKind::from).collect();
            assert_eq!(class.undoes(performed), again, "{seconds} {before} {after}");
        }
    }
}

#[test]
fn what_was_finished_goes_on_from_where_it_began_by_its_own_terms() {
    let mut class = Class::lesson();
    class.does([join(user(6)), join(user(7)), invite_in_group(ADA, HANDS, Everyone)]);
    for student in [CLEO, DAN, EVE, user(6), user(7)] {
        class.wait(100);
        class.does([accept(student, HANDS)]);
    }
    class.does([modify_part(ADA, HANDS, CLEO, "longer"), finish(EVE, HANDS)]);
    let [cleos, dans] = [CLEO, DAN].map(|student| class.place_of(HANDS, student));
    class.wait(100);
    let performed = class.performs([finish(ADA, HANDS)]);
    // Whoever has left or is no student any more has no hand.
    class.does([leave(user(6), user(6)), make(ADA, Role::Teacher, user(7))]);
    let terms =
        InviteeModified { invite_id: FRESH, invitee: CLEO, by: BEN, data: "longer".to_owned() };
    let expected: [EventKind; 4] = [
        class.like(HANDS, 0, only([CLEO, DAN])).into(),
        goes_on(0, CLEO, cleos),
        terms.into(),
        goes_on(0, DAN, dans),
    ];
    assert_eq!(class.undoes(performed), expected);

    // What goes on has its old place when it is brought back once more.
    class.wait(100);
    let performed = class.performs([finish_of(ADA, FRESH, DAN)]);
    let undone = class.undoes(performed);
    assert_eq!(undone[1..], [goes_on(0, DAN, dans)]);
}

#[test]
fn what_a_teacher_began_who_is_none_any_more_goes_on_with_whoever_takes_it_back() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, Everyone), accept(CLEO, HANDS)]);
    let cleos = class.place_of(HANDS, CLEO);
    let performed = class.performs([finish(ADA, HANDS)]);
    class.does([make(BEN, Role::Student, ADA)]);
    let again = ReceiveNewInvitation { inviter: BEN, ..class.like(HANDS, 0, only([CLEO])) };
    assert_eq!(class.undoes(performed), [again.into(), goes_on(0, CLEO, cleos)]);
}

#[test]
fn nothing_goes_on_for_whoever_is_not_here_to_go_on_with_it() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, Everyone), accept(CLEO, HANDS)]);
    let performed = class.performs([finish(ADA, HANDS)]);
    class.does([leave(CLEO, CLEO)]);
    assert_eq!(class.undoes(performed), []);
}

#[test]
fn what_a_student_asked_is_asked_again_however_it_ended() {
    type Play = (InviteeList, fn(&mut Class) -> u64, fn(&mut Class), Option<InviteeList>);
    let taken: fn(&mut Class) -> u64 = |class| class.performs([accept(ADA, ASK)]);
    let declined: fn(&mut Class) -> u64 = |class| class.performs([reject(ADA, ASK)]);
    let withdrawn: fn(&mut Class) -> u64 = |class| class.performs([cancel(CLEO, ASK)]);
    let lowered: fn(&mut Class) -> u64 =
        |class| class.performs([reject(ADA, ASK), cancel(CLEO, ASK)]);
    let nothing: fn(&mut Class) = |_| {};
    let eve_leaves: fn(&mut Class) = |class| class.does([leave(EVE, EVE)]);
    let eve_is_none: fn(&mut Class) = |class| class.does([make(ADA, Role::Student, EVE)]);
    let ada_is_none: fn(&mut Class) = |class| class.does([make(BEN, Role::Student, ADA)]);
    let both = || only([ADA, EVE]);
    // Whom Cleo asks of Ada, Ben and Eve, who teach; what is performed, what happens meanwhile, and
    // whom she asks again.
    let plays: [Play; 14] = [
        (Everyone, taken, nothing, Some(Everyone)),
        (Everyone, taken, eve_leaves, Some(Everyone)),
        (Everyone, taken, ada_is_none, Some(Everyone)),
        (Everyone, withdrawn, nothing, Some(Everyone)),
        (Everyone, lowered, eve_is_none, Some(Everyone)),
        (both(), taken, nothing, Some(both())),
        (both(), taken, eve_leaves, Some(only([ADA]))),
        (both(), taken, ada_is_none, Some(only([EVE]))),
        (both(), withdrawn, nothing, Some(both())),
        (both(), withdrawn, eve_is_none, Some(only([ADA]))),
        (both(), lowered, nothing, Some(both())),
        (both(), declined, nothing, None),
        (only([ADA]), declined, nothing, Some(only([ADA]))),
        (only([ADA]), taken, ada_is_none, None),
    ];
    for (number, (list, performs, meanwhile, again)) in plays.into_iter().enumerate() {
        let mut class = Class::lesson();
        class.does([make(ADA, Role::Teacher, EVE)]);
        class.does([first(within(600, invite_in_group(CLEO, ASK, list.clone())))]);
        class.wait(100);
        let performed = performs(&mut class);
        // What others ask has nothing to do with it, nor what she asks between two.
        class.does([invite_in_group(DAN, OTHER, Everyone), invite(CLEO, CALL, BEN)]);
        meanwhile(&mut class);
        let is_taken = class.state(ASK, ADA) == Some(InviteeState::Accepted);
        let mut expected = Vec::new();
        expected.extend(is_taken.then(|| undone_part(ASK, ADA)));
        let answers = if list == Everyone { Answers::First } else { Answers::Each };
        expected.extend(again.map(|list| {
            EventKind::from(ReceiveNewInvitation { answers, ..class.like(ASK, 0, list) })
        }));
        assert_eq!(class.undoes(performed), expected, "{number}");
        assert_eq!(class.state(OTHER, BEN), Some(InviteeState::Pending));
        assert_eq!(class.state(CALL, BEN), Some(InviteeState::Pending));
    }
}

#[test]
fn what_a_student_asked_comes_back_with_that_student_alone() {
    let gone: [fn(&mut Class); 2] = [
        |class| class.does([leave(CLEO, CLEO)]),
        |class| class.does([make(BEN, Role::Teacher, CLEO)]),
    ];
    for meanwhile in gone {
        let ends: [fn(&mut Class) -> u64; 4] = [
            |class| class.performs([cancel(CLEO, ASK)]),
            |class| class.performs([accept(ADA, ASK)]),
            |class| {
                class.does([accept(ADA, ASK)]);
                class.performs([finish(ADA, ASK)])
            },
            // Together with the answer to a call.
            |class| {
                let call = about("call", invite_in_group(ADA, CALL, only([CLEO])));
                let performed = class.performs([call]);
                class.wait(100);
                class.does([accept(CLEO, CALL)]);
                performed
            },
        ];
        for end in ends {
            let mut class = Class::lesson();
            class.does([invite_in_group(CLEO, ASK, Everyone)]);
            let performed = end(&mut class);
            meanwhile(&mut class);
            for kind in class.undoes(performed) {
                assert!(matches!(kind, EventKind::InviteeFinished(_)), "{kind:?}");
            }
        }
    }
}

#[test]
fn what_a_student_has_asked_since_gives_way_to_what_an_undo_asks_again() {
    for (since, closed) in [(Everyone, Everyone), (only([ADA, BEN]), only([BEN]))] {
        let mut class = Class::lesson();
        class.does([invite_in_group(CLEO, ASK, Everyone)]);
        let performed = class.performs([cancel(CLEO, ASK)]);
        class.does([invite_in_group(CLEO, OTHER, since), reject(ADA, OTHER)]);
        let again = class.like(ASK, 0, Everyone);
        let expected = [undone_all(OTHER, CLEO, closed), again.into()];
        assert_eq!(class.undoes(performed), expected);
    }
}

#[test]
fn what_a_student_asked_goes_on_with_a_teacher_alone() {
    for is_a_teacher_still in [true, false] {
        let mut class = Class::lesson();
        class.does([invite_in_group(CLEO, ASK, Everyone), accept(ADA, ASK)]);
        let adas = class.place_of(ASK, ADA);
        let performed = class.performs([finish(CLEO, ASK)]);
        if !is_a_teacher_still {
            class.does([make(BEN, Role::Student, ADA)]);
        }
        let again: [EventKind; 2] = [class.like(ASK, 0, only([ADA])).into(), goes_on(0, ADA, adas)];
        let expected = if is_a_teacher_still { &again[..] } else { &[] };
        assert_eq!(class.undoes(performed), expected);
    }
}

#[test]
fn what_was_cleared_stands_again_as_closed_as_it_was() {
    let question = || about("question", within(60, first(invite_in_group(ADA, HANDS, Everyone))));
    type Closing = (&'static str, fn(&mut Class), Option<UserId>, bool);
    let closings: [Closing; 3] = [
        ("its deadline", |class| class.does([Command::Expire]), None, true),
        ("its cancel", |class| class.does([cancel(ADA, HANDS)]), None, false),
        ("its taking", |class| class.does([accept(CLEO, HANDS)]), Some(CLEO), false),
    ];
    for (what, close, taken_by, is_timed_out) in closings {
        // Milliseconds before the deadline at which it is taken back, and the seconds left then.
        for (millis, left) in [(1_001, 2), (1, 1), (0, 0)] {
            let mut class = Class::lesson();
            class.does([question()]);
            let expires_at = class.seen(HANDS).expires_at;
            if is_timed_out {
                class.wait(60_000);
            } else {
                class.wait(40_000);
            }
            close(&mut class);
            let performed = class.performs([clear(HANDS)]);
            assert_eq!(class.seen(HANDS).part(DAN).map(|part| part.seq < performed), Some(true));
            let left = if is_timed_out { 0 } else { left };
            if !is_timed_out {
                class.wait(20_000 - millis);
            }
            let again = ReceiveNewInvitation {
                timeout: Timeout::new(left).expect("a timeout"),
                expires_at: expires_at.filter(|_| is_timed_out || left > 0),
                answers: Answers::First,
                taken_by,
                ..class.like(HANDS, 0, Everyone)
            };
            let closed = if is_timed_out {
                InvitationTimeout { invite_id: FRESH, invitee_list: Everyone }.into()
            } else {
                undone_all(FRESH, ADA, Everyone)
            };
            assert_eq!(class.undoes(performed), [again.into(), closed], "{what}");
            let shown = class.seen(FRESH);
            assert_eq!((shown.open, shown.is_live(), shown.taker()), (false, true, taken_by));
        }
    }
}

#[test]
fn what_a_teacher_asked_who_is_none_any_more_stands_as_asked_by_whoever_takes_it_back() {
    let mut class = Class::lesson();
    class.does([about("question", invite_in_group(ADA, HANDS, Everyone)), cancel(ADA, HANDS)]);
    let performed = class.performs([clear(HANDS)]);
    class.does([make(BEN, Role::Student, ADA)]);
    let again = ReceiveNewInvitation { inviter: BEN, ..class.like(HANDS, 0, Everyone) };
    assert_eq!(class.undoes(performed), [again.into(), undone_all(FRESH, BEN, Everyone)]);
}

#[test]
fn what_was_closed_and_cleared_at_once_is_open_again_for_those_whom_that_closed_out() {
    // Whom it asks, and whom it asks again: Cleo has declined, Dan is silent, and Eve has left.
    for (list, again) in [
        (Everyone, Some(Everyone)),
        (only([CLEO, DAN, EVE]), Some(only([DAN]))),
        (only([CLEO, EVE]), None),
    ] {
        let mut class = Class::lesson();
        class.does([about("question", invite_in_group(ADA, HANDS, list)), reject(CLEO, HANDS)]);
        let performed = class.performs([cancel(ADA, HANDS), clear(HANDS)]);
        class.does([leave(EVE, EVE)]);
        let expected = again.map(|list| class.like(HANDS, 0, list).into());
        assert_eq!(class.undoes(performed), Vec::from_iter(expected));
    }
}

#[test]
fn what_was_begun_is_taken_back_with_what_has_come_of_it() {
    for (list, closed) in [(only([CLEO, DAN]), only([DAN])), (Everyone, Everyone)] {
        let mut class = Class::lesson();
        let performed = class.performs([invite_in_group(ADA, CALL, list)]);
        class.wait(100);
        class.does([accept(CLEO, CALL)]);
        let expected = [undone_all(CALL, ADA, closed), undone_part(CALL, CLEO)];
        assert_eq!(class.undoes(performed), expected);
    }
    // One that everybody has answered is over, but for what goes on of it.
    let mut class = Class::lesson();
    let performed = class.performs([invite_in_group(ADA, CALL, only([CLEO, DAN]))]);
    class.does([accept(CLEO, CALL), reject(DAN, CALL)]);
    assert_eq!(class.undoes(performed), [undone_part(CALL, CLEO)]);
}

#[test]
fn an_acceptance_is_taken_back_and_those_before_and_after_it_go_on() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, Everyone), accept(CLEO, HANDS)]);
    let performed = class.performs([answer_for(DAN, HANDS)]);
    class.does([accept(EVE, HANDS)]);
    assert_eq!(class.undoes(performed), [undone_part(HANDS, DAN)]);
    let states = [CLEO, DAN, EVE].map(|user| class.state(HANDS, user).expect("a part"));
    use InviteeState::{Accepted, Finished};
    assert_eq!(states, [Accepted, Finished, Accepted]);
}

#[test]
fn what_is_between_two_is_nothing_that_an_undo_touches() {
    let mut class = Class::lesson();
    class.does([invite(ADA, HANDS, CLEO), accept(CLEO, HANDS)]);
    let performed = class.performs([finish(ADA, HANDS), invite(ADA, CALL, CLEO)]);
    assert_eq!(class.undoes(performed), []);
    assert_eq!(class.state(CALL, CLEO), Some(InviteeState::Pending));
}

#[test]
fn what_was_begun_ends_before_anything_is_brought_back_and_each_comes_in_its_order() {
    let mut class = Class::lesson();
    class.does([OTHER, HANDS].map(|invite_id| invite_in_group(ADA, invite_id, Everyone)));
    class.does([accept(DAN, HANDS), accept(CLEO, OTHER)]);
    let [cleos, dans] = [(OTHER, CLEO), (HANDS, DAN)].map(|(id, user)| class.place_of(id, user));
    let performed = class.performs([
        finish(ADA, HANDS),
        finish(ADA, OTHER),
        invite_in_group(ADA, CALL, only([EVE])),
    ]);
    let expected: [EventKind; 5] = [
        undone_all(CALL, ADA, only([EVE])),
        class.like(OTHER, 0, only([CLEO])).into(),
        goes_on(0, CLEO, cleos),
        class.like(HANDS, 1, only([DAN])).into(),
        goes_on(1, DAN, dans),
    ];
    assert_eq!(class.undoes(performed), expected);
}

#[test]
fn what_ended_with_the_answer_to_a_call_is_brought_back_with_the_call() {
    let call = || about("call", invite_in_group(ADA, CALL, only([CLEO, DAN])));
    // A hand that was up, and what she asked.
    for (is_answered_at_once, asked) in
        [(false, Everyone), (false, only([ADA, BEN])), (true, Everyone), (true, only([BEN]))]
    {
        let mut class = Class::lesson();
        class.does([invite_in_group(ADA, HANDS, Everyone), accept(CLEO, HANDS)]);
        class.does([invite_in_group(CLEO, ASK, asked.clone())]);
        let cleos = class.place_of(HANDS, CLEO);
        class.wait(100);
        let performed = if is_answered_at_once {
            class.performs([call(), answer_for(CLEO, CALL)])
        } else {
            let performed = class.performs([call()]);
            class.wait(100);
            class.does([accept(CLEO, CALL)]);
            performed
        };
        assert_eq!(class.state(HANDS, CLEO), Some(InviteeState::Finished));
        let expected: [EventKind; 5] = [
            undone_all(CALL, ADA, only([DAN])),
            undone_part(CALL, CLEO),
            class.like(HANDS, 0, only([CLEO])).into(),
            goes_on(0, CLEO, cleos),
            class.like(ASK, 1, asked).into(),
        ];
        assert_eq!(class.undoes(performed), expected, "{is_answered_at_once}");
    }
}

#[test]
fn what_did_not_end_with_the_answer_to_a_call_stays_as_it_is_when_the_call_is_undone() {
    let hands = |invite_id| invite_in_group(ADA, invite_id, Everyone);
    type Play = (&'static str, fn(&mut Class), fn(&mut Class));
    let plays: [Play; 11] = [
        ("a hand that came down before", |class| class.does([finish(CLEO, OTHER)]), |_| {}),
        (
            "a hand that comes down later",
            |_| {},
            |class| {
                class.wait(1);
                class.does([finish(CLEO, OTHER)]);
            },
        ),
        (
            "a hand that goes up and down after it",
            |_| {},
            |class| {
                class.does([accept(CLEO, invite_id(5)), finish(CLEO, invite_id(5))]);
            },
        ),
        ("somebody else's hand", |_| {}, |class| class.does([finish(DAN, OTHER)])),
        ("a hand that is still up", |_| {}, |_| {}),
        ("a question that was declined", |_| {}, |class| class.does([reject(CLEO, invite_id(5))])),
        ("what goes on between two", |_| {}, |class| class.does([finish(CLEO, invite_id(6))])),
        ("an ask that was over before", |class| class.does([cancel(CLEO, invite_id(7))]), |_| {}),
        (
            "an ask that is over later",
            |_| {},
            |class| {
                class.wait(1);
                class.does([cancel(CLEO, invite_id(7))]);
            },
        ),
        (
            "an ask that came after it",
            |_| {},
            |class| {
                let id = invite_id(8);
                class.does([invite_in_group(CLEO, id, Everyone), cancel(CLEO, id)]);
            },
        ),
        ("somebody else's ask", |_| {}, |class| class.does([cancel(DAN, invite_id(9))])),
    ];
    for (what, before, after) in plays {
        let mut class = Class::lesson();
        class.does([hands(OTHER), hands(invite_id(5)), accept(CLEO, OTHER), accept(DAN, OTHER)]);
        class.does([invite(ADA, invite_id(6), CLEO), accept(CLEO, invite_id(6))]);
        class.does([
            invite_in_group(CLEO, invite_id(7), Everyone),
            invite_in_group(DAN, invite_id(9), Everyone),
        ]);
        class.wait(100);
        let call = about("call", invite_in_group(ADA, CALL, only([CLEO])));
        let performed = class.performs([call]);
        class.wait(100);
        before(&mut class);
        class.does([accept(CLEO, CALL)]);
        after(&mut class);
        assert_eq!(class.undoes(performed), [undone_part(CALL, CLEO)], "{what}");
    }
}

#[test]
fn a_call_that_was_declined_or_is_over_has_nothing_that_ended_with_it() {
    for ends in [vec![reject(CLEO, CALL)], vec![accept(CLEO, CALL), finish(CLEO, CALL)]] {
        let mut class = Class::lesson();
        class.does([invite_in_group(ADA, HANDS, Everyone), accept(CLEO, HANDS)]);
        let call = about("call", invite_in_group(ADA, CALL, only([CLEO])));
        let performed = class.performs([call]);
        class.wait(100);
        for verb in ends {
            class.does([verb]);
        }
        assert_eq!(class.undoes(performed), []);
    }
}
