//! The rules: what a command makes happen at a moment, or why it is refused.

use std::ops::RangeInclusive;

use crate::event::{
    GroupChanged, GroupEnded, InvitationCancelled, InvitationCleared, InvitationModified,
    InvitationTimeout, InviteeAccepted, InviteeFinished, InviteeModified, InviteeRejected,
    MemberChanged, MemberJoined, MemberLeft, ReceiveNewInvitation,
};
use crate::undo::undo;
use crate::{
    Answers, Command, Event, EventKind, FinishWhom, Group, Invitation, InviteId, Invitee,
    InviteeList, InviteeState, MAX_DATA_BYTES, MAX_MEMBERS, MAX_SAID_TO_ALL_BYTES, Member, Reason,
    Rejection, Role, STUDENTS_INVITE_STUDENTS, Settlement, Timestamp, UserId,
};

/// Says what the command makes happen in the group at this moment. The group is not changed; the
/// events take the numbers that follow its last.
///
/// A verb that repeats what already won makes no event and is no error.
///
/// # Errors
/// Why the rules refuse it.
pub fn decide(group: &Group, now: Timestamp, command: &Command) -> Result<Vec<Event>, Rejection> {
    let kinds = decide_kinds(group, now, command)?;
    let numbered = kinds.into_iter().zip(group.seq + 1..);
    Ok(numbered.map(|(kind, seq)| Event { seq, at: now, kind }).collect())
}

