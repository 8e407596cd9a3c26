//! An integration: a program that brings its own people in by a key, and acts on their behalf.

use std::fmt;

use http::Method;
use serde_json::json;
use signaling::wire::{OwnMember, OwnMembers};
use signaling::{GroupId, Role, UserId};

use crate::handup::once;
use crate::{Error, Handup, Member};

/// A program that the operator of a server has given a key, as docs/INTEGRATIONS.md has it. Errors of
/// everything it asks for: what the server refuses, and that it is not reached.
#[derive(Clone)]
pub struct Integration {
    handup: Handup,
    key: String,
}

impl Handup {
    /// The integration that has this key, `handup_key_…`. Whether the server knows it, the first
    /// answer says.
    pub fn integration(&self, key: &str) -> Integration {
        Integration { handup: self.clone(), key: key.to_owned() }
    }
}

impl Integration {
    /// Starts a group, which is the integration's from then on. `teacher_id` is its own id for whoever
    /// teaches it, as in [`bring_in`](Self::bring_in). It is not repeated, for that could make two.
    pub async fn create_group(
        &self,
        name: &str,
        teacher: &str,
        teacher_id: &str,
    ) -> Result<Member, Error> {
        let body = json!({ "name": name, "teacher": teacher, "teacherID": teacher_id });
        let request = self.handup.request(Method::POST, "groups").bearer_auth(&self.key);
        let answer = once(request.json(&body)).await?;
        Ok(self.handup.member(serde_json::from_slice(&answer)?))
    }

    /// Brings somebody into a group of the integration's, under its own id for them: 1 to 128 visible
    /// ASCII characters. Who is in it already stays who they are, gets the role where there is one, and
    /// one more token; that is how their next device comes by one. Without a role a new one is a student.
    pub async fn bring_in(
        &self,
        group: GroupId,
        id: &str,
        name: &str,
        role: Option<Role>,
    ) -> Result<Member, Error> {
        let mut body = json!({ "id": id, "name": name });
        if let Some(role) = role {
            body["role"] = json!(role);
        }
        let path = members(group);
        let request =
            || self.handup.request(Method::POST, &path).bearer_auth(&self.key).json(&body);
        let answer = self.handup.whole(request, &[]).await?;
        Ok(self.handup.member(serde_json::from_slice(&answer)?))
    }

    /// Those whom the integration has brought into a group, in the order of its ids.
    pub async fn own_members(&self, group: GroupId) -> Result<Vec<OwnMember>, Error> {
        let path = members(group);
        let request = || self.handup.request(Method::GET, &path).bearer_auth(&self.key);
        let OwnMembers { members } =
            serde_json::from_slice(&self.handup.whole(request, &[]).await?)?;
        Ok(members)
    }

    /// A member of a group of the integration's, on whose behalf it acts: by its key, not by a token of
    /// theirs. What the rules refuse the member they refuse it as well.
    pub fn on_behalf_of(&self, group: GroupId, member: UserId) -> Member {
        self.handup.on_behalf_of(&self.key, group, member)
    }
}

/// Its key belongs into no log.
impl fmt::Debug for Integration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Integration").field("handup", &self.handup).finish_non_exhaustive()
    }
}

fn members(group: GroupId) -> String {
    format!("groups/{group}/members")
}
