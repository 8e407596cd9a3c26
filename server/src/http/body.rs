//! JSON bodies: read within limits of size and time, and refused in words of ours.

use std::fmt;
use std::iter::successors;
use std::marker::PhantomData;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{FromRequest, Request};
use futures::StreamExt;
use futures::stream::try_unfold;
use http::{HeaderMap, header};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use signaling::Name;

use tokio::time::timeout_at;
use tower::util::MapRequestLayer;

use super::idempotency::{RequestKey, idempotency_key};
use crate::clock::monotonic;
use crate::engine::Engine;
use crate::error::Error;
use crate::limits::bounds::Bounds;
use crate::names::entry::shown;

/// The largest body of a request, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1_024;
/// Why a body is read no further.
#[derive(Debug, thiserror::Error)]
#[error("the body did not come in time")]
struct BodyTooSlow;

/// Gives up a body that stands still, and one that drips for longer than all of it may take.
pub fn bodies_in_time(engine: Engine) -> MapRequestLayer<impl Fn(Request) -> Request + Clone> {
    let in_time = move |body: Body| {
        if body.is_end_stream() {
            return body;
        }
        let Bounds { body_timeout, body_deadline, .. } = engine.bounds();
        let end = monotonic() + body_deadline;
        let parts = try_unfold(body.into_data_stream(), move |mut body| async move {
            let part = timeout_at(end.min(monotonic() + body_timeout), body.next()).await;
            let part = part.map_err(|_| axum::Error::new(BodyTooSlow))?.transpose()?;
            Ok::<_, axum::Error>(part.map(|part| (part, body)))
        });
        Body::from_stream(parts)
    };
    MapRequestLayer::new(move |request: Request| request.map(&in_time))
}

pub(super) fn is_too_slow(error: &axum::Error) -> bool {
    let first: &dyn std::error::Error = error;
    successors(Some(first), |error| error.source()).any(|error| error.is::<BodyTooSlow>())
}

/// A JSON body, and the Idempotency-Key that came with it. A body that may leave everything out
/// may also be empty.
pub(super) struct Sent<T> {
    pub fields: T,
    pub key: Option<RequestKey>,
}

impl<T: DeserializeOwned> FromRequest<Engine> for Sent<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &Engine) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let bytes = read_body(&parts.headers, body).await?;
        let key = idempotency_key(&parts, &bytes)?;
        let json: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        let mut json = serde_json::Deserializer::from_slice(json);
        let read = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| malformed(&error.path().to_string(), error.inner()));
        let Object(fields) = read?;
        json.end().map_err(|error| malformed(WHOLE, &error))?;
        Ok(Self { fields, key })
    }
}

/// A JSON object and nothing else: serde by itself takes a list for a struct's fields in order.
pub(super) struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(Fields(PhantomData))
    }
}

/// The path of the body itself.
pub(super) const WHOLE: &str = ".";

/// A sentence for a body that cannot be read, and the field at fault where there is one. Of the
/// parser's own words only those that name a field of the request are passed on.
pub(super) fn malformed(path: &str, error: &serde_json::Error) -> Error {
    if !error.is_data() {
        return Error::Malformed("The body is not valid JSON.".to_owned());
    }
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or_default();
    // What serde would have taken instead of an unknown field follows a comma.
    let words = words.split(", expected").next().unwrap_or_default();
    let wrong = |detail| match field_of(path, words) {
        Some(field) => Error::WrongField { field, detail },
        None => Error::Malformed(detail),
    };
    if words.starts_with("missing field") || words.starts_with("duplicate field") {
        wrong(format!("The body has a {words}."))
    } else if words.starts_with("unknown field") {
        wrong(format!("The body has an {words}."))
    } else if ["a name", "a timeout", "the field"].iter().any(|ours| words.starts_with(ours)) {
        wrong(format!("The body is wrong: {words}."))
    } else if path == WHOLE {
        Error::Malformed("The body is not a JSON object.".to_owned())
    } else {
        let detail = "has the wrong type or a value out of range";
        wrong(format!("The field `{}` of the body {detail}.", printable(path)))
    }
}

/// The field at fault: where reading stopped, and where that is an object the field of it that the
/// words name.
fn field_of(path: &str, words: &str) -> Option<String> {
    let named = words.split('`').nth(1).filter(|_| words.contains(" field `"));
    let field = match (path, named) {
        (WHOLE, named) => named?.to_owned(),
        (path, Some(named)) if path.rsplit('.').next() != Some(named) => format!("{path}.{named}"),
        (path, _) => path.to_owned(),
    };
    Some(printable(&field))
}

/// The name of a field, which a stranger chose, in no more letters than it takes to find it.
fn printable(field: &str) -> String {
    field.chars().filter(|letter| !letter.is_control()).take(64).collect()
}

/// A name as somebody enters it into this field.
pub(super) fn entered(field: &str, name: Name) -> Result<Name, Error> {
    shown(name).map_err(|error| malformed(field, &de::Error::custom(error)))
}

pub(super) async fn read_body(headers: &HeaderMap, body: Body) -> Result<Bytes, Error> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced: Option<usize> = announced.and_then(|length| length.parse().ok());
    if announced.is_some_and(|length| length > MAX_BODY_BYTES) {
        return Err(Error::BodyTooLarge);
    }
    to_bytes(body, MAX_BODY_BYTES)
        .await
        .map_err(|error| if is_too_slow(&error) { Error::BodyTooSlow } else { Error::BodyTooLarge })
}
