//! The beginning of a room, cut to what its page shows: of a class of thousands a page holds some
//! rows of each list, and how many there are. A live page asks for the rest once it is awake.

use std::collections::{BTreeMap, BTreeSet};

use call::Call;
use classroom::{HandSource, Lesson, Operation, Standing};
use signaling::{
    Group, Invitation, InviteId, Invitee, InviteeList, InviteeState, MemberView, Role, Snapshot,
    Timestamp, UserId,
};

use super::portion::{Counts, List};

/// The largest class, in members and parts of what goes on, that a page holds whole.
const WHOLE_ROWS: usize = 300;
/// The most bytes of words in a class that a page holds whole.
const WHOLE_WORDS: usize = 8 * 1_024;
/// The most bytes that the names come to of a class that a page holds whole.
const WHOLE_NAMES: usize = 12 * 1_024;
/// The longest `data` of a call that a page of a larger one begins with, in bytes.
const CALL_BYTES: usize = 512;
/// The longest question that a page of a larger one begins with, in characters.
const QUESTION_CHARS: usize = 500;

/// How many bytes all names come to in HTML.
fn letters_of(group: &Group) -> usize {
    let is_escaped = |byte: &u8| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'');
    let names = group.members().iter().map(|member| member.name.as_str());
    names.map(|name| name.len() + 5 * name.bytes().filter(|it| is_escaped(it)).count()).sum()
}

/// How many bytes of words a member may see in what goes on.
fn words_of(group: &Group, me: UserId) -> usize {
    let said = |words: &Option<String>| words.as_ref().map_or(0, String::len);
    let of_parts = |invitation: &Invitation| -> usize {
        invitation.parts().iter().map(|part| said(&part.data) + said(&part.reason)).sum()
    };
    let visible = group.live().filter(|invitation| invitation.is_visible_to(me));
    visible.map(|invitation| invitation.data.len() + of_parts(invitation)).sum()
}

/// What the page of a member begins with when each list begins at its place in `from`: the class,
/// or as much of it as the page shows, and then how many rows there are in all.
pub fn cut(
    group: &Group,
    me: UserId,
    now: Timestamp,
    online: impl Fn(UserId) -> bool,
    from: &[usize],
) -> (Snapshot, Option<Counts>) {
    let is_short = group.count_rows() <= WHOLE_ROWS && words_of(group, me) <= WHOLE_WORDS;
    if is_short && letters_of(group) <= WHOLE_NAMES {
        return (Snapshot::of(group, me, now, online), None);
    }
    let lesson = Lesson::of(group);
    let standing = lesson.standing(group, me);
    let place = match standing {
        Standing::HandUp { place, .. } => place,
        _ => 0,
    };
    let kept = kept(group, &lesson, me, from);
    let teachers_first = group.with_role(Role::Teacher).chain(group.with_role(Role::Student));
    let here = teachers_first.map(|member| member.user_id);
    let here = here.skip(start(from, List::Here)).take(List::Here.rows(false));
    let mut members: Vec<UserId> = here.collect();
    // Behind those whom the list of people shows stand those whom other lists do.
    let listed: BTreeSet<UserId> = members.iter().copied().collect();
    let mut others: BTreeSet<UserId> = kept.values().flatten().copied().chain([me]).collect();
    others.extend(kept.keys().filter_map(|it| Some(group.invitation(*it)?.inviter)));
    members.extend(others.difference(&listed));
    let students = || group.with_role(Role::Student);
    let counts = Counts {
        lists: vec![
            lesson.hands.len(),
            lesson.invited.len(),
            lesson.speaking.len(),
            group.members().len(),
        ],
        students: students().count(),
        online: students().filter(|student| online(student.user_id)).count(),
        place,
    };
    let asking = [lesson.round_now(), lesson.asked(group, me)];
    let asking: Vec<InviteId> = asking.into_iter().flatten().map(|round| round.invite_id).collect();
    let mut invitations: Vec<Invitation> = kept
        .iter()
        .filter_map(|(invite_id, users)| {
            let invitation = group.invitation(*invite_id)?;
            Some(with_parts(invitation, users, asking.contains(invite_id)))
        })
        .collect();
    invitations.sort_by_key(|invitation| invitation.seq);
    let view = |user: UserId| {
        group.member(user).map(|member| MemberView {
            user_id: user,
            name: member.name.clone(),
            role: member.role,
            online: online(user),
            alike: member.alike,
        })
    };
    let snapshot = Snapshot {
        group_id: group.id,
        name: group.name.clone(),
        seq: group.seq,
        now,
        settings: group.settings.clone(),
        members: members.into_iter().filter_map(view).collect(),
        invitations,
        performed: group.performed.clone().filter(|performed| performed.can_be_undone(now)),
        join_code: None,
    };
    (snapshot, Some(counts))
}

