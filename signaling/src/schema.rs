//! JSON Schemas of the values that are written and read by hand; those of all others are derived.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::wire::{ChangeSettings, Delivered};
use crate::{
    Code, GroupId, InviteId, InviteeList, MAX_NAME_CHARS, MAX_TIMEOUT_SECONDS, Name, NamesShown,
    Roll, Settings, Timeout, Timestamp, UserId,
};

/// Declares the schemas of values that are written by hand.
macro_rules! schemas {
    ($($type:ident = $name:literal { $($schema:tt)* })*) => {
        $(
            impl JsonSchema for $type {
                fn schema_name() -> Cow<'static, str> {
                    $name.into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({ $($schema)* })
                }
            }
        )*
    }
}

schemas! {
    GroupId = "GroupID" { "type": "string", "description": "A group's id, opaque to clients." }
    UserId = "UserID" { "type": "string", "description": "A member's id, opaque to clients." }
    InviteId = "InviteID" { "type": "string", "description": "An invitation's id, opaque to clients." }
    Timestamp = "Timestamp" {
        "type": "string",
        "format": "date-time",
        "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
        "description": "A moment of the server's clock, in UTC with milliseconds.",
    }
    Timeout = "Timeout" {
        "type": "integer",
        "minimum": 0,
        "maximum": MAX_TIMEOUT_SECONDS,
        "description": "Seconds to answer in; 0 for no limit.",
    }
    Name = "Name" {
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_NAME_CHARS,
        "description": "A name, without control characters, of which something is to be seen.",
    }
    InviteeList = "InviteeList" {
        "description": "Members, or \"*\": everyone whom the inviter may invite.",
        "oneOf": [
            { "const": "*" },
            { "type": "array", "items": { "type": "string" }, "minItems": 1, "uniqueItems": true },
        ],
    }
    Code = "Code" {
        "type": "integer",
        "description": "What happened, for a program; to be read with the status.",
        "enum": Code::ALL.map(u16::from),
    }
}

impl<T: JsonSchema> JsonSchema for Roll<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Vec::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<T>::json_schema(generator)
    }
}

impl JsonSchema for Delivered {
    fn schema_name() -> Cow<'static, str> {
        "Delivered".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "An event, as streams tell it.",
            "properties": {
                "event": { "type": "string", "description": "Its name." },
                "data": { "type": "object", "description": "What `Events` has under this name." },
            },
            "required": ["event", "data"],
        })
    }
}

/// The settings of a group; those of applications are added by whoever knows the applications.
fn settings() -> Schema {
    json_schema!({
        "type": "object",
        "properties": {
            "locked": { "type": "boolean", "description": "Nobody new may join." },
            "names": {
                "enum": NamesShown::ALL.map(NamesShown::word),
                "description": "What of each student's name the other students are told.",
            },
            "studentsInviteStudents": {
                "type": "boolean",
                "description": "Students may invite each other, one to one.",
            },
        },
    })
}

impl JsonSchema for Settings {
    fn schema_name() -> Cow<'static, str> {
        "Settings".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = settings();
        schema.insert("required".to_owned(), ["locked"].as_slice().into());
        schema
    }
}

impl JsonSchema for ChangeSettings {
    fn schema_name() -> Cow<'static, str> {
        "ChangeSettings".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = settings();
        schema.insert("additionalProperties".to_owned(), false.into());
        schema
    }
}
