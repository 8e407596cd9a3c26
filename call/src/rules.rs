//! What the engine asks of calls: who may call whom, and what follows from a call in the same
//! commit. So nobody is ever in two calls, whichever pages happen to be open.

use serde::{Deserialize, Serialize};
use signaling::event::{MemberChanged, ReceiveNewInvitation};
use signaling::{
    Application, Code, Command, Event, EventKind, FinishWhom, Group, Invitation, InviteId,
    InviteeList, Performance, Performing, Refusal, Rejection, Role, STUDENTS_INVITE_STUDENTS,
    Setting, Switch, Timestamp, UserId, json,
};

use crate::group_call::without_caller;
use crate::{Answer, Call, GroupCall, MOST, Offer, Reason};

/// How long an end of an answered call may be silent before it is over, in seconds. Pages give a
/// sign of life several times in it, so a network that is gone for fifteen seconds ends no call.
pub const SILENCE_SECONDS: u32 = 20;

/// Students may call a teacher.
pub const STUDENTS_MAY_CALL: Switch = Switch::off("studentsMayCall");

/// Whoever is in a call, or calls, or is being called, begins no other.
pub const ENGAGED: Rejection = Rejection::Application(Refusal {
    status: 409,
    code: Code::HasOne,
    text: "You are in a call already.",
});

/// A call among several holds no more.
pub const TOO_MANY: Rejection = Rejection::Application(Refusal {
    status: 409,
    code: Code::Full,
    text: "A call holds at most eight people.",
});

/// What names a call and is none.
pub const MISTAKEN: Rejection = Rejection::Application(Refusal {
    status: 400,
    code: Code::InvalidParameter,
    text: "The data of a call has the operation \"call\", where it has media the text \"audio\" or \"video\", and where it has a room a text.",
});

/// Students may call where the class lets them.
pub const CALLS_ARE_OFF: Rejection = Rejection::Application(Refusal {
    status: 403,
    code: Code::NotPermitted,
    text: "Students of this class call nobody: studentsMayCall is off.",
});

/// A call among several that is to ring everybody, whoever that is.
pub const NAMES_NOBODY: Rejection = Rejection::Application(Refusal {
    status: 422,
    code: Code::InvalidParameter,
    text: "A call names whom it rings.",
});

/// What a member does in a call among several, as the `data` of `perform` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
pub enum CallMove {
    /// Hang up. The others go on; of two the call is over.
    LeaveCall {
        /// The call.
        #[serde(rename = "inviteID")]
        invite_id: InviteId,
    },
}

impl CallMove {
    /// The `data` that says it.
    pub fn to_data(self) -> String {
        serde_json::json!(self).to_string()
    }
}

/// Calls, as the engine plugs them in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Calls;

