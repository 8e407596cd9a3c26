//! Shows the promises of the contract one by one: the life of an invitation (§1), who may do what
//! (§2), how a refusal is told (§3), and the fields of the events (§4).

mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use signaling::event::{
    GroupEnded, InvitationCancelled, InvitationModified, InvitationTimeout, InviteeAccepted,
    InviteeFinished, InviteeRejected, MemberChanged, MemberJoined, MemberLeft, Table,
};
use signaling::wire::{ChangeSettings, ToldInvitation};
use signaling::{
    Alike, Amount, Application, Audience, Closing, Code, Command, Eraser, Event, EventKind,
    FinishWhom, Group, Invitation, InviteId, InviteeList, InviteeState, MAX_DATA_BYTES,
    MAX_MEMBERS, Name, NameError, NamesShown, Problem, Reason, Refusal, Rejection, Role,
    STUDENTS_INVITE_STUDENTS, Setting, Settings, SettingsChange, Snapshot, Switch, Timeout,
    Timestamp, UserId, apply, decide, json, may_ring, other_end, settled_again,
};
use support::*;

use InviteeList::Everyone;
use InviteeState::{Accepted, Cancelled, Finished, Pending, Rejected, TimedOut};
use Rejection::{
    AlreadyProcessed, InvitesTeachersOnly, NoSuchInvitation, NotAcceptedYet, NotBetweenTwo,
    NotInvited, NotTheInviter, TeachersOnly,
};

const ADA: UserId = user(1);
const BEN: UserId = user(2);
const CLEO: UserId = user(3);
const DAN: UserId = user(4);
const EVE: UserId = user(5);
/// Nobody in the class, until they join.
const FAY: UserId = user(6);

const HANDS: InviteId = invite_id(1);
const CALL: InviteId = invite_id(2);
const OTHER: InviteId = invite_id(3);

fn only<const N: usize>(members: [UserId; N]) -> InviteeList {
    InviteeList::Members(members.to_vec())
}

impl Class {
    /// Ada and Ben teach; Cleo, Dan and Eve are students.
    fn lesson() -> Self {
        let mut class = Self::begun_by(ADA);
        class.does([join(BEN), make(ADA, Role::Teacher, BEN), join(CLEO), join(DAN), join(EVE)]);
        class
    }

    /// Does what the rules allow, and gives what came of it.
    fn does<const N: usize>(&mut self, commands: [Command; N]) -> Vec<EventKind> {
        let mut kinds = Vec::new();
        for command in commands {
            let outcome = self.act(command.clone());
            let outcome = outcome.unwrap_or_else(|refusal| panic!("{command:?}: {refusal:?}"));
            kinds.extend(outcome.events.into_iter().map(|event| event.kind));
        }
        kinds
    }

    /// What the rules would say, without doing it.
    fn says(&self, command: &Command) -> Result<usize, Rejection> {
        decide(&self.group, self.now, command).map(|events| events.len())
    }

    fn seen(&self, invite_id: InviteId) -> &Invitation {
        self.group.invitation(invite_id).expect("the invitation was made")
    }

    fn state(&self, invite_id: InviteId, user: UserId) -> Option<InviteeState> {
        self.seen(invite_id).part(user).map(|part| part.state)
    }

    fn states(&self, invite_id: InviteId) -> Vec<(UserId, InviteeState)> {
        self.seen(invite_id).parts().iter().map(|part| (part.user_id, part.state)).collect()
    }

    /// Whether the invitation is open, and whether it is live.
    fn open_and_live(&self, invite_id: InviteId) -> (bool, bool) {
        let is_live = self.group.live().any(|invitation| invitation.invite_id == invite_id);
        (self.seen(invite_id).open, is_live)
    }

    /// Waits for the deadline, and so many milliseconds more.
    fn passes_the_deadline_of(&mut self, invite_id: InviteId, millis: i64) {
        let deadline = self.seen(invite_id).expires_at.expect("a deadline");
        self.wait(deadline.millis_since(self.now) + millis);
    }
}

/// The class in which Ada has called Cleo, and Cleo's part is in this state.
fn called(state: InviteeState) -> Class {
    let mut class = Class::lesson();
    class.does([within(10, invite_in_group(ADA, CALL, only([CLEO])))]);
    match state {
        Pending => {}
        Accepted => drop(class.does([accept(CLEO, CALL)])),
        Rejected => drop(class.does([reject(CLEO, CALL)])),
        Cancelled => drop(class.does([cancel(ADA, CALL)])),
        TimedOut => {
            class.passes_the_deadline_of(CALL, 0);
            class.does([Command::Expire]);
        }
        Finished => drop(class.does([accept(CLEO, CALL), finish(CLEO, CALL)])),
    }
    assert_eq!(class.state(CALL, CLEO), Some(state));
    class
}

fn accepted(invite_id: InviteId, invitee: UserId) -> EventKind {
    InviteeAccepted { invite_id, invitee, data: String::new(), by: None, place: None }.into()
}

fn cancelled(
    invite_id: InviteId,
    inviter: UserId,
    invitee_list: InviteeList,
    reason: Option<&str>,
) -> EventKind {
    cancelled_by(inviter, invite_id, inviter, invitee_list, reason)
}

/// Nobody did it.
fn cancelled_by_rule(
    invite_id: InviteId,
    inviter: UserId,
    invitee_list: InviteeList,
    reason: &str,
) -> EventKind {
    let (reason, data) = (Some(reason.to_owned()), String::new());
    InvitationCancelled { invite_id, inviter, invitee_list, data, reason, by: None }.into()
}

fn cancelled_by(
    by: UserId,
    invite_id: InviteId,
    inviter: UserId,
    invitee_list: InviteeList,
    reason: Option<&str>,
) -> EventKind {
    let (reason, data, by) = (reason.map(str::to_owned), String::new(), Some(by));
    InvitationCancelled { invite_id, inviter, invitee_list, data, reason, by }.into()
}

fn finished(invite_id: InviteId, invitee: UserId, by: UserId, reason: &str) -> EventKind {
    let reason = reason.to_owned();
    InviteeFinished { invite_id, invitee, by, reason, data: String::new() }.into()
}

fn timed_out(invite_id: InviteId, invitee_list: InviteeList) -> EventKind {
    InvitationTimeout { invite_id, invitee_list }.into()
}

fn left(user_id: UserId, reason: &str) -> EventKind {
    MemberLeft { user_id, reason: reason.to_owned() }.into()
}

// §1. The life of an invitation.

#[test]
fn every_verb_meets_every_state_of_an_invitee_as_the_contract_says() {
    let lost = |state| Err(AlreadyProcessed(state));
    let (wins, repeats) = (Ok(1), Ok(0));
    for (state, accepts, rejects, cancels, finishes) in [
        (Pending, wins, wins, wins, Err(NotAcceptedYet)),
        (Accepted, repeats, lost(Accepted), lost(Accepted), wins),
        (Rejected, lost(Rejected), repeats, lost(Rejected), lost(Rejected)),
        (Cancelled, lost(Cancelled), lost(Cancelled), repeats, lost(Cancelled)),
        (TimedOut, lost(TimedOut), lost(TimedOut), lost(TimedOut), lost(TimedOut)),
        (Finished, lost(Finished), lost(Finished), lost(Finished), repeats),
    ] {
        let class = called(state);
        assert_eq!(class.says(&accept(CLEO, CALL)), accepts, "accept when {state:?}");
        assert_eq!(class.says(&reject(CLEO, CALL)), rejects, "reject when {state:?}");
        assert_eq!(class.says(&cancel(ADA, CALL)), cancels, "cancel when {state:?}");
        assert_eq!(class.says(&finish(CLEO, CALL)), finishes, "finish when {state:?}");
    }
}

#[test]
fn cancel_closes_the_invitation_for_every_pending_invitee_and_only_those() {
    let mut class = Class::lesson();
    class.does([
        invite_in_group(ADA, HANDS, only([BEN, CLEO, DAN, EVE])),
        accept(BEN, HANDS),
        reject(CLEO, HANDS),
    ]);
    let events = class.does([cancel(ADA, HANDS)]);
    assert_eq!(events, [cancelled(HANDS, ADA, only([DAN, EVE]), None)]);
    assert_eq!(
        class.states(HANDS),
        [(BEN, Accepted), (CLEO, Rejected), (DAN, Cancelled), (EVE, Cancelled)]
    );
}

#[test]
fn an_invitation_to_a_list_is_open_while_an_invitee_is_pending() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, only([CLEO, DAN])), reject(CLEO, HANDS)]);
    assert_eq!(class.open_and_live(HANDS), (true, true));
    class.does([reject(DAN, HANDS)]);
    assert_eq!(class.open_and_live(HANDS), (false, false));
}

#[test]
fn an_invitation_to_everyone_stays_open_when_all_have_answered() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, Everyone)]);
    class.does([reject(CLEO, HANDS), reject(DAN, HANDS), reject(EVE, HANDS)]);
    assert_eq!(class.open_and_live(HANDS), (true, true));
    class.does([join(FAY)]);
    assert_eq!(class.state(HANDS, FAY), Some(Pending));
}

#[test]
fn an_invitation_to_everyone_closes_by_its_cancel_its_deadline_or_its_taking() {
    let to_all = || within(10, invite_in_group(ADA, HANDS, Everyone));
    type Closing = (&'static str, fn(&mut Class));
    let closings: [Closing; 3] = [
        ("its cancel", |class| drop(class.does([cancel(ADA, HANDS)]))),
        ("its deadline", |class| {
            class.passes_the_deadline_of(HANDS, 0);
            class.does([Command::Expire]);
        }),
        ("its taking", |class| drop(class.does([accept(CLEO, HANDS)]))),
    ];
    for (what, close) in closings {
        let mut class = Class::lesson();
        class.does([first(to_all())]);
        close(&mut class);
        assert!(!class.seen(HANDS).open, "{what}");
        class.does([join(FAY)]);
        assert_eq!(class.state(HANDS, FAY), None, "who joins after {what} is not invited");
    }
}

#[test]
fn an_invitation_is_live_while_it_is_open_or_a_part_of_it_is_accepted() {
    let mut class = called(Accepted);
    assert_eq!(class.open_and_live(CALL), (false, true));
    class.does([finish(ADA, CALL)]);
    assert_eq!(class.open_and_live(CALL), (false, false));
}

#[test]
fn what_comes_at_or_after_the_deadline_loses_whether_or_not_the_timer_has_run() {
    for timer_has_run in [false, true] {
        for millis_late in [0, 1, 86_400_000] {
            let mut class = called(Pending);
            class.passes_the_deadline_of(CALL, millis_late);
            if timer_has_run {
                class.does([Command::Expire]);
            }
            for verb in [
                accept(CLEO, CALL),
                reject(CLEO, CALL),
                cancel(ADA, CALL),
                modify(ADA, CALL, "later"),
            ] {
                assert_eq!(class.says(&verb), Err(AlreadyProcessed(TimedOut)), "{verb:?}");
            }
        }
    }
}

#[test]
fn what_comes_a_millisecond_before_the_deadline_wins() {
    for verb in [accept(CLEO, CALL), reject(CLEO, CALL), cancel(ADA, CALL)] {
        let mut class = called(Pending);
        class.passes_the_deadline_of(CALL, -1);
        assert_eq!(class.does([Command::Expire]), []);
        assert_eq!(class.does([verb]).len(), 1);
        class.wait(1);
        assert_eq!(class.does([Command::Expire]), [], "no timeout where nobody is pending");
    }
}

#[test]
fn a_timeout_is_0_to_86_400_whole_seconds() {
    for (text, seconds) in [
        ("0", Some(0)),
        ("30", Some(30)),
        ("86400", Some(86_400)),
        ("86401", None),
        ("-1", None),
        ("1.5", None),
        ("\"30\"", None),
        ("null", None),
    ] {
        let timeout = serde_json::from_str::<Timeout>(text).ok();
        assert_eq!(timeout.map(Timeout::seconds), seconds, "{text}");
    }
}

#[test]
fn the_deadline_lies_the_timeout_after_the_moment_of_inviting() {
    let mut class = Class::lesson();
    class.does([within(30, invite(ADA, CALL, CLEO))]);
    let call = class.seen(CALL);
    assert_eq!((call.created_at, call.expires_at), (class.now, Some(class.now.plus_seconds(30))));
    assert_eq!(class.group.next_deadline(), call.expires_at);
}

#[test]
fn a_timeout_of_0_never_comes() {
    let mut class = Class::lesson();
    class.does([invite(ADA, CALL, CLEO), invite_in_group(ADA, HANDS, Everyone)]);
    assert_eq!(class.seen(CALL).expires_at, None);
    assert_eq!(class.group.next_deadline(), None);
    class.wait(1_000 * 86_400_000);
    assert_eq!(class.does([Command::Expire]), []);
    assert_eq!(class.says(&accept(CLEO, CALL)), Ok(1));
}

#[test]
fn there_is_one_timeout_for_all_who_are_still_pending() {
    for (invitees, says) in [(only([CLEO, DAN, EVE]), only([DAN, EVE])), (Everyone, Everyone)] {
        let mut class = Class::lesson();
        class.does([within(10, invite_in_group(ADA, HANDS, invitees)), accept(CLEO, HANDS)]);
        class.wait(10_000);
        assert_eq!(class.does([Command::Expire]), [timed_out(HANDS, says)]);
        assert_eq!(class.states(HANDS), [(CLEO, Accepted), (DAN, TimedOut), (EVE, TimedOut)]);
        assert_eq!(class.does([Command::Expire]), [], "handled twice it is one");
    }
}

#[test]
fn a_deadline_that_passed_while_the_server_was_down_fires_when_it_is_up_again() {
    let mut class = called(Pending);
    class.does([within(5, invite_in_group(BEN, HANDS, Everyone))]);
    let mut restarted = Group::new(GROUP);
    for event in &class.log {
        apply(&mut restarted, event);
    }
    class.group = restarted;
    class.wait(3_600_000);
    assert_eq!(
        class.does([Command::Expire]),
        [timed_out(HANDS, Everyone), timed_out(CALL, only([CLEO]))],
        "in the order of the deadlines"
    );
}

#[test]
fn cancel_of_an_invitation_no_longer_open_fails_and_those_who_accepted_keep_what_they_have() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, only([CLEO, DAN]))]);
    class.does([accept(CLEO, HANDS), reject(DAN, HANDS)]);
    assert_eq!(class.says(&cancel(ADA, HANDS)), Err(AlreadyProcessed(Rejected)));
    assert_eq!(class.state(HANDS, CLEO), Some(Accepted));
}

