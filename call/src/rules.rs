//! What the engine asks of calls: who may call whom, and what follows from a call in the same
//! commit. So nobody is ever in two calls, whichever pages happen to be open.

use signaling::event::{MemberChanged, ReceiveNewInvitation};
use signaling::{
    Application, Code, Command, Event, EventKind, FinishWhom, Group, InviteId, Refusal, Rejection,
    Role, Setting, Switch, Timestamp, UserId,
};

use crate::{Answer, Call, Offer, Reason};

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
            Command::Invite { actor, invitee, data, .. } if Offer::read(data).is_some() => {
                refuse_call(group, *actor, *invitee)
            }
            Command::Modify { invite_id, data, .. } => {
                // What is a call stays one, and nothing else becomes one on the way.
                let invitation = group.invitation(*invite_id)?;
                let is_call = |data: &str| Offer::read(data).is_some();
                let turns = is_call(&invitation.data) != is_call(data);
                (invitation.group_id.is_none() && turns).then_some(Rejection::NotPermitted)
            }
            Command::Create { .. }
            | Command::Join { .. }
            | Command::Invite { .. }
            | Command::InviteInGroup { .. }
            | Command::Cancel { .. }
            | Command::Accept { .. }
            | Command::Reject { .. }
            | Command::AnswerFor { .. }
            | Command::Clear { .. }
            | Command::Perform { .. }
            | Command::Undo { .. }
            | Command::Finish { .. }
            | Command::ModifyPart { .. }
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
            EventKind::ReceiveNewInvitation(new) => meet(group, new).unwrap_or_default(),
            EventKind::MemberChanged(MemberChanged { user_id, role: Role::Student, .. }) => {
                part_students(group, *user_id)
            }
            EventKind::MemberChanged(_)
            | EventKind::InviteeAccepted(_)
            | EventKind::InviteeRejected(_)
            | EventKind::InvitationCancelled(_)
            | EventKind::InvitationTimeout(_)
            | EventKind::InvitationModified(_)
            | EventKind::InviteeModified(_)
            | EventKind::InviteeFinished(_)
            | EventKind::InvitationCleared(_)
            | EventKind::Performed(_)
            | EventKind::Undone(_)
            | EventKind::MemberJoined(_)
            | EventKind::MemberLeft(_)
            | EventKind::GroupChanged(_)
            | EventKind::GroupEnded(_) => Vec::new(),
        }
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
        return Some(Rejection::NotPermitted);
    }
    let engaged = Call::with(group, caller)?;
    let calls_back = engaged.is_ringing() && engaged.caller == callee;
    (!calls_back).then_some(ENGAGED)
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
    Call::all_with(group, call.callee).find(is_other)?;
    Some(vec![Command::Reject {
        actor: call.callee,
        invite_id: call.invite_id,
        data: String::new(),
        reason: Some(Reason::Busy.text().to_owned()),
    }])
}

/// Students do not call each other, nor does a call go on between two who have come to be that.
fn part_students(group: &Group, user: UserId) -> Vec<Command> {
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
