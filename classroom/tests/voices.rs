//! Who is heard: the floor, teachers, muting.

mod support;

use classroom::{Classroom, Deed, Lesson, Move, Operation, SPEAKING_LIMIT, VOICE};
use signaling::{
    Answers, Application, Command, EventKind, Group, InviteeList, Rejection, SettingsChange,
    Snapshot, Timeout, UserId,
};
use support::*;

use Refused::Rejection as Rejected;

const ADA: UserId = user(1);
const BEN: UserId = user(2);
const CY: UserId = user(3);
const DEE: UserId = user(4);

/// A class with voice, of two teachers and two students.
fn heard() -> Class {
    let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
    class.does(ADA, Deed::Change(SettingsChange::set(VOICE, true)));
    class
}

impl Class {
    fn does(&mut self, by: UserId, deed: Deed) -> Vec<EventKind> {
        self.tries(by, &deed).expect("it may be done")
    }

    fn speaks(&mut self, student: UserId) {
        self.does(student, Deed::RaiseHand);
        self.does(ADA, Deed::CallOn(student));
    }

    fn voices(&self) -> Option<Vec<UserId>> {
        Classroom.voices(&self.group)
    }
}

#[test]
fn whoever_has_the_floor_is_heard_and_teachers_may_be() {
    let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
    assert_eq!(class.voices(), None, "voice is off until a teacher switches it on");
    class.does(ADA, Deed::Change(SettingsChange::set(VOICE, true)));
    assert_eq!(class.voices(), Some(vec![ADA, BEN]));
    class.does(CY, Deed::RaiseHand);
    assert_eq!(class.voices(), Some(vec![ADA, BEN]), "a raised hand is no voice");
    class.does(ADA, Deed::CallOn(CY));
    assert_eq!(class.voices(), Some(vec![CY, ADA, BEN]));
    class.does(ADA, Deed::CallOnAbsent(DEE));
    assert_eq!(class.voices(), Some(vec![CY, ADA, BEN]), "Dee has not accepted");
    class.does(DEE, Deed::Speak);
    assert_eq!(class.voices(), Some(vec![CY, DEE, ADA, BEN]));
    class.does(CY, Deed::Done);
    assert_eq!(class.voices(), Some(vec![DEE, ADA, BEN]));
    class.does(ADA, Deed::Move(Move::EndTurn { student: DEE }));
    assert_eq!(class.voices(), Some(vec![ADA, BEN]));
    class.does(ADA, Deed::EndClass);
    assert_eq!(class.voices(), None);
}

#[test]
fn whoever_is_removed_or_leaves_is_heard_no_more() {
    let mut class = heard();
    class.speaks(CY);
    class.does(ADA, Deed::Remove(CY));
    assert_eq!(class.voices(), Some(vec![ADA, BEN]));
    class.does(ADA, Deed::Remove(BEN));
    assert_eq!(class.voices(), Some(vec![ADA]));
}

#[test]
fn a_teacher_mutes_a_speaker_who_alone_is_heard_again() {
    let mut class = heard();
    class.speaks(CY);
    let limited = Move::LimitTurn { student: CY, seconds: Timeout::new(90).expect("a timeout") };
    class.does(BEN, Deed::Move(limited));
    class.does(BEN, Deed::Move(Move::Mute { student: CY }));
    assert_eq!(class.voices(), Some(vec![ADA, BEN]));
    let turn = class.lesson().turn(CY).cloned().expect("Cy has the floor");
    assert_eq!((turn.muted, turn.limit), (true, Some(90)));
    assert_eq!(class.does(ADA, Deed::Move(Move::Mute { student: CY })), [], "it is done");
    // Nobody opens another's microphone, however they ask for it.
    let unmute = |actor| Command::ModifyPart {
        actor,
        invite_id: turn.invite_id,
        invitee: turn.part_of,
        data: "{}".to_owned(),
    };
    let settled = Err(Rejected(classroom::SETTLED));
    assert_eq!(class.tries(ADA, &Deed::Move(Move::Unmute {})), settled, "it is not their turn");
    for (other, why) in [(ADA, Rejection::NotPermitted), (DEE, Rejection::TeachersOnly)] {
        assert_eq!(class.act(unmute(other)).err(), Some(why));
    }
    class.does(CY, Deed::Move(Move::Unmute {}));
    assert_eq!(class.voices(), Some(vec![CY, ADA, BEN]));
    assert_eq!(class.lesson().turn(CY).and_then(|turn| turn.limit), Some(90));
    // A student changes nothing else of a turn.
    let longer = Command::ModifyPart {
        actor: CY,
        invite_id: turn.invite_id,
        invitee: turn.part_of,
        data: r#"{"limit":0}"#.to_owned(),
    };
    assert_eq!(class.act(longer).err(), Some(Rejection::NotPermitted));
    for it in [Move::Mute { student: CY }, Move::EndTurn { student: CY }] {
        let refused = class.tries(DEE, &Deed::Move(it));
        assert_eq!(refused, Err(Rejected(Rejection::TeachersOnly)));
    }
}

