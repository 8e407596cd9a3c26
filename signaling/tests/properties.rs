//! Shows that the promises of the contract hold in every life of a class: random members come,
//! go, change roles and race each other and the deadlines, in any order, at any moment.

mod support;

use std::collections::BTreeSet;
use std::mem::discriminant;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::{TestCaseResult, TestRunner};
use signaling::event::Table;
use signaling::{
    Answers, Command, Event, EventKind, Group, Invitation, InviteId, Invitee, InviteeList,
    InviteeState, Outcome, Rejection, Role, SettingsChange, Settlement, Snapshot, Switch,
    Timestamp, UserId, apply, decide, json, settlement,
};
use support::*;

/// Something that somebody tries. Members and invitations are drawn by position, for only the
/// class that the step meets knows which there are.
#[derive(Debug, Clone)]
enum Deed {
    Join,
    Invite { by: Index, invitee: Index, seconds: u32 },
    InviteInGroup { by: Index, whom: Whom, seconds: u32, is_first: bool },
    Verb { verb: Verb, by: Who, which: Index },
    ChangeRole { by: Index, user: Index, role: Role },
    Leave { by: Index, user: Index },
    ChangeGroup { by: Index, locked: Option<bool>, on: Option<bool> },
    Expire,
}

#[derive(Debug, Clone)]
enum Whom {
    Everyone,
    These(Vec<Index>),
}

#[derive(Debug, Clone)]
enum Verb {
    Accept,
    Reject,
    Cancel,
    Finish,
    FinishOf(Index),
    Modify(u8),
}

/// Who tries a verb on an invitation: mostly somebody whom it concerns.
#[derive(Debug, Clone)]
enum Who {
    Anybody(Index),
    Inviter,
    Invitee(Index),
}

#[derive(Debug, Clone)]
enum Wait {
    Millis(i64),
    /// To this many milliseconds off the next deadline.
    Deadline(i64),
}

#[derive(Debug, Clone)]
struct Step {
    wait: Wait,
    deed: Deed,
}

fn any_index() -> impl Strategy<Value = Index> {
    any::<Index>()
}

fn any_seconds() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0), 1..=3_u32]
}

fn any_role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Teacher), Just(Role::Student)]
}

fn any_whom() -> impl Strategy<Value = Whom> {
    prop_oneof![
        Just(Whom::Everyone),
        prop::collection::vec(any_index(), 0..4).prop_map(Whom::These),
    ]
}

fn any_verb() -> impl Strategy<Value = Verb> {
    prop_oneof![
        6 => Just(Verb::Accept),
        3 => Just(Verb::Reject),
        2 => Just(Verb::Cancel),
        2 => Just(Verb::Finish),
        2 => any_index().prop_map(Verb::FinishOf),
        1 => (0..3_u8).prop_map(Verb::Modify),
    ]
}

fn any_who() -> impl Strategy<Value = Who> {
    prop_oneof![
        3 => any_index().prop_map(Who::Invitee),
        2 => Just(Who::Inviter),
        1 => any_index().prop_map(Who::Anybody),
    ]
}

fn any_deed() -> impl Strategy<Value = Deed> {
    let some_bool = || prop::option::of(any::<bool>());
    prop_oneof![
        2 => Just(Deed::Join),
        3 => (any_index(), any_index(), any_seconds())
            .prop_map(|(by, invitee, seconds)| Deed::Invite { by, invitee, seconds }),
        7 => (any_index(), any_whom(), any_seconds(), any::<bool>()).prop_map(
            |(by, whom, seconds, is_first)| Deed::InviteInGroup { by, whom, seconds, is_first }
        ),
        14 => (any_verb(), any_who(), any_index())
            .prop_map(|(verb, by, which)| Deed::Verb { verb, by, which }),
        2 => (any_index(), any_index(), any_role())
            .prop_map(|(by, user, role)| Deed::ChangeRole { by, user, role }),
        1 => (any_index(), any_index()).prop_map(|(by, user)| Deed::Leave { by, user }),
        1 => any_index().prop_map(|user| Deed::Leave { by: user, user }),
        1 => (any_index(), some_bool(), some_bool()).prop_map(|(by, locked, on)| {
            Deed::ChangeGroup { by, locked, on }
        }),
        2 => Just(Deed::Expire),
    ]
}