#[test]
fn cancel_of_an_invitation_closed_otherwise_tells_what_closed_it() {
    type Closing = (Command, fn(&mut Class), InviteeState);
    let to = |list| within(10, invite_in_group(ADA, HANDS, list));
    let closings: [Closing; 5] = [
        (to(only([CLEO])), |class| drop(class.does([reject(CLEO, HANDS)])), Rejected),
        (to(only([CLEO])), |class| drop(class.does([leave(CLEO, CLEO)])), Cancelled),
        (first(to(Everyone)), |class| drop(class.does([accept(CLEO, HANDS)])), Accepted),
        (to(only([CLEO])), |class| class.wait(10_000), TimedOut),
        (
            to(Everyone),
            |class| {
                class.does([reject(CLEO, HANDS), reject(DAN, HANDS), reject(EVE, HANDS)]);
                class.wait(10_000);
            },
            TimedOut,
        ),
    ];
    for (invitation, close, state) in closings {
        for timer_has_run in [false, true] {
            let mut class = Class::lesson();
            class.does([invitation.clone()]);
            close(&mut class);
            if timer_has_run {
                class.does([Command::Expire]);
            }
            assert_eq!(class.says(&cancel(ADA, HANDS)), Err(AlreadyProcessed(state)));
        }
    }
}

#[test]
fn with_each_every_invitee_answers_for_themselves() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, Everyone)]);
    assert_eq!(class.does([accept(CLEO, HANDS)]), [accepted(HANDS, CLEO)]);
    assert_eq!(class.does([accept(DAN, HANDS)]), [accepted(HANDS, DAN)]);
    assert_eq!(class.states(HANDS), [(CLEO, Accepted), (DAN, Accepted), (EVE, Pending)]);
}

#[test]
fn with_first_the_first_acceptance_takes_it_and_cancels_all_still_pending() {
    for (invitees, says) in [(only([CLEO, DAN, EVE]), only([DAN])), (Everyone, Everyone)] {
        let mut class = Class::lesson();
        class.does([first(invite_in_group(ADA, HANDS, invitees)), reject(EVE, HANDS)]);
        let events = class.does([accept(CLEO, HANDS)]);
        let elsewhere = Some("answeredElsewhere");
        assert_eq!(
            events,
            [accepted(HANDS, CLEO), cancelled_by(CLEO, HANDS, ADA, says, elsewhere)]
        );
        assert_eq!(class.states(HANDS), [(CLEO, Accepted), (DAN, Cancelled), (EVE, Rejected)]);
        let dans = class.seen(HANDS).part(DAN).and_then(|part| part.reason.as_deref());
        assert_eq!(dans, elsewhere);
        assert_eq!(class.says(&accept(DAN, HANDS)), Err(AlreadyProcessed(Cancelled)));
        assert_eq!(class.says(&cancel(ADA, HANDS)), Err(AlreadyProcessed(Accepted)));
        assert_eq!(class.says(&accept(CLEO, HANDS)), Ok(0));
    }
}

#[test]
fn with_first_nobody_is_cancelled_where_nobody_else_is_pending() {
    for invitees in [only([CLEO, DAN, EVE]), Everyone] {
        let mut class = Class::lesson();
        class.does([first(invite_in_group(ADA, HANDS, invitees))]);
        class.does([reject(DAN, HANDS), reject(EVE, HANDS)]);
        assert_eq!(class.does([accept(CLEO, HANDS)]), [accepted(HANDS, CLEO)]);
        assert_eq!(class.open_and_live(HANDS), (false, true));
    }
}

#[test]
fn everyone_is_every_student_for_a_teacher_and_every_teacher_for_a_student() {
    for (inviter, invited) in [(ADA, vec![CLEO, DAN, EVE]), (CLEO, vec![ADA, BEN])] {
        let mut class = Class::lesson();
        class.does([invite_in_group(inviter, HANDS, Everyone)]);
        let pending: Vec<UserId> = class.seen(HANDS).in_state(Pending).collect();
        assert_eq!(pending, invited);
    }
}

#[test]
fn whoever_joins_or_takes_the_role_while_it_is_open_is_invited() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, Everyone), invite_in_group(CLEO, OTHER, Everyone)]);
    class.does([join(FAY), make(ADA, Role::Student, BEN), make(ADA, Role::Teacher, DAN)]);
    assert_eq!(class.state(HANDS, FAY), Some(Pending), "she joined");
    assert_eq!(class.state(HANDS, BEN), Some(Pending), "he came to be a student");
    assert_eq!(class.state(OTHER, DAN), Some(Pending), "he came to be a teacher");
    assert_eq!(class.state(OTHER, FAY), None, "she is no teacher");
}

#[test]
fn whoever_joins_at_the_deadline_is_not_invited_whether_or_not_the_timer_has_run() {
    let mut class = Class::lesson();
    class.does([within(10, invite_in_group(ADA, HANDS, Everyone))]);
    class.wait(10_000);
    class.does([join(FAY)]);
    assert_eq!(class.state(HANDS, FAY), None);
}

#[test]
fn whoever_takes_the_role_again_has_their_one_part_still() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, Everyone), reject(CLEO, HANDS)]);
    class.does([make(ADA, Role::Teacher, CLEO), make(ADA, Role::Student, CLEO)]);
    assert_eq!(class.states(HANDS), [(CLEO, Rejected), (DAN, Pending), (EVE, Pending)]);
}

#[test]
fn a_list_takes_in_nobody_who_comes_later() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, only([CLEO, DAN, EVE])), join(FAY)]);
    assert_eq!(class.state(HANDS, FAY), None);
}

#[test]
fn events_say_everyone_back() {
    let mut class = Class::lesson();
    let events = class.does([invite_in_group(ADA, HANDS, Everyone)]);
    assert!(matches!(&events[..],
        [EventKind::ReceiveNewInvitation(new)] if new.invitee_list == Everyone));
    assert_eq!(class.does([cancel(ADA, HANDS)]), [cancelled(HANDS, ADA, Everyone, None)]);
}

#[test]
fn finish_ends_ones_own_part_for_an_invitee_and_anyones_for_the_inviter_and_any_teacher() {
    let one = |user| Ok(vec![user]);
    let all = || Ok(vec![CLEO, DAN]);
    for (verb, whose) in [
        (finish(CLEO, HANDS), one(CLEO)),
        (finish(ADA, HANDS), all()),
        (finish(BEN, HANDS), all()),
        (finish_of(CLEO, HANDS, CLEO), one(CLEO)),
        (finish_of(ADA, HANDS, CLEO), one(CLEO)),
        (finish_of(BEN, HANDS, DAN), one(DAN)),
        (finish_of(CLEO, HANDS, DAN), Err(NotTheInviter)),
        (finish_of(CLEO, HANDS, user(99)), Err(Rejection::NotAMember)),
        (finish(FAY, HANDS), Err(NotInvited)),
        (finish_of(FAY, HANDS, CLEO), Err(NotInvited)),
        (finish_of(ADA, HANDS, EVE), Err(NotAcceptedYet)),
        (finish(EVE, HANDS), Err(NotAcceptedYet)),
        (finish_of(ADA, HANDS, user(99)), Err(Rejection::NotAMember)),
    ] {
        let mut class = Class::lesson();
        class.does([join(FAY), invite_in_group(ADA, HANDS, only([CLEO, DAN, EVE]))]);
        class.does([accept(CLEO, HANDS), accept(DAN, HANDS)]);
        let before = class.clone();
        let ended = class
            .act(verb.clone())
            .map(|_| class.seen(HANDS).in_state(Finished).collect::<Vec<UserId>>());
        assert_eq!(ended, whose, "{verb:?}");
        if ended.is_err() {
            assert_eq!(class.group, before.group);
        } else {
            assert_eq!(class.says(&verb), Ok(0), "once is enough");
        }
    }
}

#[test]
fn a_student_whose_ask_was_taken_may_finish_it() {
    let mut class = Class::lesson();
    class.does([invite_in_group(CLEO, HANDS, Everyone), accept(ADA, HANDS), accept(BEN, HANDS)]);
    assert_eq!(class.says(&finish(DAN, HANDS)), Err(NotInvited));
    assert_eq!(
        class.does([finish(CLEO, HANDS)]),
        [
            finished(HANDS, ADA, CLEO, Reason::Finished.text()),
            finished(HANDS, BEN, CLEO, Reason::Finished.text())
        ]
    );
}

#[test]
fn an_invitation_may_still_be_finished_after_its_deadline() {
    let mut class = Class::lesson();
    class.does([within(10, invite_in_group(ADA, HANDS, Everyone)), accept(CLEO, HANDS)]);
    class.wait(10_000);
    class.does([Command::Expire]);
    assert_eq!(class.says(&finish(CLEO, HANDS)), Ok(1));
}

#[test]
fn the_data_and_the_reason_of_a_verb_are_carried_untouched() {
    let data = "{\"operation\":\"call\",\"\\u0000\":\"\u{1f64b}\"} \n";
    let mut class = Class::lesson();
    class.does([
        Command::Invite {
            actor: ADA,
            invite_id: CALL,
            invitee: CLEO,
            data: data.to_owned(),
            timeout: Timeout::NEVER,
        },
        Command::Accept { actor: CLEO, invite_id: CALL, data: data.to_owned() },
    ]);
    assert_eq!(class.seen(CALL).data, data);
    assert_eq!(class.seen(CALL).part(CLEO).and_then(|part| part.data.as_deref()), Some(data));
    let hang_up = Command::Finish {
        actor: CLEO,
        invite_id: CALL,
        whom: signaling::FinishWhom::Unnamed,
        reason: Some("hungUp".to_owned()),
        data: data.to_owned(),
    };
    let over = InviteeFinished {
        invite_id: CALL,
        invitee: CLEO,
        by: CLEO,
        reason: "hungUp".to_owned(),
        data: data.to_owned(),
    };
    assert_eq!(class.does([hang_up]), [over.into()]);
}

#[test]
fn data_holds_at_most_12_288_bytes_of_utf_8() {
    let class = called(Pending);
    let fits = "é".repeat(MAX_DATA_BYTES / 2);
    let over = format!("{fits}.");
    assert_eq!(fits.len(), 12_288);
    let verbs: [fn(String) -> Command; 6] = [
        |data| Command::Accept { actor: CLEO, invite_id: CALL, data },
        |data| Command::Reject { actor: CLEO, invite_id: CALL, data, reason: None },
        |data| Command::Cancel { actor: ADA, invite_id: CALL, data, reason: None },
        |data| Command::Modify { actor: ADA, invite_id: CALL, data, expires_at: None },
        |data| {
            let timeout = Timeout::NEVER;
            Command::Invite { actor: ADA, invite_id: OTHER, invitee: DAN, data, timeout }
        },
        |data| match invite_in_group(ADA, OTHER, Everyone) {
            Command::InviteInGroup { actor, invite_id, invitee_list, timeout, answers, .. } => {
                Command::InviteInGroup { actor, invite_id, invitee_list, data, timeout, answers }
            }
            other => other,
        },
    ];
    for verb in verbs {
        assert_eq!(class.says(&verb(fits.clone())), Ok(1));
        assert_eq!(class.says(&verb(over.clone())), Err(Rejection::DataTooLarge));
    }
}

