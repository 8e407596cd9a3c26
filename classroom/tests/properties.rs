//! Shows that the promises of a lesson hold in every life of a class: students and teachers tap
//! what they like in any order, two of them at once, while others use the bare API, come, go and
//! change roles.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use classroom::history::{Chronicle, InOrder, Kind, Record};
use classroom::{
    APPLICATIONS, ASK_ANYTIME, Among, Deed, END_BY_ITSELF, HandSource, How, Lesson, Move,
    Operation, Reason, SPEAKING_LIMIT, Standing, TURN_STARTS_AT_ONCE, Tally,
};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::{TestCaseResult, TestRunner};
use signaling::{
    Answers, Command, Eraser, Event, EventKind, FinishWhom, Group, Invitation, InviteId,
    InviteeList, InviteeState, Name, Rejection, Role, SettingsChange, Snapshot, Timeout, UserId,
    apply,
};
use support::*;

const ADA: UserId = user(1);
const BEN: UserId = user(2);

/// Something that somebody does. Members are drawn by position, for only the class that the step
/// meets knows who is there.
#[derive(Debug, Clone)]
enum Act {
    /// A student's tap.
    Student {
        by: Index,
        deed: Deed,
    },
    /// A teacher's tap on somebody's row.
    Teacher {
        by: Index,
        tap: Tap,
        on: Index,
    },
    /// A round, or a call, that the API sends and no page would.
    Sends {
        by: Index,
        is_call: bool,
        whom: Whom,
        seconds: u32,
        is_first: bool,
    },
    /// A private call, about which no lesson knows.
    Private {
        by: Index,
        on: Index,
    },
    /// A verb of the API on one of the newest invitations.
    Verb {
        by: Index,
        verb: Verb,
        which: Index,
    },
    Join,
}

#[derive(Debug, Clone)]
enum Tap {
    Ask { seconds: u32, first: bool, think: u32 },
    NextPhase,
    MoreTime,
    StopAsking,
    Clear,
    Next,
    Pick(How, Among),
    PickAgain,
    RaiseFor,
    StartTurn,
    Skip,
    Undo,
    TurnsStart(bool),
    Limit(u32, bool),
    LimitTurn(u32),
    MoreTimeForTurn,
    CallOn,
    CancelCall,
    EndTurn,
    Lower,
    LowerAll,
    OpenFloor(bool),
    MakeRole(Role),
    Remove,
}

#[derive(Debug, Clone)]
enum Whom {
    Everyone,
    These(Vec<Index>),
}

#[derive(Debug, Clone, Copy)]
enum Verb {
    Accept,
    Reject,
    Cancel,
    Finish,
}

#[derive(Debug, Clone)]
struct Step {
    /// Milliseconds that pass before.
    wait: i64,
    act: Act,
    /// Whether the page that is tapped has not yet seen what the step before did.
    stale: bool,
}

fn any_index() -> impl Strategy<Value = Index> {
    any::<Index>()
}

fn any_student_deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => Just(Deed::RaiseHand),
        2 => Just(Deed::LowerHand),
        1 => Just(Deed::NotNow),
        4 => Just(Deed::Speak),
        1 => Just(Deed::Pass),
        2 => Just(Deed::Done),
    ]
}

fn any_tap() -> impl Strategy<Value = Tap> {
    let role = prop_oneof![Just(Role::Teacher), Just(Role::Student)];
    let how = prop_oneof![Just(How::Fair), Just(How::Random)];
    let among = prop_oneof![Just(Among::Hands), Just(Among::Everybody)];
    prop_oneof![
        3 => (0..=3_u32, any::<bool>(), prop_oneof![3 => Just(0), 1 => 1..=2_u32])
            .prop_map(|(seconds, first, think)| Tap::Ask { seconds, first, think }),
        1 => Just(Tap::NextPhase),
        1 => Just(Tap::MoreTime),
        1 => Just(Tap::StopAsking),
        1 => Just(Tap::Clear),
        4 => Just(Tap::Next),
        4 => (how, among).prop_map(|(how, among)| Tap::Pick(how, among)),
        1 => Just(Tap::PickAgain),
        2 => Just(Tap::RaiseFor),
        2 => Just(Tap::StartTurn),
        1 => Just(Tap::Skip),
        3 => Just(Tap::Undo),
        1 => any::<bool>().prop_map(Tap::TurnsStart),
        1 => (0..=3_u32, any::<bool>()).prop_map(|(limit, ends)| Tap::Limit(limit, ends)),
        1 => (0..=2_u32).prop_map(Tap::LimitTurn),
        1 => Just(Tap::MoreTimeForTurn),
        6 => Just(Tap::CallOn),
        1 => Just(Tap::CancelCall),
        2 => Just(Tap::EndTurn),
        2 => Just(Tap::Lower),
        1 => Just(Tap::LowerAll),
        2 => any::<bool>().prop_map(Tap::OpenFloor),
        2 => role.prop_map(Tap::MakeRole),
        1 => Just(Tap::Remove),
    ]
}

fn any_act() -> impl Strategy<Value = Act> {
    let whom = prop_oneof![
        Just(Whom::Everyone),
        prop::collection::vec(any_index(), 1..3).prop_map(Whom::These),
    ];
    let verb = prop_oneof![
        3 => Just(Verb::Accept),
        1 => Just(Verb::Reject),
        1 => Just(Verb::Cancel),
        1 => Just(Verb::Finish),
    ];
    prop_oneof![
        10 => (any_index(), any_student_deed()).prop_map(|(by, deed)| Act::Student { by, deed }),
        8 => (any_index(), any_tap(), any_index())
            .prop_map(|(by, tap, on)| Act::Teacher { by, tap, on }),
        2 => (any_index(), any::<bool>(), whom, 0..=2_u32, any::<bool>()).prop_map(
            |(by, is_call, whom, seconds, is_first)| {
                Act::Sends { by, is_call, whom, seconds, is_first }
            }
        ),
        1 => (any_index(), any_index()).prop_map(|(by, on)| Act::Private { by, on }),
        3 => (any_index(), verb, any_index())
            .prop_map(|(by, verb, which)| Act::Verb { by, verb, which }),
        1 => Just(Act::Join),
    ]
}