/// Mostly no wait at all, so that verbs race; else some, or right to the brink of a deadline.
fn any_wait() -> impl Strategy<Value = Wait> {
    prop_oneof![
        6 => Just(Wait::Millis(0)),
        2 => (1..1_500_i64).prop_map(Wait::Millis),
        2 => (-1..=1_i64).prop_map(Wait::Deadline),
    ]
}

fn any_life() -> impl Strategy<Value = Vec<Step>> {
    let step = (any_wait(), any_deed()).prop_map(|(wait, deed)| Step { wait, deed });
    prop::collection::vec(step, 1..60)
}

impl Class {
    /// Two teachers and two students; more may join.
    fn lesson() -> Self {
        let mut class = Self::begun_by(user(1));
        for number in 2..=4 {
            class.act(join(user(number))).expect("the class is open");
        }
        class.act(make(user(1), Role::Teacher, user(2))).expect("a co-teacher");
        class
    }

    /// Everybody who ever joined.
    fn people(&self) -> Vec<UserId> {
        let joined = self.log.iter().filter_map(|event| match &event.kind {
            EventKind::MemberJoined(joined) => Some(joined.user_id),
            _ => None,
        });
        joined.collect()
    }

    /// Every invitation ever made.
    fn invitations(&self) -> Vec<&Invitation> {
        let made = self.log.iter().filter_map(|event| match &event.kind {
            EventKind::ReceiveNewInvitation(new) => self.group.invitation(new.invite_id),
            _ => None,
        });
        made.collect()
    }

    fn passes(&mut self, wait: &Wait) {
        let millis = match (wait, self.group.next_deadline()) {
            (Wait::Millis(millis), _) => *millis,
            (Wait::Deadline(offset), Some(deadline)) => deadline.millis_since(self.now) + offset,
            (Wait::Deadline(_), None) => 0,
        };
        self.wait(millis.max(0));
    }

    /// The command that this deed comes to now.
    fn command(&self, deed: &Deed) -> Command {
        let people = self.people();
        let person = |index: &Index| *index.get(&people);
        let made = self.invitations();
        let fresh = invite_id(u8::try_from(made.len()).expect("a life is short"));
        match deed {
            Deed::Join => join(user(u8::try_from(people.len() + 1).expect("a life is short"))),
            Deed::Invite { by, invitee, seconds } => {
                within(*seconds, invite(person(by), fresh, person(invitee)))
            }
            Deed::InviteInGroup { by, whom, seconds, is_first } => {
                let list = match whom {
                    Whom::Everyone => InviteeList::Everyone,
                    Whom::These(some) => InviteeList::Members(some.iter().map(person).collect()),
                };
                let invitation = within(*seconds, invite_in_group(person(by), fresh, list));
                if *is_first { first(invitation) } else { invitation }
            }
            Deed::Verb { verb, by, which } => {
                let recent = &made[made.len().saturating_sub(4)..];
                let Some(invitation) = recent.get(which.index(recent.len().max(1))) else {
                    return cancel(people[0], fresh);
                };
                let id = invitation.invite_id;
                let by = match by {
                    Who::Anybody(index) => person(index),
                    Who::Inviter => invitation.inviter,
                    Who::Invitee(_) if invitation.parts().is_empty() => invitation.inviter,
                    Who::Invitee(index) => index.get(invitation.parts()).user_id,
                };
                match verb {
                    Verb::Accept => saying("\u{1}\"é", accept(by, id)),
                    Verb::Reject => reject(by, id),
                    Verb::Cancel => cancel(by, id),
                    Verb::Finish => saying("\n", finish(by, id)),
                    Verb::FinishOf(index) => finish_of(by, id, person(index)),
                    Verb::Modify(number) => modify(by, id, &"\\\t".repeat(usize::from(*number))),
                }
            }
            Deed::ChangeRole { by, user, role } => make(person(by), *role, person(user)),
            Deed::Leave { by, user } => leave(person(by), person(user)),
            Deed::ChangeGroup { by, locked, on } => {
                let switches = on.map(|on| (Switch::off("switch"), on)).into_iter().collect();
                let change = SettingsChange { locked: *locked, switches, ..Default::default() };
                set(person(by), change)
            }
            Deed::Expire => Command::Expire,
        }
    }
}

