//! What a teacher asked before: questions to ask once more, and how the last one was asked.

mod support;

use classroom::{AskedBefore, Deed, Move, Operation};
use signaling::{
    Answers, Command, Event, Group, InviteId, InviteeList, Timeout, Timestamp, UserId, apply, event,
};
use support::*;

const ADA: UserId = user(1);
const BEN: UserId = user(2);
const CY: UserId = user(3);

fn seconds(seconds: u32) -> Timeout {
    Timeout::new(seconds).expect("a timeout")
}

impl Class {
    fn asks(&mut self, question: &str) {
        self.tries(ADA, &asks_for_hands(Some(question), 0, false)).expect("a teacher asks");
    }

    fn sends(&mut self, actor: UserId, invitee_list: InviteeList, question: &str) {
        let invite_id = self.fresh();
        let data = Operation::asks(Some(question.to_owned())).to_data();
        let (timeout, answers) = (seconds(7), Answers::First);
        let asks =
            Command::InviteInGroup { actor, invite_id, invitee_list, data, timeout, answers };
        self.act(asks).expect("an invitation");
    }
}

#[test]
fn the_last_eight_questions_are_told_each_once_and_the_newest_first() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    assert_eq!(AskedBefore::of(&class.group), AskedBefore::default());
    let (longest, too_long) = ("ä".repeat(200), "ä".repeat(201));
    let asked = ["0", "1", "2", "3", &longest, &too_long, "4", "5", "3", "", "6", "7"];
    for question in asked {
        class.asks(question);
    }
    let before = AskedBefore::of(&class.group).questions;
    assert_eq!(before, ["7", "6", "3", "5", "4", &longest, "2", "1"]);
}

#[test]
fn how_the_last_round_was_asked_is_told_also_where_it_had_no_words() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    class.asks("Why?");
    for (first, think, pair, limit) in [(true, 30, 0, 60), (false, 30, 20, 0), (false, 0, 0, 10)] {
        let (think, pair, timeout) = (seconds(think), seconds(pair), seconds(limit));
        let ask = Move::Ask { question: None, timeout, first, think, pair };
        class.tries(BEN, &Deed::Move(ask)).expect("a teacher asks");
        let before = AskedBefore::of(&class.group);
        assert_eq!(before.questions, ["Why?"]);
        let how = (before.first, before.think, before.pair, before.limit);
        assert_eq!(how, (first, think.seconds(), pair.seconds(), limit));
    }
}

#[test]
fn only_what_a_teacher_asked_all_was_asked_before() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    let ask = asks_for_hands(Some("Why?"), 60, false);
    class.tries(ADA, &ask).expect("a teacher asks");
    let before = AskedBefore::of(&class.group);
    assert_eq!((before.limit, before.first), (60, false));
    // What an undo brings back was asked when it was asked first, with all of its time.
    class.wait(20_000);
    class.tries(ADA, &Deed::Move(Move::Clear {})).expect("a teacher clears it");
    let undo = class.lesson().undo.expect("it can be undone").seq;
    class.tries(ADA, &Deed::Undo(undo)).expect("a teacher undoes it");
    assert!(class.group.invitations().any(|it| it.restores.is_some()));
    assert_eq!(AskedBefore::of(&class.group), before);
    class.sends(ADA, InviteeList::Members(vec![CY]), "You too?");
    assert_eq!(AskedBefore::of(&class.group), before);
    class.sends(CY, InviteeList::Everyone, "Who is silly?");
    assert_eq!(AskedBefore::of(&class.group), before);
}

/// Has a teacher ask a student for something of no application, as often as it takes for the group to
/// hold so many invitations.
fn fill(group: &mut Group, at: Timestamp, invitations: usize) {
    while group.count_invitations() < invitations {
        let mut id = [9; 16];
        id[..8].copy_from_slice(&group.seq.to_be_bytes());
        let asked = event::ReceiveNewInvitation {
            invite_id: InviteId::from_bytes(id),
            inviter: ADA,
            group_id: None,
            invitee_list: InviteeList::Members(vec![CY]),
            data: String::new(),
            timeout: Timeout::NEVER,
            expires_at: None,
            answers: Answers::Each,
            stays: None,
            restores: None,
            place: None,
            taken_by: None,
        };
        apply(group, &Event { seq: group.seq + 1, at, kind: asked.into() });
    }
}

#[test]
fn of_a_class_with_more_than_ten_thousand_invitations_nothing_is_told() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    class.asks("Why?");
    fill(&mut class.group, class.now, 10_000);
    assert_eq!(AskedBefore::of(&class.group).questions, ["Why?"]);
    fill(&mut class.group, class.now, 10_001);
    assert_eq!(AskedBefore::of(&class.group), AskedBefore::default());
}