fn any_life_of(stale: impl Strategy<Value = bool>) -> impl Strategy<Value = Vec<Step>> {
    let wait = prop_oneof![3 => Just(0), 1 => 1..1_500_i64];
    let step = (wait, any_act(), stale).prop_map(|(wait, act, stale)| Step { wait, act, stale });
    prop::collection::vec(step, 1..60)
}

/// In some steps two people act at once.
fn any_life() -> impl Strategy<Value = Vec<Step>> {
    any_life_of(prop::bool::weighted(0.2))
}

/// Everybody sees what was done before.
fn one_after_another() -> impl Strategy<Value = Vec<Step>> {
    any_life_of(Just(false))
}

impl Class {
    fn begun() -> Self {
        Self::taught_by(ADA, BEN, &[user(3), user(4), user(5)])
    }

    fn with_role(&self, role: Role) -> Vec<UserId> {
        self.group.with_role(role).map(|member| member.user_id).collect()
    }

    /// Whether a student whose hand is down has something open all the same: from when they were
    /// a teacher. The engine lets a student have one thing open at a time.
    fn has_something_else_open(&self, student: UserId) -> bool {
        let mut open = self.group.live().filter(|i| i.group_id.is_some() && i.open);
        open.any(|i| i.inviter == student) && self.lesson().hand(student).is_none()
    }

    /// Whether a student is asked two things at once, as no page does.
    fn is_asked_twice(&self, student: UserId) -> bool {
        let is_pending = |it: &&Invitation| {
            it.part(student).is_some_and(|part| part.state == InviteeState::Pending)
        };
        let is_round = |it: &Invitation| {
            matches!(Operation::read(&it.data), Some(Operation::HandRaising { .. }))
        };
        self.group.live().filter(is_pending).filter(|it| is_round(it)).count() > 1
    }

    /// Whether hands cannot go up yet.
    fn is_thinking(&self) -> bool {
        self.lesson().waits(self.now)
    }

    /// The one turn that goes on.
    fn one_turn(&self) -> Option<InviteId> {
        self.lesson().one_turn().map(|turn| turn.invite_id)
    }

    fn made(&self) -> Vec<InviteId> {
        let made = self.log.iter().filter_map(|event| match &event.kind {
            EventKind::ReceiveNewInvitation(new) => Some(new.invite_id),
            _ => None,
        });
        made.collect()
    }

    /// Who acts and the tap, where the act is one.
    fn tap(&self, act: &Act) -> Option<(UserId, Deed)> {
        let teachers = self.with_role(Role::Teacher);
        let students = self.with_role(Role::Student);
        match act {
            Act::Student { .. } if students.is_empty() => None,
            Act::Student { by, deed } => Some((*by.get(&students), deed.clone())),
            Act::Teacher { by, tap, on } => {
                let members = self.group.members();
                let on = on.get(members).user_id;
                let timeout = |seconds| Timeout::new(seconds).expect("a timeout");
                let deed = match tap {
                    Tap::Ask { seconds, first, think } => Deed::Move(Move::Ask {
                        question: Some("Why?".to_owned()),
                        timeout: timeout(*seconds),
                        first: *first,
                        think: timeout(*think),
                        pair: timeout(u32::from(*first)),
                    }),
                    Tap::NextPhase => Deed::Move(Move::NextPhase { ends: None }),
                    Tap::MoreTime => {
                        Deed::Move(Move::MoreTime { seconds: timeout(1), student: None })
                    }
                    Tap::StopAsking => stop_asking(),
                    Tap::Clear => Deed::Move(Move::Clear {}),
                    Tap::Next if !students.contains(&on) => return None,
                    Tap::Pick(how, among) => {
                        let (how, among, ends) = (*how, *among, self.one_turn());
                        Deed::Move(Move::Pick { how, among, ends })
                    }
                    Tap::RaiseFor => Deed::Move(Move::Raise { student: on }),
                    Tap::PickAgain => Deed::Move(Move::PickAgain { student: on }),
                    Tap::Next => {
                        let (lesson, ends) = (self.lesson(), self.one_turn());
                        let hero = lesson.hero(|_| true).map_or(on, |hand| hand.user);
                        Deed::Move(Move::Next { student: hero, ends, waits: false })
                    }
                    Tap::StartTurn => Deed::Move(Move::StartTurn { student: on }),
                    Tap::Skip => Deed::Move(Move::Skip { student: on }),
                    Tap::Undo => Deed::Undo(self.group.performed.as_ref()?.seq),
                    Tap::TurnsStart(start) => {
                        Deed::Change(SettingsChange::set(TURN_STARTS_AT_ONCE, *start))
                    }
                    Tap::Limit(limit, ends) => Deed::Change(SettingsChange {
                        amounts: vec![(SPEAKING_LIMIT, *limit)],
                        ..SettingsChange::set(END_BY_ITSELF, *ends)
                    }),
                    Tap::LimitTurn(limit) => {
                        Deed::Move(Move::LimitTurn { student: on, seconds: timeout(*limit) })
                    }
                    Tap::MoreTimeForTurn => {
                        Deed::Move(Move::MoreTime { seconds: timeout(1), student: Some(on) })
                    }
                    Tap::CallOn if !students.contains(&on) => return None,
                    Tap::CallOn => Deed::CallOn(on),
                    Tap::CancelCall => Deed::CancelCall(on),
                    Tap::EndTurn => end_turn(on),
                    Tap::Lower => lower(on),
                    Tap::LowerAll => lower_all(),
                    Tap::OpenFloor(open) => Deed::Change(SettingsChange::set(ASK_ANYTIME, *open)),
                    Tap::MakeRole(role) => Deed::MakeRole(on, *role),
                    Tap::Remove => Deed::Remove(on),
                };
                Some((*by.get(&teachers), deed))
            }
            Act::Sends { .. } | Act::Private { .. } | Act::Verb { .. } | Act::Join => None,
        }
    }

