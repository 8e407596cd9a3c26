//! Integrations: a program of the operator's begins classes by its key, brings members in under its own
//! ids, acts on their behalf, and is told of what happens by a webhook.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, StatusCode};
use reqwest::Method;
use serde_json::{Value, json};
use server::{Integration, IntegrationKey, Webhook, WebhookSecret};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

use crate::support::{Answer, Class, Endpoint, Member, Request, Server, within_patience};

/// A program of the operator's, at a server.
struct Program {
    endpoint: Endpoint,
    key: String,
}

impl Program {
    /// A server that knows it by a new key.
    async fn at(server: &mut Server, webhook: Option<Webhook>) -> Self {
        let key = IntegrationKey::new();
        let known = [
            Integration::new("moodle", &key, webhook),
            Integration::new("other", &IntegrationKey::new(), None),
        ];
        server.restart_configured(|config| config.integrations = known.into_iter().collect()).await;
        Self { endpoint: server.endpoint().clone(), key: key.reveal() }
    }

    fn request(&self, method: Method, path: &str) -> Request {
        self.endpoint.request(method, path).bearer(&self.key)
    }

    fn post(&self, path: &str, body: Value) -> Request {
        self.request(Method::POST, path).json(body)
    }

    /// A group whose teacher has the id `noor`.
    async fn begins(&self) -> String {
        let body = json!({ "name": "4B", "teacher": "Noor", "teacherID": "noor" });
        let begun = self.post("/groups", body).await.with_status(201);
        begun["groupID"].as_str().expect("an id").to_owned()
    }

    async fn brings(&self, group: &str, id: &str, name: &str) -> Answer {
        let body = json!({ "id": id, "name": name });
        self.post(&format!("/groups/{group}/members"), body).await
    }

    fn for_member(&self, id: &str, method: Method, path: &str) -> Request {
        self.request(method, path).header("on-behalf-of", id)
    }
}

#[tokio::test]
async fn a_program_brings_its_people_in_by_its_own_ids_and_does_so_once() {
    let mut server = Server::start().await;
    let program = Program::at(&mut server, None).await;
    let group = program.begins().await;
    let first = program.brings(&group, "pupil/7", "Ada").await.with_status(201);
    let again = program.brings(&group, "pupil/7", "Somebody else").await.with_status(200);
    assert_eq!(first["userID"], again["userID"], "the same member");
    assert_ne!(first["token"], again["token"], "by one token more");
    for credential in [&first, &again] {
        let ada = Member::of(server.endpoint(), credential);
        assert_eq!(ada.snapshot().await["members"].as_array().map(Vec::len), Some(2));
    }
    let members = program.request(Method::GET, &format!("/groups/{group}/members")).await;
    let members = members.with_status(200);
    let told: Vec<_> = members["members"].as_array().expect("a list").iter().collect();
    assert_eq!(told.len(), 2);
    assert_eq!((&told[0]["id"], &told[0]["role"]), (&json!("noor"), &json!("teacher")));
    assert_eq!((&told[1]["id"], &told[1]["name"]), (&json!("pupil/7"), &json!("Ada")));
    assert_eq!((&told[1]["userID"], &told[1]["online"]), (&first["userID"], &json!(false)));
    // Members are told nothing of these ids.
    let ada = Member::of(server.endpoint(), &first);
    assert!(!ada.snapshot().await.to_string().contains("pupil/7"));
}

#[tokio::test]
async fn who_is_brought_in_at_the_same_moment_twice_is_one_member() {
    let mut server = Server::start().await;
    let program = Program::at(&mut server, None).await;
    let group = program.begins().await;
    let (one, other) =
        tokio::join!(program.brings(&group, "7", "Ada"), program.brings(&group, "7", "Ada"));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201]);
}