fn decide_kinds(
    group: &Group,
    now: Timestamp,
    command: &Command,
) -> Result<Vec<EventKind>, Rejection> {
    if group.ended {
        return Err(Rejection::Ended);
    }
    match command {
        Command::Create { name, user, teacher, settings } => Ok(vec![
            GroupChanged { name: name.clone(), settings: settings.clone(), members: None }.into(),
            MemberJoined {
                user_id: *user,
                name: teacher.clone(),
                role: Role::Teacher,
                alike: None,
            }
            .into(),
        ]),
        Command::Join { user, name, alike } => {
            if group.member(*user).is_some() {
                return Ok(Vec::new());
            }
            if group.settings.locked {
                return Err(Rejection::Locked);
            }
            if group.members().len() >= MAX_MEMBERS {
                return Err(Rejection::Full);
            }
            let joined = MemberJoined {
                user_id: *user,
                name: name.clone(),
                role: Role::Student,
                alike: *alike,
            };
            Ok(vec![joined.into()])
        }
        Command::Invite { actor, invite_id, invitee, data, timeout } => {
            let inviter = member(group, *actor)?;
            within_limit(data)?;
            if invitee == actor {
                return Err(Rejection::InvitesOneself);
            }
            let invitee = group.member(*invitee).ok_or(Rejection::NotAMember)?;
            let among_students = inviter.role == Role::Student && invitee.role == Role::Student;
            if among_students && !group.settings.is_on(STUDENTS_INVITE_STUDENTS) {
                return Err(Rejection::InvitesTeachersOnly);
            }
            let invited = ReceiveNewInvitation {
                invite_id: *invite_id,
                inviter: *actor,
                group_id: None,
                invitee_list: InviteeList::Members(vec![invitee.user_id]),
                data: data.clone(),
                timeout: *timeout,
                expires_at: timeout.deadline(now),
                answers: Answers::Each,
                stays: None,
                restores: None,
                place: None,
                taken_by: None,
            };
            Ok(vec![invited.into()])
        }
        Command::InviteInGroup { actor, invite_id, invitee_list, data, timeout, answers } => {
            let inviter = member(group, *actor)?;
            within_limit(data)?;
            may_invite(group, inviter, invitee_list)?;
            let invited = ReceiveNewInvitation {
                invite_id: *invite_id,
                inviter: *actor,
                group_id: Some(group.id),
                invitee_list: invitee_list.clone(),
                data: data.clone(),
                timeout: *timeout,
                expires_at: timeout.deadline(now),
                answers: *answers,
                stays: None,
                restores: None,
                place: None,
                taken_by: None,
            };
            Ok(vec![invited.into()])
        }
        Command::Cancel { actor, invite_id, data, reason } => {
            let invitation = visible(group, *actor, *invite_id)?;
            within_limit(data)?;
            keeps(group, *actor, invitation)?;
            if !invitation.open || invitation.is_due(now) {
                let repeats = invitation.closed == Some(InviteeState::Cancelled)
                    || !cancelled_parts(invitation).is_empty();
                let refused = Rejection::AlreadyProcessed(won(invitation, now));
                return if repeats { Ok(Vec::new()) } else { Err(refused) };
            }
            said_to_all(data, invitation.in_state(InviteeState::Pending).count())?;
            Ok(vec![cancel(invitation, data, reason.as_deref(), Some(*actor))])
        }
        Command::Accept { actor, invite_id, data } => {
            let invitation = visible(group, *actor, *invite_id)?;
            within_limit(data)?;
            accept(invitation, *actor, None, data, now)
        }
        Command::Reject { actor, invite_id, data, reason } => {
            let invitation = visible(group, *actor, *invite_id)?;
            within_limit(data)?;
            reject(invitation, *actor, None, data, reason.as_ref(), now)
        }
        Command::AnswerFor { actor, invite_id, invitee, accepts, data, reason } => {
            let invitation = visible(group, *actor, *invite_id)?;
            teacher(group, *actor)?;
            within_limit(data)?;
            // What is between two is theirs, and what a student asks is for teachers to answer.
            if invitation.group_id.is_none() || !group.is_teacher(invitation.inviter) {
                return Err(Rejection::AnswersForNobody);
            }
            if group.member(*invitee).is_none() {
                return Err(Rejection::NotAMember);
            }
            let by = (actor != invitee).then_some(*actor);
            if *accepts {
                accept(invitation, *invitee, by, data, now)
            } else {
                reject(invitation, *invitee, by, data, reason.as_ref(), now)
            }
        }
        Command::Clear { actor, invite_id } => {
            let invitation = visible(group, *actor, *invite_id)?;
            teacher(group, *actor)?;
            if !invitation.stays {
                return Ok(Vec::new());
            }
            Ok(vec![InvitationCleared { invite_id: *invite_id, by: *actor }.into()])
        }
        Command::Perform { actor, data, .. } => {
            member(group, *actor)?;
            within_limit(data)?;
            Ok(Vec::new())
        }
        Command::Undo { actor, performed, fresh } => {
            teacher(group, *actor)?;
            undo(group, now, *actor, *performed, *fresh)
        }
        Command::Finish { actor, invite_id, whom, reason, data } => {
            let invitation = finishable(group, *actor, *invite_id)?;
            within_limit(data)?;
            finish(group, *actor, invitation, *whom, reason.as_deref(), data, now)
        }
        Command::ModifyPart { actor, invite_id, invitee, data } => {
            let invitation = visible(group, *actor, *invite_id)?;
            if *actor != *invitee && *actor != invitation.inviter {
                teacher(group, *actor)?;
            }
            within_limit(data)?;
            let part = invitation.part(*invitee).ok_or(Rejection::NotAMember)?;
            if part.state != InviteeState::Accepted {
                return Err(Rejection::AlreadyProcessed(part.state));
            }
            if part.terms.as_ref() == Some(data) {
                return Ok(Vec::new());
            }
            let (invite_id, invitee, by, data) = (*invite_id, *invitee, *actor, data.clone());
            Ok(vec![InviteeModified { invite_id, invitee, by, data }.into()])
        }
        Command::Modify { actor, invite_id, data, expires_at } => {
            let invitation = visible(group, *actor, *invite_id)?;
            within_limit(data)?;
            keeps(group, *actor, invitation)?;
            if !invitation.open || invitation.is_due(now) {
                return Err(Rejection::AlreadyProcessed(won(invitation, now)));
            }
            let moved = |at: &Timestamp| invitation.expires_at.is_some_and(|before| before != *at);
            let (data, expires_at) = (data.clone(), expires_at.filter(moved));
            if invitation.data == data && expires_at.is_none() {
                return Ok(Vec::new());
            }
            Ok(vec![InvitationModified { invite_id: *invite_id, data, expires_at }.into()])
        }
        Command::ChangeGroup { actor, name, settings } => {
            teacher(group, *actor)?;
            let name = name.as_ref().or(group.name.as_ref()).ok_or(Rejection::NotPermitted)?;
            let settings = group.settings.changed(settings);
            if group.name.as_ref() == Some(name) && group.settings == settings {
                return Ok(Vec::new());
            }
            Ok(vec![GroupChanged { name: name.clone(), settings, members: None }.into()])
        }
        Command::RenewJoinCode { actor } => {
            teacher(group, *actor)?;
            Ok(Vec::new())
        }
        Command::ChangeRole { actor, user, role } => {
            teacher(group, *actor)?;
            let member = group.member(*user).ok_or(Rejection::NoSuchMember)?;
            if member.role == *role {
                return Ok(Vec::new());
            }
            if *role == Role::Student {
                keeps_a_teacher(group, member)?;
            }
            let mut kinds = retract_role(group, *actor, member);
            kinds.push(MemberChanged { user_id: *user, role: *role, name: None }.into());
            Ok(kinds)
        }
        Command::Leave { actor, user } => {
            if actor == user {
                member(group, *actor)?;
            } else {
                teacher(group, *actor)?;
            }
            let member = group.member(*user).ok_or(Rejection::NoSuchMember)?;
            keeps_a_teacher(group, member)?;
            let mut kinds = retract(group, *actor, *user);
            let reason = if actor == user { Reason::Left } else { Reason::Removed };
            let reason = reason.text().to_owned();
            kinds.push(MemberLeft { user_id: *user, reason }.into());
            Ok(kinds)
        }
        Command::End { actor } => {
            teacher(group, *actor)?;
            Ok(end(group, Some(*actor), Reason::Ended))
        }
        Command::EndForgotten { seq } if group.seq == *seq => {
            Ok(end(group, None, Reason::Forgotten))
        }
        Command::EndForgotten { .. } => Ok(Vec::new()),
        Command::Expire => {
            let mut due: Vec<&Invitation> = group.due(now).collect();
            due.sort_by_key(|invitation| (invitation.expires_at, invitation.seq));
            let timeouts = due.into_iter().map(|invitation| {
                let invitee_list = match invitation.invitee_list {
                    InviteeList::Everyone => InviteeList::Everyone,
                    InviteeList::Members(_) => {
                        InviteeList::Members(invitation.in_state(InviteeState::Pending).collect())
                    }
                };
                InvitationTimeout { invite_id: invitation.invite_id, invitee_list }.into()
            });
            Ok(timeouts.collect())
        }
    }
}