#[test]
fn what_is_said_to_many_at_once_holds_at_most_786_432_bytes_for_all_of_them() {
    let mut class = Class::begun_by(ADA);
    let students: Vec<UserId> = (10..110).map(user).collect();
    for student in &students {
        class.act(join(*student)).expect("a student");
    }
    class.act(invite_in_group(ADA, HANDS, Everyone)).expect("an invitation");
    let fits = "a".repeat(786_432 / students.len());
    let over = format!("{fits}.");
    let cancel = |data: &str| Command::Cancel {
        actor: ADA,
        invite_id: HANDS,
        data: data.to_owned(),
        reason: None,
    };
    assert_eq!(class.says(&cancel(&over)), Err(Rejection::DataTooLarge));
    assert_eq!(class.says(&cancel(&fits)), Ok(1));
    for student in &students {
        class.act(accept(*student, HANDS)).expect("a hand");
    }
    assert_eq!(class.says(&cancel(&over)), Ok(1), "nobody is pending, and nobody is told");
    let finish = |whom, data: &str| Command::Finish {
        actor: ADA,
        invite_id: HANDS,
        whom,
        reason: None,
        data: data.to_owned(),
    };
    let all = FinishWhom::Unnamed;
    assert_eq!(class.says(&finish(all, &over)), Err(Rejection::DataTooLarge));
    assert_eq!(class.says(&finish(all, &fits)), Ok(students.len()));
    assert_eq!(class.says(&finish(FinishWhom::Member(students[0]), &over)), Ok(1));
}

#[test]
fn an_invitation_may_be_modified_only_while_it_is_open() {
    let mut class = called(Pending);
    let modified = InvitationModified { invite_id: CALL, data: "new".to_owned(), expires_at: None };
    assert_eq!(class.does([modify(ADA, CALL, "new")]), [modified.into()]);
    assert_eq!(class.seen(CALL).data, "new");
    assert_eq!(class.does([modify(ADA, CALL, "new")]), [], "it says so already");
    for state in [Accepted, Rejected, Cancelled, TimedOut, Finished] {
        let refused = called(state).says(&modify(ADA, CALL, "new"));
        assert_eq!(refused, Err(AlreadyProcessed(state)));
    }
}

#[test]
fn repeating_the_verb_that_won_answers_with_the_state_as_it_is() {
    let started: [fn(&mut Class) -> Command; 4] = [
        |_| accept(CLEO, CALL),
        |_| reject(CLEO, CALL),
        |_| cancel(ADA, CALL),
        |class| {
            class.does([accept(CLEO, CALL)]);
            finish(CLEO, CALL)
        },
    ];
    for start in started {
        let mut class = called(Pending);
        let verb = start(&mut class);
        let won = class.act(verb.clone()).expect("it wins");
        class.wait(1);
        let again = class.act(verb).expect("it won");
        assert_eq!(won.settlement, again.settlement);
        assert_eq!(again.events, []);
    }
}

#[test]
fn repeating_a_cancel_or_finish_that_won_is_no_error_for_anyone_who_may() {
    assert_eq!(called(Cancelled).says(&cancel(BEN, CALL)), Ok(0));
    assert_eq!(called(Cancelled).says(&cancel(DAN, CALL)), Err(NotTheInviter));
    assert_eq!(called(Finished).says(&finish(BEN, CALL)), Ok(0));
    assert_eq!(called(Finished).says(&finish_of(ADA, CALL, CLEO)), Ok(0));
    assert_eq!(called(Finished).says(&finish(DAN, CALL)), Err(NotInvited));
}

#[test]
fn a_verbs_answer_holds_only_the_parts_it_settled_and_the_seq_of_the_event_that_did() {
    let mut class = Class::lesson();
    class.does([first(invite_in_group(ADA, HANDS, only([CLEO, DAN, EVE]))), reject(EVE, HANDS)]);
    let outcome = class.act(accept(CLEO, HANDS)).expect("she takes it");
    let answer = outcome.settlement.expect("a verb on an invitation");
    let parts: Vec<_> = answer.invitees.iter().map(|part| (part.user_id, part.state)).collect();
    assert_eq!(parts, [(CLEO, Accepted)]);
    assert_eq!((answer.invite_id, answer.seq), (HANDS, outcome.events[0].seq));
}

#[test]
fn a_finish_answers_with_what_it_finished_and_not_with_what_was_finished_before() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, Everyone), accept(CLEO, HANDS), accept(DAN, HANDS)]);
    class.does([finish(CLEO, HANDS)]);
    let answer = class.act(finish(ADA, HANDS)).expect("Dan's hand is up").settlement;
    let parts = answer.expect("a verb on an invitation").invitees;
    assert_eq!(parts.iter().map(|part| part.user_id).collect::<Vec<_>>(), [DAN]);
}

#[test]
fn a_member_who_leaves_or_is_removed_leaves_every_list() {
    for (actor, reason) in [(CLEO, "left"), (BEN, "removed")] {
        let mut class = Class::lesson();
        class.does([
            invite_in_group(ADA, HANDS, Everyone),
            invite(ADA, CALL, CLEO),
            invite_in_group(BEN, OTHER, only([CLEO, DAN])),
            accept(CLEO, CALL),
            reject(CLEO, OTHER),
        ]);
        assert_eq!(
            class.does([leave(actor, CLEO)]),
            [
                cancelled_by(actor, HANDS, ADA, only([CLEO]), Some("left")),
                finished(CALL, CLEO, actor, "left"),
                left(CLEO, reason),
            ]
        );
        assert_eq!(class.state(HANDS, CLEO), Some(Cancelled));
        assert_eq!(class.state(HANDS, DAN), Some(Pending), "the others are asked still");
        assert_eq!(class.state(CALL, CLEO), Some(Finished));
        assert_eq!(class.state(OTHER, CLEO), Some(Rejected), "what was settled stays");
        assert!(class.group.member(CLEO).is_none());
        assert_eq!(class.says(&accept(CLEO, HANDS)), Err(Rejection::NotSignedIn));
    }
}

#[test]
fn what_a_leaving_inviter_has_open_is_cancelled() {
    let mut class = Class::lesson();
    class.does([
        invite_in_group(BEN, HANDS, Everyone),
        invite(BEN, CALL, DAN),
        accept(CLEO, HANDS),
        accept(DAN, CALL),
    ]);
    assert_eq!(
        class.does([leave(BEN, BEN)]),
        [
            cancelled(HANDS, BEN, Everyone, Some("left")),
            finished(CALL, DAN, BEN, "left"),
            left(BEN, "left"),
        ]
    );
    assert_eq!(class.state(HANDS, CLEO), Some(Accepted), "a raised hand is the student's");
    assert_eq!(class.says(&finish(ADA, HANDS)), Ok(1), "and another teacher may lower it");
}

#[test]
fn a_leaving_students_ask_goes_with_them() {
    let mut class = Class::lesson();
    class.does([invite_in_group(CLEO, HANDS, Everyone), accept(ADA, HANDS)]);
    assert_eq!(
        class.does([leave(CLEO, CLEO)]),
        [
            cancelled(HANDS, CLEO, Everyone, Some("left")),
            finished(HANDS, ADA, CLEO, "left"),
            left(CLEO, "left"),
        ]
    );
    assert_eq!(class.open_and_live(HANDS), (false, false));
}

#[test]
fn a_new_role_takes_back_what_everyone_meant_by_the_old_one() {
    let mut class = Class::lesson();
    class.does([
        invite_in_group(ADA, HANDS, Everyone),
        invite_in_group(CLEO, OTHER, Everyone),
        invite(ADA, CALL, CLEO),
        invite(CLEO, invite_id(4), BEN),
    ]);
    assert_eq!(
        class.does([make(ADA, Role::Teacher, CLEO)]),
        [
            cancelled(HANDS, ADA, only([CLEO]), Some("roleChanged")),
            cancelled_by(ADA, OTHER, CLEO, Everyone, Some("roleChanged")),
            MemberChanged { user_id: CLEO, role: Role::Teacher, name: None }.into(),
        ]
    );
    assert_eq!(class.state(HANDS, DAN), Some(Pending), "the others are asked still");
    assert_eq!(class.state(CALL, CLEO), Some(Pending), "who was named stays named");
    assert_eq!(class.state(invite_id(4), BEN), Some(Pending), "whom she asked alone, too");
    assert_eq!(class.does([make(ADA, Role::Teacher, CLEO)]), [], "it is her role already");
}

#[test]
fn a_part_that_was_accepted_outlives_a_change_of_role() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, Everyone), accept(CLEO, HANDS)]);
    class.does([make(ADA, Role::Teacher, CLEO)]);
    assert_eq!(class.state(HANDS, CLEO), Some(Accepted));
}

#[test]
fn the_end_cancels_and_finishes_all_that_is_live() {
    let mut class = Class::lesson();
    class.does([
        invite_in_group(ADA, HANDS, Everyone),
        invite(BEN, CALL, DAN),
        accept(CLEO, HANDS),
        accept(DAN, CALL),
    ]);
    let events = class.does([end(BEN)]);
    assert_eq!(
        events[..3],
        [
            cancelled_by(BEN, HANDS, ADA, Everyone, Some("ended")),
            finished(HANDS, CLEO, BEN, "ended"),
            finished(CALL, DAN, BEN, "ended"),
        ]
    );
    assert_eq!(events[3].name(), "onGroupEnded");
    assert_eq!(class.group.live().count(), 0);
    assert_eq!(class.group.next_deadline(), None);
}

#[test]
fn a_forgotten_class_ends_by_nobody_unless_something_has_happened_since() {
    let mut class = Class::lesson();
    class.does([
        invite_in_group(ADA, HANDS, Everyone),
        invite(BEN, CALL, DAN),
        accept(CLEO, HANDS),
        accept(DAN, CALL),
    ]);
    let seq = class.group.seq;
    assert_eq!(class.does([Command::EndForgotten { seq: seq - 1 }]), [], "something has happened");
    let events = class.does([Command::EndForgotten { seq }]);
    assert_eq!(
        events[..3],
        [
            cancelled_by_rule(HANDS, ADA, Everyone, "ended"),
            finished(HANDS, CLEO, CLEO, "ended"),
            finished(CALL, DAN, DAN, "ended"),
        ]
    );
    assert_eq!(events[3], GroupEnded { reason: "forgotten".to_owned() }.into());
    assert_eq!(class.group.live().count(), 0);
    let again = Command::EndForgotten { seq: class.group.seq };
    assert!(matches!(class.act(again), Err(Rejection::Ended)));
}

#[test]
fn after_the_end_every_verb_is_refused() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, Everyone), accept(CLEO, HANDS), end(ADA)]);
    for verb in [
        join(FAY),
        invite(ADA, CALL, CLEO),
        invite_in_group(ADA, OTHER, Everyone),
        accept(CLEO, HANDS),
        reject(DAN, HANDS),
        cancel(ADA, HANDS),
        finish(CLEO, HANDS),
        modify(ADA, HANDS, "new"),
        make(ADA, Role::Student, BEN),
        leave(CLEO, CLEO),
        set(ADA, SettingsChange::lock(true)),
        Command::RenewJoinCode { actor: ADA },
        end(ADA),
    ] {
        assert_eq!(class.says(&verb), Err(Rejection::Ended), "{verb:?}");
    }
}

// §2. Who may do what.

#[test]
fn a_teacher_may_invite_anyone_and_a_student_only_teachers() {
    let class = Class::lesson();
    for (verb, answer) in [
        (invite_in_group(ADA, HANDS, Everyone), Ok(1)),
        (invite_in_group(ADA, HANDS, only([BEN, CLEO, DAN])), Ok(1)),
        (invite_in_group(CLEO, HANDS, Everyone), Ok(1)),
        (invite_in_group(CLEO, HANDS, only([ADA])), Ok(1)),
        (invite_in_group(CLEO, HANDS, only([ADA, DAN])), Err(InvitesTeachersOnly)),
        (invite_in_group(FAY, HANDS, Everyone), Err(Rejection::NotSignedIn)),
        (invite(ADA, CALL, CLEO), Ok(1)),
        (invite(ADA, CALL, BEN), Ok(1)),
        (invite(CLEO, CALL, ADA), Ok(1)),
        (invite(CLEO, CALL, DAN), Err(InvitesTeachersOnly)),
        (invite(FAY, CALL, ADA), Err(Rejection::NotSignedIn)),
    ] {
        assert_eq!(class.says(&verb), answer, "{verb:?}");
    }
}

