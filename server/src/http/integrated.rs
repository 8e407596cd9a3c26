//! Handlers: what integrations do by their keys, beside acting on behalf of members.

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use signaling::wire::{BringIn, Credential, DeadLetters, Empty, OwnMembers};

use super::body::{Sent, entered};
use super::integration::{Integrated, OfIntegration, own_id};
use super::reply::json;
use crate::engine::Engine;
use crate::error::Error;
use crate::identity::Token;

pub(super) async fn bring_in(
    State(engine): State<Engine>,
    Integrated { room, address }: Integrated,
    body: Sent<BringIn>,
) -> Result<Response, Error> {
    let BringIn { id, name, role } = body.fields;
    let whom = (own_id("id", id)?, entered("name", name)?, role);
    let token = Token::new();
    let brought = engine.bring_in(&room, address, whom, &token).await?;
    let credential = Credential {
        group_id: room.id(),
        join_code: None,
        join_url: None,
        user_id: brought.user_id,
        token: token.reveal().to_owned(),
    };
    let status = if brought.was_in { StatusCode::OK } else { StatusCode::CREATED };
    Ok(json(status, &credential))
}

pub(super) async fn list_own_members(
    State(engine): State<Engine>,
    Integrated { room, .. }: Integrated,
) -> Result<Response, Error> {
    let members = engine.own_members(&room).await?;
    Ok(json(StatusCode::OK, &OwnMembers { members }))
}

pub(super) async fn list_dead_letters(
    State(engine): State<Engine>,
    OfIntegration(integration): OfIntegration,
) -> Result<Response, Error> {
    let dead_letters = engine.dead_letters(&integration).await?;
    Ok(json(StatusCode::OK, &DeadLetters { dead_letters }))
}

pub(super) async fn deliver_again(
    State(engine): State<Engine>,
    OfIntegration(integration): OfIntegration,
    Path(letter): Path<String>,
    body: Sent<Empty>,
) -> Result<StatusCode, Error> {
    let Empty {} = body.fields;
    engine.deliver_again(&integration, &letter).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn forget_letter(
    State(engine): State<Engine>,
    OfIntegration(integration): OfIntegration,
    Path(letter): Path<String>,
) -> Result<StatusCode, Error> {
    engine.forget_letter(&integration, &letter).await?;
    Ok(StatusCode::NO_CONTENT)
}
