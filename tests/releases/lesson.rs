//! The lesson that is in the file of each release: members, a round, hands, a turn, a call, and the end of one
//! class; another one goes on.

use serde_json::{Value, json};

use crate::program::Program;

/// Somebody who does something.
struct Member<'a> {
    program: &'a Program,
    group: String,
    id: String,
    token: String,
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

impl Member<'_> {
    async fn does(&self, path: &str, body: Value) -> Value {
        let path = format!("/api/v1/groups/{}{path}", self.group);
        let (status, answer) = self.program.post(&path, &self.token, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    /// Invites, and tells the id of the invitation.
    async fn invites(&self, whom: Value, data: Value) -> String {
        let body = json!({ "inviteeList": whom, "data": data.to_string(), "timeout": 0 });
        text(&self.does("/inviteInGroup", body).await["inviteID"])
    }

    async fn verb(&self, invitation: &str, verb: &str, body: Value) {
        self.does(&format!("/invitations/{invitation}/{verb}"), body).await;
    }
}

async fn begins<'a>(program: &'a Program, name: &str, teacher: &str) -> (Member<'a>, String) {
    let body = json!({ "name": name, "teacher": teacher });
    let (status, begun) = program.post("/api/v1/groups", "", body).await;
    assert_eq!(status, 201, "{begun}");
    let teacher = Member {
        program,
        group: text(&begun["groupID"]),
        id: text(&begun["userID"]),
        token: text(&begun["token"]),
    };
    (teacher, text(&begun["joinCode"]))
}

async fn joins<'a>(program: &'a Program, group: &str, code: &str, name: &str) -> Member<'a> {
    let body = json!({ "joinCode": code, "name": name });
    let (status, joined) = program.post("/api/v1/join", "", body).await;
    assert_eq!(status, 201, "{joined}");
    let (id, token) = (text(&joined["userID"]), text(&joined["token"]));
    Member { program, group: group.to_owned(), id, token }
}

/// Holds it, and tells what has to be known of it later.
pub async fn hold(program: &Program) -> Value {
    let (park, code) = begins(program, "Biology 9B", "Ms Park").await;
    let ada = joins(program, &park.group, &code, "Ada").await;
    let noor = joins(program, &park.group, &code, "Ömer 李").await;
    let question = json!({ "operation": "hand_raising", "question": "Why is the sky blue?" });
    let round = park.invites(json!("*"), question).await;
    noor.verb(&round, "accept", json!({})).await;
    ada.verb(&round, "accept", json!({})).await;
    let turn = park.invites(json!([noor.id]), json!({ "operation": "speaking" })).await;
    noor.verb(&turn, "accept", json!({})).await;
    noor.verb(&turn, "finish", json!({})).await;
    let offer = json!({ "operation": "call", "media": "audio", "room": "0".repeat(32) });
    let body = json!({ "invitee": ada.id, "data": offer.to_string(), "timeout": 30 });
    let call = text(&park.does("/invite", body).await["inviteID"]);
    ada.verb(&call, "accept", json!({})).await;
    ada.verb(&call, "finish", json!({})).await;
    park.verb(&round, "cancel", json!({})).await;
    park.does("/end", json!({})).await;

    let (euler, code) = begins(program, "Chess", "Mr Euler").await;
    let rook = joins(program, &euler.group, &code, "Rook").await;
    let question = json!({ "operation": "hand_raising", "question": "Who is white?" });
    let open = euler.invites(json!("*"), question).await;

    let history = async |member: &Member<'_>| {
        let path = format!("/class/{}/history/export.json", member.group);
        member.program.get(&path, &member.token).await
    };
    let (of_ended, of_open) = (history(&park).await, history(&euler).await);
    json!({
        "classes": { "ended": park.group, "open": euler.group },
        "history": { "ended": of_ended, "open": of_open },
        "round": open,
        "tokens": { "teacher": park.token, "teacherOfOpen": euler.token, "student": rook.token },
    })
}
