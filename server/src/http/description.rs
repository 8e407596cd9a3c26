//! The description of the API (OpenAPI 3.1), made from the table of its routes.
//!
//! Each route stands in the table with its [`Operation`], so that none can be without. Schemas are
//! those of the wire types: of what is read for the bodies of requests, of what is written for
//! answers.

mod operation;
mod operations;

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use signaling::wire::{JoinCodeChanged, Relay, Ringing, StatusChange, VoiceChange, WebhookMessage};
use signaling::{Amount, EventKind, Setting, Snapshot, Switch};

pub(super) use self::operation::Operation;
pub(super) use self::operations::*;
use super::Route;

/// Where schemas lie that have a name.
const SCHEMAS: &str = "/components/schemas";

/// The parts of the description that operations share.
pub(super) struct Shared {
    /// The schemas of what is read.
    pub read: SchemaGenerator,
    /// The schemas of what is written.
    pub written: SchemaGenerator,
    /// The answers that tell of problems, by their names.
    pub problems: Map<String, Value>,
}

impl Shared {
    fn new() -> Self {
        let settings = || {
            let mut settings = SchemaSettings::draft2020_12();
            settings.definitions_path = SCHEMAS.into();
            settings.meta_schema = None;
            settings
        };
        Self {
            read: settings().for_deserialize().into_generator(),
            written: settings().for_serialize().into_generator(),
            problems: Map::new(),
        }
    }

    /// All schemas that have a name. What is read and written alike has one.
    fn schemas(&mut self) -> Map<String, Value> {
        let mut named = self.read.take_definitions(true);
        named.extend(self.written.take_definitions(true));
        named.values_mut().for_each(plain);
        named
    }
}

/// The description, for a server whose applications have these settings.
pub fn description(settings: &[Setting]) -> Value {
    let mut shared = Shared::new();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for ((method, path), _, operation) in super::table() {
        let described = operation.described(&(method.clone(), path), &mut shared);
        let methods = paths.entry(path).or_default();
        methods.insert(method.as_str().to_ascii_lowercase(), described);
    }
    let events = events(&mut shared);
    shared.written.subschema_for::<WebhookMessage>();
    let mut named = shared.schemas();
    named.insert("Events".to_owned(), events);
    for name in ["Settings", "ChangeSettings"] {
        if let Some(schema) = named.get_mut(name) {
            settings.iter().for_each(|setting| add(*setting, schema));
        }
    }
    let always =
        settings.iter().filter(|it| matches!(it, Setting::Switch(it) if it.is_always_told()));
    if let Some(Value::Array(required)) = named["Settings"].get_mut("required") {
        required.extend(always.map(|setting| setting.name().into()));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Handup",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Invitations between the members of a group: who may do what, and what follows \
                            from it, stands in docs/API.md.",
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/api/v1" }],
        "security": [{ "token": [] }],
        "paths": paths,
        "webhooks": {
            "events": {
                "post": {
                    "summary": "What happens in the groups of an integration, at its webhook.",
                    "description": "Signed as Standard Webhooks says, by the headers `webhook-id`, \
                                    `webhook-timestamp` and `webhook-signature`. Sent again until it is \
                                    answered 2xx, at least once.",
                    "requestBody": {
                        "required": true,
                        "content": {
                            "application/json": {
                                "schema": { "$ref": format!("#{SCHEMAS}/WebhookMessage") },
                            },
                        },
                    },
                    "responses": { "2XX": { "description": "It was taken." } },
                },
            },
        },
        "components": {
            "schemas": named,
            "responses": shared.problems,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of a membership, handed out once by `POST /groups` or `POST /join`.",
                },
                "integration": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The key of an integration. Where a member's token is asked for, it comes \
                                    with the header `On-Behalf-Of`.",
                },
            },
        },
    })
}