#[test]
fn students_invite_each_other_one_to_one_where_the_class_lets_them() {
    let mut class = Class::lesson();
    let lets = |on| set(ADA, SettingsChange::set(STUDENTS_INVITE_STUDENTS, on));
    class.does([lets(true)]);
    for (verb, answer) in [
        (invite(CLEO, CALL, DAN), Ok(1)),
        (invite(CLEO, CALL, ADA), Ok(1)),
        (invite_in_group(CLEO, HANDS, only([DAN])), Err(InvitesTeachersOnly)),
    ] {
        assert_eq!(class.says(&verb), answer, "{verb:?}");
    }
    class.does([invite(CLEO, CALL, DAN), lets(false)]);
    assert_eq!(class.says(&invite(DAN, HANDS, CLEO)), Err(InvitesTeachersOnly));
    assert_eq!(class.says(&accept(DAN, CALL)), Ok(1), "what was asked can be answered");
}

#[test]
fn an_invitee_list_names_members_each_once_and_never_oneself() {
    let class = Class::lesson();
    for (verb, refusal) in [
        (invite_in_group(ADA, HANDS, only([])), Rejection::NobodyInvited),
        (invite_in_group(ADA, HANDS, only([CLEO, DAN, CLEO])), Rejection::DuplicateInvitee),
        (invite_in_group(ADA, HANDS, only([CLEO, ADA])), Rejection::InvitesOneself),
        (invite_in_group(ADA, HANDS, only([CLEO, FAY])), Rejection::NotAMember),
        (invite(ADA, CALL, ADA), Rejection::InvitesOneself),
        (invite(ADA, CALL, FAY), Rejection::NotAMember),
    ] {
        assert_eq!(class.says(&verb), Err(refusal), "{verb:?}");
    }
}

#[test]
fn by_these_rules_alone_anybody_may_have_many_open_invitations() {
    for inviter in [ADA, CLEO] {
        let mut class = Class::lesson();
        class.does([HANDS, OTHER].map(|id| invite_in_group(inviter, id, Everyone)));
        class.does([invite(inviter, CALL, BEN)]);
        assert_eq!(class.group.live().count(), 3);
    }
}

#[test]
fn the_inviter_cancels_and_modifies_and_for_a_teachers_invitation_any_teacher() {
    for (inviter, invitees, keepers, strangers) in [
        (ADA, Everyone, vec![ADA, BEN], vec![CLEO, DAN]),
        (CLEO, Everyone, vec![CLEO], vec![ADA, BEN, DAN]),
    ] {
        let mut class = Class::lesson();
        class.does([invite_in_group(inviter, HANDS, invitees)]);
        for keeper in keepers {
            assert_eq!(class.says(&cancel(keeper, HANDS)), Ok(1));
            assert_eq!(class.says(&modify(keeper, HANDS, "new")), Ok(1));
        }
        for stranger in strangers {
            assert_eq!(class.says(&cancel(stranger, HANDS)), Err(NotTheInviter));
            assert_eq!(class.says(&modify(stranger, HANDS, "new")), Err(NotTheInviter));
        }
    }
}

#[test]
fn only_an_invitee_accepts_or_rejects() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, only([CLEO, DAN]))]);
    for stranger in [ADA, BEN, EVE] {
        assert_eq!(class.says(&accept(stranger, HANDS)), Err(NotInvited));
        assert_eq!(class.says(&reject(stranger, HANDS)), Err(NotInvited));
    }
    let declined = InviteeRejected {
        invite_id: HANDS,
        invitee: CLEO,
        data: String::new(),
        reason: None,
        by: None,
    };
    assert_eq!(class.does([reject(CLEO, HANDS)]), [declined.into()]);
    assert_eq!(class.states(HANDS), [(CLEO, Rejected), (DAN, Pending)], "their own part only");
}

#[test]
fn a_teacher_answers_for_whoever_is_silent_what_a_teacher_asks_of_the_group() {
    let answer = |accepts: bool, actor, invite_id, invitee| {
        let (data, reason) = ("d".to_owned(), (!accepts).then(|| "skipped".to_owned()));
        Command::AnswerFor { actor, invite_id, invitee, accepts, data, reason }
    };
    let mut class = Class::lesson();
    class.does([
        first(within(10, invite_in_group(ADA, HANDS, Everyone))),
        invite_in_group(CLEO, OTHER, Everyone),
        invite(ADA, CALL, CLEO),
        invite_in_group(ADA, invite_id(4), only([BEN])),
    ]);
    for (actor, invite_id, invitee, answered) in [
        (BEN, HANDS, CLEO, Ok(1)),
        (CLEO, HANDS, CLEO, Err(TeachersOnly)),
        (user(99), HANDS, CLEO, Err(Rejection::NotSignedIn)),
        (ADA, CALL, CLEO, Err(Rejection::AnswersForNobody)),
        (ADA, OTHER, BEN, Err(Rejection::AnswersForNobody)),
        (BEN, HANDS, FAY, Err(Rejection::NotAMember)),
        (BEN, HANDS, ADA, Err(NotInvited)),
        (BEN, invite_id(9), CLEO, Err(NoSuchInvitation)),
    ] {
        let says = class.says(&answer(false, actor, invite_id, invitee));
        assert_eq!(says, answered, "{actor} {invite_id} {invitee}");
    }
    let (data, by) = ("d".to_owned(), Some(BEN));
    let reason = Some("skipped".to_owned());
    let declined = InviteeRejected { invite_id: HANDS, invitee: DAN, data, reason, by };
    assert_eq!(class.does([answer(false, BEN, HANDS, DAN)]), [declined.into()]);
    let took = class.act(answer(true, BEN, HANDS, CLEO)).expect("a teacher may");
    let (data, place) = ("d".to_owned(), None);
    let accepted = InviteeAccepted { invite_id: HANDS, invitee: CLEO, data, by, place };
    let kinds: Vec<EventKind> = took.events.into_iter().map(|event| event.kind).collect();
    let elsewhere = Some("answeredElsewhere");
    assert_eq!(kinds, [accepted.into(), cancelled_by(BEN, HANDS, ADA, Everyone, elsewhere)]);
    let settled = took.settlement.expect("a verb on an invitation").invitees;
    assert_eq!(settled, [class.seen(HANDS).part(CLEO).expect("a part").clone()]);
    assert_eq!(class.does([answer(true, BEN, HANDS, CLEO)]), [], "again is no error");
    // For oneself it is as if one answered oneself.
    let (invite_id, data) = (invite_id(4), "d".to_owned());
    let accepted = InviteeAccepted { invite_id, invitee: BEN, data, by: None, place: None };
    assert_eq!(class.does([answer(true, BEN, invite_id, BEN)]), [accepted.into()]);
}

#[test]
fn a_one_to_one_invitation_does_not_exist_for_anyone_else() {
    let mut class = Class::lesson();
    class.does([invite(ADA, CALL, CLEO)]);
    for other in [BEN, DAN] {
        for verb in [
            accept(other, CALL),
            reject(other, CALL),
            cancel(other, CALL),
            modify(other, CALL, "new"),
            finish(other, CALL),
            finish_of(other, CALL, CLEO),
        ] {
            assert_eq!(class.says(&verb), Err(NoSuchInvitation), "{verb:?}");
        }
        assert_eq!(Snapshot::of(&class.group, other, class.now, |_| true).invitations, []);
    }
    for one in [ADA, CLEO] {
        let snapshot = Snapshot::of(&class.group, one, class.now, |_| true);
        assert_eq!(snapshot.invitations, [class.seen(CALL).clone()]);
    }
    assert_eq!(class.says(&accept(CLEO, OTHER)), Err(NoSuchInvitation), "nobody made that one");
}

#[test]
fn any_teacher_ends_what_goes_on_between_two_others() {
    let mut class = Class::lesson();
    class.does([invite(ADA, CALL, CLEO), accept(CLEO, CALL)]);
    assert_eq!(class.says(&finish(DAN, CALL)), Err(NoSuchInvitation), "no student");
    let ended = class.does([finish(BEN, CALL)]);
    assert_eq!(ended, [finished(CALL, CLEO, BEN, "finished")]);
    assert_eq!(class.says(&finish_of(BEN, CALL, CLEO)), Ok(0), "again is no error");
}

#[test]
fn the_two_ends_of_a_live_one_to_one_invitation_reach_each_other_and_nobody_else_does() {
    let mut class = Class::lesson();
    let other = |class: &Class, actor| other_end(&class.group, class.now, actor, CALL);
    let rings = |class: &Class, actor| may_ring(&class.group, class.now, actor, CALL);
    class.does([within(30, invite(ADA, CALL, CLEO))]);
    assert_eq!((other(&class, ADA), other(&class, CLEO)), (Ok(CLEO), Ok(ADA)));
    assert_eq!((rings(&class, ADA), rings(&class, CLEO)), (Err(NotInvited), Ok(())));
    for stranger in [BEN, DAN] {
        assert_eq!(other(&class, stranger), Err(NoSuchInvitation));
        assert_eq!(rings(&class, stranger), Err(NoSuchInvitation));
    }
    assert_eq!(other(&class, user(99)), Err(Rejection::NotSignedIn));

    let mut late = class.clone();
    late.wait(30_000);
    assert_eq!(other(&late, ADA), Err(AlreadyProcessed(TimedOut)), "whether or not it was written");
    assert_eq!(rings(&late, CLEO), Err(AlreadyProcessed(TimedOut)));

    class.does([accept(CLEO, CALL)]);
    assert_eq!((other(&class, ADA), other(&class, CLEO)), (Ok(CLEO), Ok(ADA)));
    assert_eq!(rings(&class, CLEO), Err(AlreadyProcessed(Accepted)));
    class.does([finish(ADA, CALL)]);
    assert_eq!(other(&class, CLEO), Err(AlreadyProcessed(Finished)));

    class.does([invite_in_group(ADA, HANDS, only([CLEO]))]);
    assert_eq!(other_end(&class.group, class.now, CLEO, HANDS), Err(NotBetweenTwo), "no pair");
    class.does([end(ADA)]);
    assert_eq!(other(&class, CLEO), Err(Rejection::Ended));
}

#[test]
fn a_group_invitation_reaches_everyone_and_a_one_to_one_invitation_its_two_people() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, only([CLEO])), accept(CLEO, HANDS)]);
    for event in &class.log {
        assert_eq!(event.audience(&class.group), Audience::Everyone);
    }
    let before = class.log.len();
    class.does([
        invite(DAN, CALL, BEN),
        modify(DAN, CALL, "please"),
        accept(BEN, CALL),
        finish(BEN, CALL),
        within(10, invite(DAN, OTHER, BEN)),
    ]);
    class.wait(10_000);
    class.does([Command::Expire]);
    for event in &class.log[before..] {
        assert_eq!(event.audience(&class.group), Audience::Pair(DAN, BEN));
    }
}

#[test]
fn only_a_teacher_keeps_the_class() {
    let class = Class::lesson();
    for (by_teacher, by_student) in [
        (set(ADA, SettingsChange::lock(true)), set(CLEO, SettingsChange::lock(true))),
        (make(ADA, Role::Teacher, DAN), make(CLEO, Role::Teacher, CLEO)),
        (leave(ADA, DAN), leave(CLEO, DAN)),
        (end(ADA), end(CLEO)),
    ] {
        assert_eq!(class.says(&by_teacher), Ok(1), "{by_teacher:?}");
        assert_eq!(class.says(&by_student), Err(TeachersOnly), "{by_student:?}");
    }
    assert_eq!(class.says(&Command::RenewJoinCode { actor: ADA }), Ok(0));
    assert_eq!(class.says(&Command::RenewJoinCode { actor: CLEO }), Err(TeachersOnly));
    assert_eq!(class.says(&leave(CLEO, CLEO)), Ok(1), "anybody may leave");
}

#[test]
fn a_class_keeps_at_least_one_teacher() {
    let mut class = Class::lesson();
    class.does([leave(BEN, BEN)]);
    assert_eq!(class.says(&leave(ADA, ADA)), Err(Rejection::LastTeacher));
    assert_eq!(class.says(&make(ADA, Role::Student, ADA)), Err(Rejection::LastTeacher));
    class.does([make(ADA, Role::Teacher, CLEO)]);
    assert_eq!(class.says(&leave(ADA, ADA)), Ok(1));
}

#[test]
fn nobody_new_may_join_a_locked_or_a_full_class() {
    let mut class = Class::lesson();
    class.does([set(ADA, SettingsChange::lock(true))]);
    assert_eq!(class.says(&join(FAY)), Err(Rejection::Locked));
    class.does([set(ADA, SettingsChange::lock(false))]);
    let newcomer = |number: usize| {
        let mut bytes = [255; 16];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        join(UserId::from_bytes(bytes))
    };
    for number in class.group.members().len()..MAX_MEMBERS {
        class.does([newcomer(number)]);
    }
    assert_eq!(class.says(&newcomer(MAX_MEMBERS)), Err(Rejection::Full));
    class.does([leave(EVE, EVE)]);
    assert_eq!(class.says(&newcomer(MAX_MEMBERS)), Ok(1));
}

