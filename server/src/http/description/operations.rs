//! The operations of the API, as its description tells them: one for each route of the table.

use serde_json::{Value, json};
use signaling::wire::{
    BringIn, ChangeGroup, ChangeRole, CreateGroup, Credential, Data, DeadLetters, Decline, Devices,
    Empty, Finish, GroupEnd, GroupNow, HandoverLink, IceServers, InvitationPage, Invite,
    InviteInGroup, Invited, Join, MemberNow, NewJoinCode, OptionalData, OwnMembers, PerformedNow,
    Respond, ToldInvitation, Undo,
};
use signaling::{Code, Invitation, Settlement, Snapshot};

use super::Operation;

/// No such invitation, or not this member's to see.
const NO_INVITATION: (u16, Code) = (404, Code::Invitation);
/// Another transition has won.
const SETTLED: (u16, Code) = (409, Code::Invitation);
/// Somebody is named who is no member.
const NO_MEMBER: (u16, Code) = (422, Code::InvalidParameter);
/// What applications may refuse of a new invitation: a second ask or call, more than eight, hands that
/// cannot go up yet.
const OF_APPLICATIONS: [(u16, Code); 3] =
    [(409, Code::HasOne), (409, Code::Full), (409, Code::TooEarly)];

/// What can be done with an invitation that was just made.
const NEXT: [&str; 6] =
    ["getInvitation", "modifyInvitation", "accept", "reject", "cancel", "finish"];

fn text() -> Value {
    json!({ "type": "string" })
}

/// The number of an event.
fn number() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]{1,19}$" })
}

fn one_of(words: &[&str]) -> Value {
    json!({ "enum": words })
}

/// What chooses whose names are told how.
fn shown(operation: Operation) -> Operation {
    let says = "`shown` where a teacher asks for the names that students are told.";
    operation.asks("names", text(), says)
}

pub(in crate::http) fn create_group() -> Operation {
    Operation::public("createGroup", "Start a group, as its first teacher.")
        .takes::<CreateGroup>()
        .gives::<Credential>(201, "The group, with the credential of its teacher.")
        .refuses(&[(401, Code::NotSignedIn)])
}

pub(in crate::http) fn join() -> Operation {
    Operation::public("join", "Join a group by its code, as a new student.")
        .takes::<Join>()
        .gives::<Credential>(201, "The new member's credential.")
        .refuses(&[
            (403, Code::GroupRefuses),
            (404, Code::Group),
            (409, Code::Full),
            (410, Code::Group),
            (507, Code::Full),
        ])
}

pub(in crate::http) fn snapshot() -> Operation {
    let operation = Operation::of_member("getGroup", "The group as the member may see it.");
    shown(operation)
        .asks("follow", text(), "`asking`: whoever follows by asking counts as online.")
        .reads_header("If-None-Match", "The `ETag` of the snapshot that is known.")
        .gives::<Snapshot>(200, "The snapshot; its `ETag` changes with all but the time.")
        .gives_nothing(304, "It is still the one whose `ETag` is in `If-None-Match`.")
}

pub(in crate::http) fn change_group() -> Operation {
    Operation::of_member("changeGroup", "Rename the group, or change its settings.")
        .takes_key()
        .may_take::<ChangeGroup>()
        .gives::<GroupNow>(200, "The group's name and settings as they are now.")
}

pub(in crate::http) fn follow() -> Operation {
    let operation =
        Operation::of_member("followGroup", "The live stream of what the member may see.");
    shown(operation)
        .asks("after", number(), "Goes on after this event, where there is no `Last-Event-ID`.")
        .reads_header("Last-Event-ID", "Goes on after this event.")
        .asks("heartbeat", text(), "`event`: heartbeats come as events too.")
        .asks("events", text(), "`tables`: events of one kind may come as one message.")
        .gives_as::<String>(
            "text/event-stream",
            200,
            "Server-sent events; `Events` among the schemas has the `data` of each by its name.",
        )
}

pub(in crate::http) fn invite() -> Operation {
    Operation::of_member("invite", "Invite one member; nobody else sees it.")
        .takes_key()
        .takes::<Invite>()
        .gives::<Invited>(201, "The invitation, without its parts.")
        .leads_to(&NEXT)
        .refuses(&[NO_MEMBER])
        .refuses(&OF_APPLICATIONS)
}

pub(in crate::http) fn invite_in_group() -> Operation {
    Operation::of_member("inviteInGroup", "Invite several members, or `\"*\"`, before the group.")
        .takes_key()
        .takes::<InviteInGroup>()
        .gives::<Invited>(201, "The invitation, without its parts.")
        .leads_to(&NEXT)
        .refuses(&[NO_MEMBER])
        .refuses(&OF_APPLICATIONS)
}

