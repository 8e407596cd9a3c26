//! Answers to commands: the HTTP status and JSON body of what the writer replies.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{StatusCode, header};
use serde::Serialize;
use serde_json::json;
use signaling::wire::NewJoinCode;
use signaling::{Problem, Rejection};

use crate::error::{NO_STORE, PROBLEM_TYPE};
use crate::identity::JoinCode;
use crate::writer::reply::{EncodedAnswer, Reply};

/// What a command is answered with.
pub(super) struct Answer(EncodedAnswer);

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self(match reply {
            Reply::Encoded(encoded) => encoded,
            reply => encode(&Ok(reply)),
        })
    }
}

impl Answer {
    /// The answer with the URL that goes with its `joinCode`, where it has one.
    pub fn with_join_url(self, url: impl FnOnce(&JoinCode) -> String) -> Self {
        let Self(EncodedAnswer { status, body }) = &self;
        let Ok(mut renewed) = serde_json::from_slice::<NewJoinCode>(body) else { return self };
        renewed.join_url = JoinCode::from_text(&renewed.join_code).as_ref().map(url);
        Self(encoded(*status, &renewed))
    }
}

fn encoded(status: u16, body: &impl Serialize) -> EncodedAnswer {
    EncodedAnswer { status, body: serde_json::to_vec(body).unwrap_or_default().into() }
}

/// The status and body of a reply or a refusal.
pub(crate) fn encode(decided: &Result<Reply, Rejection>) -> EncodedAnswer {
    match decided {
        Err(rejection) => encoded(rejection.status(), &Problem::from(*rejection)),
        Ok(Reply::Done) => EncodedAnswer { status: 204, body: Bytes::new() },
        Ok(Reply::Joined { group_id, user_id }) => {
            encoded(201, &json!({ "groupID": group_id, "userID": user_id }))
        }
        Ok(Reply::Invited(invitation)) => encoded(201, invitation),
        Ok(Reply::Modified(invitation)) => encoded(200, invitation),
        Ok(Reply::Settled(settlement)) => encoded(200, settlement),
        Ok(Reply::Performed(performed)) => encoded(200, performed),
        Ok(Reply::GroupChanged(group)) => encoded(200, group),
        Ok(Reply::JoinCode(code)) => {
            let join_code = code.as_ref().map(|code| code.as_str().to_owned());
            encoded(200, &join_code.map(|join_code| NewJoinCode { join_code, join_url: None }))
        }
        Ok(Reply::RoleChanged(member)) => encoded(200, member),
        Ok(Reply::Ended(end)) => encoded(200, end),
        Ok(Reply::Encoded(encoded)) => encoded.clone(),
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let Self(EncodedAnswer { status, body }) = self;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        if body.is_empty() {
            return (status, [NO_STORE]).into_response();
        }
        let json = (header::CONTENT_TYPE, "application/json");
        let content_type = if status.is_success() { json } else { PROBLEM_TYPE };
        (status, [content_type, NO_STORE], body).into_response()
    }
}

/// JSON with a status.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let body = serde_json::to_string(body).unwrap_or_default();
    let content_type = (header::CONTENT_TYPE, "application/json");
    (status, [content_type, NO_STORE], body).into_response()
}