/// The settings of an application.
const SHOWN: Switch = Switch::on("shown");
const LOUD: Switch = Switch::off("loud");
const SLOW: Amount = Amount::up_to("slow", 60);
const ALL: [Setting; 3] = [Setting::Switch(SHOWN), Setting::Switch(LOUD), Setting::Amount(SLOW)];

#[test]
fn settings_not_named_stay_and_what_is_so_already_makes_no_event() {
    let mut class = Class::lesson();
    assert!(!class.group.settings.locked, "at first");
    let silent = SettingsChange::set(SHOWN, false);
    class.does([set(ADA, silent.clone()), set(BEN, SettingsChange::lock(true))]);
    assert!(class.group.settings.locked && !class.group.settings.is_on(SHOWN));
    assert_eq!(class.group.name, Some(name("4B")));
    let both = SettingsChange { locked: Some(true), ..silent };
    assert_eq!(class.does([set(ADA, both), set(ADA, SettingsChange::set(LOUD, false))]), []);
}

#[test]
fn a_switch_stands_beside_the_engines_setting_and_one_that_begins_off_only_while_it_is_on() {
    let begun = Settings::of_new_class(ALL);
    let with = |switch, on| begun.changed(&SettingsChange::set(switch, on));
    for (settings, wire, shown, loud) in [
        (begun.clone(), r#"{"locked":false,"shown":true}"#, true, false),
        (with(SHOWN, true), r#"{"locked":false,"shown":true}"#, true, false),
        (with(SHOWN, false), r#"{"locked":false,"shown":false}"#, false, false),
        (with(LOUD, true), r#"{"locked":false,"loud":true,"shown":true}"#, true, true),
        (
            with(LOUD, true).changed(&SettingsChange::set(LOUD, false)),
            r#"{"locked":false,"shown":true}"#,
            true,
            false,
        ),
        (Settings::default(), r#"{"locked":false}"#, true, false),
        (
            Settings::default().changed(&SettingsChange::set(SHOWN, true)),
            r#"{"locked":false}"#,
            true,
            false,
        ),
        (
            Settings::default().changed(&SettingsChange::lock(true)),
            r#"{"locked":true}"#,
            true,
            false,
        ),
    ] {
        assert_eq!((settings.is_on(SHOWN), settings.is_on(LOUD)), (shown, loud), "{wire}");
        assert_eq!(serde_json::to_string(&settings).expect("JSON"), wire);
        assert_eq!(json::read(wire), Ok(settings));
    }
}

#[test]
fn a_setting_tells_its_name_and_what_it_can_be() {
    assert_eq!(ALL.map(Setting::name), ["shown", "loud", "slow"]);
    assert_eq!([SHOWN, LOUD].map(Switch::name), ["shown", "loud"]);
    assert_eq!([SHOWN, LOUD].map(Switch::is_always_told), [true, false]);
    assert_eq!((SLOW.name(), SLOW.most()), ("slow", 60));
}

#[test]
fn a_number_and_what_is_told_of_names_stand_there_once_they_are_set() {
    let begun = Settings::of_new_class(ALL);
    let slow = |number| begun.changed(&SettingsChange::set_amount(SLOW, number));
    let names = |names| begun.changed(&SettingsChange::show_names(names));
    for (settings, wire) in [
        (slow(7), r#"{"locked":false,"shown":true,"slow":7}"#),
        (slow(0), r#"{"locked":false,"shown":true}"#),
        (names(NamesShown::First), r#"{"locked":false,"names":"first","shown":true}"#),
        (names(NamesShown::Initials), r#"{"locked":false,"names":"initials","shown":true}"#),
        (names(NamesShown::Numbers), r#"{"locked":false,"names":"numbers","shown":true}"#),
        (names(NamesShown::Full), r#"{"locked":false,"shown":true}"#),
    ] {
        assert_eq!(serde_json::to_string(&settings).expect("JSON"), wire);
        assert_eq!(json::read(wire), Ok(settings));
    }
    assert_eq!((begun.amount(SLOW), slow(7).amount(SLOW)), (0, 7));
    let read = |text| json::read::<Settings>(text).expect("settings");
    let newer = read(r#"{"locked":false,"slow":99,"loud":3,"tone":"blue","names":"backwards"}"#);
    assert_eq!((newer.amount(SLOW), newer.is_on(LOUD)), (60, false), "what cannot be is not so");
    assert_eq!(newer.names, NamesShown::Full);
    let others = read(r#"{"locked":false,"tone":"first"}"#);
    assert_eq!(others.names, NamesShown::Full, "another setting may have the word");
}

#[test]
fn settings_are_read_from_old_logs_whatever_their_switches_are() {
    let read = |text: &str| json::read::<Settings>(text);
    let old = read(r#"{"askAnytime":true,"locked":true}"#).expect("settings");
    assert!(old.locked && old.is_on(Switch::off("askAnytime")));
    assert_eq!(serde_json::to_string(&old).expect("JSON"), r#"{"locked":true,"askAnytime":true}"#);
    for wrong in [
        "{}",
        r#"{"askAnytime":true}"#,
        r#"{"locked":null}"#,
        r#"{"locked":1}"#,
        r#"{"locked":false,"x":null}"#,
        r#"{"locked":false,"x":[1]}"#,
        "[true]",
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_change_of_settings_names_each_that_is_known_once_and_says_on_or_off() {
    let read = |text: &str| {
        let sent: ChangeSettings = serde_json::from_str(text).expect("an object");
        sent.read(&ALL)
    };
    let all = SettingsChange {
        locked: Some(false),
        names: Some(NamesShown::Initials),
        switches: vec![(LOUD, true)],
        amounts: vec![(SLOW, 60)],
    };
    let text = r#"{"slow":60,"loud":true,"names":"initials","locked":false}"#;
    assert_eq!(read(text), Ok(all.clone()));
    assert_eq!(read("{}"), Ok(SettingsChange::default()));
    let sent = serde_json::to_string(&ChangeSettings::from(all)).expect("JSON");
    assert_eq!(sent, r#"{"locked":false,"names":"initials","loud":true,"slow":60}"#);
    for (text, words) in [
        (r#"{"quiet":true}"#, "unknown field `quiet`"),
        (r#"{"quiet":7,"loud":7}"#, "unknown field `quiet`"),
        (r#"{"loud":true,"loud":7}"#, "duplicate field `loud`"),
        (r#"{"locked":true,"locked":true}"#, "duplicate field `locked`"),
        (r#"{"locked":null}"#, "the field `locked` is true or false"),
        (r#"{"shown":"on"}"#, "the field `shown` is true or false"),
        (r#"{"names":"full","names":"full"}"#, "duplicate field `names`"),
        (r#"{"names":"none"}"#, "the field `names` is `full`, `first`, `initials` or `numbers`"),
        (r#"{"names":true}"#, "the field `names` is `full`, `first`, `initials` or `numbers`"),
        (r#"{"names":7}"#, "the field `names` is `full`, `first`, `initials` or `numbers`"),
        (r#"{"slow":61}"#, "the field `slow` is a whole number from 0 to 60"),
        (r#"{"slow":-1}"#, "the field `slow` is a whole number from 0 to 60"),
        (r#"{"slow":true}"#, "the field `slow` is a whole number from 0 to 60"),
    ] {
        assert_eq!(read(text).map_err(|error| error.to_string()), Err(words.to_owned()), "{text}");
    }
    assert!(serde_json::from_str::<ChangeSettings>("[]").is_err());
}

#[test]
fn whoever_begins_the_class_teaches_it_and_whoever_joins_is_a_student() {
    let class = Class::lesson();
    let joined = class.log.iter().filter_map(|event| match &event.kind {
        EventKind::MemberJoined(MemberJoined { user_id, role, .. }) => Some((*user_id, *role)),
        _ => None,
    });
    let joined = joined.collect::<Vec<_>>();
    assert_eq!(joined[..2], [(ADA, Role::Teacher), (BEN, Role::Student)]);
}

/// How somebody joins of whom it was found that their name looks like that of another one.
fn join_alike(user: UserId, first: UserId, number: u32) -> Command {
    let alike = Some(Alike { user_id: first, number });
    Command::Join { user, name: name("Somebody"), alike }
}

#[test]
fn what_tells_a_member_apart_stands_in_their_event_and_in_every_snapshot() {
    let mut class = Class::begun_by(ADA);
    class.does([join(CLEO), join_alike(DAN, CLEO, 2)]);
    let alike = Some(Alike { user_id: CLEO, number: 2 });
    let [.., first, second] = &class.log[..] else { panic!("two have joined") };
    let body = serde_json::to_value(first).expect("JSON");
    assert_eq!(body.get("alike"), None, "as before there was such a thing");
    let body = serde_json::to_value(second).expect("JSON");
    assert_eq!(body["alike"], json!({ "userID": CLEO, "number": 2 }));
    for event in [first, second] {
        let text = serde_json::to_string(event).expect("JSON");
        let read = json::read_events(event.kind.name(), &text);
        assert_eq!(read, Ok(vec![event.clone()]));
    }
    let told: Vec<String> =
        class.group.members().iter().map(|member| member.name.told_apart(member.alike)).collect();
    assert_eq!(told, ["Teacher", "Somebody", "Somebody (2)"]);
    let snapshot = Snapshot::of(&class.group, CLEO, class.now, |_| false);
    let text = serde_json::to_string(&snapshot).expect("JSON");
    let read: Snapshot = json::read(&text).expect("a snapshot");
    assert_eq!(Group::from(read).member(DAN).and_then(|member| member.alike), alike);
}

#[test]
fn a_student_is_like_a_teacher_while_one_is_here_whose_name_looks_so() {
    let mut class = Class::begun_by(ADA);
    class.does([join_alike(CLEO, ADA, 2), join(DAN), join_alike(EVE, DAN, 2)]);
    let like = |class: &Class| [ADA, CLEO, DAN, EVE].map(|user| class.group.is_like_teacher(user));
    assert_eq!(like(&class), [false, true, false, false]);
    class.does([make(ADA, Role::Teacher, EVE)]);
    assert_eq!(like(&class), [false, true, true, false], "whoever came first is marked too");
    class.does([make(ADA, Role::Teacher, CLEO)]);
    assert_eq!(like(&class), [false, false, true, false], "a teacher is none");
    class.does([leave(EVE, EVE)]);
    assert_eq!(like(&class), [false; 4]);
}

#[test]
fn whoever_is_erased_leaves_no_number_behind() {
    let mut class = Class::begun_by(ADA);
    class.does([
        join(BEN),
        join_alike(CLEO, BEN, 2),
        join_alike(DAN, BEN, 3),
        join_alike(EVE, ADA, 2),
        join_alike(FAY, BEN, 4),
    ]);
    let alike = |user_id, number| Some(Alike { user_id, number });
    let unlike = None;
    for (whom, expected) in [
        (BEN, [unlike, unlike, alike(CLEO, 2), alike(ADA, 2), alike(CLEO, 3)]),
        (CLEO, [unlike, unlike, alike(BEN, 2), alike(ADA, 2), alike(BEN, 3)]),
        (FAY, [unlike, alike(BEN, 2), alike(BEN, 3), alike(ADA, 2), unlike]),
        (ADA, [unlike, alike(BEN, 2), alike(BEN, 3), unlike, alike(BEN, 4)]),
    ] {
        let mut eraser = Eraser::new(whom);
        let mut group = Group::new(GROUP);
        for event in &class.log {
            apply(&mut group, &eraser.erase(event, &Plain).unwrap_or_else(|| event.clone()));
        }
        let alike = [BEN, CLEO, DAN, EVE, FAY].map(|it| group.member(it).expect("a member").alike);
        assert_eq!(alike, expected, "{whom}");
    }
}

// §3. How it is told.

const REFUSED: Rejection = Rejection::Application(Refusal {
    status: 409,
    code: Code::HasOne,
    text: "You have one already.",
});

#[test]
fn every_refusal_has_the_status_and_the_number_of_the_contract() {
    for (refusal, status, code) in [
        (Rejection::NobodyInvited, 400, 6017),
        (Rejection::DuplicateInvitee, 400, 6017),
        (Rejection::InvitesOneself, 400, 6017),
        (Rejection::NotSignedIn, 401, 6014),
        (Rejection::Locked, 403, 10007),
        (Rejection::NotPermitted, 403, 8011),
        (Rejection::TeachersOnly, 403, 8011),
        (Rejection::InvitesTeachersOnly, 403, 8011),
        (Rejection::NotInvited, 403, 8011),
        (Rejection::NotTheInviter, 403, 8011),
        (Rejection::NotBetweenTwo, 403, 8011),
        (Rejection::AnswersForNobody, 403, 8011),
        (Rejection::NotAcceptedYet, 409, 8010),
        (Rejection::NoSuchInvitation, 404, 8010),
        (Rejection::AlreadyProcessed(Accepted), 409, 8010),
        (REFUSED, 409, 8012),
        (Rejection::Full, 409, 10014),
        (Rejection::LastTeacher, 409, 10007),
        (Rejection::Ended, 410, 10010),
        (Rejection::DataTooLarge, 413, 8001),
        (Rejection::NotAMember, 422, 6017),
    ] {
        let problem = serde_json::to_value(Problem::from(refusal)).expect("a problem is JSON");
        assert_eq!(problem["status"], json!(status), "{refusal:?}");
        assert_eq!(problem["code"], json!(code), "{refusal:?}");
        assert_eq!(problem["detail"], json!(refusal.to_string()));
    }
}

#[test]
fn already_processed_tells_the_state_that_won() {
    for (state, text) in [
        (Pending, "pending"),
        (Accepted, "accepted"),
        (Rejected, "rejected"),
        (Cancelled, "cancelled"),
        (TimedOut, "timedOut"),
        (Finished, "finished"),
    ] {
        let problem = serde_json::to_value(Problem::from(AlreadyProcessed(state)));
        assert_eq!(problem.expect("a problem is JSON")["state"], json!(text));
        assert_eq!(InviteeState::read(text), Some(state));
    }
    assert_eq!(InviteeState::read("open"), None);
    let other = serde_json::to_value(Problem::from(REFUSED)).expect("a problem is JSON");
    assert_eq!(other.get("state"), None);
}

#[test]
fn codes_go_to_their_numbers_and_back() {
    for number in [6014, 6017, 7008, 8001, 8010, 8011, 8012, 10002, 10007, 10010, 10014] {
        assert_eq!(Code::try_from(number).map(u16::from), Ok(number));
    }
    assert!(Code::try_from(1).is_err());
}

#[test]
fn a_name_is_not_blank_not_long_and_holds_no_control_characters() {
    for (text, taken) in [
        ("Cleo", Ok("Cleo")),
        ("  Cleo von Ä ", Ok("Cleo von Ä")),
        (&"é".repeat(64), Ok(&*"é".repeat(64))),
        (&"é".repeat(65), Err(NameError::TooLong)),
        ("", Err(NameError::Blank)),
        (" \u{3000} ", Err(NameError::Blank)),
        ("a\0b", Err(NameError::Control)),
        ("a\nb", Err(NameError::Control)),
        ("\u{85}", Err(NameError::Control)),
    ] {
        assert_eq!(Name::new(text).as_ref().map(Name::as_str), taken.as_ref().copied(), "{text:?}");
    }
}

#[test]
fn an_invitation_has_the_fields_of_the_contract() {
    let mut class = called(Accepted);
    let call = class.seen(CALL);
    let body = serde_json::to_value(call).expect("an invitation is JSON");
    let contract = json!({
        "inviteID": CALL, "groupID": GROUP, "inviter": ADA, "inviteeList": [CLEO],
        "seq": call.seq, "data": "", "timeout": 10, "answers": "each",
        "createdAt": call.created_at, "expiresAt": call.created_at.plus_seconds(10),
    });
    for (field, value) in contract.as_object().expect("an object") {
        assert_eq!(&body[field], value, "{field}");
    }
    assert_eq!(body["invitees"][0]["userID"], json!(CLEO));
    assert_eq!(body["invitees"][0]["state"], json!("accepted"));
    assert_eq!(body["invitees"][0]["at"], json!(class.now));

    class.does([invite(ADA, OTHER, CLEO), invite_in_group(ADA, HANDS, Everyone)]);
    let one_to_one = serde_json::to_value(class.seen(OTHER)).expect("an invitation is JSON");
    assert_eq!((&one_to_one["groupID"], &one_to_one["expiresAt"]), (&Value::Null, &Value::Null));
    let to_all = serde_json::to_value(class.seen(HANDS).without_invitees());
    let to_all = to_all.expect("an invitation is JSON");
    assert_eq!(to_all["inviteeList"], json!("*"));
    assert_eq!(to_all.get("invitees"), None, "the inviting verbs answer without them");
}

#[test]
fn what_an_acceptance_began_goes_on_by_the_terms_that_it_was_given() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, Everyone), accept(CLEO, HANDS), accept(DAN, HANDS)]);
    let terms =
        |class: &Class, user| class.seen(HANDS).part(user).and_then(|part| part.terms.clone());
    assert_eq!(terms(&class, CLEO), None);
    let longer = modify_part(BEN, HANDS, CLEO, "longer");
    assert_eq!(class.does([longer.clone()]).len(), 1);
    assert_eq!(class.does([longer]), [], "they are so already");
    assert_eq!((terms(&class, CLEO).as_deref(), terms(&class, DAN)), (Some("longer"), None));
    let snapshot = Snapshot::of(&class.group, DAN, class.now, |_| true);
    let wire = serde_json::to_string(&snapshot).expect("JSON");
    let told: Group = json::read::<Snapshot>(&wire).expect("a snapshot").into();
    let part = told.invitation(HANDS).and_then(|it| it.part(CLEO)).expect("a part");
    assert_eq!(part.terms.as_deref(), Some("longer"));
    for (command, refused) in [
        (modify_part(DAN, HANDS, CLEO, "for ever"), Rejection::TeachersOnly),
        (modify_part(ADA, HANDS, EVE, "x"), Rejection::AlreadyProcessed(Pending)),
        (modify_part(ADA, HANDS, BEN, "x"), Rejection::NotAMember),
        (modify_part(ADA, OTHER, CLEO, "x"), Rejection::NoSuchInvitation),
        (modify_part(ADA, HANDS, CLEO, &"x".repeat(MAX_DATA_BYTES + 1)), Rejection::DataTooLarge),
    ] {
        assert_eq!(class.says(&command), Err(refused), "{command:?}");
    }
    // Whoever is of the part may; what, applications say.
    class.does([modify_part(CLEO, HANDS, CLEO, "softly")]);
    assert_eq!(terms(&class, CLEO).as_deref(), Some("softly"));
    class.does([finish(CLEO, HANDS)]);
    let late = class.says(&modify_part(ADA, HANDS, CLEO, "x"));
    assert_eq!(late, Err(Rejection::AlreadyProcessed(Finished)));
}

// §4. Events.

#[test]
fn every_event_has_exactly_the_fields_of_the_contract() {
    let mut class = Class::lesson();
    class.does([
        within(10, invite_in_group(ADA, HANDS, Everyone)),
        modify(ADA, HANDS, "new"),
        accept(CLEO, HANDS),
        reject(DAN, HANDS),
        modify_part(ADA, HANDS, CLEO, "longer"),
        finish(CLEO, HANDS),
        invite(ADA, CALL, CLEO),
        cancel(ADA, CALL),
        invite(ADA, OTHER, EVE),
        leave(EVE, EVE),
    ]);
    class.wait(10_000);
    class.does([Command::Expire, end(ADA)]);
    let mut names = BTreeSet::new();
    for event in &class.log {
        let fields: &[&str] = match event.kind.name() {
            "onReceiveNewInvitation" => &[
                "inviteID",
                "inviter",
                "groupID",
                "inviteeList",
                "data",
                "timeout",
                "expiresAt",
                "answers",
            ],
            "onInviteeAccepted" | "onInviteeRejected" => &["inviteID", "invitee", "data"],
            "onInvitationCancelled" => {
                &["inviteID", "inviter", "inviteeList", "data", "reason", "by"]
            }
            "onInvitationTimeout" => &["inviteID", "inviteeList"],
            "onInvitationModified" => &["inviteID", "data"],
            "onInviteeModified" => &["inviteID", "invitee", "by", "data"],
            "onInviteeFinished" => &["inviteID", "invitee", "by", "reason", "data"],
            "onMemberJoined" => &["userID", "name", "role"],
            "onMemberChanged" => &["userID", "role"],
            "onMemberLeft" => &["userID", "reason"],
            "onGroupChanged" => &["name", "settings"],
            "onGroupEnded" => &["reason"],
            other => panic!("the contract knows no {other}"),
        };
        let body = serde_json::to_value(event).expect("an event is JSON");
        let mut body: BTreeSet<&str> =
            body.as_object().expect("an object").keys().map(String::as_str).collect();
        if event.kind.name() == "onInvitationCancelled" {
            body.insert("reason");
        }
        let contract: BTreeSet<&str> = fields.iter().copied().chain(["seq", "at"]).collect();
        assert_eq!(body, contract, "{}", event.kind.name());
        names.insert(event.kind.name());
    }
    // The fields of these are looked at where an application makes them happen.
    names.extend(["onInvitationCleared", "onPerformed", "onUndone"]);
    assert_eq!(names, EventKind::NAMES.iter().copied().collect());
}

#[test]
fn what_is_no_event_is_not_read_as_one() {
    for (kind, body) in [
        ("onSomethingElse", json!({"seq": 1, "at": Timestamp::from_millis(0), "reason": "ended"})),
        ("onGroupEnded", json!({"seq": 1, "at": Timestamp::from_millis(0)})),
        ("onGroupEnded", json!({"seq": 1, "at": "yesterday", "reason": "ended"})),
    ] {
        assert!(Event::decode(kind, body).is_err(), "{kind}");
    }
}

#[test]
fn a_table_says_once_what_its_events_share() {
    let said = |seq, at, data: &str| {
        let accepted = InviteeAccepted {
            invite_id: HANDS,
            invitee: CLEO,
            data: data.to_owned(),
            by: None,
            place: None,
        };
        Event { seq, at: Timestamp::from_millis(at), kind: accepted.into() }
    };
    let rejected = |seq, reason: Option<&str>| {
        let reason = reason.map(str::to_owned);
        let rejected = InviteeRejected {
            invite_id: HANDS,
            invitee: CLEO,
            data: String::new(),
            reason,
            by: None,
        };
        Event { seq, at: Timestamp::from_millis(0), kind: rejected.into() }
    };
    let table_of = |table: &Table| serde_json::to_value(table).expect("a table is JSON");
    let mut table = Table::of(&said(7, 0, "a"));
    assert!(table.add(&said(8, 0, "a")), "only its number differs, and that is the next");
    let whole = serde_json::to_value(said(7, 0, "a")).expect("an event is JSON");
    assert_eq!(table_of(&table), json!([whole, [], []]));

    assert!(table.add(&said(9, 0, "b")));
    assert!(table.add(&said(10, 1, "a")));
    let [then, later] = [0, 1].map(Timestamp::from_millis);
    let rows = json!([whole, ["at", "data"], [then, "a"], [then, "b"], [later, "a"]]);
    assert_eq!(table_of(&table), rows);

    assert!(!table.add(&said(10, 1, "a")), "the same once more");
    assert!(!table.add(&said(12, 1, "a")), "what others may not see lies in between");
    assert!(!table.add(&rejected(11, None)), "one of another kind");
    assert_eq!(table_of(&table), rows, "what belongs in no table with them is not in it");

    assert!(!Table::of(&rejected(1, Some("busy"))).add(&rejected(2, None)), "a reason less");
    assert!(!Table::of(&rejected(1, None)).add(&rejected(2, Some("busy"))), "a reason more");
    assert!(!Table::of(&said(u64::MAX, 0, "a")).add(&said(0, 0, "a")), "no number is the next");
}

#[test]
fn what_is_no_table_of_events_is_not_read_as_one() {
    let ended = |seq: u64| json!({"seq": seq, "at": Timestamp::from_millis(0), "reason": "ended"});
    let read = |table: &Value| signaling::json::read_events("onGroupEnded", &table.to_string());
    let table = json!([ended(1), ["reason"], ["over"], ["left"]]);
    let numbers = read(&table).map(|events| events.iter().map(|event| event.seq).collect());
    assert_eq!(numbers, Ok(vec![1, 2, 3]), "what is one");
    for table in [
        json!([]),
        json!([ended(1)]),
        json!([ended(1), "reason"]),
        json!([ended(1), {"reason": "over"}]),
        json!([ended(1), [7]]),
        json!([ended(1), ["reason"], []]),
        json!([ended(1), ["reason"], ["over", "left"]]),
        json!([ended(1), ["reason"], [7]]),
        json!([ended(1), ["reason"], "over"]),
        json!([ended(1), ["reason"], {"reason": "over"}]),
        json!([ended(1), ["reason", "reason"], ["over", "left"]]),
        json!([ended(u64::MAX), ["reason"], ["over"]]),
        json!([{"at": Timestamp::from_millis(0), "reason": "ended"}, ["seq"], [2]]),
        json!([{"seq": 1, "at": Timestamp::from_millis(0)}, ["reason"], ["over"]]),
        json!([ended(1), ["reason"], ["over"], 7]),
        json!([7]),
    ] {
        assert!(read(&table).is_err(), "{table}");
    }
}

// What is one person's is taken out of a log that stays.

#[test]
fn the_words_of_whoever_is_erased_go_and_those_of_others_stay() {
    let said = |command: Command, words: &str| match command {
        Command::Accept { actor, invite_id, .. } => {
            Command::Accept { actor, invite_id, data: words.to_owned() }
        }
        Command::Reject { actor, invite_id, .. } => {
            Command::Reject { actor, invite_id, data: words.to_owned(), reason: None }
        }
        Command::Cancel { actor, invite_id, .. } => {
            Command::Cancel { actor, invite_id, data: words.to_owned(), reason: None }
        }
        Command::Finish { actor, invite_id, whom, .. } => {
            let (data, reason) = (words.to_owned(), Some(words.to_owned()));
            Command::Finish { actor, invite_id, whom, reason, data }
        }
        Command::Invite { actor, invite_id, invitee, timeout, .. } => {
            Command::Invite { actor, invite_id, invitee, data: words.to_owned(), timeout }
        }
        Command::InviteInGroup { actor, invite_id, invitee_list, timeout, answers, .. } => {
            let data = words.to_owned();
            Command::InviteInGroup { actor, invite_id, invitee_list, data, timeout, answers }
        }
        other => other,
    };
    // To each: who sends it, what follows, and whether Cleo's erasure takes its words.
    for (commands, taken) in [
        (vec![invite_in_group(CLEO, HANDS, Everyone), accept(ADA, HANDS)], vec![true, true]),
        (vec![invite_in_group(CLEO, HANDS, Everyone), reject(ADA, HANDS)], vec![true, true]),
        (vec![invite_in_group(ADA, HANDS, Everyone), accept(CLEO, HANDS)], vec![false, true]),
        (vec![invite_in_group(ADA, HANDS, Everyone), reject(CLEO, HANDS)], vec![false, true]),
        (vec![invite_in_group(ADA, HANDS, Everyone), accept(DAN, HANDS)], vec![false, false]),
        (vec![invite_in_group(ADA, HANDS, Everyone), reject(DAN, HANDS)], vec![false, false]),
        (vec![invite_in_group(ADA, HANDS, Everyone), modify(ADA, HANDS, "w")], vec![false, false]),
        (vec![invite_in_group(CLEO, HANDS, Everyone), modify(CLEO, HANDS, "w")], vec![true, true]),
        (vec![invite_in_group(ADA, HANDS, only([CLEO])), cancel(ADA, HANDS)], vec![false, true]),
        (vec![invite_in_group(ADA, HANDS, only([DAN])), cancel(ADA, HANDS)], vec![false, false]),
        (vec![invite_in_group(CLEO, HANDS, Everyone), cancel(CLEO, HANDS)], vec![true, true]),
        (vec![invite(ADA, HANDS, CLEO), accept(CLEO, HANDS)], vec![true, true]),
        (vec![invite(ADA, HANDS, CLEO), cancel(ADA, HANDS)], vec![true, true]),
        (vec![invite(CLEO, HANDS, ADA), reject(ADA, HANDS)], vec![true, true]),
        (vec![invite(ADA, HANDS, DAN), reject(DAN, HANDS)], vec![false, false]),
        (
            vec![
                invite_in_group(ADA, HANDS, Everyone),
                accept(DAN, HANDS),
                accept(CLEO, HANDS),
                finish_of(ADA, HANDS, DAN),
                finish_of(ADA, HANDS, CLEO),
            ],
            vec![false, false, true, false, true],
        ),
        (
            vec![invite(CLEO, HANDS, ADA), accept(ADA, HANDS), finish(BEN, HANDS)],
            vec![true, true, true],
        ),
        (
            vec![invite_in_group(CLEO, HANDS, Everyone), accept(ADA, HANDS), finish(CLEO, HANDS)],
            vec![true, true, true],
        ),
        (
            vec![
                make(ADA, Role::Teacher, CLEO),
                invite_in_group(ADA, HANDS, Everyone),
                accept(DAN, HANDS),
                finish_of(CLEO, HANDS, DAN),
            ],
            vec![false, false, false, true],
        ),
    ] {
        let mut class = Class::lesson();
        let begins = class.log.len();
        for command in &commands {
            class.does([said(command.clone(), "words")]);
        }
        let mut eraser = Eraser::new(CLEO);
        let erased: Vec<Option<Event>> =
            class.log.iter().map(|event| eraser.erase(event, &Plain)).collect();
        let changed: Vec<bool> = erased[begins..].iter().map(Option::is_some).collect();
        assert_eq!(changed, taken, "{commands:?}");
        for event in erased.iter().flatten() {
            let text = serde_json::to_string(event).expect("JSON");
            assert!(!text.contains("words"), "{text}");
        }
    }
}

#[test]
fn what_a_co_teacher_said_for_others_goes_with_them() {
    let mut class = Class::lesson();
    let begins = class.log.len();
    class.does([
        invite_in_group(ADA, HANDS, Everyone),
        Command::AnswerFor {
            actor: BEN,
            invite_id: HANDS,
            invitee: CLEO,
            accepts: false,
            data: "words".to_owned(),
            reason: Some("words".to_owned()),
        },
        Command::Cancel { actor: BEN, invite_id: HANDS, data: "words".to_owned(), reason: None },
    ]);
    let mut eraser = Eraser::new(BEN);
    for event in &class.log[begins..] {
        let left = eraser.erase(event, &Plain).unwrap_or_else(|| event.clone());
        let text = serde_json::to_string(&left).expect("JSON");
        assert!(!text.contains("words"), "{text}");
    }
}

#[test]
fn a_reason_that_is_nobodys_words_outlasts_an_erasure() {
    struct Knowing;

    impl Application for Knowing {
        fn finish_reason(&self, _: &str) -> Option<&'static str> {
            None
        }

        fn follow(&self, _: &Group, _: &Event) -> Vec<Command> {
            Vec::new()
        }

        fn knows_reason(&self, reason: &str) -> bool {
            reason == "spoke"
        }
    }

    for (reason, left) in [
        ("left", "left"),
        ("disconnected", "disconnected"),
        ("spoke", "spoke"),
        ("bored", "finished"),
    ] {
        let mut eraser = Eraser::new(CLEO);
        let mut event = finished_event(reason);
        event = eraser.erase(&event, &Knowing).unwrap_or(event);
        assert_eq!(event, Event { kind: finished(HANDS, CLEO, CLEO, left), ..event.clone() });
    }
}

fn finished_event(reason: &str) -> Event {
    Event { seq: 1, at: Timestamp::from_millis(0), kind: finished(HANDS, CLEO, CLEO, reason) }
}

#[test]
fn the_parts_that_were_settled_by_some_events_are_told_again_whatever_came_since() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, Everyone)]);
    class.does([accept(CLEO, HANDS), accept(DAN, HANDS), accept(EVE, HANDS)]);
    let seqs: Vec<u64> = class.seen(HANDS).parts().iter().map(|part| part.seq).collect();
    let told = |group: &Group, whose, events| -> Vec<UserId> {
        let parts = settled_again(group, HANDS, Accepted, whose, events);
        parts.iter().map(|part| part.user_id).collect()
    };
    for (whose, first, last, users) in [
        (None, 0, 2, vec![CLEO, DAN, EVE]),
        (None, 0, 0, vec![CLEO]),
        (None, 1, 1, vec![DAN]),
        (None, 1, 2, vec![DAN, EVE]),
        (Some(DAN), 0, 2, vec![DAN]),
        (Some(DAN), 0, 0, vec![]),
    ] {
        assert_eq!(told(&class.group, whose, seqs[first]..=seqs[last]), users);
    }
    class.does([finish_of(ADA, HANDS, DAN)]);
    assert_eq!(told(&class.group, None, seqs[0]..=seqs[2]), [CLEO, EVE], "Dan's has moved on");
    assert_eq!(settled_again(&class.group, OTHER, Accepted, None, 0..=9), []);
    // By which terms it goes on is not the verb's to tell, nor who went before the rest was cancelled.
    class.does([modify_part(ADA, HANDS, CLEO, "longer")]);
    let again = class.act(accept(CLEO, HANDS)).expect("she has it").settlement.expect("a verb");
    let parts = settled_again(&class.group, HANDS, Accepted, Some(CLEO), seqs[0]..=seqs[0]);
    assert_eq!(again.invitees, parts);
    assert_eq!(parts.iter().map(|part| part.terms.clone()).collect::<Vec<_>>(), [None]);
    class.does([invite_in_group(ADA, OTHER, only([BEN, CLEO, EVE])), reject(BEN, OTHER)]);
    class.does([leave(CLEO, CLEO), cancel(ADA, OTHER)]);
    let parts = settled_again(&class.group, OTHER, Cancelled, None, 0..=class.group.seq);
    assert_eq!(parts.iter().map(|part| part.user_id).collect::<Vec<_>>(), [EVE]);
}

#[test]
fn an_audience_is_everyone_or_two() {
    assert!([ADA, FAY].iter().all(|user| Audience::Everyone.includes(*user)));
    let pair = Audience::Pair(ADA, CLEO);
    assert_eq!([ADA, CLEO, BEN].map(|user| pair.includes(user)), [true, true, false]);
}

#[test]
fn a_role_is_a_members_who_is_here() {
    let mut class = Class::lesson();
    let places = |class: &Class| [ADA, CLEO, EVE, FAY].map(|user| class.group.place(user));
    assert_eq!(places(&class), [Some(0), Some(2), Some(4), None]);
    let roles = |class: &Class| {
        [BEN, CLEO, FAY].map(|user| (class.group.is_teacher(user), class.group.is_student(user)))
    };
    assert_eq!(roles(&class), [(true, false), (false, true), (false, false)]);
    class.does([make(ADA, Role::Student, BEN), leave(CLEO, CLEO), join(FAY)]);
    assert_eq!(roles(&class), [(false, true), (false, false), (false, true)]);
    assert_eq!(places(&class), [Some(0), None, Some(3), Some(4)]);
}

#[test]
fn a_member_is_renamed_where_one_knows_their_whole_name() {
    let mut class = Class::lesson();
    let alike = Some(Alike { user_id: CLEO, number: 2 });
    class.group.rename(DAN, name("Dan"), alike);
    class.group.rename(FAY, name("Fay"), None);
    let told: Vec<String> =
        class.group.members().iter().map(|member| member.name.told_apart(member.alike)).collect();
    assert_eq!(told, ["Teacher", "Somebody", "Somebody", "Dan (2)", "Somebody"]);
}

#[test]
fn whoever_ends_what_they_may_not_see_is_told_that_it_is_over_and_none_of_its_words() {
    let begun = || {
        let mut class = Class::lesson();
        class.does([invite(ADA, CALL, CLEO), accept(CLEO, CALL)]);
        class
    };
    for (actor, is_told) in [(ADA, true), (CLEO, true), (BEN, false)] {
        let mut class = begun();
        let (data, reason) = ("words".to_owned(), Some("why".to_owned()));
        let whom = FinishWhom::Member(CLEO);
        let finish = Command::Finish { actor, invite_id: CALL, whom, reason, data };
        let settled = class.act(finish).expect("they may").settlement.expect("a settlement");
        let [part] = &settled.invitees[..] else { panic!("one part: {settled:?}") };
        assert_eq!((part.user_id, part.state), (CLEO, Finished));
        assert_eq!(part.data.as_deref(), is_told.then_some("words"), "{actor}");
        assert_eq!(part.reason.as_deref(), is_told.then_some("why"), "{actor}");
    }
}

#[test]
fn what_is_live_is_counted_by_class_and_by_member() {
    let mut class = Class::lesson();
    let counts = |class: &Class| {
        let group = &class.group;
        (
            group.count_live(),
            group.count_live_of(ADA),
            group.count_live_of(CLEO),
            group.count_parts(),
        )
    };
    assert_eq!(counts(&class), (0, 0, 0, 0));
    class.does([invite_in_group(ADA, HANDS, Everyone), invite(CLEO, CALL, ADA)]);
    class.does([invite_in_group(ADA, OTHER, only([BEN]))]);
    assert_eq!(counts(&class), (3, 2, 1, 5));
    assert_eq!(class.group.count_rows(), 5 + 3 + 5);
    let to = |class: &Class, role| class.group.live_to_everyone(role).collect::<Vec<_>>();
    assert_eq!(to(&class, Role::Student), [HANDS]);
    assert_eq!(to(&class, Role::Teacher), []);
    class.does([cancel(ADA, HANDS), accept(ADA, CALL), reject(BEN, OTHER)]);
    assert_eq!((counts(&class), class.group.count_rows()), ((1, 0, 1, 5), 5 + 1 + 1));
    assert_eq!(to(&class, Role::Student), []);
    let held = |class: &Class| -> (usize, BTreeSet<InviteId>) {
        let all = class.group.invitations().map(|invitation| invitation.invite_id);
        (class.group.count_invitations(), all.collect())
    };
    assert_eq!(held(&class), (3, [HANDS, CALL, OTHER].into()), "live or not");
    class.group.forget(CALL);
    class.group.forget(HANDS);
    assert!(class.group.invitation(CALL).is_some(), "what is live is not forgotten");
    assert!(class.group.invitation(HANDS).is_none());
    assert_eq!(held(&class), (2, [CALL, OTHER].into()));
    class.does([finish(ADA, CALL)]);
    assert_eq!((counts(&class), class.group.count_rows()), ((0, 0, 0, 2), 5));
}

#[test]
fn the_words_in_what_is_live_are_counted_as_json_by_whoever_said_them() {
    let mut class = Class::lesson();
    let words = |class: &Class| {
        let of = |user| class.group.count_words_of(user);
        (class.group.count_words(), of(ADA), of(CLEO))
    };
    let data = |data: &str| data.to_owned();
    class.does([invite_in_group(ADA, HANDS, only([CLEO, DAN])), modify(ADA, HANDS, "a\"b")]);
    assert_eq!(words(&class), (4, 4, 0), "a quote is two bytes");
    class.does([modify(ADA, HANDS, "longer words")]);
    assert_eq!(words(&class), (12, 12, 0));
    class.does([modify(ADA, HANDS, "a\"b")]);
    assert_eq!(words(&class), (4, 4, 0));
    class.does([Command::Accept { actor: CLEO, invite_id: HANDS, data: data("hi\n") }]);
    assert_eq!(words(&class), (8, 4, 4));
    class.does([Command::Reject { actor: DAN, invite_id: HANDS, data: data("no"), reason: None }]);
    assert_eq!(words(&class), (10, 4, 4));
    class.does([Command::Finish {
        actor: ADA,
        invite_id: HANDS,
        whom: FinishWhom::Member(CLEO),
        reason: None,
        data: data("thanks"),
    }]);
    assert_eq!(words(&class), (0, 0, 0), "nothing of it is live any more");
    let whole = class.seen(HANDS).count_words();
    assert_eq!(whole, 4 + 4 + 2 + 6, "what she said with her acceptance is kept beside its end");
    for (user, own) in [(ADA, 0), (CLEO, 4 + 6), (DAN, 2)] {
        let told = ToldInvitation::of(class.seen(HANDS), user);
        assert_eq!(told.count_words(), whole + own, "it tells {user} their own part once more");
    }
}

#[test]
fn an_end_that_a_log_tells_twice_is_counted_once() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, Everyone), accept(CLEO, HANDS)]);
    let (data, reason) = ("later".to_owned(), None);
    let ends = Command::Cancel { actor: ADA, invite_id: HANDS, data, reason };
    let [ended] = &class.act(ends).expect("she may").events[..] else { panic!("one event") };
    let (words, closing) = (class.group.count_words_of(ADA), class.seen(HANDS).closing.clone());
    assert_eq!(words, 3 * 5, "with it, and with the parts of Dan and Eve");
    assert_eq!(class.seen(HANDS).count_words(), words);
    apply(&mut class.group, &Event { seq: ended.seq + 1, ..ended.clone() });
    assert_eq!((class.group.count_words_of(ADA), class.group.count_words()), (words, words));
    assert_eq!(class.seen(HANDS).closing, closing);
}

#[test]
fn words_that_a_log_tells_of_what_is_over_are_none_of_what_is_live() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, Everyone), cancel(ADA, HANDS)]);
    let late = InvitationModified { invite_id: HANDS, data: "late".to_owned(), expires_at: None };
    let event = Event { seq: class.group.seq + 1, at: class.now, kind: late.into() };
    apply(&mut class.group, &event);
    assert_eq!((class.group.count_words_of(ADA), class.group.count_words()), (0, 0));
}

#[test]
fn the_next_deadline_is_the_earliest_of_what_can_still_be_answered() {
    let mut class = Class::lesson();
    let in_seconds = |seconds| Some(class.now.plus_seconds(seconds));
    let (soon, late) = (in_seconds(10), in_seconds(20));
    assert_eq!(class.group.next_deadline(), None);
    class.does([within(20, invite(ADA, OTHER, CLEO)), invite(ADA, CALL, DAN)]);
    assert_eq!(class.group.next_deadline(), late);
    class.does([within(10, invite_in_group(ADA, HANDS, Everyone))]);
    assert_eq!(class.group.next_deadline(), soon);
    class.does([cancel(ADA, HANDS)]);
    assert_eq!(class.group.next_deadline(), late);
    class.does([accept(CLEO, OTHER)]);
    assert_eq!(class.group.next_deadline(), None, "what is answered times out no more");
}

#[test]
fn a_deadline_that_is_moved_is_the_deadline() {
    let move_to = |data: &str, expires_at| {
        let data = data.to_owned();
        Command::Modify { actor: ADA, invite_id: HANDS, data, expires_at: Some(expires_at) }
    };
    let begun = || {
        let mut class = Class::lesson();
        class.does([within(20, invite_in_group(ADA, HANDS, Everyone))]);
        class.does([within(40, invite_in_group(ADA, OTHER, Everyone))]);
        class
    };
    let now = begun().now;
    // Where it is moved to and what it is about then; the deadline as the event tells it, when there
    // is one at all; and in how many seconds something times out next.
    for (seconds, data, event, next) in [
        (20, "", None, 20),
        (20, "new", Some(None), 20),
        (30, "", Some(Some(30)), 30),
        (30, "new", Some(Some(30)), 30),
        (60, "", Some(Some(60)), 40),
        (5, "", Some(Some(5)), 5),
    ] {
        let mut class = begun();
        let expected = event.map(|expires_at: Option<u32>| {
            let expires_at = expires_at.map(|seconds| now.plus_seconds(seconds));
            InvitationModified { invite_id: HANDS, data: data.to_owned(), expires_at }.into()
        });
        let moved = class.does([move_to(data, now.plus_seconds(seconds))]);
        assert_eq!(moved, Vec::from_iter(expected), "{seconds} {data:?}");
        assert_eq!(class.seen(HANDS).expires_at, Some(now.plus_seconds(seconds)));
        assert_eq!(class.group.next_deadline(), Some(now.plus_seconds(next)));
        class.wait(i64::from(seconds) * 1_000 - 1);
        assert_eq!(class.says(&accept(CLEO, HANDS)), Ok(1), "a millisecond before it");
        class.wait(1);
        assert_eq!(class.says(&accept(CLEO, HANDS)), Err(AlreadyProcessed(TimedOut)));
    }
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, Everyone)]);
    assert_eq!(
        class.does([move_to("", now.plus_seconds(5))]),
        [],
        "one without a deadline has none"
    );
    assert_eq!(class.group.next_deadline(), None);
}

#[test]
fn deadlines_before_and_after_the_beginning_of_the_count_of_time_come_in_their_order() {
    let mut class = Class::lesson();
    class.now = Timestamp::from_millis(-10_000);
    class.does([
        within(20, invite_in_group(ADA, HANDS, Everyone)),
        within(5, invite_in_group(ADA, OTHER, Everyone)),
        within(10, invite(ADA, CALL, CLEO)),
    ]);
    let mut seen = Vec::new();
    while let Some(deadline) = class.group.next_deadline() {
        seen.push(deadline.as_millis());
        class.now = deadline;
        assert_eq!(class.does([Command::Expire]).len(), 1);
    }
    assert_eq!(seen, [-5_000, 0, 10_000]);
}

#[test]
fn a_finish_of_somebody_without_a_part_tells_how_the_invitation_stands() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, only([CLEO]))]);
    let says = |class: &Class| class.says(&finish_of(ADA, HANDS, DAN));
    assert_eq!(says(&class), Err(NotAcceptedYet));
    class.does([accept(CLEO, HANDS)]);
    assert_eq!(says(&class), Err(AlreadyProcessed(Accepted)));
    class.does([finish(ADA, HANDS)]);
    assert_eq!(says(&class), Err(AlreadyProcessed(Finished)));
    assert_eq!(class.says(&finish(ADA, HANDS)), Ok(0), "a repeated finish is no error");
}

#[test]
fn a_finish_of_somebody_who_declined_tells_so_while_others_are_silent() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, only([CLEO, DAN])), reject(CLEO, HANDS)]);
    for verb in [finish(CLEO, HANDS), finish_of(ADA, HANDS, CLEO)] {
        assert_eq!(class.says(&verb), Err(AlreadyProcessed(Rejected)), "{verb:?}");
    }
    assert_eq!(class.says(&finish(ADA, HANDS)), Err(NotAcceptedYet), "nobody has accepted");
}

#[test]
fn a_new_role_takes_back_no_part_that_was_named_or_accepted() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, Everyone), accept(CLEO, HANDS)]);
    class.does([invite_in_group(ADA, OTHER, only([CLEO, DAN]))]);
    let made = class.does([make(ADA, Role::Teacher, CLEO)]);
    assert_eq!(made, [MemberChanged { user_id: CLEO, role: Role::Teacher, name: None }.into()]);
    assert_eq!(
        (class.state(HANDS, CLEO), class.state(OTHER, CLEO)),
        (Some(Accepted), Some(Pending))
    );
}

