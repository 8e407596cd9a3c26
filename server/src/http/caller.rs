//! Who sends a request, and what its path names, as extractors.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use http::{Extensions, HeaderMap};
use serde::Deserialize;
use signaling::{GroupId, InviteId, Rejection, UserId};
use voice::SessionId;

use super::idempotency::IDEMPOTENCY_KEY;
use super::integration;
use super::origin::{is_safe, is_same_origin};
use crate::engine::{Engine, Session};
use crate::error::Error;
use crate::identity::cookies::Presented;
use crate::render_queue::Asking;

/// Ids in a path. One that Handup could not have given out names nothing.
#[derive(Deserialize)]
pub(super) struct Ids {
    group: String,
    invitation: Option<String>,
    member: Option<String>,
    session: Option<String>,
    device: Option<String>,
}

impl Ids {
    pub fn invitation(&self) -> Result<InviteId, Error> {
        let invitation = self.invitation.as_deref().unwrap_or_default();
        invitation.parse().map_err(|_| Rejection::NoSuchInvitation.into())
    }

    /// The session by voice; none when it names nothing.
    pub fn voice_session(&self) -> Option<SessionId> {
        self.session.as_deref()?.parse().ok()
    }

    /// The device, as its list names it.
    pub fn device(&self) -> &str {
        self.device.as_deref().unwrap_or_default()
    }

    pub fn member(&self) -> Result<UserId, Error> {
        let member = self.member.as_deref().unwrap_or_default();
        member.parse().map_err(|_| Rejection::NoSuchMember.into())
    }
}

/// A member of the group in the path, who may go on: the class has not ended, the credential is
/// theirs, no other site sent the request, and they are not too fast.
pub(super) struct Caller {
    pub session: Session,
    pub ids: Ids,
    pub address: IpAddr,
    pub asking: Asking,
}

impl Caller {
    pub fn group_id(&self) -> GroupId {
        self.session.room.id()
    }

    pub fn user(&self) -> UserId {
        self.session.user
    }
}

/// The same of a class that may have ended.
pub(super) struct MaybeEnded(pub Caller);

impl FromRequestParts<Engine> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> Result<Self, Error> {
        let MaybeEnded(caller) = MaybeEnded::from_request_parts(parts, engine).await?;
        // A repeated request gets its first answer from the writer, even after the end.
        let may_repeat = !is_safe(&parts.method) && parts.headers.contains_key(IDEMPOTENCY_KEY);
        if !may_repeat && caller.session.room.with_group(|group| group.ended) {
            return Err(Rejection::Ended.into());
        }
        Ok(caller)
    }
}

impl FromRequestParts<Engine> for MaybeEnded {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> Result<Self, Error> {
        let Path(ids) =
            Path::<Ids>::from_request_parts(parts, engine).await.map_err(|_| Error::NoSuchPath)?;
        let changes = !is_safe(&parts.method);
        let (session, of_member) = match integration::presented(engine, &parts.headers)? {
            Some(integration) => {
                let whom = integration::on_behalf_of(&parts.headers)?;
                let group_id = ids.group.parse().map_err(|_| Error::NoSuchGroup)?;
                let session = engine.on_behalf(&integration, group_id, whom).await?;
                (session, Asking::of_integration(group_id, &integration))
            }
            None => {
                let credential = engine.cookies().presented(&parts.headers);
                let credential = credential.ok_or(Error::NotSignedIn)?;
                let from_a_page = matches!(credential, Presented::Cookie(_));
                if changes && from_a_page && !is_same_origin(&parts.headers, engine.public_url()) {
                    return Err(Error::CrossSite);
                }
                let group_id: GroupId = ids.group.parse().map_err(|_| Error::NoSuchGroup)?;
                let session = engine.session(group_id, credential.token()).await?;
                (session, Asking::of_member(group_id, credential.token()))
            }
        };
        if changes {
            engine.limits().verb(session.user)?;
        } else {
            engine.may_look(&session)?;
        }
        let address = engine.client_address(&parts.extensions, &parts.headers);
        let asking = of_member.from(address);
        Ok(Self(Caller { session, ids, address, asking }))
    }
}

/// Where a request came from.
pub(super) struct Address(pub IpAddr);

impl FromRequestParts<Engine> for Address {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> Result<Self, Error> {
        Ok(Self(engine.client_address(&parts.extensions, &parts.headers)))
    }
}

impl Engine {
    /// The address a request came from. Where a trusted proxy brought it, that is the nearest
    /// address of those it names that is no trusted proxy's own; whoever else says for whom they
    /// ask is not believed.
    pub fn client_address(&self, extensions: &Extensions, headers: &HeaderMap) -> IpAddr {
        self.shared.proxies.client(peer_address(extensions), headers)
    }
}

/// The address a request came from, as [`serve`](crate::serve) noted it.
pub(super) fn peer_address(extensions: &Extensions) -> IpAddr {
    let info = extensions.get::<ConnectInfo<SocketAddr>>();
    info.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip())
}