#[tokio::test]
async fn a_program_gives_roles_and_brings_back_who_has_left() {
    let mut server = Server::start().await;
    let program = Program::at(&mut server, None).await;
    let group = program.begins().await;
    let path = format!("/groups/{group}/members");
    let as_teacher = json!({ "id": "ben", "name": "Ben", "role": "teacher" });
    let ben = program.post(&path, as_teacher).await.with_status(201);
    let ben = Member::of(server.endpoint(), &ben);
    let role = |snapshot: &Value| {
        let members = snapshot["members"].as_array().expect("a list");
        members.iter().find(|it| it["userID"] == json!(ben.id)).map(|it| it["role"].clone())
    };
    assert_eq!(role(&ben.snapshot().await), Some(json!("teacher")));
    program
        .post(&path, json!({ "id": "ben", "name": "Ben", "role": "student" }))
        .await
        .with_status(200);
    assert_eq!(role(&ben.snapshot().await), Some(json!("student")));
    ben.leave().await.has_no_content();
    let back = program.brings(&group, "ben", "Ben").await.with_status(201);
    assert_ne!(back["userID"], json!(ben.id), "as somebody new, as whoever joins again");
}

#[tokio::test]
async fn a_program_acts_on_behalf_of_members_as_they_could_themselves() {
    let mut server = Server::start().await;
    let program = Program::at(&mut server, None).await;
    let group = program.begins().await;
    let ada = program.brings(&group, "ada", "Ada").await.with_status(201);
    let ada = Member::of(server.endpoint(), &ada);
    let mut stream = ada.listen().await;
    let invite = json!({ "inviteeList": "*", "data": "x", "timeout": 60 });
    let path = format!("/groups/{group}/inviteInGroup");
    let sent = program.for_member("noor", Method::POST, &path).json(invite.clone()).await;
    let sent = sent.with_status(201);
    stream.until("onReceiveNewInvitation").await;
    let invitation = sent["inviteID"].as_str().expect("an id");
    let accept = format!("/groups/{group}/invitations/{invitation}/accept");
    // By the id that the server gave them as well.
    program.for_member(&ada.id, Method::POST, &accept).await.with_status(200);
    stream.until("onInviteeAccepted").await;
    // What the member may not do, the program may not on their behalf.
    let as_student = program.for_member("ada", Method::POST, &format!("/groups/{group}/end"));
    as_student.await.refused(403, 8011);
    let unsaid = program.post(&path, invite).await.refused(400, 6017);
    assert_eq!(unsaid["field"], "On-Behalf-Of");
    let nobody = program.for_member("nobody", Method::GET, &format!("/groups/{group}"));
    nobody.await.refused(404, 6017);
}

#[tokio::test]
async fn a_key_opens_the_classes_of_its_program_alone() {
    let mut server = Server::start().await;
    let program = Program::at(&mut server, None).await;
    let group = program.begins().await;
    let people = Class::start(&server).await;
    let of_people = format!("/groups/{}", people.teacher.group);
    let teacher = &people.teacher;
    for (whose, request) in [
        ("people's", program.for_member(&teacher.id, Method::GET, &of_people)),
        ("people's", program.request(Method::GET, &format!("{of_people}/members"))),
        (
            "a program's",
            server.request(Method::GET, &format!("/groups/{group}")).bearer(&teacher.token),
        ),
        (
            "a program's",
            server.request(Method::GET, &format!("/groups/{group}/members")).bearer(&teacher.token),
        ),
        ("nobody's", server.request(Method::GET, "/deadLetters").bearer(&teacher.token)),
    ] {
        assert_eq!(request.await.status, 403, "{whose}");
    }
    let stranger = IntegrationKey::new().reveal();
    for path in [format!("/groups/{group}/members"), "/deadLetters".to_owned()] {
        server.request(Method::GET, &path).bearer(&stranger).await.refused(401, 6014);
        server.request(Method::GET, &path).await.refused(401, 6014);
    }
    let body = json!({ "name": "4B", "teacher": "Noor" });
    server
        .request(Method::POST, "/groups")
        .bearer(&stranger)
        .json(body.clone())
        .await
        .refused(401, 6014);
    let with_id = json!({ "name": "4B", "teacher": "Noor", "teacherID": "noor" });
    let refused = server.request(Method::POST, "/groups").json(with_id).await.refused(400, 6017);
    assert_eq!(refused["field"], "teacherID");
    for id in ["", "a b", "\u{e9}", &"x".repeat(129)] {
        let refused = program.brings(&group, id, "Ada").await.refused(400, 6017);
        assert_eq!(refused["field"], "id", "{id}");
    }
}