#[test]
fn a_part_keeps_its_acceptance_when_that_is_over() {
    let mut class = Class::lesson();
    class.does([invite_in_group(ADA, HANDS, only([CLEO]))]);
    class.wait(10);
    let took = class.now;
    let accepts = Command::Accept { actor: CLEO, invite_id: HANDS, data: "mic".to_owned() };
    class.does([accepts]);
    let part = |class: &Class| class.seen(HANDS).part(CLEO).expect("a part").clone();
    let accepted = part(&class);
    assert_eq!(accepted.taken(), Some(accepted.place()));
    assert_eq!((accepted.at, accepted.data.as_deref()), (took, Some("mic")));
    assert_eq!(accepted.accepted, None, "it goes on");
    class.wait(5);
    class.does([finish(CLEO, HANDS)]);
    let finished = part(&class);
    let kept = finished.accepted.as_ref().expect("its acceptance");
    assert_eq!((kept.place(), kept.data.as_deref()), (accepted.place(), Some("mic")));
    assert_eq!(finished.taken(), Some(accepted.place()));
    assert_eq!((finished.at, finished.data), (class.now, None));
    for state in [Pending, Rejected, Cancelled, TimedOut] {
        let part = called(state).seen(CALL).part(CLEO).expect("a part").clone();
        assert_eq!(part.taken(), None, "{state:?}");
    }
}

