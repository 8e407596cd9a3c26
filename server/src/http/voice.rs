//! Handlers: a page connects by voice, in the manner of WHIP (RFC 9725): an offer is answered, and the
//! session is ended at its own address.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use voice::Joined;

use super::body::read_body;
use super::caller::Caller;
use crate::engine::Engine;
use crate::error::{Error, NO_STORE};

/// The media type of offers and answers.
const SDP: &str = "application/sdp";
/// The longest offer, in bytes: a browser's has some 5 000, and in a call with pictures some 25 000.
const LONGEST_OFFER: usize = 48 * 1_024;

/// A body that is an offer.
pub(super) struct Offer(String);

impl FromRequest<Engine> for Offer {
    type Rejection = Error;

    async fn from_request(request: Request, _: &Engine) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        if !is_sdp(&parts.headers) {
            return Err(Error::Malformed(format!("The body has to be {SDP}.")));
        }
        let bytes: Bytes = read_body(&parts.headers, body).await?;
        if bytes.len() > LONGEST_OFFER {
            return Err(Error::BodyTooLarge);
        }
        let text = String::from_utf8(bytes.into());
        text.map(Self).map_err(|_| voice::Refused::Malformed.into())
    }
}

fn is_sdp(headers: &HeaderMap) -> bool {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|sent| sent.to_str().ok());
    let sent = sent.and_then(|sent| sent.split(';').next()).map(str::trim);
    sent.is_some_and(|sent| sent.eq_ignore_ascii_case(SDP))
}

pub(super) async fn join(
    State(engine): State<Engine>,
    caller: Caller,
    Offer(offer): Offer,
) -> Result<Response, Error> {
    let joined = engine.join_voice(&caller.session, None, offer).await?;
    Ok(answered(&format!("/groups/{}/voice", caller.group_id()), joined))
}

pub(super) async fn join_call(
    State(engine): State<Engine>,
    caller: Caller,
    Offer(offer): Offer,
) -> Result<Response, Error> {
    let call = caller.ids.invitation()?;
    let joined = engine.join_voice(&caller.session, Some(call), offer).await?;
    Ok(answered(&format!("/groups/{}/invitations/{call}/media", caller.group_id()), joined))
}

fn answered(path: &str, joined: Joined) -> Response {
    let location = format!("/api/v1{path}/{}", joined.session);
    let headers = [(header::CONTENT_TYPE, SDP), NO_STORE];
    let body = joined.answer;
    (StatusCode::CREATED, [(header::LOCATION, location)], headers, body).into_response()
}

pub(super) async fn leave(
    State(engine): State<Engine>,
    caller: Caller,
) -> Result<StatusCode, Error> {
    engine.leave_voice(&caller.session, None, caller.ids.voice_session()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn leave_call(
    State(engine): State<Engine>,
    caller: Caller,
) -> Result<StatusCode, Error> {
    let call = Some(caller.ids.invitation()?);
    engine.leave_voice(&caller.session, call, caller.ids.voice_session()).await?;
    Ok(StatusCode::NO_CONTENT)
}
