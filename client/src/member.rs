//! A member of a group: the verbs of invitations, by their names.

use http::Method;
use reqwest::RequestBuilder;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use signaling::wire::{
    Credential, GroupEnd, GroupNow, IceServers, InvitationPage, Invited, MemberNow, NewJoinCode,
    PerformedNow, ToldInvitation,
};
use signaling::{
    Answers, GroupId, Invitation, InviteId, InviteeList, InviteeState, Role, Settlement, Snapshot,
    Timeout, UserId,
};
use uuid::Uuid;

use crate::handup::once;
use crate::{Error, Handup};

/// A member of a group, with the credential that proves it. Clones are the same member.
///
/// Each verb is sent with an Idempotency-Key and repeated while the server may answer in a while, so
/// that it is done once, however often an answer is lost. Errors of all of them: what the server
/// refuses, and that it is not reached in as many tries as [`Retry`](crate::Retry) allows.
#[derive(Debug, Clone)]
pub struct Member {
    handup: Handup,
    credential: Credential,
    /// Whether the credential's token is an integration's key.
    is_on_behalf: bool,
}

impl Member {
    /// What proves that this is the member: to be kept, for it cannot be read again. Of a member on
    /// whose behalf an [`Integration`](crate::Integration) acts, the token is its key.
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// The group.
    pub const fn group_id(&self) -> GroupId {
        self.credential.group_id
    }

    /// Who this is in the group.
    pub const fn user_id(&self) -> UserId {
        self.credential.user_id
    }

    /// The group as this member may see it.
    pub async fn snapshot(&self) -> Result<Snapshot, Error> {
        self.look("").await
    }

    /// Invites one member; nobody else sees it.
    pub async fn invite(
        &self,
        invitee: UserId,
        data: &str,
        timeout: Timeout,
    ) -> Result<Invited, Error> {
        let body = json!({ "invitee": invitee, "data": data, "timeout": timeout });
        self.act(Method::POST, "/invite", &body).await
    }

    /// Invites several members before the group, or everybody.
    pub async fn invite_in_group(
        &self,
        invitee_list: InviteeList,
        data: &str,
        timeout: Timeout,
        answers: Answers,
    ) -> Result<Invited, Error> {
        let body = json!({
            "inviteeList": invitee_list, "data": data, "timeout": timeout, "answers": answers,
        });
        self.act(Method::POST, "/inviteInGroup", &body).await
    }

    /// Closes an invitation for all who are pending.
    pub async fn cancel(&self, invitation: InviteId, data: &str) -> Result<Settlement, Error> {
        self.verb(invitation, "cancel", &json!({ "data": data })).await
    }

    /// Accepts an invitation.
    pub async fn accept(&self, invitation: InviteId, data: &str) -> Result<Settlement, Error> {
        self.verb(invitation, "accept", &json!({ "data": data })).await
    }

    /// Declines an invitation, with a reason where there is one to give.
    pub async fn reject(
        &self,
        invitation: InviteId,
        reason: Option<&str>,
        data: &str,
    ) -> Result<Settlement, Error> {
        self.verb(invitation, "reject", &with_reason(data, reason)).await
    }

    /// Ends what this member's acceptance began; of one's own invitation what all acceptances began.
    pub async fn finish(
        &self,
        invitation: InviteId,
        reason: Option<&str>,
        data: &str,
    ) -> Result<Settlement, Error> {
        self.verb(invitation, "finish", &with_reason(data, reason)).await
    }

    /// Ends what the acceptance of one invitee began.
    pub async fn finish_of(
        &self,
        invitation: InviteId,
        invitee: UserId,
    ) -> Result<Settlement, Error> {
        self.verb(invitation, "finish", &json!({ "invitee": invitee })).await
    }

    /// Changes the `data` of an open invitation.
    pub async fn modify_invitation(
        &self,
        invitation: InviteId,
        data: &str,
    ) -> Result<Invitation, Error> {
        let path = format!("/invitations/{invitation}");
        self.act(Method::PATCH, &path, &json!({ "data": data })).await
    }

    /// An invitation, live or not; `getSignalingInfo` in the SDKs of chat services.
    pub async fn get_invitation(&self, invitation: InviteId) -> Result<ToldInvitation, Error> {
        self.look(&format!("/invitations/{invitation}")).await
    }

    /// A page of the invitations to this member in which their part is in one of these states (in any,
    /// when there are none), made after an event. So one finds what one has missed.
    pub async fn invitations_to_me(
        &self,
        states: &[InviteeState],
        after: u64,
    ) -> Result<InvitationPage, Error> {
        let state = json!(states);
        let names: Vec<&str> =
            state.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let of =
            if names.is_empty() { String::new() } else { format!("&state={}", names.join(",")) };
        self.look(&format!("/invitations?mine=invitee&after={after}{of}")).await
    }

    /// A page of the invitations that this member sent, made after an event.
    pub async fn invitations_of_mine(&self, after: u64) -> Result<InvitationPage, Error> {
        self.look(&format!("/invitations?mine=inviter&after={after}")).await
    }

    /// Does what an application makes of `data`, as one.
    pub async fn perform(&self, data: &str) -> Result<PerformedNow, Error> {
        self.act(Method::POST, "/perform", &json!({ "data": data })).await
    }

    /// Takes back what was performed last, by its number.
    pub async fn undo(&self, performed: u64) -> Result<PerformedNow, Error> {
        self.act(Method::POST, "/undo", &json!({ "performed": performed })).await
    }