/// Takes an invitee's part, for them or by somebody else's word.
fn accept(
    invitation: &Invitation,
    invitee: UserId,
    by: Option<UserId>,
    data: &str,
    now: Timestamp,
) -> Result<Vec<EventKind>, Rejection> {
    if settles(invitation, invitee, now, InviteeState::Accepted)? {
        return Ok(Vec::new());
    }
    let (invite_id, data) = (invitation.invite_id, data.to_owned());
    let mut kinds = vec![InviteeAccepted { invite_id, invitee, data, by, place: None }.into()];
    if invitation.answers == Answers::First {
        let pending = invitation.in_state(InviteeState::Pending);
        let others: Vec<UserId> = pending.filter(|user| *user != invitee).collect();
        if !others.is_empty() {
            let reason = Some(Reason::AnsweredElsewhere.text());
            kinds.push(cancel_those(invitation, others, "", reason, Some(by.unwrap_or(invitee))));
        }
    }
    Ok(kinds)
}

/// Declines an invitee's part, for them or by somebody else's word.
fn reject(
    invitation: &Invitation,
    invitee: UserId,
    by: Option<UserId>,
    data: &str,
    reason: Option<&String>,
    now: Timestamp,
) -> Result<Vec<EventKind>, Rejection> {
    if settles(invitation, invitee, now, InviteeState::Rejected)? {
        return Ok(Vec::new());
    }
    let (invite_id, data, reason) = (invitation.invite_id, data.to_owned(), reason.cloned());
    Ok(vec![InviteeRejected { invite_id, invitee, data, reason, by }.into()])
}

