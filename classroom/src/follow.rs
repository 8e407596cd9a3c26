//! What must follow from an event, in the same commit, whichever tab happens to be open.

use signaling::event::{InviteeAccepted, InviteeRejected, ReceiveNewInvitation};
use signaling::{
    Application, Code, Command, Event, EventKind, FinishWhom, Group, GroupId, Invitation, InviteId,
    InviteeList, InviteeState, LogReader, Performance, Performing, Refusal, Rejection, Role,
    Setting, Timestamp, UserId,
};

use crate::history::Chronicle;
use crate::settings::SETTINGS;
use crate::{HandSource, Invited, Lesson, Move, Operation, Reason, floor, limit, voices};

/// What names an operation of the classroom's and is not read as it.
pub const MISTAKEN: Rejection = Rejection::Application(Refusal {
    status: 400,
    code: Code::InvalidParameter,
    text: "The data names an operation of the classroom in other letters, or a field of it has the wrong type.",
});

/// Why the `data` of a new or changed invitation is refused.
fn mistaken(command: &Command) -> Option<Rejection> {
    match command {
        Command::Invite { data, .. }
        | Command::InviteInGroup { data, .. }
        | Command::Modify { data, .. } => Operation::is_mistaken(data).then_some(MISTAKEN),
        _ => None,
    }
}

/// The classroom, as the engine plugs it in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Classroom;

impl Application for Classroom {
    fn finish_reason(&self, data: &str) -> Option<&'static str> {
        Some(match Operation::read(data)? {
            Operation::HandRaising { .. } => Reason::Lowered.text(),
            Operation::Speaking { .. } | Operation::SpeechApplication => Reason::Spoke.text(),
        })
    }

    fn follow(&self, group: &Group, event: &Event) -> Vec<Command> {
        match &event.kind {
            EventKind::InviteeAccepted(InviteeAccepted { invite_id, invitee, .. }) => {
                match operation_of(group, *invite_id) {
                    Some((Operation::Speaking { .. }, _)) => has_the_floor(group, *invitee),
                    Some((Operation::SpeechApplication, student)) => {
                        let mut commands = has_the_floor(group, student);
                        // One that the first does not take would be a raised hand again after the turn.
                        if group.invitation(*invite_id).is_some_and(|ask| ask.open) {
                            commands.push(withdraw(student, *invite_id, Reason::CalledOn));
                        }
                        commands
                    }
                    Some((Operation::HandRaising { .. }, _)) | None => Vec::new(),
                }
            }
            EventKind::InviteeRejected(InviteeRejected { invite_id, .. }) => {
                match operation_of(group, *invite_id) {
                    Some((Operation::SpeechApplication, student)) => {
                        vec![withdraw(student, *invite_id, Reason::Lowered)]
                    }
                    Some((Operation::HandRaising { .. } | Operation::Speaking { .. }, _))
                    | None => Vec::new(),
                }
            }
            EventKind::MemberChanged(changed) if changed.role == Role::Teacher => {
                bring_down(group, changed.user_id, Reason::Lowered)
            }
            EventKind::ReceiveNewInvitation(new) if new.stays == Some(true) => replaces(group, new),
            EventKind::MemberLeft(left) => clear(group, |it| is_declined_by(it, left.user_id)),
            EventKind::ReceiveNewInvitation(_)
            | EventKind::InvitationCancelled(_)
            | EventKind::InvitationTimeout(_)
            | EventKind::InvitationModified(_)
            | EventKind::InviteeModified(_)
            | EventKind::InviteeFinished(_)
            | EventKind::InvitationCleared(_)
            | EventKind::Performed(_)
            | EventKind::Undone(_)
            | EventKind::MemberJoined(_)
            | EventKind::MemberChanged(_)
            | EventKind::GroupChanged(_)
            | EventKind::GroupEnded(_) => Vec::new(),
        }
    }

    fn stays(&self, group: &Group, new: &ReceiveNewInvitation) -> bool {
        if new.group_id.is_none() || !group.is_teacher(new.inviter) {
            return false;
        }
        match Operation::read(&new.data) {
            // The question stands on every screen until it is cleared or followed.
            Some(Operation::HandRaising { .. }) => new.invitee_list == InviteeList::Everyone,
            // Whoever declines the floor has passed, and keeps their place.
            Some(Operation::Speaking { .. }) => true,
            Some(Operation::SpeechApplication) | None => false,
        }
    }

    fn perform(
        &self,
        group: &Group,
        performing: &Performing<'_>,
    ) -> Option<Result<Performance, Rejection>> {
        Some(Move::read(performing.data)?.plan(group, performing))
    }

    fn settings(&self) -> Vec<Setting> {
        SETTINGS.to_vec()
    }

    fn deadline(&self, group: &Group) -> Option<Timestamp> {
        limit::deadline(group)
    }

    fn expire(&self, group: &Group, now: Timestamp) -> Vec<Command> {
        limit::expire(group, now)
    }

    fn refuse(&self, group: &Group, now: Timestamp, command: &Command) -> Option<Rejection> {
        mistaken(command)
            .or_else(|| floor::refuse(group, now, command))
            .or_else(|| voices::refuse(group, command))
    }

    fn voices(&self, group: &Group) -> Option<Vec<UserId>> {
        voices::voices(group)
    }

    fn log_reader(&self, group: GroupId, state: Option<&str>) -> Option<Box<dyn LogReader>> {
        let chronicle = match state {
            Some(state) => Chronicle::restore(state)?,
            None => Chronicle::new(group),
        };
        Some(Box::new(chronicle))
    }

    fn keep_when_erased(&self, data: &str) -> Option<String> {
        let operation = match Operation::read(data)? {
            Operation::HandRaising { phases, .. } => {
                Operation::HandRaising { question: None, phases }
            }
            other => other,
        };
        Some(operation.to_data())
    }

    fn knows_reason(&self, reason: &str) -> bool {
        Reason::read(reason).is_some()
    }

    fn reading_version(&self) -> u32 {
        Chronicle::VERSION
    }
}