/// Makes a derived schema say what is on the wire: what may be left out is never null; and makes the
/// words of its documentation those of a document.
fn plain(schema: &mut Value) {
    if let Value::Object(fields) = schema {
        let required = fields.get("required").and_then(Value::as_array).cloned();
        if let Some(Value::Object(properties)) = fields.get_mut("properties") {
            for (name, property) in properties {
                let is_required =
                    required.iter().flatten().any(|required| required == name.as_str());
                if !is_required {
                    not_null(property);
                }
            }
        }
        if let Some(Value::String(words)) = fields.get_mut("description") {
            *words = unlinked(&words.replace('\n', " "));
        }
        fields.values_mut().for_each(plain);
    } else if let Value::Array(items) = schema {
        items.iter_mut().for_each(plain);
    }
}

/// Takes null out of what a schema allows.
fn not_null(schema: &mut Value) {
    let types = schema["type"].as_array().cloned();
    if let Some([of, null]) = types.as_deref()
        && null == "null"
    {
        schema["type"] = of.clone();
    }
    let choices = schema["anyOf"].as_array().cloned();
    if let Some([of, null]) = choices.as_deref()
        && null["type"] == "null"
        && let Some(fields) = schema.as_object_mut()
    {
        fields.remove("anyOf");
        fields.extend(of.as_object().cloned().unwrap_or_default());
    }
}

/// Documentation without its links into the code.
fn unlinked(words: &str) -> String {
    let mut parts = words.split("](");
    let first = parts.next().unwrap_or_default().to_owned();
    let plain =
        parts.fold(first, |plain, part| plain + part.split_once(')').map_or("", |(_, rest)| rest));
    plain.replace("[`", "`")
}

/// Adds the setting of an application to the schema of all settings.
fn add(setting: Setting, schema: &mut Value) {
    let (name, of): (&str, Value) = match setting {
        Setting::Switch(switch) => (Switch::name(switch), json!({ "type": "boolean" })),
        Setting::Amount(amount) => {
            let most = amount.most();
            (Amount::name(amount), json!({ "type": "integer", "minimum": 0, "maximum": most }))
        }
    };
    schema["properties"][name] = of;
}

/// What each event of a stream says, by its name.
fn events(shared: &mut Shared) -> Value {
    let generator = &mut shared.written;
    let numbered = json!({
        "type": "object",
        "properties": {
            "seq": { "type": "integer", "minimum": 1, "description": "Its number in the group." },
            "at": generator.subschema_for::<signaling::Timestamp>(),
        },
        "required": ["seq", "at"],
    });
    let durable = EventKind::schemas(generator).into_iter();
    let mut events: Map<String, Value> = durable
        .map(|(name, schema)| (name.to_owned(), json!({ "allOf": [numbered, schema] })))
        .collect();
    let ephemeral: [(&str, Schema); 6] = [
        ("snapshot", generator.subschema_for::<Snapshot>()),
        (StatusChange::NAME, generator.subschema_for::<StatusChange>()),
        (Ringing::NAME, generator.subschema_for::<Ringing>()),
        (Relay::NAME, generator.subschema_for::<Relay>()),
        (VoiceChange::NAME, generator.subschema_for::<VoiceChange>()),
        (JoinCodeChanged::NAME, generator.subschema_for::<JoinCodeChanged>()),
    ];
    events.extend(ephemeral.map(|(name, schema)| (name.to_owned(), schema.into())));
    let now = json!({
        "type": "object",
        "description": "A heartbeat, where it is asked for as an event.",
        "properties": { "now": generator.subschema_for::<signaling::Timestamp>() },
        "required": ["now"],
    });
    events.insert("heartbeat".to_owned(), now);
    let names: Vec<String> = events.keys().cloned().collect();
    json!({
        "type": "object",
        "description": "The `data` of each event of a stream, by the `event` that names it. Those with a \
                        `seq` are durable, and their `id` is that number.",
        "properties": events,
        "required": names,
    })
}

/// The parameters in the path of a route.
pub(super) fn parameters_of((_, path): &Route) -> Vec<Value> {
    let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str| {
        let description = match name {
            "group" => "The group, as `groupID` names it.",
            "invitation" => "The invitation, as `inviteID` names it.",
            "member" => "The member, as `userID` names them.",
            "device" => "The device, as `deviceID` names it.",
            "deadLetter" => "The dead letter, as `deadLetterID` names it.",
            _ => "The session, as its `Location` named it.",
        };
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "description": description,
            "schema": { "type": "string" },
        })
    };
    named.map(parameter).collect()
}