/// Ends the class and all that goes on in it. What nobody ends by a deed ends by whoever takes part.
fn end(group: &Group, by: Option<UserId>, reason: Reason) -> Vec<EventKind> {
    let mut kinds = Vec::new();
    for invitation in group.live() {
        if invitation.open {
            kinds.push(cancel(invitation, "", Some(Reason::Ended.text()), by));
        }
        for user in invitation.in_state(InviteeState::Accepted) {
            kinds.push(finished(invitation, user, by.unwrap_or(user), Reason::Ended.text(), ""));
        }
    }
    kinds.push(GroupEnded { reason: reason.text().to_owned() }.into());
    kinds
}

fn member(group: &Group, user: UserId) -> Result<&Member, Rejection> {
    group.member(user).ok_or(Rejection::NotSignedIn)
}

fn teacher(group: &Group, user: UserId) -> Result<(), Rejection> {
    match member(group, user)?.role {
        Role::Teacher => Ok(()),
        Role::Student => Err(Rejection::TeachersOnly),
    }
}

fn within_limit(data: &str) -> Result<(), Rejection> {
    if data.len() <= MAX_DATA_BYTES { Ok(()) } else { Err(Rejection::DataTooLarge) }
}

/// Whether what is said at once to so many, and kept with the part of each, is little enough.
fn said_to_all(data: &str, count: usize) -> Result<(), Rejection> {
    if data.len() * count <= MAX_SAID_TO_ALL_BYTES { Ok(()) } else { Err(Rejection::DataTooLarge) }
}

fn keeps_a_teacher(group: &Group, member: &Member) -> Result<(), Rejection> {
    let is_last = member.role == Role::Teacher && group.with_role(Role::Teacher).count() == 1;
    if is_last { Err(Rejection::LastTeacher) } else { Ok(()) }
}

fn may_invite(
    group: &Group,
    inviter: &Member,
    invitee_list: &InviteeList,
) -> Result<(), Rejection> {
    if let InviteeList::Members(members) = invitee_list {
        if members.is_empty() {
            return Err(Rejection::NobodyInvited);
        }
        let mut sorted = members.clone();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Rejection::DuplicateInvitee);
        }
        if members.contains(&inviter.user_id) {
            return Err(Rejection::InvitesOneself);
        }
        if members.iter().any(|user| group.member(*user).is_none()) {
            return Err(Rejection::NotAMember);
        }
    }
    if inviter.role == Role::Teacher {
        return Ok(());
    }
    let to_teachers = match invitee_list {
        InviteeList::Everyone => true,
        InviteeList::Members(members) => members.iter().all(|user| group.is_teacher(*user)),
    };
    if to_teachers { Ok(()) } else { Err(Rejection::InvitesTeachersOnly) }
}

fn visible(group: &Group, actor: UserId, invite_id: InviteId) -> Result<&Invitation, Rejection> {
    member(group, actor)?;
    group
        .invitation(invite_id)
        .filter(|invitation| invitation.is_visible_to(actor))
        .ok_or(Rejection::NoSuchInvitation)
}

/// The invitation, for a finish: any teacher may end what goes on between two others, without
/// being told of it.
fn finishable(group: &Group, actor: UserId, invite_id: InviteId) -> Result<&Invitation, Rejection> {
    let began =
        |part: &Invitee| matches!(part.state, InviteeState::Accepted | InviteeState::Finished);
    match group.invitation(invite_id) {
        Some(invitation) if group.is_teacher(actor) && invitation.parts().iter().any(began) => {
            Ok(invitation)
        }
        Some(_) | None => visible(group, actor, invite_id),
    }
}

