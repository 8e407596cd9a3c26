//! What the description says of one route.

use std::collections::BTreeMap;

use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use signaling::{Code, Problem};

use super::{Shared, parameters_of};
use crate::http::Route;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Anybody,
    Member,
    Integration,
}

type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What a route takes and answers.
#[derive(Debug, Clone)]
pub(in crate::http) struct Operation {
    id: &'static str,
    summary: &'static str,
    by: By,
    takes_key: bool,
    /// The parameters that it takes beside those of its path: where, by which name, and what they are.
    parameters: Vec<(&'static str, &'static str, Value, &'static str)>,
    body: Option<Body>,
    answers: Vec<Answer>,
    refuses: Vec<(u16, Code)>,
}

#[derive(Debug, Clone)]
struct Body {
    media: &'static str,
    schema: SchemaOf,
    is_required: bool,
}

#[derive(Debug, Clone)]
struct Answer {
    status: u16,
    says: &'static str,
    media: Option<(&'static str, SchemaOf)>,
    headers: Vec<(&'static str, &'static str)>,
    /// The operations that go on with the invitation that it tells.
    leads_to: &'static [&'static str],
}

const JSON: &str = "application/json";
const SDP: &str = "application/sdp";

/// What every route may refuse: a request without one `Host`, too much, and what the server cannot do
/// now.
const OF_ALL: [(u16, Code); 3] =
    [(400, Code::InvalidParameter), (429, Code::TooFast), (503, Code::Internal)];
/// What every route of a member may refuse.
const OF_MEMBERS: [(u16, Code); 4] =
    [(401, Code::NotSignedIn), (403, Code::NotPermitted), (404, Code::Group), (410, Code::Group)];
/// What a route may refuse that takes a body.
const OF_BODIES: [(u16, Code); 2] = [(408, Code::InvalidParameter), (413, Code::TooLarge)];

impl Operation {
    /// A route of members of the group in its path.
    pub fn of_member(id: &'static str, summary: &'static str) -> Self {
        let public = Self::public(id, summary);
        Self { by: By::Member, ..public }.refuses(&OF_MEMBERS)
    }

    /// A route of integrations.
    pub fn of_integration(id: &'static str, summary: &'static str) -> Self {
        let public = Self::public(id, summary);
        let by_key = [(401, Code::NotSignedIn), (403, Code::NotPermitted)];
        Self { by: By::Integration, ..public }.refuses(&by_key)
    }

    /// A route that takes no credential.
    pub fn public(id: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            summary,
            by: By::Anybody,
            takes_key: false,
            parameters: Vec::new(),
            body: None,
            answers: Vec::new(),
            refuses: OF_ALL.to_vec(),
        }
    }

    /// It takes this body.
    pub fn takes<T: JsonSchema>(self) -> Self {
        let schema = SchemaGenerator::subschema_for::<T>;
        let body = Body { media: JSON, schema, is_required: true };
        Self { body: Some(body), ..self }.refuses(&OF_BODIES)
    }

    /// It takes this body, or none: all its fields may be left out.
    pub fn may_take<T: JsonSchema>(self) -> Self {
        let mut operation = self.takes::<T>();
        if let Some(body) = &mut operation.body {
            body.is_required = false;
        }
        operation
    }

    /// It takes an offer of a connection.
    pub fn takes_offer(self) -> Self {
        let mut operation = self.takes::<String>();
        if let Some(body) = &mut operation.body {
            body.media = SDP;
        }
        operation
    }

    /// A request that is repeated with the same Idempotency-Key gets its first answer again.
    pub fn takes_key(self) -> Self {
        let full = [(422, Code::InvalidParameter), (507, Code::Full)];
        Self { takes_key: true, ..self }.refuses(&full)
    }

    /// It takes this parameter in its query.
    pub fn asks(mut self, name: &'static str, schema: Value, says: &'static str) -> Self {
        self.parameters.push(("query", name, schema, says));
        self
    }

    /// It takes this header.
    pub fn reads_header(mut self, name: &'static str, says: &'static str) -> Self {
        self.parameters.push(("header", name, json!({ "type": "string" }), says));
        self
    }

    /// It answers with this body.
    pub fn gives<T: JsonSchema>(self, status: u16, says: &'static str) -> Self {
        self.gives_as::<T>(JSON, status, says)
    }

    /// It answers with an answer to an offer.
    pub fn gives_answer(mut self) -> Self {
        self = self.gives_as::<String>(SDP, 201, "The answer to the offer.");
        if let Some(answer) = self.answers.last_mut() {
            answer.headers.push(("Location", "Where the session is ended."));
        }
        self
    }

