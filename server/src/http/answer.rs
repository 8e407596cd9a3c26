//! What a request is answered with, made at the moment of its decision so that the first answer
//! can be given again.

use bytes::Bytes;
use serde::Serialize;
use serde_json::json;
use signaling::{Command, Group, GroupId, Outcome, Problem, Rejection, UserId};

use crate::identity::JoinCode;
use crate::writer::Beside;

/// A status and a JSON body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; empty for 204.
    pub body: Bytes,
}

impl Answer {
    fn new(status: u16, body: &impl Serialize) -> Self {
        Self { status, body: serde_json::to_vec(body).unwrap_or_default().into() }
    }

    /// The rejection as a problem.
    pub(crate) fn refused(rejection: Rejection) -> Self {
        Self::new(rejection.status(), &Problem::from(rejection))
    }

    /// The answer to a command that was decided, in a group that has applied what it did.
    pub(crate) fn of(
        group: &Group,
        command: Option<&Command>,
        outcome: &Outcome,
        beside: &[Beside],
    ) -> Self {
        let no_content = Self { status: 204, body: Bytes::new() };
        let Some(command) = command else { return no_content };
        match command {
            Command::Invite { invite_id, .. } | Command::InviteInGroup { invite_id, .. } => {
                let invitation = group.invitation(*invite_id).map(|i| i.without_invitees());
                Self::new(201, &invitation)
            }
            Command::Modify { invite_id, .. } => {
                let invitation = group.invitation(*invite_id).map(|i| i.without_invitees());
                Self::new(200, &invitation)
            }
            Command::Cancel { .. }
            | Command::Accept { .. }
            | Command::Reject { .. }
            | Command::Finish { .. } => Self::new(200, &outcome.settlement),
            Command::ChangeGroup { .. } => Self::new(
                200,
                &json!({
                    "groupID": group.id,
                    "name": group.name,
                    "settings": group.settings,
                    "seq": group.seq,
                }),
            ),
            Command::RenewJoinCode { .. } => {
                let code = beside.iter().find_map(|beside| match beside {
                    Beside::JoinCode(code) => Some(code.as_str()),
                    _ => None,
                });
                Self::new(200, &json!({ "joinCode": code }))
            }
            Command::ChangeRole { user, .. } => {
                let member = group.member(*user);
                Self::new(
                    200,
                    &json!({
                        "userID": user,
                        "name": member.map(|member| &member.name),
                        "role": member.map(|member| member.role),
                        "seq": group.seq,
                    }),
                )
            }
            Command::End { .. } => {
                Self::new(200, &json!({ "groupID": group.id, "seq": group.seq }))
            }
            Command::Create { user, .. } => {
                Self::new(201, &Joined { group_id: group.id, user_id: *user })
            }
            Command::Join { user, .. } => {
                Self::new(201, &Joined { group_id: group.id, user_id: *user })
            }
            Command::Leave { .. } | Command::EndForgotten { .. } | Command::Expire => no_content,
        }
    }
}

#[derive(Serialize)]
struct Joined {
    #[serde(rename = "groupID")]
    group_id: GroupId,
    #[serde(rename = "userID")]
    user_id: UserId,
}

impl Answer {
    /// The body with the URL that goes with its `joinCode`, where it has one.
    pub(crate) fn with_join_url(self, url: impl FnOnce(&JoinCode) -> String) -> Self {
        let Ok(mut body) = serde_json::from_slice::<serde_json::Value>(&self.body) else {
            return self;
        };
        if let Some(code) = body["joinCode"].as_str().and_then(JoinCode::from_text) {
            body["joinURL"] = url(&code).into();
        }
        Self::new(self.status, &body)
    }
}
