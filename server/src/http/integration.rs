//! The integration that sends a request, as extractors, and its own ids.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use serde::Deserialize;

use crate::engine::Engine;
use crate::error::Error;
use crate::identity::cookies::bearer;
use crate::integrations::{Integration, IntegrationKey, is_own_id};
use crate::live::room::Room;

/// The header that says on whose behalf an integration acts.
pub(super) const ON_BEHALF_OF: HeaderName = HeaderName::from_static("on-behalf-of");

/// The integration whose key came with a request; none when no key came.
pub(super) fn presented(
    engine: &Engine,
    headers: &HeaderMap,
) -> Result<Option<Arc<Integration>>, Error> {
    let Some(key) = bearer(headers).and_then(IntegrationKey::from_text) else { return Ok(None) };
    engine.integration(&key).map(Some).ok_or(Error::NotSignedIn)
}

/// On whose behalf an integration acts.
pub(super) fn on_behalf_of(headers: &HeaderMap) -> Result<&str, Error> {
    let whom = headers.get(ON_BEHALF_OF).and_then(|whom| whom.to_str().ok());
    whom.ok_or_else(|| {
        let detail =
            "An integration says in the header On-Behalf-Of for which member it does this.";
        Error::wrong_field("On-Behalf-Of", detail)
    })
}

/// An integration's own id, when it can be one.
pub(super) fn own_id(field: &str, id: String) -> Result<String, Error> {
    let wrong = || {
        let detail = "An id of an integration's is 1 to 128 visible ASCII characters.";
        Error::wrong_field(field, detail)
    };
    if is_own_id(&id) { Ok(id) } else { Err(wrong()) }
}

/// An integration, by its key.
pub(super) struct OfIntegration(pub Arc<Integration>);

impl FromRequestParts<Engine> for OfIntegration {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> Result<Self, Error> {
        let integration = presented(engine, &parts.headers)?;
        let is_member = engine.cookies().presented(&parts.headers).is_some();
        let else_ = if is_member { Error::IntegrationsOnly } else { Error::NotSignedIn };
        integration.map(Self).ok_or(else_)
    }
}

/// A group that the integration has begun whose key came with the request.
pub(super) struct Integrated {
    pub room: Arc<Room>,
    pub address: IpAddr,
}

#[derive(Deserialize)]
struct OfGroup {
    group: String,
}

impl FromRequestParts<Engine> for Integrated {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> Result<Self, Error> {
        let OfIntegration(integration) = OfIntegration::from_request_parts(parts, engine).await?;
        let Path(OfGroup { group }) =
            Path::from_request_parts(parts, engine).await.map_err(|_| Error::NoSuchPath)?;
        let group_id = group.parse().map_err(|_| Error::NoSuchGroup)?;
        let room = engine.integrated_room(&integration, group_id).await?;
        let address = engine.client_address(&parts.extensions, &parts.headers);
        Ok(Self { room, address })
    }
}
