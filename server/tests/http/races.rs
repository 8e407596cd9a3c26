//! Two clients at the same moment: exactly one wins, and everybody hears the same of it.

use std::collections::HashMap;

use futures::future::join_all;
use serde_json::json;
use signaling::Timestamp;

use crate::support::{Answer, Class, Event, GroupInvitation, Invite, Member, Server, wait_until};

/// The events about each invitation, in order, without the one that began it.
fn outcomes(log: &[Event]) -> HashMap<String, Vec<Event>> {
    let mut outcomes: HashMap<String, Vec<Event>> = HashMap::new();
    for event in log.iter().filter(|event| event.name != "onReceiveNewInvitation") {
        if let Some(id) = event["inviteID"].as_str() {
            outcomes.entry(id.to_owned()).or_default().push(event.clone());
        }
    }
    outcomes
}

/// The answer of the one whose verb won: 200, and the number of the event that says so.
#[track_caller]
fn assert_won(answer: &Answer, event: &Event) {
    assert_eq!(answer.with_status(200)["seq"], event.seq());
}

// ---- Accept against cancel ---------------------------------------------------------------------

/// One race, run, and what its two sides were answered.
struct Race {
    invite: Invite,
    accept: Answer,
    other: Answer,
}

/// Lets a student accept while the teacher cancels, a number of times, and now one, now the other
/// is sent first.
async fn race_against_cancel(teacher: &Member, student: &Member, rounds: usize) -> Vec<Race> {
    let mut races = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let invite = teacher.invite_in_group(GroupInvitation::to([student])).await;
        let (accept, other) = if round % 2 == 0 {
            tokio::join!(student.accept(&invite), teacher.cancel(&invite))
        } else {
            let (other, accept) = tokio::join!(teacher.cancel(&invite), student.accept(&invite));
            (accept, other)
        };
        races.push(Race { invite, accept, other });
    }
    races
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_accept_and_a_cancel_exactly_one_wins() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let students = class.students(20).await;
    let mut live = Vec::new();
    let races = students.iter().map(|student| race_against_cancel(&class.teacher, student, 15));
    let races: Vec<Race> = join_all(races).await.into_iter().flatten().collect();
    assert_eq!(races.len(), 300);

    let outcomes = outcomes(&class.log().await);
    for Race { invite, accept, other } in &races {
        let [outcome] = outcomes[&invite.id].as_slice() else {
            panic!("one event settles it: {:?}", outcomes[&invite.id]);
        };
        let found = class.teacher.look_up(invite).await;
        let state = if outcome.name == "onInviteeAccepted" {
            assert_won(accept, outcome);
            other.lost_to("accepted");

            live.push(invite.id.clone());
            "accepted"
        } else {
            outcome.named("onInvitationCancelled");
            assert_won(other, outcome);
            accept.lost_to("cancelled");
            "cancelled"
        };
        assert_eq!(found["invitees"][0]["state"], state);
    }
    live.sort_unstable();
    let mut told = class.teacher.live().await;
    told.sort_unstable();
    assert_eq!(told, live, "the snapshot holds those that were accepted and no others");
}

// ---- Accept against the deadline ---------------------------------------------------------------

/// Lets a student accept near the deadline: so many milliseconds from it.
async fn race_against_deadline(teacher: &Member, student: &Member, millis: i64) -> Race {
    let invite = teacher.invite_in_group(GroupInvitation::to([student]).within(1)).await;
    let deadline: Timestamp = invite.expires_at().parse().expect("a time");
    wait_until(Timestamp::from_millis(deadline.as_millis() + millis)).await;
    let (accept, other) = tokio::join!(student.accept(&invite), student.accept(&invite));
    Race { invite, accept, other }
}

/// How many milliseconds from the deadline the students of a class accept.
const AIMS: [i64; 7] = [-90, -60, -40, -25, -12, -4, 1];

