//! What must follow from an event, in the same commit, whichever tab happens to be open.

use signaling::event::{InviteeAccepted, InviteeRejected};
use signaling::{
    Application, Command, Event, EventKind, FinishWhom, Group, InviteId, Role, UserId,
};

use crate::{HandSource, Lesson, Operation, reasons};

/// The classroom, as the engine plugs it in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Classroom;

impl Application for Classroom {
    fn finish_reason(&self, data: &str) -> &'static str {
        match Operation::read(data) {
            Some(Operation::HandRaising { .. }) => reasons::LOWERED,
            Some(Operation::Speaking | Operation::SpeechApplication) => reasons::SPOKE,
            None => signaling::reasons::FINISHED,
        }
    }

    fn follow(&self, group: &Group, event: &Event) -> Vec<Command> {
        match &event.kind {
            EventKind::InviteeAccepted(InviteeAccepted { invite_id, invitee, .. }) => {
                match operation(group, *invite_id) {
                    Some((Operation::Speaking, _)) => {
                        bring_down(group, *invitee, reasons::CALLED_ON)
                    }
                    Some((Operation::SpeechApplication, student)) => {
                        bring_down(group, student, reasons::CALLED_ON)
                    }
                    Some((Operation::HandRaising { .. }, _)) | None => Vec::new(),
                }
            }
            EventKind::InviteeRejected(InviteeRejected { invite_id, .. }) => {
                match operation(group, *invite_id) {
                    Some((Operation::SpeechApplication, student)) => {
                        vec![withdraw(student, *invite_id, reasons::LOWERED)]
                    }
                    Some((Operation::HandRaising { .. } | Operation::Speaking, _)) | None => {
                        Vec::new()
                    }
                }
            }
            EventKind::MemberChanged(changed) if changed.role == Role::Teacher => {
                bring_down(group, changed.user_id, reasons::LOWERED)
            }
            EventKind::ReceiveNewInvitation(_)
            | EventKind::InvitationCancelled(_)
            | EventKind::InvitationTimeout(_)
            | EventKind::InvitationModified(_)
            | EventKind::InviteeFinished(_)
            | EventKind::MemberJoined(_)
            | EventKind::MemberChanged(_)
            | EventKind::MemberLeft(_)
            | EventKind::GroupChanged(_)
            | EventKind::GroupEnded(_) => Vec::new(),
        }
    }
}

fn operation(group: &Group, invite_id: InviteId) -> Option<(Operation, UserId)> {
    let invitation = group.invitation(invite_id)?;
    Some((Operation::read(&invitation.data)?, invitation.inviter))
}

/// Takes a student's hand down, whatever holds it up.
pub(crate) fn bring_down(group: &Group, student: UserId, reason: &str) -> Vec<Command> {
    let lesson = Lesson::of(group);
    let sources = lesson.hand(student).map(|hand| hand.sources.as_slice()).unwrap_or_default();
    let commands = sources.iter().map(|source| match source {
        HandSource::Round(invite_id) => Command::Finish {
            actor: student,
            invite_id: *invite_id,
            whom: FinishWhom::Member(student),
            reason: Some(reason.to_owned()),
            data: String::new(),
        },
        HandSource::Ask(invite_id) => withdraw(student, *invite_id, reason),
    });
    commands.collect()
}

fn withdraw(student: UserId, invite_id: InviteId, reason: &str) -> Command {
    Command::Cancel {
        actor: student,
        invite_id,
        data: String::new(),
        reason: Some(reason.to_owned()),
    }
}