/// The same, with words.
fn saying(words: &str, mut command: Command) -> Command {
    if let Command::Accept { data, .. } | Command::Finish { data, .. } = &mut command {
        words.clone_into(data);
    }
    command
}

/// One command in a life, with the class before and after it.
struct Moment<'a> {
    before: &'a Class,
    command: &'a Command,
    outcome: &'a Result<Outcome, Rejection>,
    after: &'a Class,
}

impl Moment<'_> {
    fn events(&self) -> &[Event] {
        self.outcome.as_ref().map_or(&[], |outcome| &outcome.events)
    }
}

/// Lives the life, and has every moment of it looked at.
fn live(
    life: &[Step],
    mut look: impl FnMut(Moment<'_>) -> TestCaseResult,
) -> Result<Class, TestCaseError> {
    let mut class = Class::lesson();
    for Step { wait, deed } in life {
        class.passes(wait);
        let before = class.clone();
        let command = class.command(deed);
        let outcome = class.act(command.clone());
        look(Moment { before: &before, command: &command, outcome: &outcome, after: &class })?;
    }
    Ok(class)
}

fn lived(life: &[Step]) -> Result<Class, TestCaseError> {
    live(life, |_| Ok(()))
}

fn decided(group: &Group, now: Timestamp, command: &Command) -> Option<Group> {
    let events = decide(group, now, command).ok()?;
    let mut group = group.clone();
    for event in &events {
        apply(&mut group, event);
    }
    Some(group)
}

fn state(group: &Group, invite_id: InviteId, user: UserId) -> Option<InviteeState> {
    Some(group.invitation(invite_id)?.part(user)?.state)
}

/// Each part that this event names, with the state that it must have been in until now.
fn named(event: &Event) -> Vec<(UserId, InviteeState)> {
    let pending = |list: &InviteeList| match list {
        InviteeList::Everyone => Vec::new(),
        InviteeList::Members(members) => {
            members.iter().map(|user| (*user, InviteeState::Pending)).collect()
        }
    };
    match &event.kind {
        EventKind::InviteeAccepted(event) => vec![(event.invitee, InviteeState::Pending)],
        EventKind::InviteeRejected(event) => vec![(event.invitee, InviteeState::Pending)],
        EventKind::InvitationCancelled(event) => pending(&event.invitee_list),
        EventKind::InvitationTimeout(event) => pending(&event.invitee_list),
        EventKind::InviteeFinished(event) => vec![(event.invitee, InviteeState::Accepted)],
        _ => Vec::new(),
    }
}

fn may_become(from: InviteeState, to: InviteeState) -> bool {
    use InviteeState::{Accepted, Cancelled, Finished, Pending, Rejected, TimedOut};
    match from {
        Pending => matches!(to, Accepted | Rejected | Cancelled | TimedOut),
        Accepted => to == Finished,
        Rejected | Cancelled | TimedOut | Finished => false,
    }
}

/// What a member sees of the group, as the wire carries it; but not the place in the log, which
/// another pair's events move unseen.
fn seen(group: &Group, user: UserId, now: Timestamp) -> serde_json::Value {
    let snapshot = Snapshot { seq: 0, ..Snapshot::of(group, user, now, |_| false) };
    serde_json::to_value(snapshot).expect("a snapshot is JSON")
}

/// Whose part and which invitation, for every part still to be answered in time.
fn answerable(class: &Class) -> Vec<(&Invitation, UserId)> {
    let open = class.group.live().filter(|invitation| !invitation.is_due(class.now));
    open.flat_map(|i| i.in_state(InviteeState::Pending).map(move |user| (i, user))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_part_settles_once_and_then_only_an_acceptance_finishes(life in any_life()) {
        use InviteeState::{Cancelled, Pending};
        live(&life, |moment| {
            let mut group = moment.before.group.clone();
            for event in moment.events() {
                let earlier = group.clone();
                apply(&mut group, event);
                if let Some(invitation) = event.invite_id().and_then(|id| earlier.invitation(id)) {
                    for (user, was) in named(event) {
                        prop_assert_eq!(invitation.part(user).map(|part| part.state), Some(was));
                    }
                }
                for invitation in moment.before.invitations() {
                    let id = invitation.invite_id;
                    let was = earlier.invitation(id).map(Invitation::parts).unwrap_or_default();
                    let is = group.invitation(id).map(Invitation::parts).unwrap_or_default();
                    prop_assert!(is.len() >= was.len(), "nobody's part is forgotten");
                    let invited: BTreeSet<UserId> = is.iter().map(|part| part.user_id).collect();
                    prop_assert_eq!(invited.len(), is.len(), "nobody has two parts");
                    for (was, is) in was.iter().zip(is) {
                        prop_assert_eq!(was.user_id, is.user_id);
                        let is_asked_again = was.reason.as_deref() == Some("roleChanged")
                            && matches!(event.kind, EventKind::MemberChanged(_))
                            && (was.state, is.state) == (Cancelled, Pending);
                        let may_be = is_asked_again || may_become(was.state, is.state);
                        let settles = is.seq == event.seq && may_be;
                        prop_assert!(was == is || settles, "{:?} became {:?}", was, is);
                    }
                    for new in &is[was.len()..] {
                        prop_assert_eq!((new.state, new.seq), (InviteeState::Pending, event.seq));
                    }
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn of_two_verbs_that_race_for_a_part_the_earlier_wins_and_the_later_changes_nothing(
        life in any_life(),
    ) {
        let class = lived(&life)?;
        for (invitation, invitee) in answerable(&class) {
            let (id, deadline) = (invitation.invite_id, invitation.expires_at);
            let mut rivals = vec![
                (class.now, accept(invitee, id), InviteeState::Accepted),
                (class.now, reject(invitee, id), InviteeState::Rejected),
                (class.now, cancel(invitation.inviter, id), InviteeState::Cancelled),
                (class.now, leave(invitee, invitee), InviteeState::Cancelled),
            ];
            rivals.extend(deadline.map(|at| (at, Command::Expire, InviteeState::TimedOut)));
            for (at, earlier, wins) in &rivals {
                // The last teacher cannot leave.
                let Some(group) = decided(&class.group, *at, earlier) else { continue };
                prop_assert_eq!(state(&group, id, invitee), Some(*wins));
                for (then, later, _) in &rivals {
                    let end = decided(&group, *at.max(then), later);
                    let end = end.unwrap_or_else(|| group.clone());
                    let took_it_along = matches!(later, Command::Leave { .. })
                        && *wins == InviteeState::Accepted
                        && end.member(invitee).is_none();
                    let expected = if took_it_along { InviteeState::Finished } else { *wins };
                    prop_assert_eq!(state(&end, id, invitee), Some(expected), "{:?}", later);
                }
            }
        }
    }

    #[test]
    fn the_first_acceptance_takes_an_invitation_that_asks_for_the_first(life in any_life()) {
        let class = lived(&life)?;
        for invitation in class.invitations() {
            if invitation.answers == Answers::First {
                let takes = |part: &&Invitee| {
                    matches!(part.state, InviteeState::Accepted | InviteeState::Finished)
                };
                let takers = invitation.parts().iter().filter(takes).count();
                prop_assert!(takers <= 1);
                prop_assert!(takers == 0 || !invitation.open);
            }
        }
    }

    #[test]
    fn replaying_the_log_from_empty_gives_the_live_group(life in any_life()) {
        let class = lived(&life)?;
        let mut replayed = Group::new(GROUP);
        for event in &class.log {
            apply(&mut replayed, event);
        }
        prop_assert_eq!(&replayed, &class.group);
        for event in &class.log {
            apply(&mut replayed, event);
        }
        prop_assert_eq!(&replayed, &class.group, "an event folded twice is folded once");
    }

    #[test]
    fn what_the_live_invitations_come_to_is_what_they_are(life in any_life()) {
        live(&life, |moment| {
            let group = &moment.after.group;
            let live: Vec<&Invitation> = group.live().collect();
            prop_assert!(live.iter().all(|invitation| invitation.is_live()));
            prop_assert_eq!(group.count_live(), live.len());
            let parts: usize = live.iter().map(|it| it.parts().len()).sum();
            prop_assert_eq!(group.count_rows(), group.members().len() + live.len() + parts);
            let words = |invitation: &&Invitation| {
                let accepted = |part: &Invitee| part.accepted.as_ref()?.data.clone();
                let of_parts = invitation
                    .parts()
                    .iter()
                    .flat_map(|part| part.data.clone().into_iter().chain(accepted(part)));
                let closing = invitation.closing.as_ref().and_then(|it| it.data.clone());
                let said = std::iter::once(invitation.data.clone()).chain(of_parts).chain(closing);
                let in_json = |data: String| serde_json::to_string(&data).expect("JSON").len() - 2;
                said.map(in_json).sum::<usize>()
            };
            prop_assert_eq!(group.count_words(), live.iter().map(words).sum::<usize>());
            let mut of_all = 0;
            for user in moment.after.people() {
                let count = live.iter().filter(|it| it.inviter == user).count();
                prop_assert_eq!(group.count_live_of(user), count);
                of_all += group.count_words_of(user);
            }
            prop_assert_eq!(of_all, group.count_words(), "all words are somebody's");
            for role in [Role::Student, Role::Teacher] {
                let asks_them = |it: &&&Invitation| {
                    let inviter = group.member(it.inviter).expect("who asks is there");
                    it.open
                        && it.invitee_list == InviteeList::Everyone
                        && inviter.role.invites() == role
                };
                let to_everyone: Vec<InviteId> =
                    live.iter().filter(|it| it.open).filter(asks_them).map(|it| it.invite_id).collect();
                prop_assert!(group.live_to_everyone(role).eq(to_everyone));
            }
            Ok(())
        })?;
    }

    #[test]
    fn an_event_that_went_through_json_is_the_event(life in any_life()) {
        for event in lived(&life)?.log {
            let body = serde_json::to_string(&event).expect("an event is JSON");
            let name = event.kind.name();
            prop_assert_eq!(json::read_events(name, &body), Ok(vec![event.clone()]));
            let mut body = serde_json::Deserializer::from_str(&body);
            prop_assert_eq!(Event::decode(name, &mut body).ok(), Some(event));
        }
    }

    #[test]
    fn what_is_told_in_tables_is_read_as_what_it_was(life in any_life()) {
        let log = lived(&life)?.log;
        let mut read = Vec::new();
        let mut rest = log.iter().peekable();
        while let Some(first) = rest.next() {
            let mut table = Table::of(first);
            while rest.next_if(|next| table.add(next)).is_some() {}
            let text = serde_json::to_string(&table).expect("a table is JSON");
            read.extend(json::read_events(first.kind.name(), &text).expect("the table"));
        }
        prop_assert_eq!(read, log);
    }

    #[test]
    fn events_are_numbered_without_gaps_and_bear_the_moment_of_their_decision(
        life in any_life(),
    ) {
        live(&life, |moment| {
            for (event, seq) in moment.events().iter().zip(moment.before.group.seq + 1..) {
                prop_assert_eq!((event.seq, event.at), (seq, moment.before.now));
            }
            let made = u64::try_from(moment.events().len()).expect("a count");
            prop_assert_eq!(moment.after.group.seq, moment.before.group.seq + made);
            Ok(())
        })?;
    }

    #[test]
    fn a_client_that_starts_from_a_snapshot_and_applies_what_it_may_see_agrees_with_the_server(
        life in any_life(),
        start in any_index(),
    ) {
        let start = start.index(life.len());
        let mut clients: Vec<(UserId, Group)> = Vec::new();
        let mut step = 0;
        live(&life, |moment| {
            let server = &moment.after.group;
            for (user, client) in &mut clients {
                for event in moment.events() {
                    if event.audience(server).includes(*user) {
                        apply(client, event);
                    }
                }
            }
            if step == start {
                for member in server.members() {
                    let now = moment.after.now;
                    let snapshot = Snapshot::of(server, member.user_id, now, |_| true);
                    let wire = serde_json::to_string(&snapshot).expect("a snapshot is JSON");
                    let read: Snapshot = json::read(&wire).expect("and back");
                    clients.push((member.user_id, Group::from(read)));
                }
            }
            step += 1;
            clients.retain(|(user, _)| server.member(*user).is_some());
            for (user, client) in &clients {
                let now = moment.after.now;
                prop_assert_eq!(seen(client, *user, now), seen(server, *user, now));
            }
            Ok(())
        })?;
    }

    #[test]
    fn nobody_sees_or_touches_another_pairs_one_to_one_invitation(life in any_life()) {
        let class = lived(&life)?;
        for invitation in class.invitations().into_iter().filter(|i| i.group_id.is_none()) {
            let id = invitation.invite_id;
            let pair = [invitation.inviter, invitation.parts()[0].user_id];
            prop_assert_eq!(invitation.parts().len(), 1);
            let others = class.group.members().iter().filter(|m| !pair.contains(&m.user_id));
            for other in others.map(|member| member.user_id) {
                prop_assert!(!invitation.is_visible_to(other));
                let snapshot = Snapshot::of(&class.group, other, class.now, |_| true);
                prop_assert!(snapshot.invitations.iter().all(|seen| seen.invite_id != id));
                for event in class.log.iter().filter(|event| event.invite_id() == Some(id)) {
                    prop_assert!(!event.audience(&class.group).includes(other));
                    prop_assert!(pair.iter().all(|u| event.audience(&class.group).includes(*u)));
                }
                let refused = |verb| decide(&class.group, class.now, &verb);
                for verb in [
                    accept(other, id), reject(other, id), cancel(other, id), modify(other, id, "mine"),
                ] {
                    prop_assert_eq!(refused(verb), Err(Rejection::NoSuchInvitation));
                }
                // But a teacher may end what goes on between any two.
                let began = [InviteeState::Accepted, InviteeState::Finished];
                let role = class.group.member(other).map(|member| member.role);
                let may_end = role == Some(Role::Teacher)
                    && began.contains(&invitation.parts()[0].state);
                for verb in [finish(other, id), finish_of(other, id, pair[1])] {
                    if may_end {
                        prop_assert!(refused(verb).is_ok());
                    } else {
                        prop_assert_eq!(refused(verb), Err(Rejection::NoSuchInvitation));
                    }
                }
            }
        }
    }

    #[test]
    fn an_accept_at_or_after_the_deadline_loses_whether_or_not_the_timer_has_run(
        life in any_life(),
        late in 0..2_000_i64,
    ) {
        let class = lived(&life)?;
        for (invitation, invitee) in answerable(&class) {
            let Some(deadline) = invitation.expires_at else { continue };
            let verb = accept(invitee, invitation.invite_id);
            let at = |offset: i64| Timestamp::from_millis(deadline.as_millis() + offset);
            prop_assert!(decide(&class.group, at(-1), &verb).is_ok(), "in time");
            let expired = decided(&class.group, at(late), &Command::Expire).expect("it is due");
            for group in [&class.group, &expired] {
                let lost = Err(Rejection::AlreadyProcessed(InviteeState::TimedOut));
                prop_assert_eq!(decide(group, at(late), &verb), lost);
            }
        }
    }

    #[test]
    fn a_timeout_handled_twice_is_one(life in any_life()) {
        let class = live(&life, |moment| {
            let expired = decided(&moment.after.group, moment.after.now, &Command::Expire);
            let expired = expired.expect("the clock is never refused");
            prop_assert_eq!(decide(&expired, moment.after.now, &Command::Expire), Ok(Vec::new()));
            Ok(())
        })?;
        let mut timed_out = BTreeSet::new();
        for event in &class.log {
            if let EventKind::InvitationTimeout(timeout) = &event.kind {
                prop_assert!(timed_out.insert(timeout.invite_id), "one timeout event at most");
            }
        }
    }

    #[test]
    fn the_next_deadline_is_the_earliest_open_one_and_expiring_then_leaves_nothing_due(
        life in any_life(),
    ) {
        live(&life, |moment| {
            let class = moment.after;
            let open = class.invitations().into_iter().filter(|invitation| invitation.open);
            let earliest = open.filter_map(|invitation| invitation.expires_at).min();
            prop_assert_eq!(class.group.next_deadline(), earliest);
            if let Some(deadline) = earliest {
                let expired = decided(&class.group, deadline, &Command::Expire);
                let expired = expired.expect("the clock is never refused");
                prop_assert!(expired.next_deadline().is_none_or(|next| next > deadline));
                prop_assert!(!expired.live().any(|invitation| invitation.is_due(deadline)));
            }
            Ok(())
        })?;
    }

    #[test]
    fn what_has_no_timeout_never_times_out(life in any_life(), days in 0..1_000_i64) {
        let mut class = lived(&life)?;
        class.wait(days * 86_400_000);
        for event in class.act(Command::Expire).expect("the clock is never refused").events {
            let invitation = event.invite_id().and_then(|id| class.group.invitation(id));
            prop_assert!(invitation.is_some_and(|invitation| invitation.timeout.seconds() > 0));
        }
    }

    #[test]
    fn a_verb_that_won_answers_again_with_the_same_and_makes_no_event(life in any_life()) {
        live(&life, |moment| {
            let Ok(Outcome { settlement: Some(won), .. }) = moment.outcome else { return Ok(()) };
            let class = moment.after;
            prop_assert_eq!(decide(&class.group, class.now, moment.command), Ok(Vec::new()));
            let again = settlement(&class.group, moment.command, &[]);
            let Settlement { invitees, .. } = again.as_ref().expect("a verb on an invitation");
            prop_assert!(won.invitees.iter().all(|part| invitees.contains(part)));
            if matches!(moment.command, Command::Accept { .. } | Command::Reject { .. }) {
                prop_assert_eq!(again.as_ref(), Some(won));
            }
            Ok(())
        })?;
    }

    #[test]
    fn what_a_verb_answers_names_the_event_that_settled_its_parts(life in any_life()) {
        live(&life, |moment| {
            let Ok(Outcome { settlement: Some(settled), .. }) = moment.outcome else {
                return Ok(());
            };
            if let Some(seq) = settled.invitees.iter().map(|part| part.seq).max() {
                prop_assert_eq!(settled.seq, seq);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_rejected_command_changes_nothing(life in any_life()) {
        live(&life, |moment| {
            if moment.outcome.is_err() {
                prop_assert_eq!(&moment.after.group, &moment.before.group);
                prop_assert_eq!(&moment.after.log, &moment.before.log);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_class_keeps_a_teacher(life in any_life()) {
        live(&life, |moment| {
            prop_assert!(moment.after.group.with_role(Role::Teacher).next().is_some());
            Ok(())
        })?;
    }

    #[test]
    fn a_student_never_invites_a_student(life in any_life()) {
        live(&life, |moment| {
            let Class { group, .. } = moment.after;
            let role = |user| group.member(user).map(|member| member.role);
            for event in moment.events() {
                if let EventKind::ReceiveNewInvitation(new) = &event.kind
                    && role(new.inviter) == Some(Role::Student)
                {
                    let invited = group.invitation(new.invite_id).expect("it was just made");
                    let mut invited = invited.parts().iter().map(|part| role(part.user_id));
                    prop_assert!(invited.all(|role| role == Some(Role::Teacher)));
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn only_members_are_pending_or_accepted(life in any_life()) {
        live(&life, |moment| {
            let Class { group, .. } = moment.after;
            for invitation in group.live() {
                let is_going_on = |part: &&Invitee| {
                    matches!(part.state, InviteeState::Pending | InviteeState::Accepted)
                };
                for part in invitation.parts().iter().filter(is_going_on) {
                    prop_assert!(group.member(part.user_id).is_some(), "{:?}", part);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn everyone_is_everyone_whom_the_inviter_may_invite_and_nobody_else(life in any_life()) {
        live(&life, |moment| {
            let Class { group, now, .. } = moment.after;
            let to_all = |i: &&Invitation| {
                i.open && !i.is_due(*now) && i.invitee_list == InviteeList::Everyone
            };
            for invitation in group.live().filter(to_all) {
                let inviter = group.member(invitation.inviter);
                let inviter = inviter.expect("what somebody had open went with them");
                for member in group.with_role(inviter.role.invites()) {
                    prop_assert!(invitation.part(member.user_id).is_some(), "{:?}", member);
                }
                for user in invitation.in_state(InviteeState::Pending) {
                    let role = group.member(user).map(|member| member.role);
                    prop_assert_eq!(role, Some(inviter.role.invites()));
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn whoever_joins_at_or_after_the_deadline_is_not_invited(life in any_life()) {
        live(&life, |moment| {
            for event in moment.events() {
                for invitation in moment.after.group.live() {
                    let mut joined = invitation.parts().iter().filter(|p| p.seq == event.seq);
                    let is_late = invitation.expires_at.is_some_and(|end| end <= event.at);
                    prop_assert!(joined.all(|p| p.state != InviteeState::Pending || !is_late));
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_end_leaves_nothing_live_and_nothing_more_to_do(life in any_life()) {
        let mut class = lived(&life)?;
        let teacher = class.group.with_role(Role::Teacher).next().expect("a teacher").user_id;
        prop_assert!(class.act(end(teacher)).is_ok());
        prop_assert!(class.group.ended);
        prop_assert_eq!(class.group.live().count(), 0);
        for Step { deed, .. } in &life {
            let late = class.command(deed);
            prop_assert_eq!(decide(&class.group, class.now, &late), Err(Rejection::Ended));
        }
    }
}

/// The properties are worth something only if the lives they look at are full.
#[test]
fn the_lives_meet_every_event_and_every_refusal_that_a_small_class_can_meet() {
    let mut runner = TestRunner::deterministic();
    let mut events = BTreeSet::new();
    let mut refusals = Vec::new();
    for _ in 0..100 {
        let life = any_life().new_tree(&mut runner).expect("a life").current();
        let class = live(&life, |moment| {
            if let Err(refusal) = moment.outcome
                && !refusals.iter().any(|seen| discriminant(seen) == discriminant(refusal))
            {
                refusals.push(*refusal);
            }
            Ok(())
        });
        events.extend(class.expect("a life").log.iter().map(|event| event.kind.name()));
    }
    let missing: Vec<_> = EventKind::NAMES.iter().filter(|name| !events.contains(*name)).collect();
    // What only applications make happen is met in their tests.
    let of_applications = ["onInviteeModified", "onInvitationCleared", "onPerformed", "onUndone"];
    let missing: Vec<_> = missing.into_iter().filter(|it| !of_applications.contains(it)).collect();
    assert_eq!(missing, [&"onGroupEnded"], "a life goes on");
    for expected in [
        Rejection::NobodyInvited,
        Rejection::DuplicateInvitee,
        Rejection::InvitesOneself,
        Rejection::NotSignedIn,
        Rejection::Locked,
        Rejection::TeachersOnly,
        Rejection::InvitesTeachersOnly,
        Rejection::NotInvited,
        Rejection::NotTheInviter,
        Rejection::NotAcceptedYet,
        Rejection::NoSuchInvitation,
        Rejection::NotAMember,
        Rejection::NoSuchMember,
        Rejection::AlreadyProcessed(InviteeState::Accepted),
        Rejection::LastTeacher,
    ] {
        let is_met = refusals.iter().any(|seen| discriminant(seen) == discriminant(&expected));
        assert!(is_met, "{expected:?} was never met");
    }
}