async fn deadlines_of_a_class(class: &Class, students: &[Member]) {
    let mut events = class.teacher.listen().await;
    let races = students.iter().zip(AIMS);
    let races = races.map(|(student, aim)| race_against_deadline(&class.teacher, student, aim));
    let races = join_all(races).await;

    let mut settled = HashMap::new();
    while settled.len() < races.len() {
        let event = events.next_event().await;
        if event.name == "onInviteeAccepted" || event.name == "onInvitationTimeout" {
            let id = event["inviteID"].as_str().expect("an id").to_owned();
            assert!(settled.insert(id, event).is_none(), "settled twice");
        }
    }
    for Race { invite, accept, other } in &races {
        let event = &settled[&invite.id];
        let found = class.teacher.look_up(invite).await;
        if event.name == "onInviteeAccepted" {
            assert!(event["at"].as_str() < Some(invite.expires_at()), "{event:?}");
            assert_won(accept, event);
            assert_won(other, event);
            assert_eq!(found["invitees"][0]["state"], "accepted");
        } else {
            assert!(event["at"].as_str() >= Some(invite.expires_at()), "{event:?}");
            assert_eq!(event["inviteeList"], invite.made["inviteeList"]);
            accept.lost_to("timedOut");
            other.lost_to("timedOut");
            assert_eq!(found["invitees"][0]["state"], "timedOut");
        }
    }
    let outcomes = outcomes(&class.log().await);
    assert!(races.iter().all(|race| outcomes[&race.invite.id].len() == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_accept_and_the_deadline_exactly_one_wins() {
    let server = Server::start().await;
    let mut classes = Vec::new();
    for _ in 0..30 {
        let class = Class::start(&server).await;
        let students = class.students(AIMS.len()).await;
        classes.push((class, students));
    }
    let races = classes.iter().map(|(class, students)| deadlines_of_a_class(class, students));
    join_all(races).await;
}

// ---- Accept against accept and reject ----------------------------------------------------------

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_to_be_the_first_exactly_one_is() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let students = class.students(20).await;
    let mut races = Vec::new();
    for _ in 0..20 {
        let buzzer = GroupInvitation::to_everyone().for_the_first();
        let invite = class.teacher.invite_in_group(buzzer).await;
        let answers = join_all(students.iter().map(|student| student.accept(&invite))).await;
        races.push((invite, answers));
    }
    let outcomes = outcomes(&class.log().await);
    for (invite, answers) in &races {
        let [accepted, cancelled] = outcomes[&invite.id].as_slice() else {
            panic!("one takes it and the others are out: {:?}", outcomes[&invite.id]);
        };
        let winner = accepted.named("onInviteeAccepted")["invitee"].as_str();
        assert_eq!(cancelled.named("onInvitationCancelled")["reason"], "answeredElsewhere");
        assert_eq!(cancelled.seq(), accepted.seq() + 1);
        assert_eq!(cancelled["at"], accepted["at"]);
        for (student, answer) in students.iter().zip(answers) {
            if Some(&*student.id) == winner {
                assert_won(answer, accepted);
            } else {
                answer.lost_to("cancelled");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_devices_of_one_student_one_decides() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let mut races = Vec::new();
    for _ in 0..50 {
        let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada])).await;
        let (accept, other) = tokio::join!(ada.accept(&invite), ada.reject(&invite));
        races.push(Race { invite, accept, other });
    }
    let outcomes = outcomes(&class.log().await);
    for Race { invite, accept, other: reject } in &races {
        let [outcome] = outcomes[&invite.id].as_slice() else {
            panic!("one event settles it: {:?}", outcomes[&invite.id]);
        };
        if outcome.name == "onInviteeAccepted" {
            assert_won(accept, outcome);
            reject.lost_to("accepted");
        } else {
            outcome.named("onInviteeRejected");
            assert_won(reject, outcome);
            accept.lost_to("rejected");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_teachers_cannot_both_step_down() {
    let server = Server::start().await;
    for _ in 0..20 {
        let class = Class::start(&server).await;
        let co_teacher = class.co_teacher("Mr Hilbert").await;
        let (one, other) = tokio::join!(class.teacher.leave(), co_teacher.leave());
        let (winner, loser, stays) =
            if one.status == 204 { (one, other, co_teacher) } else { (other, one, class.teacher) };
        winner.has_no_content();
        loser.refused(409, 10007);
        let members = stays.snapshot().await["members"].take();
        assert_eq!(members.as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_student_who_asks_twice_at_once_has_asked_once() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    for _ in 0..20 {
        let ask = || ada.try_invite_in_group(GroupInvitation::to_everyone());
        let answers = join_all((0..4).map(|_| ask().into_future())).await;
        let (made, refused): (Vec<&Answer>, Vec<&Answer>) =
            answers.iter().partition(|answer| answer.status == 201);
        assert_eq!(made.len(), 1);
        for answer in refused {
            answer.refused(409, 8012);
        }
        let body = json!({ "data": "never mind" });
        ada.verb(&Invite::of(made[0]), "cancel", body).await.with_status(200);
    }
}
