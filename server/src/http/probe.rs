//! Handler: the probe. Whoever asks is told how their request came, on a short stream, so that one sees
//! whether what is between holds streams back. `handup doctor` asks for it.

use std::convert::Infallible;
use std::net::IpAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};

use super::caller::peer_address;
use crate::engine::Engine;
use crate::error::Error;

/// How many events follow the first one.
const TICKS: usize = 4;
/// The time between two events.
const PACE: Duration = Duration::from_millis(250);

/// What the server tells of a request: nothing that is not the caller's own, or in the name of each cookie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// The id of the database, which the names of cookies end with.
    pub id: String,
    /// The address to whose limits the request counts.
    pub address: IpAddr,
    /// What became of `X-Forwarded-For`.
    pub forwarded: Forwarded,
}

/// What a request said of for whom it is, and whether it was believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Forwarded {
    /// It said nothing, and came from no trusted proxy.
    Nothing,
    /// It said nothing, and came from an address of `--trusted-proxy`.
    NothingFromProxy,
    /// It came from a trusted proxy, which named the client.
    Believed,
    /// It named a client, and did not come from a trusted proxy.
    Ignored,
}

impl Engine {
    fn probe(&self, peer: IpAddr, headers: &HeaderMap) -> Probe {
        let names_client = headers.contains_key("x-forwarded-for");
        let forwarded = match (self.is_proxy(peer), names_client) {
            (false, false) => Forwarded::Nothing,
            (true, false) => Forwarded::NothingFromProxy,
            (true, true) => Forwarded::Believed,
            (false, true) => Forwarded::Ignored,
        };
        let address = self.shared.proxies.client(peer, headers).to_canonical();
        Probe { id: self.cookies().id().to_owned(), address, forwarded }
    }
}

/// Tells it in the first event; those that follow take a second in all.
pub(super) async fn probe(
    State(engine): State<Engine>,
    request: Request,
) -> Result<Response, Error> {
    let peer = peer_address(request.extensions());
    let probe = engine.probe(peer, request.headers());
    engine.limits().probe(probe.address)?;
    let mut response = Response::new(Body::from_stream(events(&probe)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

fn events(probe: &Probe) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + use<> {
    let told = serde_json::to_string(probe).unwrap_or_default();
    let first = Bytes::from(format!("event: probe\ndata: {told}\n\n"));
    let ticks = stream::iter(0..TICKS).then(async |_| {
        tokio::time::sleep(PACE).await;
        Bytes::from_static(b"event: tick\ndata:\n\n")
    });
    stream::once(async { first }).chain(ticks).map(Ok)
}
