//! Members whose names look alike are told apart, by everybody and for as long as there is the class.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Class, Member, Server};

/// What tells a member apart, as the member with this credential sees it.
async fn alike(by: &Member, of: &Member) -> Value {
    let mut snapshot = by.snapshot().await;
    let members = snapshot["members"].as_array_mut().expect("members");
    let member = members.iter_mut().find(|member| member["userID"] == *of.id);
    member.expect("the member")["alike"].take()
}

#[tokio::test]
async fn names_that_look_alike_are_told_apart_in_snapshots_and_events() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let mut stream = class.teacher.listen().await;
    let other = class.join("Ada").await;
    let cyrillic = class.join("\u{410}da").await;
    let bo = class.join("Bo").await;
    let impostor = class.join("Ms Noether").await;

    let expected = [
        (&ada, json!(null)),
        (&other, json!({ "userID": ada.id, "number": 2 })),
        (&cyrillic, json!({ "userID": ada.id, "number": 3 })),
        (&bo, json!(null)),
        (&impostor, json!({ "userID": class.teacher.id, "number": 2 })),
    ];
    for (member, alike_of) in &expected {
        assert_eq!(alike(&bo, member).await, *alike_of, "{}", member.id);
    }
    for (member, alike_of) in &expected[1..] {
        let joined = stream.until("onMemberJoined").await;
        let joined = joined.named("onMemberJoined");
        assert_eq!(joined["userID"], *member.id);
        assert_eq!(joined["alike"], *alike_of);
        assert_eq!(joined.get("alike").is_some(), !alike_of.is_null(), "it is left out or told");
    }
}

#[tokio::test]
async fn whoever_left_counts_and_a_restart_forgets_nobody() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let second = class.join("Ada").await;
    ada.leave().await.has_no_content();
    second.leave().await.has_no_content();
    server.restart().await;
    let teacher = class.teacher.at(&server);
    let body = json!({ "joinCode": class.join_code, "name": "Ada" });
    let joined = server.request(Method::POST, "/join").json(body).await.with_status(201);
    let third = Member::of(server.endpoint(), &joined);
    assert_eq!(alike(&teacher, &third).await, json!({ "userID": ada.id, "number": 3 }));
}

#[tokio::test]
async fn many_who_join_at_once_under_one_name_have_numbers_of_their_own() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let joined = futures::future::join_all((0..50).map(|_| class.join("Ada"))).await;
    let snapshot = class.teacher.snapshot().await;
    let members = snapshot["members"].as_array().expect("members");
    let mut numbers: Vec<u64> =
        members.iter().filter_map(|member| member["alike"]["number"].as_u64()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (2..=50).collect::<Vec<_>>());
    assert_eq!(joined.len(), 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_person_is_not_known_by_those_whose_names_looked_alike() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, second, third] =
        [class.join("Ada").await, class.join("Ada").await, class.join("Ada").await];
    let (group, user) =
        (class.teacher.group.parse().expect("an id"), ada.id.parse().expect("an id"));
    server.engine().erase_person(group, user).await.expect("it is erased");
    assert_eq!(alike(&class.teacher, &second).await, json!(null));
    assert_eq!(alike(&class.teacher, &third).await, json!({ "userID": second.id, "number": 2 }));
    let fourth = class.join("Ada").await;
    assert_eq!(alike(&class.teacher, &fourth).await, json!({ "userID": second.id, "number": 3 }));
    // Nor do two who were erased look alike.
    let log = class.log().await;
    let erased = log.iter().find(|event| event.body()["name"] == "Name erased").expect("one");
    assert_eq!(erased.body().get("alike"), None);
}
