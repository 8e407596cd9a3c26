//! The devices by which a member is in a class, and the end of one.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Class, Member, Server};

async fn devices(member: &Member) -> Vec<Value> {
    let told = member.get("/devices").await.with_status(200);
    told["devices"].as_array().cloned().expect("a list")
}

/// The teacher of a class on one more device, by a link.
async fn on_another_device(server: &Server, teacher: &Member) -> Member {
    let link = teacher.post("/handover", json!({})).await.with_status(201);
    let link = link["handoverURL"].as_str().expect("a link").to_owned();
    let secret = server::Token::from_text(link.rsplit('/').next().expect("a secret"));
    let token = server::Token::new();
    let here = "192.0.2.1".parse().expect("an address");
    let taken = server.engine().take_over(here, &secret.expect("a token"), (&token).into()).await;
    taken.expect("it is taken over");
    teacher.by(token.reveal())
}

#[tokio::test]
async fn a_member_sees_their_devices_and_ends_one() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let teacher = &class.teacher;
    let phone = on_another_device(&server, teacher).await;
    let mut stream = phone.listen().await;
    let told = devices(teacher).await;
    assert_eq!(told.len(), 2);
    assert_eq!([&told[0]["current"], &told[1]["current"]], [true, false]);
    assert_eq!([&told[0]["streams"], &told[1]["streams"]], [0, 1]);
    let its_own: Vec<Value> =
        devices(&phone).await.into_iter().map(|it| it["current"].clone()).collect();
    assert_eq!(its_own, [false, true]);
    let end = format!("/devices/{}", told[1]["deviceID"].as_str().expect("an id"));
    teacher.request(Method::DELETE, &end).await.has_no_content();
    stream.until_the_end().await;
    phone.get("").await.refused(401, 6014);
    assert_eq!(devices(teacher).await.len(), 1);
    teacher.request(Method::DELETE, &end).await.refused(404, 6017);
}

#[tokio::test]
async fn a_device_that_was_ended_is_ended_after_a_restart_too() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let phone = on_another_device(&server, &class.teacher).await;
    let told = devices(&phone).await;
    let end = format!("/devices/{}", told[1]["deviceID"].as_str().expect("an id"));
    // One may end one's own.
    phone.request(Method::DELETE, &end).await.has_no_content();
    server.restart().await;
    phone.get("").await.refused(401, 6014);
    assert_eq!(devices(&class.teacher).await.len(), 1);
}

#[tokio::test]
async fn nobody_ends_the_device_of_another() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, ben] = class.pair().await;
    let of_ada = devices(&ada).await;
    let end = format!("/devices/{}", of_ada[0]["deviceID"].as_str().expect("an id"));
    for other in [&ben, &class.teacher] {
        other.request(Method::DELETE, &end).await.refused(404, 6017);
    }
    assert_eq!(devices(&ada).await, of_ada);
}