/// Whether the actor may cancel or modify the invitation: its inviter, and any teacher when a
/// teacher sent it.
fn keeps(group: &Group, actor: UserId, invitation: &Invitation) -> Result<(), Rejection> {
    let shared = group.is_teacher(invitation.inviter) && group.is_teacher(actor);
    if invitation.inviter == actor || shared { Ok(()) } else { Err(Rejection::NotTheInviter) }
}

/// Whether the actor's part is in this state already; an error when it cannot come to it.
fn settles(
    invitation: &Invitation,
    actor: UserId,
    now: Timestamp,
    to: InviteeState,
) -> Result<bool, Rejection> {
    let part = invitation.part(actor).ok_or(Rejection::NotInvited)?;
    match part.state {
        InviteeState::Pending if invitation.is_due(now) => {
            Err(Rejection::AlreadyProcessed(InviteeState::TimedOut))
        }
        InviteeState::Pending => Ok(false),
        state if state == to => Ok(true),
        state => Err(Rejection::AlreadyProcessed(state)),
    }
}

/// The state that the latest transition of an invitation brought.
fn won(invitation: &Invitation, now: Timestamp) -> InviteeState {
    if invitation.is_due(now) || invitation.closed == Some(InviteeState::TimedOut) {
        return InviteeState::TimedOut;
    }
    if invitation.closed == Some(InviteeState::Accepted) {
        let takes =
            |part: &&Invitee| matches!(part.state, InviteeState::Accepted | InviteeState::Finished);
        return invitation.parts().iter().find(takes).map_or(InviteeState::Accepted, |p| p.state);
    }
    let latest = invitation.parts().iter().max_by_key(|part| part.seq).map(|part| part.state);
    let settled = latest.filter(|state| *state != InviteeState::Pending);
    settled.or(invitation.closed).unwrap_or(InviteeState::Cancelled)
}

fn cancel(
    invitation: &Invitation,
    data: &str,
    reason: Option<&str>,
    by: Option<UserId>,
) -> EventKind {
    let pending = invitation.in_state(InviteeState::Pending).collect();
    cancel_those(invitation, pending, data, reason, by)
}

/// Closes the invitation for those still pending; one to `"*"` says `"*"` back.
fn cancel_those(
    invitation: &Invitation,
    pending: Vec<UserId>,
    data: &str,
    reason: Option<&str>,
    by: Option<UserId>,
) -> EventKind {
    let invitee_list = match invitation.invitee_list {
        InviteeList::Everyone => InviteeList::Everyone,
        InviteeList::Members(_) => InviteeList::Members(pending),
    };
    InvitationCancelled {
        invite_id: invitation.invite_id,
        inviter: invitation.inviter,
        invitee_list,
        data: data.to_owned(),
        reason: reason.map(str::to_owned),
        by,
    }
    .into()
}

/// Closes the part of one member and nobody else's.
fn cancel_part(invitation: &Invitation, user: UserId, reason: Reason, by: UserId) -> EventKind {
    InvitationCancelled {
        invite_id: invitation.invite_id,
        inviter: invitation.inviter,
        invitee_list: InviteeList::Members(vec![user]),
        data: String::new(),
        reason: Some(reason.text().to_owned()),
        by: Some(by),
    }
    .into()
}

fn finished(
    invitation: &Invitation,
    invitee: UserId,
    by: UserId,
    reason: &str,
    data: &str,
) -> EventKind {
    InviteeFinished {
        invite_id: invitation.invite_id,
        invitee,
        by,
        reason: reason.to_owned(),
        data: data.to_owned(),
    }
    .into()
}

