//! Joining a class, or going on as somebody who has joined by this browser.

use leptos::prelude::*;
use server::{Ticket, Token, enter_name};

use super::arrival::Arrival;
use crate::failure::Failure;
use crate::request::{address, browser_token, engine, peer};
use crate::response::lead;
use crate::trouble::Trouble;
use crate::visitor::{browser_of_form, is_in};

/// Says of a form for joining that it is for somebody whom this browser has not been yet.
pub const SOMEBODY_ELSE: &str = "else";

/// Joins a class by its code, and leads into its room. A form that is sent twice carries the same
/// `ticket`, and joins once. Whoever is in the class already stays who they are, unless `person` is
/// [`SOMEBODY_ELSE`], who joins as well, or the id of another one as whom this browser came in.
#[server(prefix = "/do", endpoint = "join")]
pub async fn join_class(
    code: String,
    #[server(default)] name: String,
    #[server(default)] ticket: String,
    #[server(default)] person: String,
) -> Result<(), Trouble> {
    let joined = join(&code, &name, &ticket, &person).await;
    lead(joined, |trouble| {
        let mut query = vec![("problem", trouble.key()), ("code", &code), ("name", &name)];
        if person == SOMEBODY_ELSE {
            query.push(("person", SOMEBODY_ELSE));
        }
        address("/join", &query)
    })
}

async fn join(code: &str, name: &str, ticket: &str, person: &str) -> Result<String, Failure> {
    let engine = engine()?;
    let browser = browser_of_form(&engine)?;
    let group = engine.group_of_code(peer()?, code).await?;
    // Whoever is in the class already, a teacher above all, stays who they are.
    let known = browser_token(&engine);
    let me = is_in(&engine, group, known.as_ref()).await?;
    if let Some(other) = person.parse().ok().filter(|other| Some(*other) != me) {
        let arrival = Arrival::by(known);
        engine.go_on_as(peer()?, group, other, arrival.entrance()).await?;
        arrival.has_come_in(&engine);
        return Ok(format!("/class/{group}"));
    }
    if me.is_some() && person != SOMEBODY_ELSE {
        return Ok(format!("/class/{group}"));
    }
    let name = enter_name(name).map_err(Trouble::of_name)?;
    let arrival = Arrival::by(known);
    let form = Token::from_text(ticket);
    let ticket = form.as_ref().map(|form| Ticket { form, browser: &browser });
    let joined = engine.join(peer()?, code, name, ticket, arrival.entrance()).await?;
    arrival.has_come_in(&engine);
    Ok(format!("/class/{}", joined.group_id))
}