pub(in crate::http) fn list_invitations() -> Operation {
    Operation::of_member("listInvitations", "The member's own invitations, live or not.")
        .asks("mine", one_of(&["inviter", "invitee"]), "By which side; both without it.")
        .asks("state", text(), "States of the part, with commas between them.")
        .asks("after", number(), "Those made after this event.")
        .gives::<InvitationPage>(200, "A page of them, in the order in which they were made.")
}

pub(in crate::http) fn get_invitation() -> Operation {
    Operation::of_member("getInvitation", "An invitation, live or not.")
        .gives::<ToldInvitation>(200, "The invitation with all its parts.")
        .refuses(&[NO_INVITATION])
}

pub(in crate::http) fn modify_invitation() -> Operation {
    Operation::of_member("modifyInvitation", "Change the `data` of an open invitation.")
        .takes_key()
        .takes::<Data>()
        .gives::<Invitation>(200, "The invitation, without its parts.")
        .refuses(&[NO_INVITATION, SETTLED])
}

pub(in crate::http) fn cancel() -> Operation {
    Operation::of_member("cancel", "Close an invitation for all who are pending.")
        .takes_key()
        .may_take::<OptionalData>()
        .gives::<Settlement>(200, "The parts that it closed.")
        .refuses(&[NO_INVITATION, SETTLED])
}

pub(in crate::http) fn accept() -> Operation {
    Operation::of_member("accept", "Accept, for oneself or as a teacher for a silent student.")
        .takes_key()
        .may_take::<Respond>()
        .gives::<Settlement>(200, "The part.")
        .refuses(&[NO_INVITATION, SETTLED, NO_MEMBER])
        .refuses(&OF_APPLICATIONS)
}

pub(in crate::http) fn reject() -> Operation {
    Operation::of_member("reject", "Decline, for oneself or as a teacher for a silent student.")
        .takes_key()
        .may_take::<Decline>()
        .gives::<Settlement>(200, "The part.")
        .refuses(&[NO_INVITATION, SETTLED, NO_MEMBER])
}

pub(in crate::http) fn finish() -> Operation {
    Operation::of_member("finish", "End what an acceptance began.")
        .takes_key()
        .may_take::<Finish>()
        .gives::<Settlement>(200, "The parts that it ended.")
        .refuses(&[NO_INVITATION, SETTLED, NO_MEMBER])
}

pub(in crate::http) fn clear() -> Operation {
    Operation::of_member("clear", "Have snapshots tell a closed invitation no more.")
        .takes_key()
        .may_take::<Empty>()
        .gives::<Invitation>(200, "The invitation, without its parts.")
        .refuses(&[NO_INVITATION])
}

pub(in crate::http) fn perform() -> Operation {
    Operation::of_member("perform", "Do what an application makes of `data`, as one.")
        .takes_key()
        .takes::<Data>()
        .gives::<PerformedNow>(200, "The group's last event, and by which number it is undone.")
        .refuses(&[NO_INVITATION, SETTLED, NO_MEMBER, (409, Code::Nobody)])
        .refuses(&OF_APPLICATIONS)
}

pub(in crate::http) fn undo() -> Operation {
    Operation::of_member("undo", "Take back what was performed last.")
        .takes_key()
        .takes::<Undo>()
        .gives::<PerformedNow>(200, "The group's last event.")
        .refuses(&[SETTLED])
}

pub(in crate::http) fn renew_join_code() -> Operation {
    Operation::of_member("renewJoinCode", "Give the group a new code; the old one is dead.")
        .takes_key()
        .may_take::<Empty>()
        .gives::<NewJoinCode>(200, "The new code.")
}

pub(in crate::http) fn hand_over() -> Operation {
    Operation::of_member("handOver", "A link by which the teacher goes on in another browser.")
        .may_take::<Empty>()
        .gives::<HandoverLink>(201, "The link.")
}

pub(in crate::http) fn change_role() -> Operation {
    Operation::of_member("changeRole", "Make a member a co-teacher, or a student again.")
        .takes_key()
        .takes::<ChangeRole>()
        .gives::<MemberNow>(200, "The member.")
        .refuses(&[(404, Code::InvalidParameter), (409, Code::GroupRefuses)])
}

pub(in crate::http) fn leave() -> Operation {
    Operation::of_member("leave", "Leave the group, or remove somebody from it.")
        .gives_nothing(204, "They are gone.")
        .refuses(&[(404, Code::InvalidParameter), (409, Code::GroupRefuses)])
}