    /// The verb of an act that is no tap.
    fn verb(&mut self, act: &Act) -> Option<Command> {
        let teachers = self.with_role(Role::Teacher);
        let students = self.with_role(Role::Student);
        match act {
            Act::Student { .. } | Act::Teacher { .. } => None,
            Act::Join => {
                let is_joining = |event: &&Event| matches!(event.kind, EventKind::MemberJoined(_));
                let joined = self.log.iter().filter(is_joining).count();
                Some(join(user(u8::try_from(joined + 1).expect("a life is short"))))
            }
            Act::Sends { by, is_call, whom, seconds, is_first } => {
                let invitee_list = match whom {
                    Whom::Everyone => InviteeList::Everyone,
                    Whom::These(_) if students.is_empty() => return None,
                    Whom::These(some) => {
                        let these: BTreeSet<UserId> =
                            some.iter().map(|index| *index.get(&students)).collect();
                        InviteeList::Members(these.into_iter().collect())
                    }
                };
                let operation = if *is_call { Operation::CALL } else { Operation::asks(None) };
                Some(Command::InviteInGroup {
                    actor: *by.get(&teachers),
                    invite_id: self.fresh(),
                    invitee_list,
                    data: operation.to_data(),
                    timeout: Timeout::new(*seconds).expect("a timeout"),
                    answers: if *is_first { Answers::First } else { Answers::Each },
                })
            }
            Act::Private { .. } if students.is_empty() => None,
            Act::Private { by, on } => Some(Command::Invite {
                actor: *by.get(&teachers),
                invite_id: self.fresh(),
                invitee: *on.get(&students),
                data: r#"{"operation":"call"}"#.to_owned(),
                timeout: Timeout::NEVER,
            }),
            Act::Verb { by, verb, which } => {
                let made = self.made();
                if made.is_empty() {
                    return None;
                }
                let newest = &made[made.len().saturating_sub(5)..];
                let (invite_id, data) = (*which.get(newest), String::new());
                let actor = by.get(self.group.members()).user_id;
                let asks_for_hands = matches!(
                    operation(&self.group, invite_id),
                    Some(Operation::HandRaising { .. })
                );
                Some(match verb {
                    // No page lets a teacher raise a hand.
                    Verb::Accept if asks_for_hands && teachers.contains(&actor) => return None,
                    Verb::Accept => Command::Accept { actor, invite_id, data },
                    Verb::Reject => Command::Reject { actor, invite_id, data, reason: None },
                    Verb::Cancel => Command::Cancel { actor, invite_id, data, reason: None },
                    Verb::Finish => Command::Finish {
                        actor,
                        invite_id,
                        whom: FinishWhom::Unnamed,
                        reason: None,
                        data,
                    },
                })
            }
        }
    }

    /// Runs verbs one by one as the page does, and has every outcome looked at.
    fn lives_through(
        &mut self,
        commands: Vec<Command>,
        look: &mut impl FnMut(Moment<'_>) -> TestCaseResult,
    ) -> TestCaseResult {
        let is_one = commands.len() == 1;
        for command in commands {
            let before = self.clone();
            let from = self.log.len();
            let outcome = self.act(command.clone()).map(drop);
            let events = self.log[from..].to_vec();
            look(Moment { before: &before, command: &command, events: &events, after: self })?;
            match outcome {
                Err(Rejection::AlreadyProcessed(_)) if !is_one => {}
                Err(_) => break,
                Ok(()) => {}
            }
        }
        Ok(())
    }
}

/// One verb in a life, with the class before and after it.
struct Moment<'a> {
    before: &'a Class,
    command: &'a Command,
    events: &'a [Event],
    after: &'a Class,
}

