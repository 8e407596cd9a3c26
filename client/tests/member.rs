//! The client against the real server, on a real file: what a programmer would see.

mod support;

use handup_client::{
    Answers, Error, EventKind, Group, Handup, InviteeList, InviteeState, Listener, News, Retry,
    Timeout, event,
};

use self::support::{Server, until};

const HANDS: &str = r#"{"operation":"hand_raising","question":"Why?"}"#;
const CALL: &str = r#"{"operation":"call","media":"audio"}"#;

fn forever() -> Timeout {
    Timeout::new(0).expect("no timeout")
}

#[tokio::test]
async fn a_class_raises_hands_and_everybody_follows() {
    let server = Server::start().await;
    let handup = server.handup();
    let teacher = handup.create_group("4B", "Ms Noether").await.expect("a group");
    let code = teacher.credential().join_code.clone().expect("a code");
    let ada = handup.join(&code, "Ada").await.expect("a student");
    let mut following = ada.follow();
    let first = following.next().await.expect("it begins").expect("news");
    assert!(matches!(first, News::Snapshot(snapshot) if snapshot.members.len() == 2));
    let round = teacher
        .invite_in_group(InviteeList::Everyone, HANDS, forever(), Answers::Each)
        .await
        .expect("a round")
        .invitation
        .invite_id;
    until(&mut following, "onReceiveNewInvitation").await;
    let own =
        |group: &Group| group.invitation(round).and_then(|it| it.part(ada.user_id()).cloned());
    let part = own(following.group().expect("a group")).expect("she is invited");
    assert_eq!(part.state, InviteeState::Pending);
    ada.accept(round, "me!").await.expect("her hand is up");
    until(&mut following, "onInviteeAccepted").await;
    let part = own(following.group().expect("a group")).expect("her part");
    assert_eq!((part.state, part.data.as_deref()), (InviteeState::Accepted, Some("me!")));
    let over = teacher.finish_of(round, ada.user_id()).await.expect("it is lowered");
    assert_eq!(over.invitees[0].reason.as_deref(), Some("lowered"));
    let told = ada.get_invitation(round).await.expect("the invitation");
    assert_eq!(told.you.expect("her part").accepted.expect("kept").data.as_deref(), Some("me!"));
}

#[tokio::test]
async fn who_was_called_and_did_not_answer_finds_it() {
    let server = Server::start().await;
    let handup = server.handup();
    let teacher = handup.create_group("4B", "Ms Noether").await.expect("a group");
    let code = teacher.credential().join_code.clone().expect("a code");
    let ada = handup.join(&code, "Ada").await.expect("a student");
    let mut following = teacher.follow();
    let second = Timeout::new(1).expect("a second");
    let missed = teacher.invite(ada.user_id(), CALL, second).await.expect("a call");
    until(&mut following, "onInvitationTimeout").await;
    let page = ada.invitations_to_me(&[InviteeState::TimedOut], 0).await.expect("a list");
    assert_eq!(page.invitations[0].invitation.invite_id, missed.invitation.invite_id);
    let again = teacher.invite(ada.user_id(), CALL, forever()).await.expect("a call");
    ada.reject(again.invitation.invite_id, Some("in a meeting"), "").await.expect("declined");
    let events = until(&mut following, "onInviteeRejected").await;
    let Some(EventKind::InviteeRejected(rejected)) = events.last().map(|event| &event.kind) else {
        panic!("{events:?}");
    };
    assert_eq!(rejected.reason.as_deref(), Some("in a meeting"));
}

#[tokio::test]
async fn a_server_that_is_started_anew_is_followed_without_a_gap() {
    let mut server = Server::start().await;
    let handup = server.handup();
    let teacher = handup.create_group("4B", "Ms Noether").await.expect("a group");
    let mut following = teacher.follow();
    following.next().await.expect("it begins").expect("news");
    let mut seen = Vec::new();
    for restarts in 0..3 {
        if restarts > 0 {
            server = server.restart().await;
        }
        let name = format!("4B, day {restarts}");
        teacher.change_group(Some(&name), None).await.expect("it is asked for until it is done");
        seen.extend(until(&mut following, "onGroupChanged").await);
    }
    let seqs: Vec<u64> = seen.iter().map(|event| event.seq).collect();
    let first = seqs[0];
    assert_eq!(seqs, [first, first + 1, first + 2], "nothing twice, and nothing missed");
}