    /// Renames the group, or changes its settings, as docs/API.md has them.
    pub async fn change_group(
        &self,
        name: Option<&str>,
        settings: Option<Value>,
    ) -> Result<GroupNow, Error> {
        let mut body = json!({});
        if let Some(name) = name {
            body["name"] = name.into();
        }
        if let Some(settings) = settings {
            body["settings"] = settings;
        }
        self.act(Method::PATCH, "", &body).await
    }

    /// Gives the group a new code; the old one is dead.
    pub async fn renew_join_code(&self) -> Result<NewJoinCode, Error> {
        self.act(Method::POST, "/joinCode", &json!({})).await
    }

    /// Makes a member a co-teacher, or a student again.
    pub async fn change_role(&self, member: UserId, role: Role) -> Result<MemberNow, Error> {
        self.act(Method::PATCH, &format!("/members/{member}"), &json!({ "role": role })).await
    }

    /// Leaves the group.
    pub async fn leave(&self) -> Result<(), Error> {
        self.remove(self.user_id()).await
    }

    /// Removes somebody from the group.
    pub async fn remove(&self, member: UserId) -> Result<(), Error> {
        let path = format!("/members/{member}");
        // Whose answer was lost is gone, and is told that nobody is there.
        self.handup.whole(|| self.request(Method::DELETE, &path), &[401, 404]).await.map(drop)
    }

    /// Ends the group, and all that goes on in it.
    pub async fn end(&self) -> Result<GroupEnd, Error> {
        self.act(Method::POST, "/end", &json!({})).await
    }

    /// Says that this device shows a one-to-one invitation to its invitee.
    pub async fn ringing(&self, invitation: InviteId) -> Result<(), Error> {
        self.says(invitation, "ringing", &json!({})).await
    }

    /// Sends the other end of a one-to-one invitation a word that nobody keeps.
    pub async fn relay(&self, invitation: InviteId, data: &str) -> Result<(), Error> {
        self.says(invitation, "relay", &json!({ "data": data })).await
    }

    /// Gives a sign of life to an invitation that asks for them.
    pub async fn keep_alive(&self, invitation: InviteId) -> Result<(), Error> {
        self.says(invitation, "keepAlive", &json!({})).await
    }

    /// The servers that help two ends of a call find a way to each other.
    pub async fn ice_servers(&self, invitation: InviteId) -> Result<IceServers, Error> {
        self.look(&format!("/invitations/{invitation}/iceServers")).await
    }

    pub(crate) const fn handup(&self) -> &Handup {
        &self.handup
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = format!("groups/{}{path}", self.group_id());
        let request = self.handup.request(method, &path).bearer_auth(&self.credential.token);
        if self.is_on_behalf {
            return request.header("on-behalf-of", self.user_id().to_string());
        }
        request
    }

    async fn look<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let body = self.handup.whole(|| self.request(Method::GET, path), &[]).await?;
        Ok(serde_json::from_slice(&body)?)
    }

    async fn verb<T: DeserializeOwned>(
        &self,
        invitation: InviteId,
        verb: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        self.act(Method::POST, &format!("/invitations/{invitation}/{verb}"), body).await
    }

    /// A change, which is done once however often it is sent.
    async fn act<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        let key = Uuid::new_v4().to_string();
        let request = || {
            let request = self.request(method.clone(), path).json(body);
            request.header("idempotency-key", &key)
        };
        Ok(serde_json::from_slice(&self.handup.whole(request, &[]).await?)?)
    }

    /// What holds only for now, and so is not repeated.
    async fn says(
        &self,
        invitation: InviteId,
        what: &str,
        body: &impl Serialize,
    ) -> Result<(), Error> {
        let path = format!("/invitations/{invitation}/{what}");
        once(self.request(Method::POST, &path).json(body)).await.map(drop)
    }
}

impl Handup {
    /// Starts a group; whoever does is its first teacher.
    ///
    /// # Errors
    /// When the server refuses it or is not reached. It is not repeated, for that could make two.
    pub async fn create_group(&self, name: &str, teacher: &str) -> Result<Member, Error> {
        let body = json!({ "name": name, "teacher": teacher });
        Ok(self.member(self.post("groups", &body).await?))
    }

    /// Joins a group by its code, as a student.
    ///
    /// # Errors
    /// When the server refuses it or is not reached. It is not repeated, for that could make two.
    pub async fn join(&self, join_code: &str, name: &str) -> Result<Member, Error> {
        let body = json!({ "joinCode": join_code, "name": name });
        Ok(self.member(self.post("join", &body).await?))
    }

    /// The member whom a credential of before makes.
    pub fn member(&self, credential: Credential) -> Member {
        Member { handup: self.clone(), credential, is_on_behalf: false }
    }

    /// A member on whose behalf an integration acts by its key.
    pub(crate) fn on_behalf_of(&self, key: &str, group_id: GroupId, user_id: UserId) -> Member {
        let (join_code, join_url, token) = (None, None, key.to_owned());
        let credential = Credential { group_id, join_code, join_url, user_id, token };
        Member { handup: self.clone(), credential, is_on_behalf: true }
    }
}

/// The body of a verb that may say why.
fn with_reason(data: &str, reason: Option<&str>) -> Value {
    let mut body = json!({ "data": data });
    if let Some(reason) = reason {
        body["reason"] = reason.into();
    }
    body
}