#[tokio::test]
async fn own_ids_and_whose_a_class_is_outlive_a_restart_and_a_person_does_not_outlive_an_erasure() {
    let mut server = Server::start().await;
    let program = Program::at(&mut server, None).await;
    let group = program.begins().await;
    program.brings(&group, "ada", "Ada").await.with_status(201);
    server.restart().await;
    let again = program.brings(&group, "ada", "Ada").await.with_status(200);
    let (group_id, user) =
        (group.parse().expect("an id"), again["userID"].as_str().expect("an id").parse());
    server.engine().erase_person(group_id, user.expect("an id")).await.expect("it is erased");
    program.brings(&group, "ada", "Ada").await.with_status(201);
}

/// A message that a receiver was sent.
struct Sent {
    headers: HeaderMap,
    body: Bytes,
}

impl Sent {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn read(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The numbers of the events that it tells.
    fn seqs(&self) -> Vec<u64> {
        let events = self.read()["events"].as_array().cloned().expect("a list");
        events.iter().map(|event| event["data"]["seq"].as_u64().expect("a number")).collect()
    }
}

/// Who receives, and what they answer next; 200 where nothing is said.
struct Receiver {
    webhook: Webhook,
    sent: mpsc::UnboundedReceiver<Sent>,
    answers: Arc<Mutex<VecDeque<StatusCode>>>,
}

type Receiving = (mpsc::UnboundedSender<Sent>, Arc<Mutex<VecDeque<StatusCode>>>);

async fn receive(
    State((sent, answers)): State<Receiving>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let _ = sent.send(Sent { headers, body });
    answers.lock().await.pop_front().unwrap_or(StatusCode::OK)
}

impl Receiver {
    async fn start(retry_for: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/handup", listener.local_addr().expect("an address"));
        let (sender, sent) = mpsc::unbounded_channel();
        let answers = Arc::<Mutex<VecDeque<StatusCode>>>::default();
        let router = Router::new().route("/handup", post(receive));
        let router = router.with_state((sender, Arc::clone(&answers)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (url, secret) = (url.parse().expect("an address"), WebhookSecret::new());
        Self { webhook: Webhook { url, secret, retry_for }, sent, answers }
    }

    async fn next(&mut self) -> Sent {
        within_patience("a message", self.sent.recv()).await.expect("it goes on")
    }

    async fn answers(&self, statuses: impl IntoIterator<Item = u16>) {
        let statuses = statuses.into_iter().map(|it| StatusCode::from_u16(it).expect("a status"));
        self.answers.lock().await.extend(statuses);
    }
}

#[tokio::test]
async fn a_webhook_is_told_every_event_in_order_and_signed() {
    let mut receiver = Receiver::start(Webhook::RETRY_FOR).await;
    let (mut server, secret) = (Server::start().await, receiver.webhook.secret.clone());
    let program = Program::at(&mut server, Some(receiver.webhook.clone())).await;
    let group = program.begins().await;
    let ada = program.brings(&group, "ada", "Ada").await.with_status(201);
    let invite = json!({ "invitee": ada["userID"], "data": "come", "timeout": 60 });
    let path = format!("/groups/{group}/invite");
    program.for_member("noor", Method::POST, &path).json(invite).await.with_status(201);
    let mut told = Vec::new();
    let last = loop {
        let sent = receiver.next().await;
        let (id, at) = (sent.header("webhook-id"), sent.header("webhook-timestamp"));
        let secret = STANDARD.decode(secret.reveal().trim_start_matches("whsec_")).expect("base64");
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).expect("any length");
        mac.update(format!("{id}.{at}.").as_bytes());
        mac.update(&sent.body);
        let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(sent.header("webhook-signature"), signature);
        let message = sent.read();
        assert_eq!(
            (&message["integration"], &message["groupID"]),
            (&json!("moodle"), &json!(group))
        );
        told.extend(sent.seqs());
        let events = message["events"].as_array().cloned().expect("a list");
        if events.iter().any(|event| event["event"] == "onReceiveNewInvitation") {
            break message;
        }
    };
    assert_eq!(told, (1..=told.len() as u64).collect::<Vec<_>>(), "each once, in order");
    let user = ada["userID"].as_str().expect("an id");
    assert_eq!(last["ids"][user], "ada", "whom it concerns, by the program's own id");
    assert_eq!(last["offline"], json!([user]), "who has to be told in another way");
}

#[tokio::test]
async fn who_is_connected_is_not_told_as_offline() {
    let mut receiver = Receiver::start(Webhook::RETRY_FOR).await;
    let mut server = Server::start().await;
    let program = Program::at(&mut server, Some(receiver.webhook.clone())).await;
    let group = program.begins().await;
    let ada = program.brings(&group, "ada", "Ada").await.with_status(201);
    let _stream = Member::of(server.endpoint(), &ada).listen().await;
    let invite = json!({ "invitee": ada["userID"], "data": "come", "timeout": 60 });
    let path = format!("/groups/{group}/invite");
    program.for_member("noor", Method::POST, &path).json(invite).await.with_status(201);
    loop {
        let message = receiver.next().await.read();
        let events = message["events"].as_array().cloned().expect("a list");
        if events.iter().any(|event| event["event"] == "onReceiveNewInvitation") {
            assert_eq!(message["offline"], json!([]));
            return;
        }
    }
}

#[tokio::test]
async fn what_was_not_taken_comes_again_also_after_a_restart() {
    let mut receiver = Receiver::start(Webhook::RETRY_FOR).await;
    receiver.answers([500, 302]).await;
    let mut server = Server::start().await;
    let program = Program::at(&mut server, Some(receiver.webhook.clone())).await;
    let group = program.begins().await;
    let first = receiver.next().await.seqs();
    let again = receiver.next().await;
    assert_eq!(again.seqs().first(), first.first(), "neither an error nor a redirection takes it");
    server.restart().await;
    loop {
        // Its third attempt, or that of the server that was started again.
        let sent = receiver.next().await;
        if sent.header("webhook-id") == again.header("webhook-id") || sent.seqs()[0] == 1 {
            break;
        }
    }
    program.brings(&group, "ada", "Ada").await.with_status(201);
    while !receiver.next().await.read().to_string().contains("Ada") {}
    let letters = program.request(Method::GET, "/deadLetters").await.with_status(200);
    assert_eq!(letters, json!({ "deadLetters": [] }));
}

#[tokio::test]
async fn what_is_not_taken_in_its_time_is_a_dead_letter_that_can_be_delivered_or_forgotten() {
    let mut receiver = Receiver::start(Duration::from_millis(1)).await;
    receiver.answers([500, 500, 500, 500, 500, 500, 500, 500]).await;
    let mut server = Server::start().await;
    let program = Program::at(&mut server, Some(receiver.webhook.clone())).await;
    let group = program.begins().await;
    let letters = async || {
        let told = program.request(Method::GET, "/deadLetters").await.with_status(200);
        told["deadLetters"].as_array().cloned().expect("a list")
    };
    let letter = within_patience("a dead letter", async {
        loop {
            if let Some(letter) = letters().await.first() {
                return letter.clone();
            }
        }
    })
    .await;
    assert_eq!((&letter["groupID"], &letter["firstSeq"]), (&json!(group), &json!(1)));
    assert!(letter["failure"].as_str().expect("a text").contains("500"), "{letter}");
    let id = letter["deadLetterID"].as_str().expect("an id");
    let deliver = format!("/deadLetters/{id}/deliver");
    let refused = program.request(Method::POST, &deliver).await.refused(502, 10002);
    assert!(refused["detail"].as_str().expect("a text").contains("500"), "{refused}");
    receiver.answers.lock().await.clear();
    program.request(Method::POST, &deliver).await.has_no_content();
    assert_eq!(letters().await, [] as [Value; 0]);
    for gone in [&deliver, "/deadLetters/x/deliver"] {
        program.request(Method::POST, gone).await.refused(404, 6017);
    }
    program.request(Method::DELETE, &format!("/deadLetters/{id}")).await.refused(404, 6017);
    // What happens later is delivered as ever.
    program.brings(&group, "ada", "Ada").await.with_status(201);
    while !receiver.next().await.read().to_string().contains("Ada") {}
}

#[tokio::test]
async fn a_class_of_people_is_told_to_no_webhook() {
    let mut receiver = Receiver::start(Webhook::RETRY_FOR).await;
    let mut server = Server::start().await;
    let program = Program::at(&mut server, Some(receiver.webhook.clone())).await;
    Class::start(&server).await.join("Ada").await;
    let group = program.begins().await;
    assert_eq!(receiver.next().await.read()["groupID"], json!(group));
}

#[tokio::test]
async fn a_class_goes_with_all_that_is_kept_of_it() {
    let mut receiver = Receiver::start(Webhook::RETRY_FOR).await;
    let mut server = Server::start().await;
    let program = Program::at(&mut server, Some(receiver.webhook.clone())).await;
    let group = program.begins().await;
    program.brings(&group, "ada", "Ada").await.with_status(201);
    receiver.next().await;
    server.engine().delete_class(group.parse().expect("an id")).await.expect("it is deleted");
    program.request(Method::GET, &format!("/groups/{group}/members")).await.refused(404, 10010);
}

#[tokio::test]
async fn any_server_answers_a_program_and_the_home_of_a_class_delivers_what_is_left_of_it() {
    let Some(mut home) = Server::start_as_node().await else { return };
    let mut other = home.start_beside().await;
    let mut receiver = Receiver::start(Webhook::RETRY_FOR).await;
    let program = Program::at(&mut home, Some(receiver.webhook.clone())).await;
    let key = IntegrationKey::from_text(&program.key).expect("a key");
    let known = Integration::new("moodle", &key, Some(receiver.webhook.clone()));
    other.restart_configured(|config| config.integrations = [known].into_iter().collect()).await;
    let group = program.begins().await;
    // A class that somebody follows stays where it is.
    let events = format!("/groups/{group}/events");
    let _stream = program.for_member("noor", Method::GET, &events).open().await;
    let there = Program { endpoint: other.endpoint().clone(), ..program };
    there.brings(&group, "ada", "Ada").await.with_status(201);
    let path = format!("/groups/{group}");
    there.for_member("ada", Method::GET, &path).await.with_status(200);
    let mut seqs = Vec::new();
    while !seqs.contains(&3) {
        seqs.extend(receiver.next().await.seqs());
    }
    assert_eq!(seqs, [1, 2, 3], "each once, whoever answered");
    // What it did not take while its home was there, whoever is the home next delivers.
    receiver.answers(std::iter::repeat_n(500, 100)).await;
    let invite = json!({ "inviteeList": "*", "data": "x", "timeout": 60 });
    let invite =
        there.for_member("noor", Method::POST, &format!("{path}/inviteInGroup")).json(invite);
    invite.await.with_status(201);
    receiver.next().await;
    home.stop().await;
    receiver.answers.lock().await.clear();
    within_patience("the class's other home", async {
        while there.brings(&group, "ben", "Ben").await.status == 503 {}
    })
    .await;
    while !receiver.next().await.read().to_string().contains("Ben") {}
}