impl Application for Calls {
    fn finish_reason(&self, data: &str) -> Option<&'static str> {
        Offer::read(data).map(|_| Reason::HungUp.text())
    }

    fn settings(&self) -> Vec<Setting> {
        vec![Setting::Switch(STUDENTS_MAY_CALL)]
    }

    fn refuse(&self, group: &Group, _: Timestamp, command: &Command) -> Option<Rejection> {
        match command {
            Command::Invite { data, .. }
            | Command::InviteInGroup { data, .. }
            | Command::Modify { data, .. }
                if Offer::is_mistaken(data) =>
            {
                Some(MISTAKEN)
            }
            Command::Invite { actor, invitee, data, .. } if Offer::read(data).is_some() => {
                refuse_call(group, *actor, *invitee)
            }
            Command::InviteInGroup { actor, invitee_list, data, .. }
                if Offer::read(data).is_some() =>
            {
                refuse_group_call(group, *actor, invitee_list)
            }
            Command::Modify { invite_id, data, .. } => {
                // What is a call stays one, and nothing else becomes one on the way.
                let invitation = group.invitation(*invite_id)?;
                let is_call = |data: &str| Offer::read(data).is_some();
                let turns = is_call(&invitation.data) != is_call(data);
                turns.then_some(Rejection::NotPermitted)
            }
            Command::ModifyPart { actor, invite_id, data, .. } => {
                let invitation = group.invitation(*invite_id)?;
                let hangs_up = *actor == invitation.inviter && *data == without_caller();
                let is_call = Offer::read(&invitation.data).is_some();
                (is_call && !hangs_up).then_some(Rejection::NotPermitted)
            }
            // Everybody answers by themselves.
            Command::AnswerFor { invite_id, .. } => {
                let invitation = group.invitation(*invite_id)?;
                Offer::read(&invitation.data).map(|_| Rejection::NotPermitted)
            }
            Command::Create { .. }
            | Command::Join { .. }
            | Command::Invite { .. }
            | Command::InviteInGroup { .. }
            | Command::Cancel { .. }
            | Command::Accept { .. }
            | Command::Reject { .. }
            | Command::Clear { .. }
            | Command::Perform { .. }
            | Command::Undo { .. }
            | Command::Finish { .. }
            | Command::ChangeGroup { .. }
            | Command::RenewJoinCode { .. }
            | Command::ChangeRole { .. }
            | Command::Leave { .. }
            | Command::End { .. }
            | Command::EndForgotten { .. }
            | Command::Expire => None,
        }
    }

    fn follow(&self, group: &Group, event: &Event) -> Vec<Command> {
        match &event.kind {
            EventKind::ReceiveNewInvitation(new) if new.group_id.is_some() => busy(group, new),
            EventKind::ReceiveNewInvitation(new) => meet(group, new).unwrap_or_default(),
            EventKind::MemberChanged(MemberChanged { user_id, role: Role::Student, .. }) => {
                let mut commands = part_students(group, *user_id);
                for call in GroupCall::all(group) {
                    commands.extend(is_rung_by_a_student(group, &call, *user_id));
                    commands.extend(call.end_if_over(group));
                }
                commands
            }
            EventKind::MemberLeft(_) => {
                GroupCall::all(group).flat_map(|call| call.end_if_over(group)).collect()
            }
            EventKind::InviteeRejected(_)
            | EventKind::InviteeAccepted(_)
            | EventKind::InvitationCancelled(_)
            | EventKind::InvitationTimeout(_)
            | EventKind::InviteeModified(_)
            | EventKind::InviteeFinished(_) => {
                let invitation = event.invite_id().and_then(|it| group.invitation(it));
                let call = invitation.and_then(|invitation| GroupCall::of(group, invitation));
                call.map(|call| call.end_if_over(group)).unwrap_or_default()
            }
            EventKind::MemberChanged(_)
            | EventKind::InvitationModified(_)
            | EventKind::InvitationCleared(_)
            | EventKind::Performed(_)
            | EventKind::Undone(_)
            | EventKind::MemberJoined(_)
            | EventKind::GroupChanged(_)
            | EventKind::GroupEnded(_) => Vec::new(),
        }
    }

    fn perform(
        &self,
        group: &Group,
        it: &Performing<'_>,
    ) -> Option<Result<Performance, Rejection>> {
        let CallMove::LeaveCall { invite_id } = json::read(it.data).ok()?;
        let is_call =
            |call: &&Invitation| call.group_id.is_some() && Offer::read(&call.data).is_some();
        let call = group.invitation(invite_id).filter(is_call);
        let commands = call.ok_or(Rejection::NoSuchInvitation).map(|call| {
            // Whoever has hung up does so again, and a call may be over by then.
            GroupCall::of(group, call).and_then(|call| call.leave(it.actor)).unwrap_or_default()
        });
        Some(commands.map(|commands| Performance { commands, undoable: 0..0, data: String::new() }))
    }

    fn ends(&self, group: &Group, invitation: &Invitation) -> Vec<UserId> {
        let call = GroupCall::of(group, invitation).filter(GroupCall::goes_on);
        call.map(|call| call.people()).unwrap_or_default()
    }

    fn lost(&self, group: &Group, invitation: &Invitation, user: UserId) -> Vec<Command> {
        let call = GroupCall::of(group, invitation);
        call.and_then(|call| call.leave(user)).unwrap_or_default()
    }

    fn meetings(&self, group: &Group) -> Vec<(InviteId, Vec<UserId>)> {
        let several = GroupCall::all(group).filter(GroupCall::goes_on);
        let several = several.map(|call| (call.invite_id, call.people()));
        // Two who find no way to each other meet there as well.
        let two = Call::all(group).filter(|call| !call.is_ringing());
        several.chain(two.map(|call| (call.invite_id, vec![call.caller, call.callee]))).collect()
    }

    fn silence(&self, data: &str) -> Option<u32> {
        Offer::read(data).map(|_| SILENCE_SECONDS)
    }

    fn knows_reason(&self, reason: &str) -> bool {
        Reason::read(reason).is_some()
    }

    fn keep_when_erased(&self, data: &str) -> Option<String> {
        Offer::read(data).map(|offer| Offer { room: String::new(), ..offer }.to_data())
    }
}