fn finish(
    group: &Group,
    actor: UserId,
    invitation: &Invitation,
    whom: FinishWhom,
    reason: Option<&str>,
    data: &str,
    now: Timestamp,
) -> Result<Vec<EventKind>, Rejection> {
    let whose = finish_whose(group, actor, invitation, whom)?;
    let accepted: Vec<UserId> = whose
        .iter()
        .copied()
        .filter(|user| {
            invitation.part(*user).is_some_and(|part| part.state == InviteeState::Accepted)
        })
        .collect();
    if accepted.is_empty() {
        let ended = |user: &UserId| {
            invitation.part(*user).is_some_and(|part| part.state == InviteeState::Finished)
        };
        if whose.iter().any(ended) {
            return Ok(Vec::new());
        }
        let state = match whose.as_slice() {
            [user] => invitation.part(*user).map(|part| part.state),
            _ => None,
        };
        let state = state.unwrap_or_else(|| {
            let is_pending = invitation.in_state(InviteeState::Pending).next().is_some();
            if is_pending { InviteeState::Pending } else { won(invitation, now) }
        });
        return Err(match state {
            InviteeState::Pending => Rejection::NotAcceptedYet,
            state => Rejection::AlreadyProcessed(state),
        });
    }
    said_to_all(data, accepted.len())?;
    let reason = reason.unwrap_or(Reason::Finished.text());
    let kinds = accepted.into_iter().map(|user| finished(invitation, user, actor, reason, data));
    Ok(kinds.collect())
}

/// Those whose parts this finish is about.
fn finish_whose(
    group: &Group,
    actor: UserId,
    invitation: &Invitation,
    whom: FinishWhom,
) -> Result<Vec<UserId>, Rejection> {
    let is_keeper = invitation.inviter == actor || group.is_teacher(actor);
    if !is_keeper && invitation.part(actor).is_none() {
        return Err(Rejection::NotInvited);
    }
    match whom {
        FinishWhom::Unnamed if is_keeper => {
            Ok(invitation.parts().iter().map(|part| part.user_id).collect())
        }
        FinishWhom::Unnamed => Ok(vec![actor]),
        FinishWhom::Member(user) if user == actor || is_keeper => {
            if group.member(user).is_none() && invitation.part(user).is_none() {
                return Err(Rejection::NotAMember);
            }
            Ok(vec![user])
        }
        FinishWhom::Member(user) if group.member(user).is_none() => Err(Rejection::NotAMember),
        FinishWhom::Member(_) => Err(Rejection::NotTheInviter),
    }
}

/// What a changed role takes back: the member's own open invitations to the group, for the role gave
/// the right to send them, and the member's part in open invitations to everyone of the old role.
fn retract_role(group: &Group, actor: UserId, member: &Member) -> Vec<EventKind> {
    let mut kinds = Vec::new();
    for invitation in group.live().filter(|i| i.open && i.group_id.is_some()) {
        let part = invitation.part(member.user_id);
        let is_named_by_role = invitation.invitee_list == InviteeList::Everyone
            && part.is_some_and(|part| part.state == InviteeState::Pending);
        if invitation.inviter == member.user_id {
            kinds.push(cancel(invitation, "", Some(Reason::RoleChanged.text()), Some(actor)));
        } else if is_named_by_role {
            kinds.push(cancel_part(invitation, member.user_id, Reason::RoleChanged, actor));
        }
    }
    kinds
}

/// What goes with a member: their parts, what they have open, and what was going on with nobody
/// but them (a one-to-one invitation, a student's invitation to the group). What others have
/// accepted of a teacher's invitation to the group stays: it is theirs, not the teacher's.
fn retract(group: &Group, actor: UserId, user: UserId) -> Vec<EventKind> {
    let mut kinds = Vec::new();
    let was_teacher = group.is_teacher(user);
    for invitation in group.live() {
        if invitation.inviter == user {
            if invitation.open {
                kinds.push(cancel(invitation, "", Some(Reason::Left.text()), Some(actor)));
            }
            if invitation.group_id.is_none() || !was_teacher {
                for invitee in invitation.in_state(InviteeState::Accepted) {
                    kinds.push(finished(invitation, invitee, actor, Reason::Left.text(), ""));
                }
            }
            continue;
        }
        match invitation.part(user).map(|part| part.state) {
            Some(InviteeState::Pending) => {
                kinds.push(cancel_part(invitation, user, Reason::Left, actor));
            }
            Some(InviteeState::Accepted) => {
                kinds.push(finished(invitation, user, actor, Reason::Left.text(), ""));
            }
            Some(
                InviteeState::Rejected
                | InviteeState::Cancelled
                | InviteeState::TimedOut
                | InviteeState::Finished,
            )
            | None => {}
        }
    }
    kinds
}