#[test]
fn an_invitation_tells_who_closed_it_and_how() {
    let mut class = Class::lesson();
    class.does([
        within(60, invite_in_group(ADA, HANDS, Everyone)),
        within(5, invite_in_group(BEN, OTHER, Everyone)),
    ]);
    let cancel = Command::Cancel {
        actor: BEN,
        invite_id: HANDS,
        data: "later".to_owned(),
        reason: Some("break".to_owned()),
    };
    class.does([cancel]);
    let closing = |class: &Class, it| class.seen(it).closing.as_deref().cloned();
    let told = Closing {
        at: class.now,
        by: Some(BEN),
        reason: Some("break".to_owned()),
        data: Some("later".to_owned()),
    };
    assert_eq!(closing(&class, HANDS), Some(told));
    assert_eq!(closing(&class, OTHER), None);
    class.wait(5_000);
    class.does([Command::Expire]);
    let timed_out = Closing { at: class.now, ..Closing::default() };
    assert_eq!(closing(&class, OTHER), Some(timed_out));
    class.does([first(invite_in_group(ADA, CALL, Everyone)), accept(CLEO, CALL)]);
    let taken = Closing { at: class.now, by: Some(CLEO), ..Closing::default() };
    assert_eq!(closing(&class, CALL), Some(taken));
    assert_eq!([HANDS, OTHER, CALL].map(|it| class.seen(it).taker()), [None, None, Some(CLEO)]);
    class.does([finish(CLEO, CALL)]);
    assert_eq!(class.seen(CALL).taker(), Some(CLEO), "also when that is over");
}

#[test]
fn whoever_held_another_role_for_a_while_is_asked_again() {
    let mut class = Class::lesson();
    class.does([
        invite_in_group(ADA, HANDS, Everyone),
        invite_in_group(ADA, OTHER, only([CLEO])),
        reject(DAN, HANDS),
        accept(EVE, HANDS),
        Command::Finish {
            actor: EVE,
            invite_id: HANDS,
            whom: FinishWhom::Unnamed,
            reason: Some("roleChanged".to_owned()),
            data: String::new(),
        },
    ]);
    for user in [CLEO, DAN, EVE] {
        class.does([make(ADA, Role::Teacher, user), make(ADA, Role::Student, user)]);
    }
    assert_eq!(class.state(HANDS, CLEO), Some(Pending));
    assert_eq!(class.state(HANDS, DAN), Some(Rejected), "what was settled stays");
    assert_eq!(class.state(HANDS, EVE), Some(Finished), "whatever was said of it");
    assert_eq!(class.state(OTHER, CLEO), Some(Pending), "who was named stays named");
    class.does([accept(CLEO, HANDS)]);
}
