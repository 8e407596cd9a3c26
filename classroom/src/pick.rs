//! Picking who speaks next: by fairness or by lot, of those whose hands are up or of everybody here.

use std::collections::BTreeSet;

use signaling::{
    Code, Command, Group, InviteId, Performance, Performing, Refusal, Rejection, Role, UserId,
};

use crate::performed::{UndoneDeed, undoable};
use crate::turns::{answer, call, end_turns, is_called};
use crate::{Among, How, Lesson, Operation, Reason, TURN_STARTS_AT_ONCE, Tally, Why};

/// There is nobody to pick.
pub const NOBODY: Rejection = Rejection::Application(Refusal {
    status: 409,
    code: Code::Nobody,
    text: "There is nobody to pick: whoever has passed, speaks or is not connected is not picked.",
});

/// Picks somebody and calls them, with the reason. Nothing happens when somebody is called already, or
/// it is not this turn which goes on: of two picks at once the second finds that.
pub(crate) fn pick(
    group: &Group,
    lesson: &Lesson,
    it: &Performing<'_>,
    how: How,
    among: Among,
    ends: Option<InviteId>,
) -> Result<Performance, Rejection> {
    let one = lesson.one_turn();
    if one.map(|turn| turn.invite_id) != ends || !lesson.invited.is_empty() {
        return Ok(undoable(Vec::new(), UndoneDeed::Next, None));
    }
    let ended = one.map(|turn| end_turns(lesson, it.actor, turn.user)).unwrap_or_default();
    let chosen = choose(group, lesson, it, how, among, &BTreeSet::new()).ok_or(NOBODY)?;
    Ok(called(group, lesson, it, among, None, ended, chosen))
}

/// Picks somebody else in the place of a student who was picked and is silent.
pub(crate) fn pick_again(
    group: &Group,
    lesson: &Lesson,
    it: &Performing<'_>,
    student: UserId,
) -> Result<Performance, Rejection> {
    let picked = lesson.invited(student).and_then(|invited| {
        let (why, among) = invited.why.zip(invited.among)?;
        Some((invited.invite_id, why.how(), among))
    });
    let Some((instead, how, among)) = picked else {
        return Ok(undoable(Vec::new(), UndoneDeed::Next, None));
    };
    let over = passed_over(group, instead);
    let (chosen, instead_of) = match choose(group, lesson, it, how, among, &over) {
        Some(chosen) => (chosen, Some(instead)),
        // Everybody has been passed over: they begin anew, but for the last one.
        None => {
            let last = BTreeSet::from([student]);
            (choose(group, lesson, it, how, among, &last).ok_or(NOBODY)?, None)
        }
    };
    let cancel = Command::Cancel {
        actor: it.actor,
        invite_id: instead,
        data: String::new(),
        reason: Some(Reason::PickedAgain.text().to_owned()),
    };
    Ok(called(group, lesson, it, among, instead_of, vec![cancel], chosen))
}

/// The commands that call somebody who was chosen.
fn called(
    group: &Group,
    lesson: &Lesson,
    it: &Performing<'_>,
    among: Among,
    instead: Option<InviteId>,
    before: Vec<Command>,
    (student, why): (UserId, Why),
) -> Performance {
    let operation = Operation::Speaking { why: Some(why), among: Some(among), instead };
    let ends_turn = before.iter().any(|command| matches!(command, Command::Finish { .. }));
    let mut commands = before;
    commands.push(call(it.actor, student, it.fresh, &operation));
    // Nobody begins to speak who has not raised a hand; and where somebody goes on speaking, a second tap
    // must find that somebody is called.
    let goes_on = lesson.speaking.len() > usize::from(ends_turn);
    let starts = group.settings.is_on(TURN_STARTS_AT_ONCE) && !goes_on;
    if starts && lesson.hand(student).is_some() {
        commands.push(answer(it.actor, it.fresh, student, true));
    }
    undoable(commands, UndoneDeed::Next, Some(student))
}

/// Who was picked and passed over by the teacher, down to this invitation.
fn passed_over(group: &Group, last: InviteId) -> BTreeSet<UserId> {
    let mut over = BTreeSet::new();
    let mut next = Some(last);
    while let Some(invitation) = next.and_then(|invite_id| group.invitation(invite_id)) {
        let before = over.len();
        over.extend(invitation.parts().iter().map(|part| part.user_id));
        if over.len() == before {
            break;
        }
        next = match Operation::read(&invitation.data) {
            Some(Operation::Speaking { instead, .. }) => instead,
            _ => None,
        };
    }
    over
}

fn choose(
    group: &Group,
    lesson: &Lesson,
    it: &Performing<'_>,
    how: How,
    among: Among,
    over: &BTreeSet<UserId>,
) -> Option<(UserId, Why)> {
    let hands: BTreeSet<UserId> = lesson.hands.iter().map(|hand| hand.user).collect();
    let passed = lesson.passed();
    let is_ready = |user: &UserId| {
        it.here.contains(user)
            && !over.contains(user)
            && !is_called(lesson, *user)
            && !passed.contains(user)
    };
    let candidates: Vec<UserId> = match among {
        Among::Hands => lesson.hands.iter().map(|hand| hand.user).filter(is_ready).collect(),
        Among::Everybody => {
            // Whoever has a hand up goes before those who are alike and have none.
            let without = group.with_role(Role::Student).map(|member| member.user_id);
            let without = without.filter(|user| !hands.contains(user));
            let with = lesson.hands.iter().map(|hand| hand.user);
            with.chain(without).filter(is_ready).collect()
        }
    };
    match (how, among) {
        (How::Fair, _) => Tally::of(group).fair(candidates),
        (How::Random, Among::Hands) => Some((*draw(it.fresh, &candidates)?, Why::Random)),
        (How::Random, Among::Everybody) => {
            let left = Tally::of(group).not_drawn(candidates);
            Some((*draw(it.fresh, &left)?, Why::Random))
        }
    }
}

/// One of these, by lot: a fresh id holds more bits of the operating system's generator than it takes.
fn draw(fresh: InviteId, of: &[UserId]) -> Option<&UserId> {
    let lots = u64::try_from(of.len()).ok()?;
    let lot = fresh.random_bits().checked_rem(lots)?;
    of.get(usize::try_from(lot).ok()?)
}
