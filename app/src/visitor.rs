//! Who asks for a page or sends a form: the browser, the member it stands for, or an administrator.

use server::{Engine, Error, Session, Token};
use signaling::{GroupId, Role, UserId};

use crate::failure::Failure;
use crate::request::{admin_cookie, browser_token, engine, form_cookie};
use crate::response::give_cookie;
use crate::trouble::Trouble;

/// Gives the browser that a form goes to the cookie without which the form is refused: what it makes
/// could not be entered by a browser that keeps none.
pub fn give_form_cookie() {
    let Ok(engine) = engine() else { return };
    if form_cookie(&engine).is_none() {
        give_cookie(&engine.cookies().set_with_form(&Token::new()));
    }
}

/// What tells a form that was sent twice from two forms, for as long as its browser keeps the other
/// half, which no script and no page shows.
pub fn ticket() -> String {
    give_form_cookie();
    Token::new().reveal().to_owned()
}

/// The secret of the browser that sends a form. Without it the browser keeps no cookies, or not
/// at this address, and would not keep the one either that it is to be let in by: nothing may be
/// made for it. One that has only lost it is given another.
pub fn browser_of_form(engine: &Engine) -> Result<Token, Trouble> {
    form_cookie(engine).ok_or_else(|| {
        give_form_cookie();
        Trouble::NoCookie
    })
}

/// Whether a cookie came back that a form was refused for, and else the address at which it
/// would, where that is known.
pub fn cookie_came_back() -> Result<(), Option<String>> {
    let engine = engine().map_err(|_| None)?;
    if form_cookie(&engine).is_some() {
        return Ok(());
    }
    Err(engine.public_url().map(str::to_owned))
}

/// The member that this browser's token stands for in the class; none when for nobody. What
/// fails for another reason must not make a stranger of a member.
pub async fn is_in(
    engine: &Engine,
    group: GroupId,
    token: Option<&Token>,
) -> Result<Option<UserId>, Failure> {
    let Some(token) = token else { return Ok(None) };
    match engine.session(group, token).await {
        Ok(session) => Ok(Some(session.user)),
        Err(Error::NotSignedIn | Error::OtherGroup) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The member that the browser is in a class that is not over.
pub async fn session(group: GroupId) -> Result<Session, Failure> {
    let engine = engine()?;
    let token = browser_token(&engine).ok_or(Trouble::NotHere)?;
    let session = engine.session(group, &token).await?;
    if session.room.with_group(|group| group.ended) {
        return Err(Trouble::Ended.into());
    }
    Ok(session)
}

/// Whether the browser is still the one whose page says so, where it does: another page of it may
/// have gone on as somebody else.
pub async fn is_still(group: GroupId, me: Option<UserId>) -> Result<(), Failure> {
    let Some(me) = me else { return Ok(()) };
    let is_me = session(group).await?.user == me;
    if is_me { Ok(()) } else { Err(Trouble::OtherPerson.into()) }
}

/// Whom the browser stands for in the class, whether or not it is over, and their role.
pub async fn member_of(group: GroupId) -> Result<(UserId, Role), Failure> {
    let engine = engine()?;
    let token = browser_token(&engine).ok_or(Trouble::NothingKept)?;
    let found = engine.member_of(group, &token).await.map_err(|error| match error {
        Error::NoSuchGroup | Error::NotSignedIn | Error::OtherGroup => Trouble::NothingKept.into(),
        other => Failure::from(other),
    });
    let (user, role) = found?;
    Ok((user, role.ok_or(Trouble::NothingKept)?))
}

/// Whether the browser holds an administrator's session.
pub async fn is_admin(engine: &Engine) -> Result<bool, Failure> {
    match admin_cookie(engine) {
        Some(token) => Ok(engine.is_admin(&token).await?),
        None => Ok(false),
    }
}

/// The engine, for an administrator alone.
pub async fn admin() -> Result<Engine, Failure> {
    let engine = engine()?;
    if is_admin(&engine).await? { Ok(engine) } else { Err(Trouble::NotAdmin.into()) }
}

/// Whether the text is the secret of a set-up link that is still good.
pub fn may_set_up(token: &str) -> bool {
    let link = Token::from_text(token);
    engine().is_ok_and(|engine| link.is_some_and(|link| engine.may_set_up(&link)))
}
