//! A class and the people in it, with the contract's verbs in short.

use futures::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};

use super::server::Endpoint;
use super::{Answer, Event, EventStream, Request, Server};

/// Somebody with a credential.
#[derive(Clone)]
pub struct Member {
    endpoint: Endpoint,
    pub group: String,
    pub id: String,
    pub token: String,
}

impl Member {
    /// The member whom the answer to beginning or joining a class made.
    pub fn of(endpoint: &Endpoint, credential: &Value) -> Self {
        let text = |field: &str| credential[field].as_str().expect(field).to_owned();
        Self {
            endpoint: endpoint.clone(),
            group: text("groupID"),
            id: text("userID"),
            token: text("token"),
        }
    }

    /// The same member, at another server.
    #[must_use]
    pub fn at(&self, server: &Server) -> Self {
        Self { endpoint: server.endpoint().clone(), ..self.clone() }
    }

    /// A request to a path of the member's own class.
    /// The same member by another token.
    pub fn by(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    pub fn request(&self, method: Method, path: &str) -> Request {
        let path = format!("/groups/{}{path}", self.group);
        self.endpoint.request(method, &path).bearer(&self.token)
    }

    pub fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    pub fn post(&self, path: &str, body: Value) -> Request {
        self.request(Method::POST, path).json(body)
    }

    pub fn patch(&self, path: &str, body: Value) -> Request {
        self.request(Method::PATCH, path).json(body)
    }

    // ---- Invitations ---------------------------------------------------------------------------

    /// Asks for a one-to-one invitation.
    pub fn try_invite(&self, invitee: &Self, data: &str, timeout: u32) -> Request {
        let body = json!({ "invitee": invitee.id, "data": data, "timeout": timeout });
        self.post("/invite", body)
    }

    /// A one-to-one invitation without a deadline.
    pub async fn invite(&self, invitee: &Self) -> Invite {
        Invite::of(&self.try_invite(invitee, "", 0).await)
    }

    pub fn try_invite_in_group(&self, invitation: GroupInvitation) -> Request {
        self.post("/inviteInGroup", invitation.body)
    }

    pub async fn invite_in_group(&self, invitation: GroupInvitation) -> Invite {
        Invite::of(&self.try_invite_in_group(invitation).await)
    }

    pub async fn accept(&self, invite: &Invite) -> Answer {
        self.verb(invite, "accept", json!({})).await
    }

    pub async fn reject(&self, invite: &Invite) -> Answer {
        self.verb(invite, "reject", json!({})).await
    }

    pub async fn cancel(&self, invite: &Invite) -> Answer {
        self.verb(invite, "cancel", json!({})).await
    }

    /// A finish that names nobody.
    pub async fn finish(&self, invite: &Invite) -> Answer {
        self.verb(invite, "finish", json!({})).await
    }

    pub async fn finish_of(&self, invite: &Invite, invitee: &Self) -> Answer {
        self.verb(invite, "finish", json!({ "invitee": invitee.id })).await
    }

    pub async fn modify(&self, invite: &Invite, data: &str) -> Answer {
        self.patch(&invite.path(""), json!({ "data": data })).await
    }

    pub fn verb(&self, invite: &Invite, verb: &str, body: Value) -> Request {
        self.post(&invite.path(&format!("/{verb}")), body)
    }

    /// The invitation as this member may see it.
    pub async fn look_up(&self, invite: &Invite) -> Value {
        self.get(&invite.path("")).await.with_status(200)
    }

    /// The part of a member in an invitation.
    pub async fn part_of(&self, invite: &Invite, invitee: &Self) -> Value {
        let invitation = self.look_up(invite).await;
        let mut parts = invitation["invitees"].as_array().expect("parts").iter();
        let part = parts.find(|part| part["userID"] == invitee.id.as_str());
        part.cloned().unwrap_or_default()
    }

    /// The state of a member's part; nothing when they have none.
    pub async fn state_of(&self, invite: &Invite, invitee: &Self) -> String {
        let part = self.part_of(invite, invitee).await;
        part["state"].as_str().unwrap_or_default().to_owned()
    }

    // ---- The class -----------------------------------------------------------------------------

    pub async fn snapshot(&self) -> Value {
        self.get("").await.with_status(200)
    }

    /// The ids of the live invitations that this member may see.
    pub async fn live(&self) -> Vec<String> {
        let snapshot = self.snapshot().await;
        let live = snapshot["invitations"].as_array().expect("invitations").iter();
        live.map(|invitation| invitation["inviteID"].as_str().expect("an id").to_owned()).collect()
    }

    pub async fn change_group(&self, body: Value) -> Answer {
        self.patch("", body).await
    }

    pub async fn change_settings(&self, settings: Value) -> Answer {
        self.change_group(json!({ "settings": settings })).await
    }

    pub async fn make(&self, role: &str, member: &Self) -> Answer {
        self.patch(&format!("/members/{}", member.id), json!({ "role": role })).await
    }

    pub async fn remove(&self, member: &Self) -> Answer {
        self.request(Method::DELETE, &format!("/members/{}", member.id)).await
    }

    pub async fn leave(&self) -> Answer {
        self.remove(self).await
    }

    pub async fn end_class(&self) -> Answer {
        self.post("/end", json!({})).await
    }

    // ---- Streams -------------------------------------------------------------------------------

    /// A stream that has told its snapshot and goes on from there.
    pub async fn listen(&self) -> EventStream {
        let mut stream = self.stream().await;
        stream.snapshot().await;
        stream
    }

    /// A stream by somebody who has seen nothing yet.
    pub async fn stream(&self) -> EventStream {
        EventStream::of(self.get("/events").open().await)
    }

    /// A first stream that goes on from a snapshot got before.
    pub async fn stream_after(&self, seq: u64) -> EventStream {
        EventStream::of(self.get(&format!("/events?after={seq}")).open().await)
    }

    /// A stream as pages open it, on which events may come in tables.
    pub async fn stream_of_tables(&self, after: u64) -> EventStream {
        EventStream::of(self.get(&format!("/events?after={after}&events=tables")).open().await)
    }

    /// A stream opened anew after one that broke off.
    pub async fn stream_again(&self, last_event_id: &str) -> EventStream {
        let request = self.get("/events").header("last-event-id", last_event_id);
        EventStream::of(request.open().await)
    }

    /// All that this member may see of the log, up to an event that they may see.
    pub async fn log_through(&self, seq: u64) -> Vec<Event> {
        self.stream_after(0).await.through(seq).await
    }
}

/// A group invitation as it is asked for: without `data` and without a deadline, and each answers,
/// when nothing else is said.
#[derive(Clone)]
pub struct GroupInvitation {
    body: Value,
}

impl GroupInvitation {
    pub fn to<'a>(invitees: impl IntoIterator<Item = &'a Member>) -> Self {
        let invitees: Vec<&str> = invitees.into_iter().map(|member| &*member.id).collect();
        Self { body: json!({ "inviteeList": invitees, "data": "", "timeout": 0 }) }
    }

