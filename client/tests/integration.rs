//! An integration: it brings its own people in, and acts on their behalf.

#[expect(dead_code, reason = "it is not started anew")]
mod support;

use handup_client::{Answers, EventKind, InviteeList, InviteeState, News, Role, Timeout};
use server::IntegrationKey;

use self::support::{Server, until};

#[tokio::test]
async fn an_integration_brings_its_people_in_and_acts_on_their_behalf() {
    let key = IntegrationKey::new();
    let known = server::Integration::new("moodle", &key, None);
    let server = Server::start_with(Some(known)).await;
    let moodle = server.handup().integration(&key.reveal());
    let teacher = moodle.create_group("4B", "Ms Noether", "staff/1").await.expect("a group");
    let group = teacher.group_id();

    let ada = moodle.bring_in(group, "pupil/7", "Ada", None).await.expect("a student");
    let again = moodle.bring_in(group, "pupil/7", "Somebody else", None).await.expect("her again");
    assert_eq!(ada.user_id(), again.user_id());
    assert_ne!(ada.credential().token, again.credential().token, "one token more");
    moodle.bring_in(group, "staff/2", "Bo", Some(Role::Teacher)).await.expect("a teacher");
    let own = moodle.own_members(group).await.expect("a list");
    let own: Vec<_> = own.iter().map(|it| (it.id.as_str(), it.name.as_str(), it.role)).collect();
    let (teaches, learns) = (Role::Teacher, Role::Student);
    let expected = [
        ("pupil/7", "Ada", learns),
        ("staff/1", "Ms Noether", teaches),
        ("staff/2", "Bo", teaches),
    ];
    assert_eq!(own, expected);

    // By the key and without a token of hers, which is what the header is for.
    let for_ada = moodle.on_behalf_of(group, ada.user_id());
    let mut told = for_ada.follow();
    let first = told.next().await.expect("it begins").expect("news");
    assert!(matches!(first, News::Snapshot(_)), "{first:?}");
    let never = Timeout::new(0).expect("no timeout");
    let round = teacher.invite_in_group(InviteeList::Everyone, "", never, Answers::Each).await;
    let round = round.expect("a round").invitation.invite_id;
    until(&mut told, "onReceiveNewInvitation").await;
    for_ada.accept(round, "").await.expect("her hand");
    let events = until(&mut told, "onInviteeAccepted").await;
    let Some(EventKind::InviteeAccepted(accepted)) = events.last().map(|event| &event.kind) else {
        panic!("{events:?}");
    };
    assert_eq!(accepted.invitee, ada.user_id());
    let part = ada.get_invitation(round).await.expect("the invitation").you.expect("her part");
    assert_eq!(part.state, InviteeState::Accepted);

    let refused = for_ada.end().await.expect_err("she is no teacher");
    assert_eq!(refused.status(), Some(403));
    let stranger = server.handup().integration("handup_key_nobody").own_members(group).await;
    assert_eq!(stranger.expect_err("a key that nobody has").status(), Some(401));
    let shown = format!("{moodle:?}");
    assert!(!shown.contains(&key.reveal()), "{shown}");
}
