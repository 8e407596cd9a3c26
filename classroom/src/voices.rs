//! Who is heard: whoever has the floor, and teachers.

use signaling::{Command, Group, Rejection, Role, UserId};

use crate::terms::{Terms, change};
use crate::{Lesson, Turn, VOICE};

/// Who may be heard by the class, those first who are heard before others; none where voice is off. A
/// student is heard while they have the floor and are not muted. Teachers may be heard at any time, by
/// opening their microphone.
pub(crate) fn voices(group: &Group) -> Option<Vec<UserId>> {
    if group.ended || !group.settings.is_on(VOICE) {
        return None;
    }
    let is_heard = |turn: &Turn| !turn.muted && group.member(turn.user).is_some();
    let turns = Lesson::turns_of(group).into_iter().filter(is_heard);
    let mut voices: Vec<UserId> = turns.map(|turn| turn.user).collect();
    for teacher in group.with_role(Role::Teacher) {
        if !voices.contains(&teacher.user_id) {
            voices.push(teacher.user_id);
        }
    }
    Some(voices)
}

/// The commands that mute a speaker, or have them heard again.
pub(crate) fn mute(
    group: &Group,
    lesson: &Lesson,
    actor: UserId,
    speaker: UserId,
    muted: bool,
) -> Vec<Command> {
    let turns = lesson.speaking.iter().filter(|turn| turn.user == speaker);
    let modify = turns.filter(|turn| turn.muted != muted).filter_map(|turn| {
        change(group, actor, (turn.invite_id, turn.part_of), |terms| Terms { muted, ..terms })
    });
    modify.collect()
}

/// Nobody opens the microphone of somebody else, and students change nothing else of a turn.
pub(crate) fn refuse(group: &Group, command: &Command) -> Option<Rejection> {
    let Command::ModifyPart { actor, invite_id, invitee, data } = command else { return None };
    let turns = Lesson::turns_of(group);
    let turn = turns.iter().find(|it| it.invite_id == *invite_id && it.part_of == *invitee)?;
    let part = group.invitation(*invite_id)?.part(*invitee)?;
    let (before, after) = (Terms::of(part), Terms::read(data));
    let unmutes = before.muted && !after.muted;
    let changes_else = Terms { muted: false, ..before } != Terms { muted: false, ..after };
    let may = if turn.user == *actor {
        !changes_else || group.is_teacher(*actor)
    } else {
        group.is_teacher(*actor) && !unmutes
    };
    (!may).then_some(Rejection::NotPermitted)
}