pub(in crate::http) fn end() -> Operation {
    Operation::of_member("end", "End the group, and all that goes on in it.")
        .takes_key()
        .may_take::<Empty>()
        .gives::<GroupEnd>(200, "The event that ended it.")
}

/// One of what the two ends of an invitation tell each other beside the log.
fn between(id: &'static str, summary: &'static str) -> Operation {
    Operation::of_member(id, summary).refuses(&[NO_INVITATION, SETTLED])
}

pub(in crate::http) fn ringing() -> Operation {
    between("ringing", "Say that the device shows the invitation to its invitee.")
        .may_take::<Empty>()
        .gives_nothing(204, "It is told to the inviter.")
}

pub(in crate::http) fn relay() -> Operation {
    between("relay", "Send the other end a word that nobody keeps.")
        .takes::<Data>()
        .gives_nothing(204, "It is sent to the streams that the other end has open.")
}

pub(in crate::http) fn keep_alive() -> Operation {
    between("keepAlive", "Give a sign of life.")
        .may_take::<Empty>()
        .gives_nothing(204, "It is noted.")
}

pub(in crate::http) fn ice_servers() -> Operation {
    between("iceServers", "The servers that help two ends find a way to each other.")
        .gives::<IceServers>(200, "The servers.")
}

/// What connecting over the server may be refused with.
const OF_VOICE: [(u16, Code); 2] = [(409, Code::GroupRefuses), (503, Code::Full)];

pub(in crate::http) fn join_voice() -> Operation {
    Operation::of_member("joinVoice", "Connect to hear the class, and to be heard by it.")
        .takes_offer()
        .gives_answer()
        .refuses(&OF_VOICE)
}

pub(in crate::http) fn leave_voice() -> Operation {
    Operation::of_member("leaveVoice", "End a session of voice.").gives_nothing(204, "It is over.")
}

pub(in crate::http) fn join_call() -> Operation {
    Operation::of_member("joinCall", "Connect to those with whom the member is in a call.")
        .takes_offer()
        .gives_answer()
        .refuses(&[NO_INVITATION, SETTLED])
        .refuses(&OF_VOICE)
}

pub(in crate::http) fn leave_call() -> Operation {
    Operation::of_member("leaveCall", "End a session of a call.")
        .gives_nothing(204, "It is over.")
        .refuses(&[NO_INVITATION])
}

/// The dead letter is not there.
const NO_LETTER: (u16, Code) = (404, Code::InvalidParameter);

pub(in crate::http) fn list_own_members() -> Operation {
    Operation::of_integration("listOwnMembers", "Who was brought into the group under own ids.")
        .gives::<OwnMembers>(200, "They, in the order of these ids.")
        .refuses(&[(404, Code::Group)])
}

pub(in crate::http) fn bring_in() -> Operation {
    Operation::of_integration("bringIn", "Bring somebody into the group under an own id.")
        .takes::<BringIn>()
        .gives::<Credential>(201, "They are a new member; the token stands for them.")
        .gives::<Credential>(200, "They are in it already; the token stands for them too.")
        .refuses(&[
            (403, Code::GroupRefuses),
            (404, Code::Group),
            (409, Code::Full),
            (409, Code::GroupRefuses),
            (410, Code::Group),
            (507, Code::Full),
        ])
}

pub(in crate::http) fn list_devices() -> Operation {
    Operation::of_member("listDevices", "The devices by which the member is in the group.")
        .gives::<Devices>(200, "They, the oldest first.")
}

pub(in crate::http) fn end_device() -> Operation {
    Operation::of_member("endDevice", "End one of the member's devices.")
        .gives_nothing(204, "Its token opens the group no more, and its streams end.")
        .refuses(&[(404, Code::InvalidParameter)])
}

pub(in crate::http) fn list_dead_letters() -> Operation {
    Operation::of_integration("listDeadLetters", "What the webhook has not taken in its time.")
        .gives::<DeadLetters>(200, "The oldest, at most 100.")
}

pub(in crate::http) fn deliver_again() -> Operation {
    Operation::of_integration("deliverAgain", "Send the events of a dead letter once more.")
        .may_take::<Empty>()
        .gives_nothing(204, "The webhook has taken them, and the letter is gone.")
        .refuses(&[NO_LETTER, (502, Code::Internal)])
}

pub(in crate::http) fn forget_letter() -> Operation {
    Operation::of_integration("forgetDeadLetter", "Forget a dead letter.")
        .gives_nothing(204, "It is gone.")
        .refuses(&[NO_LETTER])
}
