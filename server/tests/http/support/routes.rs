//! Every request that a credential opens, for what must hold of all of them. The server's own table
//! says which there are; what each needs to be right in itself is said here, and a route for which
//! it is not said fails every test that goes through them.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Invite, Member, Request};

/// A request of the contract's table, made to be right in itself.
pub struct Route {
    method: Method,
    path: String,
    body: Option<Value>,
}

/// What anybody may ask for, who has no credential yet, and what integrations alone may.
const OF_NO_MEMBER: [&str; 6] = [
    "/groups",
    "/join",
    "/groups/{group}/members",
    "/deadLetters",
    "/deadLetters/{deadLetter}",
    "/deadLetters/{deadLetter}/deliver",
];

impl Route {
    /// The request about this group, without a credential.
    pub fn request(&self, endpoint: &super::server::Endpoint, group: &str) -> Request {
        let request =
            endpoint.request(self.method.clone(), &format!("/groups/{group}{}", self.path));
        match &self.body {
            Some(Value::String(offer)) => request.sdp(offer),
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

/// The body that makes a request right in itself.
fn body(method: &Method, path: &str, member: &str) -> Option<Value> {
    let nothing = Some(json!({}));
    match (method.as_str(), path) {
        ("GET" | "DELETE", _) => None,
        ("PATCH", "") => Some(json!({ "name": "5B" })),
        ("PATCH", "/members/{member}") => Some(json!({ "role": "teacher" })),
        ("PATCH", "/invitations/{invitation}") => Some(json!({ "data": "new" })),
        ("POST", "/invite") => Some(json!({ "invitee": member, "data": "", "timeout": 0 })),
        ("POST", "/inviteInGroup") => Some(json!({ "inviteeList": "*", "data": "", "timeout": 0 })),
        ("POST", "/perform") => Some(json!({ "data": r#"{"operation":"lower_all"}"# })),
        ("POST", "/undo") => Some(json!({ "performed": 1 })),
        ("POST", "/joinCode" | "/handover" | "/end") => nothing,
        ("POST", "/voice" | "/invitations/{invitation}/media") => Some(json!("v=0")),
        ("POST", path) => match path.strip_prefix("/invitations/{invitation}") {
            Some("/relay") => Some(json!({ "data": "a word" })),
            Some(
                "/cancel" | "/accept" | "/reject" | "/finish" | "/clear" | "/ringing"
                | "/keepAlive",
            ) => nothing,
            _ => panic!("what does a right POST {path} say?"),
        },
        _ => panic!("what does a right {method} {path} say?"),
    }
}

/// Every route of a group, the way the class ends last; `member` is somebody in it.
pub fn group_routes(invite: &Invite, member: &Member) -> Vec<Route> {
    routes(&invite.id, &member.id)
}

/// Each verb on an invitation, the looking up and the modifying included.
pub fn invitation_routes(invite: &Invite) -> Vec<Route> {
    let mut routes = routes(&invite.id, "");
    routes.retain(|route| route.path.starts_with("/invitations/"));
    routes
}

fn routes(invite: &str, member: &str) -> Vec<Route> {
    let of_group = server::routes().filter(|(_, path)| !OF_NO_MEMBER.contains(path));
    of_group
        .map(|(method, path)| {
            let path = path.strip_prefix("/groups/{group}").expect("a route is about a group");
            let body = body(&method, path, member);
            let path = path.replace("{member}", member).replace("{invitation}", invite);
            let path = path.replace("{session}", "1").replace("{device}", "0123456789abcdef");
            assert!(!path.contains('{'), "what stands in {path}?");
            Route { method, path, body }
        })
        .collect()
}