    pub fn to_everyone() -> Self {
        Self { body: json!({ "inviteeList": "*", "data": "", "timeout": 0 }) }
    }

    /// With so many seconds to answer in.
    #[must_use]
    pub fn within(self, seconds: u32) -> Self {
        self.with("timeout", seconds.into())
    }

    #[must_use]
    pub fn saying(self, data: &str) -> Self {
        self.with("data", data.into())
    }

    /// Taken by the first who accepts.
    #[must_use]
    pub fn for_the_first(self) -> Self {
        self.with("answers", "first".into())
    }

    #[must_use]
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.body[field] = value;
        self
    }
}

/// An invitation that was made.
#[derive(Debug, Clone)]
pub struct Invite {
    pub id: String,
    /// What making it was answered with.
    pub made: Value,
}

impl Invite {
    #[track_caller]
    pub fn of(answer: &Answer) -> Self {
        let made = answer.with_status(201);
        let id = made["inviteID"].as_str().expect("an inviteID").to_owned();
        Self { id, made }
    }

    pub fn seq(&self) -> u64 {
        self.made["seq"].as_u64().expect("a seq")
    }

    pub fn expires_at(&self) -> &str {
        self.made["expiresAt"].as_str().expect("a deadline")
    }

    pub fn path(&self, verb: &str) -> String {
        format!("/invitations/{}{verb}", self.id)
    }

    /// Whether an event is about this invitation.
    pub fn is_in(&self, event: &Event) -> bool {
        event["inviteID"] == self.id.as_str()
    }
}

pub struct Class {
    endpoint: Endpoint,
    pub teacher: Member,
    pub join_code: String,
}

/// How many people come through the door at once.
const AT_ONCE: usize = 16;

impl Class {
    pub async fn start(server: &Server) -> Self {
        let body = json!({ "name": "4B", "teacher": "Ms Noether" });
        let begun = server.begin_class(body).await.with_status(201);
        let endpoint = server.endpoint().clone();
        let teacher = Member::of(&endpoint, &begun);
        let join_code = begun["joinCode"].as_str().expect("a code").to_owned();
        Self { endpoint, teacher, join_code }
    }

    pub async fn try_join(&self, name: &str) -> Answer {
        let body = json!({ "joinCode": self.join_code, "name": name });
        self.endpoint.request(Method::POST, "/join").json(body).await
    }

    pub async fn join(&self, name: &str) -> Member {
        Member::of(&self.endpoint, &self.try_join(name).await.with_status(201))
    }

    /// So many new students.
    pub async fn students(&self, count: usize) -> Vec<Member> {
        let join = |number| async move { self.join(&format!("Student {number}")).await };
        stream::iter(1..=count).map(join).buffered(AT_ONCE).collect().await
    }

    pub async fn pair(&self) -> [Member; 2] {
        [self.join("Ada").await, self.join("Bo").await]
    }

    pub async fn trio(&self) -> [Member; 3] {
        [self.join("Ada").await, self.join("Bo").await, self.join("Cy").await]
    }

    /// Somebody who joined and was made a teacher.
    pub async fn co_teacher(&self, name: &str) -> Member {
        let member = self.join(name).await;
        self.teacher.make("teacher", &member).await.with_status(200);
        member
    }

    /// Makes an event that everyone sees, and gives its number: what came before it has come.
    pub async fn mark(&self) -> u64 {
        let name = format!("4B, page {}", self.teacher.snapshot().await["seq"]);
        self.teacher.change_group(json!({ "name": name })).await.with_status(200);
        self.teacher.snapshot().await["seq"].as_u64().expect("a seq")
    }

    /// The whole log as the teacher sees it.
    pub async fn log(&self) -> Vec<Event> {
        let mark = self.mark().await;
        let mut log = self.teacher.log_through(mark).await;
        log.pop();
        log
    }

    /// The log's last events after the one with this number.
    pub async fn log_after(&self, seq: u64) -> Vec<Event> {
        let mut log = self.log().await;
        log.retain(|event| event.seq() > seq);
        log
    }
}
