//! Starting a class, or one more like another.

use leptos::prelude::*;
use server::{Ticket, Token, enter_name};
use signaling::{GroupId, Role};

use super::arrival::Arrival;
use crate::failure::Failure;
use crate::request::{address, browser_token, engine, peer};
use crate::response::lead;
use crate::trouble::Trouble;
use crate::visitor::{browser_of_form, member_of};

/// Begins a class, and leads into its room. A form that is sent twice carries the same `ticket`, and
/// begins one.
#[server(prefix = "/do", endpoint = "start")]
pub async fn start_class(
    name: String,
    teacher: String,
    #[server(default)] ticket: String,
) -> Result<(), Trouble> {
    let started = start(&name, &teacher, &ticket).await;
    lead(started, |trouble| {
        address("/start", &[("problem", trouble.key()), ("name", &name), ("teacher", &teacher)])
    })
}

async fn start(name: &str, teacher: &str, ticket: &str) -> Result<String, Failure> {
    let engine = engine()?;
    let browser = browser_of_form(&engine)?;
    let name = enter_name(name).map_err(Trouble::of_class_name)?;
    let teacher = enter_name(teacher).map_err(Trouble::of_name)?;
    let arrival = Arrival::by(browser_token(&engine));
    let form = Token::from_text(ticket);
    let ticket = form.as_ref().map(|form| Ticket { form, browser: &browser });
    let joined = engine.create_group(peer()?, name, teacher, ticket, arrival.entrance()).await?;
    arrival.has_come_in(&engine);
    Ok(format!("/class/{}", joined.group_id))
}

/// Begins a class like one that the browser teaches or taught, and leads into its room.
#[server(prefix = "/do", endpoint = "start-again")]
pub async fn start_again(group: GroupId, #[server(default)] ticket: String) -> Result<(), Trouble> {
    let started = again(group, &ticket).await;
    lead(started, |trouble| address("/", &[("problem", trouble.key())]))
}

async fn again(group: GroupId, ticket: &str) -> Result<String, Failure> {
    let engine = engine()?;
    let browser = browser_of_form(&engine)?;
    let (me, role) = member_of(group).await?;
    if role != Role::Teacher {
        return Err(Trouble::NotAllowed.into());
    }
    let arrival = Arrival::by(browser_token(&engine));
    let form = Token::from_text(ticket);
    let ticket = form.as_ref().map(|form| Ticket { form, browser: &browser });
    let joined = engine.begin_again(peer()?, (group, me), ticket, arrival.entrance()).await?;
    arrival.has_come_in(&engine);
    Ok(format!("/class/{}", joined.group_id))
}
