//! What the administrator does: signing in and out, setting the password, how long classes are kept,
//! deleting a class, and erasing a person.

use leptos::prelude::*;
use server::{Error, PasswordError, Token};
use signaling::{GroupId, UserId};

use crate::failure::Failure;
use crate::request::{address, admin_cookie, engine, peer};
use crate::response::{give_cookie, lead};
use crate::trouble::Trouble;
use crate::visitor::{admin, browser_of_form};

/// Opens an administrator's session by the password.
#[server(prefix = "/do", endpoint = "sign-in")]
pub async fn sign_in(password: String) -> Result<(), Trouble> {
    let signed_in = open_session(password).await;
    lead(signed_in, |trouble| address("/admin", &[("problem", trouble.key())]))
}

async fn open_session(password: String) -> Result<String, Failure> {
    let engine = engine()?;
    browser_of_form(&engine)?;
    let token = engine.sign_in(peer()?, password).await?.ok_or(Trouble::WrongPassword)?;
    if let Some(before) = admin_cookie(&engine) {
        engine.sign_out(&before).await?;
    }
    give_cookie(&engine.cookies().set_by_admin(&token));
    Ok("/admin".to_owned())
}

/// Ends an administrator's session.
#[server(prefix = "/do", endpoint = "sign-out")]
pub async fn sign_out() -> Result<(), Trouble> {
    let signed_out = close_session().await;
    lead(signed_out, |trouble| address("/admin", &[("problem", trouble.key())]))
}

async fn close_session() -> Result<String, Failure> {
    let engine = engine()?;
    if let Some(token) = admin_cookie(&engine) {
        engine.sign_out(&token).await?;
    }
    give_cookie(&engine.cookies().unset_by_admin());
    Ok("/admin".to_owned())
}

/// Sets the administrator's password by the link that the server printed, and signs in.
#[server(prefix = "/do", endpoint = "set-up")]
pub async fn set_up(token: String, password: String) -> Result<(), Trouble> {
    let set = set_password(&token, password).await;
    lead(set, |trouble| address(&format!("/admin/set-up/{token}"), &[("problem", trouble.key())]))
}

async fn set_password(token: &str, password: String) -> Result<String, Failure> {
    let engine = engine()?;
    browser_of_form(&engine)?;
    let link = Token::from_text(token).ok_or(Trouble::LinkOver)?;
    let opened = engine.set_up(&link, password).await?.map_err(|error| match error {
        PasswordError::TooShort => Trouble::PasswordShort,
        PasswordError::TooLong => Trouble::PasswordLong,
    })?;
    let token = opened.ok_or(Trouble::LinkOver)?;
    give_cookie(&engine.cookies().set_by_admin(&token));
    Ok("/admin".to_owned())
}

/// Sets for how many days classes are kept after their end; empty for ever. What would delete
/// classes at once is asked about first, unless one is `sure`.
#[server(prefix = "/do", endpoint = "keep-days")]
pub async fn keep_days(
    #[server(default)] days: String,
    #[server(default)] sure: String,
) -> Result<(), Trouble> {
    let kept = set_keep_days(&days, !sure.is_empty()).await;
    lead(kept, |trouble| address("/admin", &[("tab", "keeping"), ("problem", trouble.key())]))
}

async fn set_keep_days(days: &str, is_sure: bool) -> Result<String, Failure> {
    let engine = admin().await?;
    let days = match days.trim() {
        "" => None,
        days => Some(days.parse::<u32>().map_err(|_| Trouble::DaysStrange)?),
    };
    if days.is_some_and(|days| !(1..=36_500).contains(&days)) {
        return Err(Trouble::DaysStrange.into());
    }
    if let Some(days) = days.filter(|_| !is_sure)
        && engine.kept_long_enough(engine.now(), days).await? > 0
    {
        return Ok(format!("/admin?tab=keeping&keep={days}"));
    }
    engine.set_keep_days(days).await?;
    Ok("/admin?tab=keeping&done=kept".to_owned())
}

/// Deletes a class, for good.
#[server(prefix = "/do", endpoint = "delete-class")]
pub async fn delete_class(group: GroupId) -> Result<(), Trouble> {
    let deleted = delete(group).await;
    lead(deleted, |trouble| address("/admin", &[("problem", trouble.key())]))
}

async fn delete(group: GroupId) -> Result<String, Failure> {
    let engine = admin().await?;
    engine.delete_class(group).await.map_err(|error| match error {
        Error::NoSuchGroup => Trouble::NoSuchClass.into(),
        other => Failure::from(other),
    })?;
    Ok("/admin?done=deleted".to_owned())
}

/// Erases a person's name and data from a class, for good.
#[server(prefix = "/do", endpoint = "erase-person")]
pub async fn erase_person(group: GroupId, member: UserId) -> Result<(), Trouble> {
    let erased = erase(group, member).await;
    lead(erased, |trouble| address(&format!("/admin/class/{group}"), &[("problem", trouble.key())]))
}

async fn erase(group: GroupId, member: UserId) -> Result<String, Failure> {
    let engine = admin().await?;
    engine.erase_person(group, member).await.map_err(|error| match error {
        Error::NoSuchGroup => Trouble::NoSuchClass.into(),
        other => Failure::from(other),
    })?;
    Ok(format!("/admin/class/{group}?done=erased"))
}