fn start(from: &[usize], list: List) -> usize {
    from.get(list as usize).copied().unwrap_or(0)
}

/// The invitations that the page shows something of, and whose parts of each.
fn kept(
    group: &Group,
    lesson: &Lesson,
    me: UserId,
    from: &[usize],
) -> BTreeMap<InviteId, BTreeSet<UserId>> {
    let mut kept: BTreeMap<InviteId, BTreeSet<UserId>> = BTreeMap::new();
    let mut keep = |invite_id: InviteId, user: UserId| {
        kept.entry(invite_id).or_insert_with(|| BTreeSet::from([me])).insert(user);
    };
    let shown = |place: usize, list: List, user: UserId| {
        let start = start(from, list);
        let until = start.saturating_add(list.rows(false));
        user == me || (start..until).contains(&place)
    };
    for (place, hand) in lesson.hands.iter().enumerate() {
        if shown(place, List::Hands, hand.user) {
            // The one that gives the hand its place in the list.
            let raised = hand.sources.iter().find(|source| match source {
                HandSource::Round(invite_id) => {
                    let part = group.invitation(*invite_id).and_then(|it| it.part(hand.user));
                    part.is_some_and(|part| part.place().seq == hand.seq)
                }
                HandSource::Ask(invite_id) => {
                    group.invitation(*invite_id).is_some_and(|it| it.place().seq == hand.seq)
                }
            });
            if let Some(HandSource::Round(invite_id) | HandSource::Ask(invite_id)) = raised {
                keep(*invite_id, hand.user);
            }
        }
    }
    let has_passed: BTreeSet<UserId> = lesson
        .hands
        .iter()
        .enumerate()
        .filter(|(place, hand)| hand.passed && shown(*place, List::Hands, hand.user))
        .map(|(_, hand)| hand.user)
        .collect();
    for declined in group.live().filter(|it| it.stays && !has_passed.is_empty()) {
        for user in declined.in_state(InviteeState::Rejected) {
            if declined.invitee_list != InviteeList::Everyone && has_passed.contains(&user) {
                keep(declined.invite_id, user);
            }
        }
    }
    for (place, invited) in lesson.invited.iter().enumerate() {
        if shown(place, List::Invited, invited.user) {
            keep(invited.invite_id, invited.user);
        }
    }
    for (place, turn) in lesson.speaking.iter().enumerate() {
        if shown(place, List::Speaking, turn.user) {
            keep(turn.invite_id, turn.part_of);
        }
    }
    let rounds = lesson.rounds.iter().rev();
    let mine = rounds.filter(|round| {
        group.invitation(round.invite_id).is_some_and(|invitation| invitation.part(me).is_some())
    });
    let asked = lesson.asked(group, me);
    for round in lesson.round_now().into_iter().chain(asked).chain(mine.take(1)) {
        keep(round.invite_id, me);
    }
    if let Some(call) = Call::with(group, me) {
        keep(call.invite_id, call.caller);
        keep(call.invite_id, call.callee);
    }
    kept
}

/// An invitation with these people's parts, and with its question where it is shown. What somebody
/// said with their answer no page shows, but for the device that answered a call.
fn with_parts(invitation: &Invitation, users: &BTreeSet<UserId>, is_asking: bool) -> Invitation {
    let operation = Operation::read(&invitation.data);
    let is_call = operation.is_none();
    let data = match operation {
        Some(Operation::HandRaising { question, phases }) => {
            let question = question.filter(|_| is_asking).map(|question| shortened(&question));
            Operation::HandRaising { question, phases }.to_data()
        }
        Some(operation) => operation.to_data(),
        None => Some(invitation.data.clone()).filter(|it| is_short(it)).unwrap_or_default(),
    };
    let parts = users.iter().filter_map(|user| invitation.part(*user));
    let parts = parts.map(|part| {
        let mut part: Invitee = part.clone();
        part.reason = None;
        part.data = part.data.filter(|data| is_call && is_short(data));
        part
    });
    let mut cut = invitation.without_invitees();
    if let InviteeList::Members(named) = &mut cut.invitee_list {
        named.retain(|user| users.contains(user));
    }
    cut.data = data;
    cut.invitees = Some(parts.collect());
    cut
}

const fn is_short(data: &str) -> bool {
    data.len() <= CALL_BYTES
}

fn shortened(question: &str) -> String {
    let mut chars = question.chars();
    let mut short: String = chars.by_ref().take(QUESTION_CHARS).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}
