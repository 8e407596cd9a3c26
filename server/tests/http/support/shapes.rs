//! The shapes that the contract gives to what goes over the wire.

use serde_json::Value;

/// The names of an object's fields, sorted.
pub fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().into_iter().flatten().map(|(k, _)| &**k).collect();
    keys.sort_unstable();
    keys
}

/// Checks that an object has these fields, named with spaces between, and no others.
#[track_caller]
pub fn assert_fields(object: &Value, fields: &str) {
    let mut fields: Vec<&str> = fields.split_whitespace().collect();
    fields.sort_unstable();
    assert_eq!(keys(object), fields, "{object}");
}

/// Checks that a value is an RFC 3339 time in UTC with milliseconds.
#[track_caller]
pub fn assert_time(value: &Value) {
    let shape: String = value
        .as_str()
        .unwrap_or_default()
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000Z", "{value}");
}
