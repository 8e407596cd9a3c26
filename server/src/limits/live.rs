//! Bounds on what is live in a class: invitations and their words. Every snapshot holds all of it.
//!
//! They are the engine's and not the contract's, so they stand here and not in `decide`.

use signaling::{
    Application, Command, Group, Invitation, InviteId, InviteeList, Role, UserId, json,
};

use super::weight;
use crate::error::Error;

/// How many invitations of a member may be live, and how many of a class. It is a limit of the
/// server and no application's rule, for memory and every snapshot hold what is live, whatever it is
/// for. The largest class has room for one of each member, and more.
const MAX_LIVE: (usize, usize) = (512, 16_384);
/// How many open invitations a class may have that ask every student: whoever joins has a part in
/// each. Those of students that ask every teacher are limited by what a class may have live: a
/// class of thousands may have one of each.
const MAX_TO_STUDENTS: usize = 64;
/// How many bytes of JSON the `data` of all that is live in a class comes to before nobody may add
/// more to it than what one has always. Every snapshot holds it.
const LIVE_WORDS: usize = 4 << 20;
/// What a member may always say in what is live.
const OWN_WORDS: usize = 128 << 10;
/// What all of it comes to at most.
const MAX_LIVE_WORDS: usize = 16 << 20;

/// The invitation that makes way for one more of somebody who has as many live as may be: the oldest
/// that was answered, of which no application knows what goes on. Whoever made it could have ended it
/// by `finish`, and does not have to. It is told with whose it is.
pub(crate) fn makes_way(
    group: &Group,
    command: &Command,
    application: &dyn Application,
) -> Option<(UserId, InviteId)> {
    let (Command::Invite { actor, .. } | Command::InviteInGroup { actor, .. }) = command else {
        return None;
    };
    if group.count_live_of(*actor) < MAX_LIVE.0 {
        return None;
    }
    let is_done = |it: &&Invitation| {
        it.inviter == *actor
            && !it.open
            && !it.stays
            && application.finish_reason(&it.data).is_none()
    };
    group.live().find(is_done).map(|invitation| (*actor, invitation.invite_id))
}

/// Whether a group takes what a command adds to what is live in it, where another invitation may make
/// way for it.
pub(crate) fn takes(group: &Group, command: &Command, makes_way: bool) -> Result<(), Error> {
    let has_many = |actor: &UserId| {
        !makes_way
            && (group.count_live_of(*actor) >= MAX_LIVE.0 || group.count_live() >= MAX_LIVE.1)
    };
    let is_one_too_many = match command {
        Command::Invite { actor, .. } => has_many(actor),
        Command::InviteInGroup { actor, invitee_list, .. } => {
            let asks_students = *invitee_list == InviteeList::Everyone && group.is_teacher(*actor);
            let asked = group.live_to_everyone(Role::Student).len();
            has_many(actor) || asks_students && asked >= MAX_TO_STUDENTS
        }
        // They may make invitations, or not.
        Command::Perform { actor, .. } | Command::Undo { actor, .. } => {
            has_many(actor) || group.live_to_everyone(Role::Student).len() > MAX_TO_STUDENTS
        }
        _ => false,
    };
    if is_one_too_many || says_too_much(group, command) {
        return Err(Error::TooManyInvitations);
    }
    Ok(())
}

/// Whether a command says more than there is room for in what is live. A member may say as much as
/// is left for all, and always a little: so no few of them can take the word from the others.
fn says_too_much(group: &Group, command: &Command) -> bool {
    let Some((speaker, more)) = says(group, command) else { return false };
    let all = group.count_words();
    let own = group.count_words_of(speaker) + more;
    more > 0 && (own > OWN_WORDS.max(LIVE_WORDS.saturating_sub(all)) || all + more > MAX_LIVE_WORDS)
}

/// Whose words a command adds to what is live, and how many bytes of JSON more.
fn says(group: &Group, command: &Command) -> Option<(UserId, usize)> {
    let length = json::length(command.data());
    match command {
        Command::Invite { actor, .. }
        | Command::InviteInGroup { actor, .. }
        | Command::Accept { actor, .. }
        | Command::Reject { actor, .. }
        | Command::AnswerFor { actor, .. }
        | Command::Perform { actor, .. } => Some((*actor, length)),
        Command::Modify { invite_id, .. } => {
            let invitation = group.invitation(*invite_id)?;
            let replaced = json::length(&invitation.data);
            Some((invitation.inviter, length.saturating_sub(replaced)))
        }
        Command::Cancel { invite_id, .. } | Command::Finish { invite_id, .. } => {
            let invitation = group.invitation(*invite_id)?;
            Some((invitation.inviter, length * weight::said_to(command, invitation)))
        }
        Command::Create { .. }
        | Command::Join { .. }
        | Command::ChangeGroup { .. }
        | Command::ModifyPart { .. }
        | Command::RenewJoinCode { .. }
        | Command::Clear { .. }
        | Command::Undo { .. }
        | Command::ChangeRole { .. }
        | Command::Leave { .. }
        | Command::End { .. }
        | Command::EndForgotten { .. }
        | Command::Expire => None,
    }
}
