//! What every kind of store keeps as text, decoded.

use signaling::Event;

use crate::identity::JoinCode;

pub(crate) fn event_of(name: &str, body: &str) -> Result<Event, sqlx::Error> {
    Event::decode(name, &mut serde_json::Deserializer::from_str(body))
        .map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

pub(crate) fn code(text: &str) -> Result<JoinCode, sqlx::Error> {
    JoinCode::from_text(text)
        .ok_or_else(|| sqlx::Error::Decode("a join code of the store cannot be read".into()))
}
