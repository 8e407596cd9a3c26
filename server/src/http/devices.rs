//! Handlers: the devices by which a member is in a group.

use axum::extract::State;
use http::StatusCode;
use signaling::wire::Devices;

use super::caller::Caller;
use super::reply::json;
use crate::engine::Engine;
use crate::error::Error;
use axum::response::Response;

pub(super) async fn list_devices(
    State(engine): State<Engine>,
    caller: Caller,
) -> Result<Response, Error> {
    let devices = engine.devices_of(&caller.session).await?;
    Ok(json(StatusCode::OK, &Devices { devices }))
}

pub(super) async fn end_device(
    State(engine): State<Engine>,
    caller: Caller,
) -> Result<StatusCode, Error> {
    let device = caller.ids.device();
    engine.end_device(&caller.session, caller.address, device).await?;
    Ok(StatusCode::NO_CONTENT)
}