/// What a new invitation that stays takes the place of: the question before, and that its students
/// declined an earlier one.
fn replaces(group: &Group, new: &ReceiveNewInvitation) -> Vec<Command> {
    match &new.invitee_list {
        InviteeList::Everyone => {
            let lesson = Lesson::of(group);
            clear(group, |it| {
                let is_up = |user| lesson.hand(user).is_some();
                let goes_on = it.in_state(InviteeState::Rejected).any(is_up)
                    && it.invitee_list != InviteeList::Everyone;
                it.invite_id != new.invite_id && !goes_on && (!it.open || is_to_all(it))
            })
        }
        InviteeList::Members(students) => {
            clear(group, |it| students.iter().any(|student| is_declined_by(it, *student)))
        }
    }
}

fn is_to_all(invitation: &Invitation) -> bool {
    invitation.invitee_list == InviteeList::Everyone
}

/// Whether an invitation to speak stays because this student declined it.
fn is_declined_by(invitation: &Invitation, student: UserId) -> bool {
    let is_declined = |state| state == InviteeState::Rejected;
    !is_to_all(invitation) && invitation.part(student).is_some_and(|it| is_declined(it.state))
}

/// Clears those of the live invitations that stay. A teacher who is here does it: whoever sent it may
/// have gone.
fn clear(group: &Group, is_meant: impl Fn(&Invitation) -> bool) -> Vec<Command> {
    let Some(teacher) = group.with_role(Role::Teacher).next() else { return Vec::new() };
    let meant = group.live().filter(|it| it.stays && is_meant(it));
    meant
        .map(|it| {
            let is_here = group.is_teacher(it.inviter);
            let actor = if is_here { it.inviter } else { teacher.user_id };
            Command::Clear { actor, invite_id: it.invite_id }
        })
        .collect()
}

fn operation_of(group: &Group, invite_id: InviteId) -> Option<(Operation, UserId)> {
    let invitation = group.invitation(invite_id)?;
    Some((Operation::read(&invitation.data)?, invitation.inviter))
}

/// Whoever speaks has no hand up, and needs no second invitation to speak.
fn has_the_floor(group: &Group, student: UserId) -> Vec<Command> {
    let mut commands = bring_down(group, student, Reason::CalledOn);
    // Of most invitations they are no part, and then nobody's parts are gone through.
    let asks_them_alone = |invitation: &&Invitation| {
        invitation.part(student).is_some()
            && invitation.in_state(InviteeState::Pending).eq([student])
    };
    let invited = Lesson::of_those(group, group.live().filter(asks_them_alone)).invited;
    for Invited { invite_id, .. } in invited {
        let Some(invitation) = group.invitation(invite_id) else { continue };
        commands.push(withdraw(invitation.inviter, invite_id, Reason::CalledOn));
    }
    commands
}

/// Takes a student's hand down, whatever holds it up.
pub(crate) fn bring_down(group: &Group, student: UserId, reason: Reason) -> Vec<Command> {
    let is_theirs = |invitation: &&Invitation| {
        let part = invitation.part(student);
        let has_accepted = part.is_some_and(|part| part.state == InviteeState::Accepted);
        has_accepted || invitation.inviter == student
    };
    let lesson = Lesson::of_those(group, group.live().filter(is_theirs));
    let sources = lesson.hand(student).map(|hand| hand.sources.as_slice()).unwrap_or_default();
    let commands = sources.iter().map(|source| match source {
        HandSource::Round(invite_id) => Command::Finish {
            actor: student,
            invite_id: *invite_id,
            whom: FinishWhom::Member(student),
            reason: Some(reason.text().to_owned()),
            data: String::new(),
        },
        HandSource::Ask(invite_id) => withdraw(student, *invite_id, reason),
    });
    commands.collect()
}

fn withdraw(inviter: UserId, invite_id: InviteId, reason: Reason) -> Command {
    Command::Cancel {
        actor: inviter,
        invite_id,
        data: String::new(),
        reason: Some(reason.text().to_owned()),
    }
}