/// Lives the life, and has every moment of it looked at.
fn live(
    life: &[Step],
    mut look: impl FnMut(Moment<'_>) -> TestCaseResult,
) -> Result<Class, TestCaseError> {
    let mut class = Class::begun();
    let mut earlier = class.clone();
    for Step { wait, act, stale } in life {
        class.wait(*wait);
        let now = class.clone();
        let commands = if let Some(command) = class.verb(act) {
            vec![command]
        } else {
            // The page knows the class as it was, but its invitations' ids are new all the same.
            let mut page = if *stale { earlier.clone() } else { class.clone() };
            while page.latest() != class.latest() {
                page.fresh();
            }
            page.now = class.now;
            let planned = page.tap(act).and_then(|(by, deed)| page.planned(by, &deed).ok());
            while class.latest() != page.latest() {
                class.fresh();
            }
            planned.unwrap_or_default()
        };
        class.lives_through(commands, &mut look)?;
        earlier = now;
    }
    Ok(class)
}

fn lived(life: &[Step]) -> Result<Class, TestCaseError> {
    let mut class = live(life, |_| Ok(()))?;
    // The last step may have made something due, which comes before anything else.
    class.act(Command::Expire).expect("the clock is not refused");
    Ok(class)
}

/// What holds each hand up and since which event, read from the log alone: the promise in a dozen
/// lines.
fn hands_by_the_log(log: &[Event]) -> Vec<(UserId, u64, BTreeSet<InviteId>)> {
    let mut made = BTreeMap::new();
    let mut up: BTreeMap<(UserId, InviteId), u64> = BTreeMap::new();
    for event in log {
        let Some(id) = event.invite_id() else { continue };
        if let EventKind::ReceiveNewInvitation(new) = &event.kind {
            let operation = new.group_id.and_then(|_| Operation::read(&new.data));
            if operation == Some(Operation::SpeechApplication) {
                let seq = new.place.map_or(event.seq, |place| place.seq);
                up.insert((new.inviter, id), seq);
            }
            made.insert(id, (operation, new.inviter));
        }
        let Some((Some(operation), inviter)) = made.get(&id) else { continue };
        match (operation, &event.kind) {
            (Operation::HandRaising { .. }, EventKind::InviteeAccepted(accepted)) => {
                let seq = accepted.place.map_or(event.seq, |place| place.seq);
                up.insert((accepted.invitee, id), seq);
            }
            (Operation::HandRaising { .. }, EventKind::InviteeFinished(finished)) => {
                up.remove(&(finished.invitee, id));
            }
            (Operation::SpeechApplication, EventKind::InviteeAccepted(_)) => {
                up.remove(&(*inviter, id));
            }
            (Operation::SpeechApplication, EventKind::InvitationCancelled(cancelled))
                if cancelled.invitee_list == InviteeList::Everyone =>
            {
                up.remove(&(*inviter, id));
            }
            _ => {}
        }
    }
    let mut hands: BTreeMap<UserId, (u64, BTreeSet<InviteId>)> = BTreeMap::new();
    for ((user, id), seq) in up {
        let (since, ids) = hands.entry(user).or_insert((seq, BTreeSet::new()));
        *since = seq.min(*since);
        ids.insert(id);
    }
    let mut hands: Vec<_> = hands.into_iter().map(|(user, (seq, ids))| (user, seq, ids)).collect();
    hands.sort_by_key(|(_, seq, _)| *seq);
    hands
}

const fn id_of(source: &HandSource) -> InviteId {
    match source {
        HandSource::Round(id) | HandSource::Ask(id) => *id,
    }
}

fn operation(group: &Group, id: InviteId) -> Option<Operation> {
    let invitation = group.invitation(id).filter(|invitation| invitation.group_id.is_some())?;
    Operation::read(&invitation.data)
}

/// Whether this student has declined a call that still stands.
fn has_declined(group: &Group, student: UserId) -> bool {
    group.live().filter(|it| it.group_id.is_some()).any(|it| {
        let is_call = matches!(Operation::read(&it.data), Some(Operation::Speaking { .. }));
        let declined = |part: &signaling::Invitee| part.state == InviteeState::Rejected;
        is_call && it.part(student).is_some_and(declined)
    })
}

/// Whose turn begins with this event.
fn takes_the_floor(group: &Group, event: &Event) -> Option<UserId> {
    let EventKind::InviteeAccepted(accepted) = &event.kind else { return None };
    match operation(group, accepted.invite_id)? {
        Operation::Speaking { .. } => Some(accepted.invitee),
        Operation::SpeechApplication => group.invitation(accepted.invite_id).map(|ask| ask.inviter),
        Operation::HandRaising { .. } => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_hands_are_those_that_the_log_tells_of_in_its_order(life in any_life()) {
        live(&life, |moment| {
            let lesson = moment.after.lesson();
            let hands: Vec<_> = lesson
                .hands
                .iter()
                .map(|hand| (hand.user, hand.seq, hand.sources.iter().map(id_of).collect()))
                .collect();
            let mut told = hands_by_the_log(&moment.after.log);
            // A tap on a page that is behind can come when its student has come to teach.
            let teachers = moment.after.with_role(Role::Teacher);
            told.retain(|(user, _, _)| !teachers.contains(user));
            prop_assert_eq!(hands, told);
            Ok(())
        })?;
    }

    #[test]
    fn nobody_is_twice_in_the_list_and_every_hand_is_held_up_by_something(life in any_life()) {
        live(&life, |moment| {
            let Lesson { hands, .. } = moment.after.lesson();
            let users: BTreeSet<UserId> = hands.iter().map(|hand| hand.user).collect();
            prop_assert_eq!(users.len(), hands.len());
            prop_assert!(hands.windows(2).all(|pair| pair[0].seq < pair[1].seq));
            for hand in &hands {
                let sources: BTreeSet<InviteId> = hand.sources.iter().map(id_of).collect();
                prop_assert!(!sources.is_empty() && sources.len() == hand.sources.len());
                let raised = moment.after.log.iter().find(|event| event.seq == hand.seq);
                prop_assert_eq!(raised.map(|event| event.at), Some(hand.since));
                prop_assert!(moment.after.group.member(hand.user).is_some());
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_hand_is_a_students(life in one_after_another()) {
        live(&life, |moment| {
            for hand in moment.after.lesson().hands {
                let member = moment.after.group.member(hand.user);
                prop_assert_eq!(member.map(|member| member.role), Some(Role::Student));
            }
            Ok(())
        })?;
    }

    #[test]
    fn whoever_comes_to_speak_has_no_hand_up_right_after(life in any_life()) {
        live(&life, |moment| {
            let (before, after) = (moment.before.lesson(), moment.after.lesson());
            for event in moment.events {
                let Some(speaker) = takes_the_floor(&moment.after.group, event) else { continue };
                prop_assert!(after.turn(speaker).is_some());
                prop_assert_eq!(after.hand(speaker), None);
                // What else held the hand up came down in the same outcome, with the reason.
                let rounds = before.hand(speaker).map(|hand| hand.sources.clone());
                for source in rounds.unwrap_or_default() {
                    let HandSource::Round(round) = source else { continue };
                    let part = moment.after.group.invitation(round).and_then(|i| i.part(speaker));
                    let part = part.expect("it was accepted");
                    prop_assert_eq!(part.state, InviteeState::Finished);
                    prop_assert_eq!(part.reason.as_deref(), Some(Reason::CalledOn.text()));
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_hand_comes_down_and_a_turn_ends_for_a_reason_that_the_classroom_knows(life in any_life()) {
        let class = lived(&life)?;
        for event in &class.log {
            let EventKind::InviteeFinished(finished) = &event.kind else { continue };
            let known: &[&str] = match operation(&class.group, finished.invite_id) {
                Some(Operation::HandRaising { .. }) => {
                    &[
                        Reason::CalledOn.text(),
                        Reason::Lowered.text(),
                        Reason::Followed.text(),
                        signaling::Reason::Left.text(),
                        signaling::Reason::Undone.text(),
                    ]
                }
                Some(Operation::Speaking { .. } | Operation::SpeechApplication) => {
                    &[
                        Reason::Spoke.text(),
                        Reason::TimeIsUp.text(),
                        signaling::Reason::Left.text(),
                        signaling::Reason::Undone.text(),
                    ]
                }
                None => &[signaling::Reason::Finished.text(), signaling::Reason::Left.text()],
            };
            prop_assert!(known.contains(&finished.reason.as_str()), "{:?}", finished);
        }
    }

    #[test]
    fn only_what_concerns_a_hand_moves_it(life in any_life()) {
        live(&life, |moment| {
            // Nobody is overtaken: whoever stays in the list stays in order.
            let (before, after) = (moment.before.lesson(), moment.after.lesson());
            let users = |lesson: &Lesson| -> Vec<UserId> {
                lesson.hands.iter().map(|hand| hand.user).collect()
            };
            let (was, is) = (users(&before), users(&after));
            let stayed_was: Vec<_> = was.iter().filter(|user| is.contains(user)).collect();
            let stayed_is: Vec<_> = is.iter().filter(|user| was.contains(user)).collect();
            let has_lost_a_source = before.hands.iter().any(|hand| {
                let now = after.hand(hand.user).map(|hand| hand.sources.clone());
                now.is_some_and(|now| hand.sources.iter().any(|source| !now.contains(source)))
            });
            // An undo brings hands back to the places that they had.
            let is_undo = matches!(moment.command, Command::Undo { .. });
            prop_assert!(is_undo || has_lost_a_source || stayed_was == stayed_is);
            // To pass, to invite, to close a round or the floor leaves every hand where it is.
            let passes = matches!(
                moment.command,
                Command::Reject { invite_id, .. }
                    if matches!(
                        operation(&moment.after.group, *invite_id),
                        Some(Operation::Speaking { .. })
                    )
            );
            if passes || matches!(moment.command, Command::ChangeGroup { .. }) {
                let places = |lesson: &Lesson| -> Vec<_> {
                    let hands = lesson.hands.iter();
                    hands.map(|it| (it.user, it.since, it.seq, it.sources.clone())).collect()
                };
                prop_assert_eq!(places(&before), places(&after));
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_second_identical_tap_does_no_harm(life in any_life()) {
        let mut class = lived(&life)?;
        for Step { act, .. } in &life {
            let Some((by, deed)) = class.tap(act) else { continue };
            // Half a minute more is half a minute more each time.
            if matches!(deed, Deed::Move(Move::MoreTime { .. })) {
                continue;
            }
            let mut tried = class.clone();
            let Ok(_) = tried.tries(by, &deed) else { continue };
            // A turn that an undo brings back may have lasted too long already.
            tried.act(Command::Expire).expect("the clock is not refused");
            let once = tried.lesson();
            let _ = tried.tries(by, &deed);
            let twice = tried.lesson();
            let is_called_twice =
                class.lesson().invited.iter().filter(|invited| invited.user == by).count() > 1;
            // Of two questions each tap declines one.
            let is_no = matches!(deed, Deed::NotNow) && class.is_asked_twice(by);
            let may_differ = is_called_twice || is_no;
            prop_assert!(may_differ || twice.hands == once.hands, "{:?}", &deed);
            prop_assert!(is_called_twice || twice.speaking == once.speaking, "{:?}", &deed);
            class = tried;
        }
    }

    #[test]
    fn a_student_who_may_raise_a_hand_raises_it_at_the_end_of_the_list(life in any_life()) {
        let mut class = lived(&life)?;
        class.act(Command::Expire).expect("the clock is not refused");
        for student in class.with_role(Role::Student) {
            if class.has_something_else_open(student) {
                continue;
            }
            let mut class = class.clone();
            match class.standing(student) {
                // A table says what can be done then (phases.rs).
                Standing::Asked(_) | Standing::MayRaise if class.is_thinking() => {}
                Standing::Asked(_) | Standing::MayRaise => {
                    let raised = class.tries(student, &Deed::RaiseHand);
                    prop_assert!(raised.is_ok(), "{:?}", raised);
                    let of = class.lesson().hands.len();
                    prop_assert_eq!(class.standing(student), Standing::HandUp { place: of, of });
                }
                Standing::HandUp { place, of } => {
                    prop_assert_eq!(class.lesson().hands[place - 1].user, student);
                    prop_assert_eq!(class.lesson().hands.len(), of);
                }
                Standing::Waiting => {
                    let refused = Refused::Obstacle(classroom::Obstacle::FloorClosed);
                    prop_assert_eq!(class.tries(student, &Deed::RaiseHand), Err(refused));
                }
                Standing::Invited(_) => {
                    prop_assert!(class.tries(student, &Deed::Speak).is_ok());
                    prop_assert!(class.lesson().turn(student).is_some());
                    prop_assert!(class.lesson().hand(student).is_none());
                }
                Standing::Speaking(_) => {
                    prop_assert!(class.tries(student, &Deed::Done).is_ok());
                    prop_assert!(class.lesson().turn(student).is_none());
                }
            }
        }
    }

    #[test]
    fn a_student_has_one_open_ask_at_a_time(life in any_life()) {
        let mut asks = BTreeSet::new();
        live(&life, |moment| {
            let Class { group, now, .. } = &moment.after;
            for event in moment.events {
                if let EventKind::ReceiveNewInvitation(new) = &event.kind
                    && group.is_student(new.inviter)
                    && new.group_id.is_some()
                {
                    asks.insert(new.invite_id);
                }
            }
            let is_open_ask =
                |i: &&Invitation| asks.contains(&i.invite_id) && i.open && !i.is_due(*now);
            let mut asking = BTreeSet::new();
            for ask in group.live().filter(is_open_ask) {
                prop_assert!(asking.insert(ask.inviter), "{:?} asks twice", ask.inviter);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_lowered_hand_is_down_and_goes_up_again_while_the_floor_is_open(life in any_life()) {
        let mut class = lived(&life)?;
        class.act(Command::Expire).expect("the clock is not refused");
        for hand in class.lesson().hands {
            for (by, deed) in [(hand.user, Deed::LowerHand), (ADA, lower(hand.user))] {
                let is_teacher = |user| class.with_role(Role::Teacher).contains(&user);
                if is_teacher(hand.user) || (by == ADA && !is_teacher(ADA)) {
                    continue;
                }
                // A teacher who was a student for a while is no longer asked by asks from before.
                let mut class = class.clone();
                let lowered = class.tries(by, &deed);
                prop_assert!(lowered.is_ok() || by == ADA, "{:?}", lowered);
                if lowered.is_err() {
                    continue;
                }
                prop_assert!(class.lesson().hand(hand.user).is_none());
                let goes_up = !class.has_something_else_open(hand.user);
                if class.group.settings.is_on(ASK_ANYTIME) && goes_up && !class.is_thinking() {
                    prop_assert!(class.tries(hand.user, &Deed::RaiseHand).is_ok());
                    prop_assert!(class.lesson().hand(hand.user).is_some());
                }
            }
        }
    }

    #[test]
    fn the_lesson_of_a_browser_is_the_lesson_of_the_server(
        life in any_life(),
        start in any_index(),
    ) {
        let start = start.index(life.len());
        let mut browsers: Vec<(UserId, Group)> = Vec::new();
        let mut step = 0;
        live(&life, |moment| {
            let server = &moment.after.group;
            for (user, browser) in &mut browsers {
                for event in moment.events {
                    if event.audience(server).includes(*user) {
                        apply(browser, event);
                    }
                }
            }
            if step == start {
                for member in server.members() {
                    let user = member.user_id;
                    let snapshot = Snapshot::of(server, user, moment.after.now, |_| true);
                    let wire = serde_json::to_string(&snapshot).expect("a snapshot is JSON");
                    let read: Snapshot = serde_json::from_str(&wire).expect("and back");
                    browsers.push((user, Group::from(read)));
                }
            }
            step += 1;
            browsers.retain(|(user, _)| server.member(*user).is_some());
            let lesson = moment.after.lesson();
            for (user, browser) in &browsers {
                prop_assert_eq!(&Lesson::of(browser), &lesson);
                prop_assert_eq!(lesson.standing(browser, *user), lesson.standing(server, *user));
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_end_of_the_class_leaves_no_lesson(life in any_life()) {
        let mut class = lived(&life)?;
        let teacher = class.with_role(Role::Teacher)[0];
        prop_assert!(class.tries(teacher, &Deed::EndClass).is_ok());
        prop_assert_eq!(class.lesson(), Lesson::default());
    }
}

/// Everything a chronicle hands out, and what it still holds, in the order of the invitations.
fn all_records(chronicle: &Chronicle, done: Vec<Record>) -> Vec<Record> {
    let mut records: Vec<Record> = done.into_iter().chain(chronicle.live().to_vec()).collect();
    records.sort_by_key(|record| record.seq);
    records
}

fn told(mut chronicle: Chronicle, log: &[Event]) -> (Chronicle, Vec<Record>) {
    let done = log.iter().flat_map(|event| chronicle.tell(event)).collect();
    (chronicle, done)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_history_ends_where_the_group_does(life in any_life()) {
        let mut class = lived(&life)?;
        let (chronicle, done) = told(Chronicle::new(GROUP), &class.log);
        let records = all_records(&chronicle, done);
        let restoring = || class.group.invitations().filter_map(|it| Some((it.invite_id, it.restores?)));
        let is_record = |id: &InviteId| restoring().all(|(restoring, _)| restoring != *id);
        let made: Vec<InviteId> = class.made().into_iter().filter(is_record).collect();
        let of_records: Vec<InviteId> = records.iter().map(|record| record.invite_id).collect();
        prop_assert_eq!(of_records, made);
        // What an undo brought back goes on in the record of what it restores.
        let goes_on = |id: InviteId| restoring().any(|(_, restored)| restored == id);
        for record in records.iter().filter(|record| !goes_on(record.invite_id)) {
            let invitation = class.group.invitation(record.invite_id).expect("it was made");
            let parts: Vec<_> =
                invitation.parts().iter().map(|part| (part.user_id, part.state)).collect();
            let told: Vec<_> = record.parts.iter().map(|part| (part.user, part.state)).collect();
            prop_assert_eq!(told, parts);
            prop_assert_eq!(record.closed_at.is_none(), invitation.open);
            for (part, as_it_is) in record.parts.iter().zip(invitation.parts()) {
                let reached = part.ended_at.or(part.settled_at).unwrap_or(part.asked_at);
                prop_assert_eq!(reached, as_it_is.at);
                prop_assert_eq!(&part.reason, &as_it_is.reason);
            }
        }
        // The hands and turns of the people are those of the records.
        let hands: usize = records.iter().map(|record| match record.kind {
            Kind::Ask => 1,
            Kind::Round | Kind::Again => {
                record.parts.iter().filter(|part| part.was_accepted()).count()
            }
            Kind::Floor | Kind::Call | Kind::Other => 0,
        }).sum();
        let summary = chronicle.summary();
        prop_assert!(summary.hands as usize <= hands, "a teacher raises no hand");
        let turns = records.iter().filter(|record| matches!(record.kind, Kind::Floor | Kind::Ask));
        let turns = turns.flat_map(|record| &record.parts).filter(|part| part.was_accepted());
        prop_assert_eq!(summary.turns as usize, turns.count());
        let teacher = class.with_role(Role::Teacher)[0];
        prop_assert!(class.tries(teacher, &Deed::EndClass).is_ok());
        let (over, _) = told(Chronicle::new(GROUP), &class.log);
        prop_assert!(over.live().is_empty(), "nothing can happen after the end");
    }

    #[test]
    fn the_tally_counts_what_the_history_does(life in any_life()) {
        let class = lived(&life)?;
        let (chronicle, _) = told(Chronicle::new(GROUP), &class.log);
        // The tally reads what there is by the roles of today, the history by those of then.
        let changes = class.log.iter().filter(|it| matches!(it.kind, EventKind::MemberChanged(_)));
        if changes.count() > 1 {
            return Ok(());
        }
        let has_undo = class.log.iter().any(|it| matches!(it.kind, EventKind::Undone(_)));
        let tally = Tally::of(&class.group);
        for share in &tally.members {
            let person = chronicle.person(share.user).expect("a member");
            prop_assert_eq!(share.turns, person.turns as usize, "turns of {:?}", share.user);
            // Whether a hand that went up again is the one that an undo brings back, the two tell
            // in ways of their own.
            if !has_undo {
                prop_assert_eq!(share.hands, person.hands as usize, "hands of {:?}", share.user);
            }
        }
    }

    #[test]
    fn a_fair_pick_passes_over_nobody_who_had_less(
        life in any_life(),
        everybody in any::<bool>(),
        away in any_index(),
    ) {
        let mut class = lived(&life)?;
        let students = class.with_role(Role::Student);
        if !students.is_empty() {
            class.away.insert(*away.get(&students));
        }
        let among = if everybody { Among::Everybody } else { Among::Hands };
        let (before, tally) = (class.lesson(), Tally::of(&class.group));
        if !before.invited.is_empty() {
            return Ok(());
        }
        let pick = Move::Pick { how: How::Fair, among, ends: class.one_turn() };
        let may = |user: &UserId| {
            let hand = before.hand(*user);
            (everybody || hand.is_some())
                && hand.is_none_or(|hand| !hand.passed)
                && !class.away.contains(user)
                && before.turn(*user).is_none()
        };
        let mut ready: Vec<UserId> = students.into_iter().filter(may).collect();
        // Whoever declined a call and has no hand up is not picked either.
        ready.retain(|user| before.hand(*user).is_some() || !has_declined(&class.group, *user));
        let Ok(_) = class.tries(class.with_role(Role::Teacher)[0], &Deed::Move(pick)) else {
            prop_assert!(ready.is_empty(), "{:?} were there to be picked", ready);
            return Ok(());
        };
        let after = class.lesson();
        let taken = after.invited.iter().map(|it| it.user).chain(after.speaking.iter().map(|it| it.user));
        let picked: Vec<UserId> = taken.filter(|user| before.turn(*user).is_none()).collect();
        prop_assert_eq!(picked.len(), 1);
        prop_assert!(ready.contains(&picked[0]));
        let level = |user: UserId| tally.share(user).map(|share| (share.level, share.since));
        for user in ready {
            prop_assert!(level(picked[0]) <= level(user), "{:?} before {:?}", picked[0], user);
        }
    }

    #[test]
    fn a_chronicle_that_is_put_down_anywhere_goes_on_as_if_it_had_not_been(
        life in any_life(), at in any_index(),
    ) {
        let class = lived(&life)?;
        let (first, second) = class.log.split_at(at.index(class.log.len()));
        let (whole, all) = told(Chronicle::new(GROUP), &class.log);
        let (half, mut done) = told(Chronicle::new(GROUP), first);
        let taken_up = Chronicle::restore(&half.save()).expect("it was saved");
        let (taken_up, rest) = told(taken_up, second);
        done.extend(rest);
        prop_assert_eq!(&done, &all);
        prop_assert_eq!(taken_up.save(), whole.save());
    }

    #[test]
    fn the_pages_hold_every_record_once_and_as_the_whole_tells_it(life in any_life()) {
        let class = lived(&life)?;
        let (whole, done) = told(Chronicle::new(GROUP), &class.log);
        let mut paged = Vec::new();
        for (place, page) in whole.pages().iter().enumerate() {
            let next = whole.pages().get(place + 1).map(|page| page.from);
            let is_of_member = |event: &&Event| {
                let kind = &event.kind;
                matches!(
                    kind,
                    EventKind::MemberJoined(_)
                        | EventKind::MemberChanged(_)
                        | EventKind::MemberLeft(_)
                )
            };
            let before = class.log.iter().filter(|event| event.seq < page.from).filter(is_of_member);
            let on_it = class.log.iter().filter(|e| e.seq >= page.from && e.seq <= page.last);
            let mut chronicle = Chronicle::of_page(GROUP, page, next);
            let done = before.chain(on_it).flat_map(|event| chronicle.tell(event)).collect();
            let records = all_records(&chronicle, done);
            paged.extend(records.into_iter().map(|record| whole.as_it_stands(record)));
        }
        prop_assert_eq!(paged, all_records(&whole, done));
    }

    #[test]
    fn an_export_tells_every_record_once_and_in_order(life in any_life()) {
        let class = lived(&life)?;
        let (whole, done) = told(Chronicle::new(GROUP), &class.log);
        let mut in_order = InOrder::new(GROUP);
        let mut told: Vec<Record> =
            class.log.iter().flat_map(|event| in_order.tell(event)).collect();
        told.extend(in_order.finish());
        prop_assert_eq!(told, all_records(&whole, done));
    }

    #[test]
    fn nothing_of_an_erased_person_is_left_and_every_count_is(life in any_life(), who in any_index()) {
        let class = lived(&life)?;
        let (before, done) = told(Chronicle::new(GROUP), &class.log);
        let records = all_records(&before, done);
        let user = before.people()[who.index(before.people().len())].user;
        let mut eraser = Eraser::new(user);
        let log: Vec<Event> =
            class.log.iter().map(|event| eraser.erase(event, &APPLICATIONS).unwrap_or_else(|| event.clone())).collect();
        let (after, done) = told(Chronicle::new(GROUP), &log);
        prop_assert_eq!(after.person(user).map(|person| person.name.clone()), Some(Name::erased()));
        prop_assert_eq!(after.summary().hands, before.summary().hands);
        prop_assert_eq!(after.summary().rounds, before.summary().rounds);
        prop_assert_eq!(after.summary().turns, before.summary().turns);
        for (record, as_it_was) in all_records(&after, done).iter().zip(&records) {
            prop_assert_eq!(record.kind, as_it_was.kind);
            let states = |record: &Record| -> Vec<_> {
                record.parts.iter().map(|part| (part.user, part.state, part.settled_at)).collect()
            };
            prop_assert_eq!(states(record), states(as_it_was));
            prop_assert_eq!(record.part(user).and_then(|part| part.data.clone()), None);
        }
    }
}

/// The properties are worth something only if the lives they look at are full.
#[test]
fn the_lives_meet_every_standing_and_every_way_in_which_a_hand_comes_down() {
    let mut runner = TestRunner::deterministic();
    let mut met = BTreeSet::new();
    for _ in 0..200 {
        let life = any_life().new_tree(&mut runner).expect("a life").current();
        let looked = live(&life, |moment| {
            let lesson = moment.after.lesson();
            for member in moment.after.group.members() {
                met.insert(match lesson.standing(&moment.after.group, member.user_id) {
                    Standing::Invited(_) => "invited",
                    Standing::Speaking(turn) if turn.part_of == turn.user => "speaking",
                    Standing::Speaking(_) => "taken",
                    Standing::HandUp { place: 1, .. } => "first",
                    Standing::HandUp { .. } => "not first",
                    Standing::Asked(_) => "asked",
                    Standing::MayRaise => "may raise",
                    Standing::Waiting => "waiting",
                });
            }
            if lesson.hands.iter().any(|hand| hand.sources.len() > 1) {
                met.insert("several sources");
            }
            if lesson.rounds.len() > 1 {
                met.insert("several rounds");
            }
            for event in moment.events {
                match &event.kind {
                    EventKind::InviteeFinished(finished) => match Reason::read(&finished.reason) {
                        Some(Reason::CalledOn) => met.insert("called on"),
                        Some(Reason::Lowered) => met.insert("lowered"),
                        Some(Reason::Spoke) => met.insert("spoke"),
                        Some(Reason::TimeIsUp) => met.insert("time is up"),
                        Some(Reason::Followed) => met.insert("followed"),
                        Some(Reason::Skipped | Reason::PickedAgain) => false,
                        None => met.insert("other"),
                    },
                    EventKind::InvitationCancelled(cancelled) => {
                        match cancelled.reason.as_deref() {
                            Some("lowered") => met.insert("withdrawn"),
                            Some("picked_again") => met.insert("picked again"),
                            Some("roleChanged") => met.insert("role changed"),
                            Some("answeredElsewhere") => met.insert("answered elsewhere"),
                            _ => met.insert("other"),
                        }
                    }
                    _ => false,
                };
            }
            Ok(())
        });
        looked.expect("a life");
    }
    for expected in [
        "invited",
        "speaking",
        "time is up",
        "taken",
        "first",
        "not first",
        "asked",
        "may raise",
        "waiting",
        "several sources",
        "several rounds",
        "called on",
        "lowered",
        "spoke",
        "withdrawn",
        "role changed",
        "answered elsewhere",
    ] {
        assert!(met.contains(expected), "{expected} was never met");
    }
}