/// The parts that a cancel of the whole invitation closed.
fn cancelled_parts(invitation: &Invitation) -> Vec<&Invitee> {
    let is_cancelled = |part: &&Invitee| {
        part.state == InviteeState::Cancelled
            && !matches!(
                part.reason.as_deref().and_then(Reason::read),
                Some(Reason::AnsweredElsewhere | Reason::Left | Reason::RoleChanged)
            )
    };
    invitation.parts().iter().filter(is_cancelled).collect()
}

/// The parts that a verb on an invitation settled or found settled, in a group that has applied
/// its events.
pub fn settlement(group: &Group, command: &Command, events: &[Event]) -> Option<Settlement> {
    let (invite_id, invitees): (InviteId, Vec<Invitee>) = match command {
        Command::Accept { actor, invite_id, .. } | Command::Reject { actor, invite_id, .. } => {
            (*invite_id, group.invitation(*invite_id)?.part(*actor).cloned().into_iter().collect())
        }
        Command::AnswerFor { invitee, invite_id, .. } => (
            *invite_id,
            group.invitation(*invite_id)?.part(*invitee).cloned().into_iter().collect(),
        ),
        Command::Cancel { invite_id, .. } => {
            let parts = cancelled_parts(group.invitation(*invite_id)?);
            (*invite_id, parts.into_iter().cloned().collect())
        }
        Command::Finish { actor, invite_id, whom, .. } => {
            let invitation = group.invitation(*invite_id)?;
            let whose = finish_whose(group, *actor, invitation, *whom).ok()?;
            let first = events.first().map(|event| event.seq);
            let parts = whose.iter().filter_map(|user| invitation.part(*user)).filter(|part| {
                part.state == InviteeState::Finished && first.is_none_or(|seq| part.seq >= seq)
            });
            (*invite_id, parts.cloned().collect())
        }
        Command::Create { .. }
        | Command::Join { .. }
        | Command::Invite { .. }
        | Command::InviteInGroup { .. }
        | Command::Modify { .. }
        | Command::ModifyPart { .. }
        | Command::Clear { .. }
        | Command::Perform { .. }
        | Command::Undo { .. }
        | Command::ChangeGroup { .. }
        | Command::RenewJoinCode { .. }
        | Command::ChangeRole { .. }
        | Command::Leave { .. }
        | Command::End { .. }
        | Command::EndForgotten { .. }
        | Command::Expire => return None,
    };
    let settled = invitees.iter().map(|part| part.seq).max();
    let seq = settled.or(events.last().map(|event| event.seq)).unwrap_or(group.seq);
    // By which terms it goes on is not the verb's to tell: a repeated verb is answered as the first.
    let invitees = invitees.into_iter().map(|part| Invitee { terms: None, ..part }).collect();
    let mut settlement = Settlement { invite_id, seq, invitees };
    if let Command::Finish { actor, .. } = command
        && !group.invitation(invite_id)?.is_visible_to(*actor)
    {
        // Who ends what goes on between two others is told that it is over, and none of their words.
        settlement.leave_words_out();
    }
    Some(settlement)
}

/// The parts that a verb brought into a state by these events, or found in it then: those that a
/// [`settlement`] told. Parts that have moved on since are not among them.
pub fn settled_again(
    group: &Group,
    invite_id: InviteId,
    state: InviteeState,
    whose: Option<UserId>,
    events: RangeInclusive<u64>,
) -> Vec<Invitee> {
    let Some(invitation) = group.invitation(invite_id) else { return Vec::new() };
    let parts: Vec<&Invitee> = match state {
        InviteeState::Cancelled => cancelled_parts(invitation),
        _ => invitation.parts().iter().filter(|part| part.state == state).collect(),
    };
    let is_meant = |part: &&Invitee| {
        events.contains(&part.seq) && whose.is_none_or(|user| user == part.user_id)
    };
    let parts = parts.into_iter().filter(is_meant);
    parts.map(|part| Invitee { terms: None, ..part.clone() }).collect()
}
