//! Every request that a credential opens, for what must hold of all of them.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Invite, Member, Request};

/// A request of the contract's table, made to be right in itself.
pub struct Route {
    method: Method,
    path: String,
    body: Option<Value>,
}

impl Route {
    fn new(method: Method, path: impl Into<String>, body: impl Into<Option<Value>>) -> Self {
        Self { method, path: path.into(), body: body.into() }
    }

    /// The request about this group, without a credential.
    pub fn request(&self, endpoint: &super::server::Endpoint, group: &str) -> Request {
        let request =
            endpoint.request(self.method.clone(), &format!("/groups/{group}{}", self.path));
        match &self.body {
            Some(body) => request.json(body.clone()),
            None => request,
        }
    }

    /// Whether it only reads.
    pub fn is_safe(&self) -> bool {
        self.method == Method::GET
    }

    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Each verb on an invitation, the looking up and the modifying included.
pub fn invitation_routes(invite: &Invite) -> Vec<Route> {
    let mut routes = vec![
        Route::new(Method::GET, invite.path(""), None),
        Route::new(Method::PATCH, invite.path(""), json!({ "data": "new" })),
    ];
    for verb in ["cancel", "accept", "reject", "finish", "ringing", "keepAlive"] {
        routes.push(Route::new(Method::POST, invite.path(&format!("/{verb}")), json!({})));
    }
    routes.push(Route::new(Method::POST, invite.path("/relay"), json!({ "data": "a word" })));
    routes.push(Route::new(Method::GET, invite.path("/iceServers"), None));
    routes
}

/// Every route of a group; `member` is somebody in it.
pub fn group_routes(invite: &Invite, member: &Member) -> Vec<Route> {
    let path = format!("/members/{}", member.id);
    let one = json!({ "invitee": member.id, "data": "", "timeout": 0 });
    let all = json!({ "inviteeList": "*", "data": "", "timeout": 0 });
    let mut routes = vec![
        Route::new(Method::GET, "", None),
        Route::new(Method::GET, "/events", None),
        Route::new(Method::PATCH, "", json!({ "name": "5B" })),
        Route::new(Method::POST, "/invite", one),
        Route::new(Method::POST, "/inviteInGroup", all),
        Route::new(Method::POST, "/joinCode", json!({})),
        Route::new(Method::POST, "/handover", json!({})),
        Route::new(Method::PATCH, &*path, json!({ "role": "teacher" })),
        Route::new(Method::DELETE, &*path, None),
        Route::new(Method::POST, "/end", json!({})),
    ];
    routes.extend(invitation_routes(invite));
    routes
}