    /// It answers with a body of this media type.
    pub fn gives_as<T: JsonSchema>(
        mut self,
        media: &'static str,
        status: u16,
        says: &'static str,
    ) -> Self {
        let media = Some((media, SchemaGenerator::subschema_for::<T> as SchemaOf));
        self.answers.push(Answer { status, says, media, headers: Vec::new(), leads_to: &[] });
        self
    }

    /// What can be done with the invitation that the last of its answers tells.
    pub fn leads_to(mut self, operations: &'static [&'static str]) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.leads_to = operations;
        }
        self
    }

    /// It answers without a body.
    pub fn gives_nothing(mut self, status: u16, says: &'static str) -> Self {
        self.answers.push(Answer { status, says, media: None, headers: Vec::new(), leads_to: &[] });
        self
    }

    /// It may refuse with these problems.
    pub fn refuses(mut self, problems: &[(u16, Code)]) -> Self {
        self.refuses.extend_from_slice(problems);
        self
    }

    /// What the description says of it.
    pub fn described(&self, route: &Route, shared: &mut Shared) -> Value {
        let (method, _) = route;
        let mut parameters = parameters_of(route);
        for (place, name, schema, says) in &self.parameters {
            parameters
                .push(json!({ "name": name, "in": place, "description": says, "schema": schema }));
        }
        if self.takes_key {
            parameters.push(json!({
                "name": "Idempotency-Key",
                "in": "header",
                "description": "A request that is repeated with the same key gets its first answer again.",
                "schema": { "type": "string", "minLength": 1, "maxLength": 128 },
            }));
        }
        let mut described = json!({
            "operationId": self.id,
            "summary": self.summary,
            "parameters": parameters,
            "responses": self.responses(shared),
        });
        match self.by {
            By::Anybody => described["security"] = json!([]),
            By::Member => {}
            By::Integration => described["security"] = json!([{ "integration": [] }]),
        }
        if let Some(Body { media, schema, is_required }) = &self.body {
            debug_assert!(*method != Method::GET, "what is read has no body");
            let schema = schema(&mut shared.read);
            described["requestBody"] =
                json!({ "required": is_required, "content": { *media: { "schema": schema } } });
        }
        described
    }

    fn responses(&self, shared: &mut Shared) -> Map<String, Value> {
        let mut responses = Map::new();
        for Answer { status, says, media, headers, leads_to } in &self.answers {
            let mut response = json!({ "description": says });
            if let Some((media, schema)) = media {
                let schema = schema(&mut shared.written);
                response["content"] = json!({ *media: { "schema": schema } });
            }
            for (name, says) in headers {
                response["headers"][name] =
                    json!({ "description": says, "schema": { "type": "string" } });
            }
            for operation in *leads_to {
                response["links"][operation] = json!({
                    "operationId": operation,
                    "parameters": {
                        "group": "$request.path.group",
                        "invitation": "$response.body#/inviteID",
                    },
                });
            }
            responses.insert(status.to_string(), response);
        }
        let mut codes: BTreeMap<u16, Vec<u16>> = BTreeMap::new();
        for (status, code) in &self.refuses {
            let codes = codes.entry(*status).or_default();
            codes.push((*code).into());
            codes.sort_unstable();
            codes.dedup();
        }
        for (status, codes) in codes {
            let named: Vec<String> = codes.iter().map(ToString::to_string).collect();
            let name = format!("{status}.{}", named.join("-"));
            responses.insert(
                status.to_string(),
                json!({ "$ref": format!("#/components/responses/{name}") }),
            );
            let problem = shared.written.subschema_for::<Problem>();
            shared.problems.entry(name).or_insert_with(|| refusal(&problem, status, &codes));
        }
        responses
    }
}

/// The answer that tells of a problem with this status and one of these codes.
fn refusal(problem: &Schema, status: u16, codes: &[u16]) -> Value {
    let mut refusal = json!({
        "description": Problem::new(status, Code::Internal, "").title,
        "content": {
            "application/problem+json": {
                "schema": {
                    "allOf": [problem, { "properties": {
                        "status": { "const": status },
                        "code": { "enum": codes },
                    } }],
                },
            },
        },
    });
    if matches!(status, 429 | 503) {
        refusal["headers"]["Retry-After"] = json!({
            "description": "Seconds to wait, where waiting helps.",
            "schema": { "type": "integer", "minimum": 1 },
        });
    }
    refusal
}