#[test]
fn a_speaker_may_mute_themselves_and_change_nothing_else_by_that() {
    let mut class = heard();
    class.does(ADA, Deed::CallOnAbsent(CY));
    class.does(CY, Deed::Speak);
    let turn = class.lesson().turn(CY).cloned().expect("Cy has the floor");
    for (data, refused, voices) in [
        (r#"{"limit":9,"muted":true}"#, Some(Rejection::NotPermitted), vec![CY, ADA, BEN]),
        (r#"{"muted":true}"#, None, vec![ADA, BEN]),
        (r#"{"limit":9}"#, Some(Rejection::NotPermitted), vec![ADA, BEN]),
        (r#"{}"#, None, vec![CY, ADA, BEN]),
    ] {
        let (invite_id, invitee) = (turn.invite_id, turn.part_of);
        let modify = Command::ModifyPart { actor: CY, invite_id, invitee, data: data.to_owned() };
        assert_eq!(class.act(modify).err(), refused, "{data}");
        assert_eq!(class.voices(), Some(voices), "{data}");
    }
}

#[test]
fn of_several_who_speak_by_one_invitation_each_is_muted_and_heard_again_alone() {
    let mut class = heard();
    let invite_id = class.fresh();
    let calls = Command::InviteInGroup {
        actor: ADA,
        invite_id,
        invitee_list: InviteeList::Members(vec![CY, DEE]),
        data: Operation::CALL.to_data(),
        timeout: Timeout::NEVER,
        answers: Answers::Each,
    };
    class.act(calls).expect("a teacher calls");
    for student in [CY, DEE] {
        class.does(student, Deed::Speak);
    }
    class.does(ADA, Deed::Move(Move::Mute { student: DEE }));
    assert_eq!(class.voices(), Some(vec![CY, ADA, BEN]));
    let unmute = |actor| Command::ModifyPart { actor, invite_id, invitee: DEE, data: "{}".into() };
    assert_eq!(class.act(unmute(ADA)).err(), Some(Rejection::NotPermitted));
    class.act(unmute(DEE)).expect("it is their own turn");
    assert_eq!(class.voices(), Some(vec![CY, DEE, ADA, BEN]));
}

#[test]
fn the_terms_of_a_turn_say_what_is_not_as_the_class_has_it() {
    let mut class = heard();
    class.speaks(CY);
    let turn = class.lesson().turn(CY).cloned().expect("Cy has the floor");
    let limit = |seconds| {
        let seconds = Timeout::new(seconds).expect("a timeout");
        Move::LimitTurn { student: CY, seconds }
    };
    for (by, it, terms) in [
        (ADA, limit(90), r#"{"limit":90}"#),
        (ADA, Move::Mute { student: CY }, r#"{"limit":90,"muted":true}"#),
        (ADA, limit(0), r#"{"limit":0,"muted":true}"#),
        (CY, Move::Unmute {}, r#"{"limit":0}"#),
    ] {
        class.does(by, Deed::Move(it));
        let part = class.group.invitation(turn.invite_id).and_then(|it| it.part(turn.part_of));
        assert_eq!(part.and_then(|part| part.terms.as_deref()), Some(terms));
    }
}

#[test]
fn a_muted_turn_has_the_limit_of_its_class_whatever_that_becomes() {
    let mut class = heard();
    class.speaks(CY);
    class.does(ADA, Deed::Move(Move::Mute { student: CY }));
    let change =
        SettingsChange { amounts: vec![(SPEAKING_LIMIT, 45)], ..SettingsChange::default() };
    class.does(ADA, Deed::Change(change));
    assert_eq!(class.lesson().turn(CY).and_then(|turn| turn.limit), Some(45));
    class.does(CY, Deed::Done);
    class.speaks(CY);
    assert_eq!(class.lesson().turn(CY).map(|turn| turn.muted), Some(false), "another turn");
}

#[test]
fn a_page_reads_from_its_snapshot_that_it_is_muted() {
    let mut class = heard();
    class.speaks(CY);
    class.does(ADA, Deed::Move(Move::Mute { student: CY }));
    let snapshot = Snapshot::of(&class.group, CY, class.now, |_| true);
    let page = Lesson::of(&Group::from(snapshot));
    assert_eq!(page.turn(CY).map(|turn| turn.muted), Some(true));
}
