//! Going on with another device.

use leptos::prelude::*;
use server::{Error, Token};

use super::arrival::Arrival;
use crate::failure::Failure;
use crate::request::{address, browser_token, engine, peer};
use crate::response::lead;
use crate::trouble::Trouble;
use crate::visitor::browser_of_form;

/// Uses up a link for another device, and leads into the room.
#[server(prefix = "/do", endpoint = "take-over")]
pub async fn take_over(token: String) -> Result<(), Trouble> {
    let taken = open(&token).await;
    lead(taken, |trouble| {
        // Only this one leaves the link as good as it was.
        let is_good = trouble == Trouble::NoCookie && Token::from_text(&token).is_some();
        let page = if is_good { format!("/handover/{token}") } else { "/".to_owned() };
        address(&page, &[("problem", trouble.key())])
    })
}

async fn open(token: &str) -> Result<String, Failure> {
    let engine = engine()?;
    browser_of_form(&engine)?;
    let handover = Token::from_text(token).ok_or(Trouble::LinkUsed)?;
    let leads_to = engine.handover_leads_to(&handover).await?;
    leads_to.ok_or(Trouble::LinkUsed)?;
    let arrival = Arrival::by(browser_token(&engine));
    let taken = engine.take_over(peer()?, &handover, arrival.entrance()).await;
    let group = taken.map_err(|error| match error {
        Error::NotSignedIn => Trouble::LinkUsed.into(),
        other => Failure::from(other),
    })?;
    arrival.has_come_in(&engine);
    Ok(format!("/class/{group}"))
}