#[tokio::test]
async fn who_is_removed_and_what_is_over_is_told_for_good() {
    let server = Server::start().await;
    let handup = server.handup();
    let teacher = handup.create_group("4B", "Ms Noether").await.expect("a group");
    let code = teacher.credential().join_code.clone().expect("a code");
    let ada = handup.join(&code, "Ada").await.expect("a student");
    let mut hers = ada.follow();
    hers.next().await.expect("it begins").expect("news");
    teacher.remove(ada.user_id()).await.expect("she is gone");
    until(&mut hers, "onMemberLeft").await;
    assert!(hers.next().await.is_none(), "nothing comes after that");
    let refused = ada.follow().next().await.expect("an answer").expect_err("she is gone");
    assert_eq!((refused.status(), refused.is_final()), (Some(401), true));
    let mut following = teacher.follow();
    following.next().await.expect("it begins").expect("news");
    teacher.end().await.expect("it is over");
    until(&mut following, "onGroupEnded").await;
    assert!(following.next().await.is_none());
    assert_eq!(teacher.snapshot().await.expect_err("it is over").status(), Some(410));
}

#[tokio::test]
async fn a_listener_is_told_by_the_names_of_the_field() {
    #[derive(Default)]
    struct Heard(Vec<String>);

    impl Listener for Heard {
        fn on_receive_new_invitation(
            &mut self,
            group: &Group,
            event: &event::ReceiveNewInvitation,
        ) {
            let parts = group.invitation(event.invite_id).map_or(0, |it| it.parts().len());
            self.0.push(format!("{parts} are invited"));
        }

        fn on_invitation_cancelled(&mut self, _: &Group, event: &event::InvitationCancelled) {
            self.0.push(format!("cancelled, {}", event.data));
        }

        fn on_group_ended(&mut self, group: &Group, _: &event::GroupEnded) {
            self.0.push(format!("over: {}", group.ended));
        }
    }

    let server = Server::start().await;
    let handup = server.handup();
    let teacher = handup.create_group("4B", "Ms Noether").await.expect("a group");
    let code = teacher.credential().join_code.clone().expect("a code");
    handup.join(&code, "Ada").await.expect("a student");
    let mut following = teacher.follow();
    following.next().await.expect("it begins").expect("news");
    let telling = tokio::spawn(async move {
        let mut heard = Heard::default();
        following.tell(&mut heard).await.map(|()| heard.0)
    });
    let round =
        teacher.invite_in_group(InviteeList::Everyone, HANDS, forever(), Answers::Each).await;
    let round = round.expect("a round").invitation.invite_id;
    teacher.cancel(round, "the bell").await.expect("cancelled");
    teacher.end().await.expect("over");
    let heard = telling.await.expect("it ends").expect("to the end");
    assert_eq!(heard, ["1 are invited", "cancelled, the bell", "over: true"]);
}

#[tokio::test]
async fn what_is_refused_or_not_reached_is_told() {
    let server = Server::start().await;
    let handup = server.handup();
    let refused = handup.join("AAAAAA", "Ada").await.expect_err("there is no such class");
    let Error::Refused { problem, .. } = &refused else { panic!("{refused}") };
    assert_eq!((problem.status, u16::from(problem.code)), (404, 10_010));
    assert!(matches!(Handup::at("handup"), Err(Error::NoAddress(_))));
    assert!(matches!(Handup::at("ftp://handup.example"), Err(Error::NoAddress(_))));
    let teacher = handup.create_group("4B", "Ms Noether").await.expect("a group");
    server.stop().await;
    let once = handup.retrying(Retry::ONCE);
    let gone = once.member(teacher.credential().clone()).snapshot().await;
    assert!(matches!(gone, Err(Error::Unreached(_))), "{gone:?}");
}

/// Answers the requests of one test in this order, each on a connection of its own.
async fn answer_with(answers: &'static [(&'static str, &'static str)]) -> Handup {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        for (status, body) in answers {
            let (mut line, _) = listener.accept().await.expect("a request");
            let mut request = Vec::new();
            while !request.windows(4).any(|it| it == b"\r\n\r\n") {
                line.read_buf(&mut request).await.expect("it is sent");
            }
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}");
            let answer = format!("{head}\r\ncontent-type: application/problem+json\r\n\r\n{body}");
            line.write_all(answer.as_bytes()).await.expect("it is read");
        }
    });
    Handup::at(&format!("http://{address}")).expect("an address")
}

#[tokio::test]
async fn who_was_removed_by_a_try_that_failed_is_gone() {
    const FAILED: &str =
        r#"{"type":"about:blank","title":"","status":503,"detail":"","code":10002}"#;
    const GONE: &str = r#"{"type":"about:blank","title":"","status":404,"detail":"","code":6017}"#;
    let server = Server::start().await;
    let teacher = server.handup().create_group("4B", "Ms Noether").await.expect("a group");
    let failing = answer_with(&[("503 Down", FAILED), ("404 Gone", GONE)]).await;
    failing.member(teacher.credential().clone()).leave().await.expect("it was done");
    let gone = answer_with(&[("404 Gone", GONE)]).await;
    let refused = gone.member(teacher.credential().clone()).leave().await.expect_err("refused");
    assert_eq!(refused.status(), Some(404));
}