fn refuse_call(group: &Group, caller: UserId, callee: UserId) -> Option<Rejection> {
    if group.is_student(caller) && !group.settings.is_on(STUDENTS_MAY_CALL) {
        return Some(CALLS_ARE_OFF);
    }
    if GroupCall::with(group, caller).is_some() {
        return Some(ENGAGED);
    }
    let engaged = Call::with(group, caller)?;
    let calls_back = engaged.is_ringing() && engaged.caller == callee;
    (!calls_back).then_some(ENGAGED)
}

/// Students call teachers alone, and where that is allowed.
fn refuse_group_call(
    group: &Group,
    caller: UserId,
    invitee_list: &InviteeList,
) -> Option<Rejection> {
    let InviteeList::Members(invitees) = invitee_list else { return Some(NAMES_NOBODY) };
    let to_students = invitees.iter().any(|user| !group.is_teacher(*user));
    if group.is_student(caller) && !group.settings.is_on(STUDENTS_MAY_CALL) {
        return Some(CALLS_ARE_OFF);
    }
    if group.is_student(caller) && to_students {
        return Some(Rejection::InvitesTeachersOnly);
    }
    if invitees.len() >= MOST {
        return Some(TOO_MANY);
    }
    is_engaged(group, caller, None).then_some(ENGAGED)
}

/// Whether a member is in a call, calls or is being called, beside this one.
fn is_engaged(group: &Group, user: UserId, beside: Option<InviteId>) -> bool {
    Call::all_with(group, user).any(|call| Some(call.invite_id) != beside)
        || GroupCall::all(group).any(|call| Some(call.invite_id) != beside && call.concerns(user))
}

/// Whoever is in another call is not rung.
fn busy(group: &Group, new: &ReceiveNewInvitation) -> Vec<Command> {
    let invitation = group.invitation(new.invite_id);
    let Some(call) = invitation.and_then(|it| GroupCall::of(group, it)) else { return Vec::new() };
    let engaged =
        call.ringing.iter().filter(|user| is_engaged(group, **user, Some(call.invite_id)));
    engaged.map(|user| reject_busy(*user, call.invite_id)).collect()
}

fn reject_busy(callee: UserId, invite_id: InviteId) -> Command {
    Command::Reject {
        actor: callee,
        invite_id,
        data: String::new(),
        reason: Some(Reason::Busy.text().to_owned()),
    }
}

/// Whoever has come to be a student is rung by no other.
fn is_rung_by_a_student(group: &Group, call: &GroupCall, user: UserId) -> Option<Command> {
    let is_rung = call.ringing.contains(&user) && group.is_student(call.caller);
    is_rung.then(|| Command::Reject {
        actor: user,
        invite_id: call.invite_id,
        data: String::new(),
        reason: Some(signaling::Reason::RoleChanged.text().to_owned()),
    })
}

/// A new call may meet another: two who call each other talk at once, and whoever is in another
/// call is not rung.
fn meet(group: &Group, new: &ReceiveNewInvitation) -> Option<Vec<Command>> {
    let call = Call::of(group.invitation(new.invite_id)?)?;
    let is_other = |other: &Call| other.invite_id != call.invite_id;
    let crossing = Call::all_with(group, call.callee)
        .find(|it| it.is_ringing() && it.caller == call.callee && it.callee == call.caller);
    if let Some(crossing) = crossing {
        let answer = Answer { device: call.room };
        return Some(vec![
            Command::Accept {
                actor: call.caller,
                invite_id: crossing.invite_id,
                data: answer.to_data(),
            },
            cancel(call.caller, call.invite_id, Reason::Crossed.text()),
        ]);
    }
    let is_busy = Call::all_with(group, call.callee).any(|other| is_other(&other))
        || GroupCall::with(group, call.callee).is_some();
    is_busy.then(|| vec![reject_busy(call.callee, call.invite_id)])
}

/// Where students do not invite each other, no call goes on between two who have come to be that.
fn part_students(group: &Group, user: UserId) -> Vec<Command> {
    if group.settings.is_on(STUDENTS_INVITE_STUDENTS) {
        return Vec::new();
    }
    let between_students =
        Call::all_with(group, user).filter(|call| !group.is_teacher(call.other(user)));
    let reason = signaling::Reason::RoleChanged.text();
    let part = |call: Call| {
        if call.is_ringing() {
            return cancel(call.caller, call.invite_id, reason);
        }
        Command::Finish {
            actor: user,
            invite_id: call.invite_id,
            whom: FinishWhom::Member(call.callee),
            reason: Some(reason.to_owned()),
            data: String::new(),
        }
    };
    between_students.map(part).collect()
}

fn cancel(caller: UserId, invite_id: InviteId, reason: &str) -> Command {
    Command::Cancel {
        actor: caller,
        invite_id,
        data: String::new(),
        reason: Some(reason.to_owned()),
    }
}
