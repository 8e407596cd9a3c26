//! What the guide for programmers shows does what it says: its programs in Rust, its commands, and the
//! walk through the API. Its programs in TypeScript are run by client-js.

#[expect(dead_code, reason = "it is not started anew")]
#[path = "../../tests/support/mod.rs"]
mod support;

use std::time::Duration;

use handup_client::{InviteeList, InviteeState, Member, News, Timeout, UserId};
use tokio::process::Command;

use self::support::{Server, until};

mod ask_a_group {
    include!(concat!(env!("OUT_DIR"), "/ask_a_group.rs"));
}

mod ring {
    include!(concat!(env!("OUT_DIR"), "/ring.rs"));
}

mod answer_everything {
    include!(concat!(env!("OUT_DIR"), "/answer_everything.rs"));
}

mod tally {
    include!(concat!(env!("OUT_DIR"), "/tally.rs"));
}

/// How long anything may take before a test gives it up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A class of one student.
async fn class(server: &Server) -> (Member, Member) {
    let handup = server.handup();
    let teacher = handup.create_group("Biology 9B", "Ms Park").await.expect("a class");
    let code = teacher.credential().join_code.clone().expect("a code");
    let ada = handup.join(&code, "Ada").await.expect("a student");
    (teacher, ada)
}

fn never() -> Timeout {
    Timeout::new(0).expect("no timeout")
}

/// Waits until a member follows the group of another.
async fn is_online(following: &mut handup_client::Following, member: UserId) {
    loop {
        let there = match following.next().await.expect("it goes on").expect("news") {
            News::Status(status) => {
                status.users.iter().any(|user| user.user_id == member && user.online)
            }
            News::Snapshot(snapshot) => {
                snapshot.members.iter().any(|user| user.user_id == member && user.online)
            }
            _ => false,
        };
        if there {
            return;
        }
    }
}

#[tokio::test]
async fn a_group_is_asked() {
    let server = Server::start().await;
    let handup = server.handup();
    let (teacher, round) = ask_a_group::ask_a_group(&handup).await.expect("a round");
    let code = teacher.credential().join_code.clone().expect("a code");
    let ada = handup.join(&code, "Ada").await.expect("a student");
    ada.accept(round, "").await.expect("her hand is up");
    let told = teacher.get_invitation(round).await.expect("the round").invitation;
    assert_eq!(told.part(ada.user_id()).map(|part| part.state), Some(InviteeState::Accepted));
}

#[tokio::test]
async fn one_person_is_rung() {
    let server = Server::start().await;
    let (teacher, ada) = class(&server).await;
    let mut at_park = teacher.follow();
    let whom = teacher.user_id();
    let caller = ada.clone();
    let rings = tokio::spawn(async move { ring::ring(&caller, whom).await });
    let call = loop {
        at_park.next().await.expect("it goes on").expect("news");
        let mut rung = at_park.group().into_iter().flat_map(|group| group.invitations());
        if let Some(call) = rung.next() {
            break call.invite_id;
        }
    };
    teacher.ringing(call).await.expect("it is shown");
    teacher.reject(call, None, "Later").await.expect("it is declined");
    let part = rings.await.expect("it ends").expect("an answer").expect("a part");
    assert_eq!((part.state, part.data.as_deref()), (InviteeState::Rejected, Some("Later")));
}

#[tokio::test]
async fn a_group_is_followed_and_answered() {
    let server = Server::start().await;
    let (teacher, ada) = class(&server).await;
    let mut at_park = teacher.follow();
    let at_ada = ada.clone();
    let answers = tokio::spawn(async move { answer_everything::answer_everything(&at_ada).await });
    is_online(&mut at_park, ada.user_id()).await;
    let each = handup_client::Answers::Each;
    let asked = teacher.invite_in_group(InviteeList::Everyone, "Who is here?", never(), each).await;
    let asked = asked.expect("a question").invitation.invite_id;
    until(&mut at_park, "onInviteeAccepted").await;
    let group = at_park.group().expect("a group");
    let part = group.invitation(asked).and_then(|it| it.part(ada.user_id())).expect("her part");
    assert_eq!(part.data.as_deref(), Some("Here I am"));
    teacher.end().await.expect("it is over");
    answers.await.expect("it ends").expect("without an error");
}

#[tokio::test]
async fn a_listener_counts_the_answers() {
    let server = Server::start().await;
    let (teacher, ada) = class(&server).await;
    let mut at_ada = ada.follow();
    let park = teacher.clone();
    let counts = tokio::spawn(async move { tally::tally(&park).await });
    is_online(&mut at_ada, teacher.user_id()).await;
    let first = teacher.invite(ada.user_id(), "Yes?", never()).await.expect("an invitation");
    ada.accept(first.invitation.invite_id, "").await.expect("accepted");
    let second = teacher.invite(ada.user_id(), "No?", never()).await.expect("an invitation");
    ada.reject(second.invitation.invite_id, None, "").await.expect("declined");
    teacher.end().await.expect("it is over");
    let counted = counts.await.expect("it ends").expect("to the end");
    assert_eq!(counted.accepted, [ada.user_id()]);
    assert_eq!(counted.rejected, [ada.user_id()]);
}

/// What a script of Bash says, which has to end well.
async fn bash(arguments: &[&str], api: &str) -> String {
    let run = Command::new("bash").args(arguments).env("API", api).kill_on_drop(true).output();
    let run = tokio::time::timeout(PATIENCE, run).await.expect("it ends").expect("bash");
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{}\n{said}\n{complaint}", run.status);
    said
}

#[tokio::test]
async fn the_commands_of_the_guide_do_what_it_says() {
    let server = Server::start().await;
    let guide = include_str!("../../../docs/GUIDE.md");
    let blocks: Vec<&str> =
        guide.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 4, "the set-up, and one for each task");
    let script = format!("set -euo pipefail\n{}", blocks.join("\n"));
    let said = bash(&["-c", &script], &format!("{}/api/v1", server.origin())).await;
    assert_eq!(said.matches(r#""state":"accepted""#).count(), 3, "{said}");
    assert!(said.contains(r#""state":"finished""#), "{said}");
    let events = ["onReceiveNewInvitation", "onInviteeAccepted", "onInviteeFinished"];
    for event in events {
        assert!(said.contains(&format!("event: {event}\n")), "{event}: {said}");
    }
}

#[tokio::test]
async fn the_walk_through_the_api_is_walked() {
    let server = Server::start().await;
    let walk = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api-walk.sh");
    let said = bash(&[walk, &server.origin()], "").await;
    assert!(said.ends_with("walked\n"), "{said}");
    assert!(said.contains(r#""code":8010,"state":"rejected""#), "{said}");
}
