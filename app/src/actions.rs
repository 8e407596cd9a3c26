//! The server functions: the one place where the pages meet the server. Each is a plain form's
//! target as well: a browser without the island is sent back to the page, with what went wrong
//! and what was typed in the address.

use leptos::prelude::*;
use signaling::{GroupId, Snapshot, UserId};

use crate::room::lists::Counts;
use crate::trouble::Trouble;

/// Where the room's forms go; also the address under which [`Act`] is registered.
pub const ACT: &str = "/do/act";

/// Says of a form for joining that it is for somebody whom this browser has not been yet.
pub const SOMEBODY_ELSE: &str = "else";

/// A class that a code joins.
#[derive(Debug, Clone)]
pub struct ClassOfCode {
    /// The class.
    pub group: GroupId,
    /// Its name.
    pub name: String,
    /// The name of the member that this browser is in it.
    pub me: Option<String>,
    /// As whom else this browser has come in, with their names.
    pub others: Vec<(UserId, String)>,
}

/// What a member's page of their class is made of.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct RoomView {
    /// The class as the member may see it, or as much of it as the page shows.
    pub snapshot: Snapshot,
    /// How many there are of everything, where that is but a part.
    pub counts: Option<Counts>,
    /// Who the member is.
    pub me: UserId,
    /// The code that joins the class.
    pub code: String,
    /// The link that joins the class.
    pub link: Link,
}

/// A link to show to others.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Link {
    /// The whole address.
    pub url: String,
    /// Whether other machines can open it.
    pub is_for_others: bool,
}

#[cfg(feature = "ssr")]
impl From<server::Link> for Link {
    fn from(server::Link { url, is_for_others }: server::Link) -> Self {
        Self { url, is_for_others }
    }
}

/// A class that this browser is in.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ClassHere {
    /// The class.
    pub group: GroupId,
    /// Its name.
    pub name: String,
    /// The name one goes by in it.
    pub me: String,
    /// Whether one teaches it.
    pub teaches: bool,
    /// Whether it is over.
    pub ended: bool,
    /// The day on which it began.
    pub day: String,
}

/// Begins a class, and leads into its room. A form that is sent twice carries the same `ticket`, and
/// begins one.
#[server(prefix = "/do", endpoint = "start")]
pub async fn start_class(
    name: String,
    teacher: String,
    #[server(default)] ticket: String,
) -> Result<(), Trouble> {
    let started = ssr::start(&name, &teacher, &ticket).await;
    ssr::lead(started, |trouble| {
        ssr::address("/", &[("problem", trouble.key()), ("name", &name), ("teacher", &teacher)])
    })
}

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
    let joined = ssr::join(&code, &name, &ticket, &person).await;
    ssr::lead(joined, |trouble| {
        let mut query = vec![("problem", trouble.key()), ("code", &code), ("name", &name)];
        if person == SOMEBODY_ELSE {
            query.push(("person", SOMEBODY_ELSE));
        }
        ssr::address("/join", &query)
    })
}

/// Does one thing in the room. `who` names the member that the deed is about, where it is about
/// one; `question`, `limit` (seconds) and `first` belong to asking for hands; `me` is whose page it
/// comes from, where that is said. Answers with the number of the class's last event, which a live
/// page must come to see.
#[server(prefix = "/do", endpoint = "act")]
pub async fn act(
    group: GroupId,
    deed: String,
    #[server(default)] who: Option<UserId>,
    #[server(default)] question: String,
    #[server(default)] limit: String,
    #[server(default)] first: String,
    #[server(default)] me: Option<UserId>,
) -> Result<u64, Trouble> {
    let done = match ssr::is_still(group, me).await {
        Ok(()) => ssr::act(group, &deed, who, &question, &limit, &first).await,
        Err(trouble) => Err(trouble),
    };
    let room = format!("/class/{group}");
    let (seq, leads_to) = match done {
        Ok((seq, leads_to)) => (seq, Ok(leads_to.unwrap_or_else(|| room.clone()))),
        Err(trouble) => (0, Err(trouble)),
    };
    ssr::lead(leads_to, |trouble| {
        ssr::address(&room, &[("problem", trouble.key()), ("question", &question)])
    })?;
    Ok(seq)
}

/// Uses up a link for another device, and leads into the room.
#[server(prefix = "/do", endpoint = "take-over")]
pub async fn take_over(token: String) -> Result<(), Trouble> {
    let taken = ssr::take_over(&token).await;
    ssr::lead(taken, |trouble| {
        // Only this one leaves the link as good as it was.
        let is_good = trouble == Trouble::NoCookie && server::Token::from_text(&token).is_some();
        let page = if is_good { format!("/handover/{token}") } else { "/".to_owned() };
        ssr::address(&page, &[("problem", trouble.key())])
    })
}

/// Opens an administrator's session by the password.
#[server(prefix = "/do", endpoint = "sign-in")]
pub async fn sign_in(password: String) -> Result<(), Trouble> {
    let signed_in = ssr::sign_in(password).await;
    ssr::lead(signed_in, |trouble| ssr::address("/admin", &[("problem", trouble.key())]))
}

/// Ends an administrator's session.
#[server(prefix = "/do", endpoint = "sign-out")]
pub async fn sign_out() -> Result<(), Trouble> {
    let signed_out = ssr::sign_out().await;
    ssr::lead(signed_out, |trouble| ssr::address("/admin", &[("problem", trouble.key())]))
}

/// Sets the administrator's password by the link that the server printed, and signs in.
#[server(prefix = "/do", endpoint = "set-up")]
pub async fn set_up(token: String, password: String) -> Result<(), Trouble> {
    let set = ssr::set_up(&token, password).await;
    ssr::lead(set, |trouble| {
        ssr::address(&format!("/admin/set-up/{token}"), &[("problem", trouble.key())])
    })
}

/// Sets for how many days classes are kept after their end; empty for ever. What would delete
/// classes at once is asked about first, unless one is `sure`.
#[server(prefix = "/do", endpoint = "keep-days")]
pub async fn keep_days(
    #[server(default)] days: String,
    #[server(default)] sure: String,
) -> Result<(), Trouble> {
    let kept = ssr::keep_days(&days, !sure.is_empty()).await;
    ssr::lead(kept, |trouble| ssr::address("/admin", &[("problem", trouble.key())]))
}

/// Deletes a class, for good.
#[server(prefix = "/do", endpoint = "delete-class")]
pub async fn delete_class(group: GroupId) -> Result<(), Trouble> {
    let deleted = ssr::delete_class(group).await;
    ssr::lead(deleted, |trouble| ssr::address("/admin", &[("problem", trouble.key())]))
}

/// Erases a person's name and data from a class, for good.
#[server(prefix = "/do", endpoint = "erase-person")]
pub async fn erase_person(group: GroupId, member: UserId) -> Result<(), Trouble> {
    let erased = ssr::erase_person(group, member).await;
    ssr::lead(erased, |trouble| {
        ssr::address(&format!("/admin/class/{group}"), &[("problem", trouble.key())])
    })
}

/// Gives the browser that a form goes to the cookie without which the form is refused: what it makes
/// could not be entered by a browser that keeps none.
pub fn know_browser() {
    #[cfg(feature = "ssr")]
    ssr::know_browser_of_form();
}

/// What tells a form that was sent twice from two forms, for as long as its browser keeps the other
/// half, which no script and no page shows.
pub fn ticket() -> String {
    know_browser();
    #[cfg(feature = "ssr")]
    {
        server::Token::new().reveal().to_owned()
    }
    #[cfg(not(feature = "ssr"))]
    String::new()
}

#[cfg(feature = "ssr")]
pub(crate) mod ssr {
    //! What the server functions and the pages ask of the server.

    use std::net::IpAddr;

    use axum::http::header::{
        ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE,
    };
    use axum::http::request::Parts;
    use axum::http::{HeaderMap, StatusCode};
    use call::Call;
    use classroom::{Deed, SECOND_ASK, plan};
    use futures::future::join_all;
    use leptos::nonce::use_nonce;
    use leptos::prelude::*;
    use leptos_axum::ResponseOptions;
    use server::{
        Engine, Entrance, Error, PasswordError, Presented, Session, Ticket, Token, enter_name,
        shows_something,
    };
    use signaling::{Command, FinishWhom, GroupId, Rejection, Role, Timeout, UserId};

    use super::{ClassHere, ClassOfCode, Link, RoomView, SOMEBODY_ELSE};
    use crate::room::cut::cut;
    use crate::trouble::Trouble;

    pub fn engine() -> Result<Engine, Trouble> {
        use_context::<Engine>().ok_or(Trouble::Failed)
    }

    fn headers() -> HeaderMap {
        use_context::<Parts>().map(|parts| parts.headers).unwrap_or_default()
    }

    /// The languages that the browser says it is read in.
    pub fn languages() -> String {
        let headers = headers();
        let languages = headers.get(ACCEPT_LANGUAGE).and_then(|languages| languages.to_str().ok());
        languages.unwrap_or_default().to_owned()
    }

    fn peer() -> Result<IpAddr, Trouble> {
        let parts = use_context::<Parts>().ok_or(Trouble::Failed)?;
        Ok(engine()?.client_address(&parts.extensions, &parts.headers))
    }

    fn browser_token(engine: &Engine) -> Option<Token> {
        match engine.cookies().presented(&headers())? {
            Presented::Cookie(token) => Some(token),
            Presented::Bearer(_) => None,
        }
    }

    /// What somebody comes in with. It is a new token, whatever the browser carries: somebody else
    /// may have put that there, or noted it when the machine was theirs.
    struct Arrival {
        token: Token,
        known: Option<Token>,
    }

    impl Arrival {
        fn by(known: Option<Token>) -> Self {
            Self { token: Token::new(), known }
        }

        fn entrance(&self) -> Entrance<'_> {
            Entrance { token: &self.token, instead_of: self.known.as_ref() }
        }

        /// Gives the browser the token. Whoever was not let in keeps what they have.
        fn has_come_in(&self, engine: &Engine) {
            give_cookie(&engine.cookies().set(&self.token));
        }
    }

    fn give_cookie(cookie: &str) {
        if let (Some(response), Ok(cookie)) =
            (use_context::<ResponseOptions>(), HeaderValue::from_str(cookie))
        {
            response.append_header(SET_COOKIE, cookie);
        }
    }

    /// Gives a browser the secret by which a form will be known to be its own.
    pub fn know_browser_of_form() {
        let Ok(engine) = engine() else { return };
        let cookies = engine.cookies();
        if cookies.presented_with_form(&headers()).is_none() {
            give_cookie(&cookies.set_with_form(&Token::new()));
        }
    }

    /// The secret of the browser that sends a form. Without it the browser keeps no cookies, or not
    /// at this address, and would not keep the one either that it is to be let in by: nothing may be
    /// made for it. One that has only lost it is given another.
    fn browser_of_form(engine: &Engine) -> Result<Token, Trouble> {
        engine.cookies().presented_with_form(&headers()).ok_or_else(|| {
            know_browser_of_form();
            Trouble::NoCookie
        })
    }

    /// Whether a cookie came back that a form was refused for, and else the address at which it
    /// would, where that is known.
    pub fn cookie_came_back() -> Result<(), Option<String>> {
        let engine = engine().map_err(|_| None)?;
        if engine.cookies().presented_with_form(&headers()).is_some() {
            return Ok(());
        }
        Err(engine.public_url().map(str::to_owned))
    }

    /// Whom the browser stands for in the class, whether or not it is over, and their role.
    pub async fn member_of(group: GroupId) -> Result<(UserId, Role), Trouble> {
        let engine = engine()?;
        let token = browser_token(&engine).ok_or(Trouble::NothingKept)?;
        let found = engine.member_of(group, &token).await.map_err(|error| match error {
            Error::NoSuchGroup | Error::NotSignedIn | Error::OtherGroup => Trouble::NothingKept,
            other => other.into(),
        });
        let (user, role) = found?;
        Ok((user, role.ok_or(Trouble::NothingKept)?))
    }

    /// Whether the browser holds an administrator's session.
    pub async fn is_admin(engine: &Engine) -> Result<bool, Trouble> {
        match engine.cookies().presented_by_admin(&headers()) {
            Some(token) => Ok(engine.is_admin(&token).await?),
            None => Ok(false),
        }
    }

    async fn admin() -> Result<Engine, Trouble> {
        let engine = engine()?;
        if is_admin(&engine).await? { Ok(engine) } else { Err(Trouble::NotAdmin) }
    }

    pub async fn sign_in(password: String) -> Result<String, Trouble> {
        let engine = engine()?;
        browser_of_form(&engine)?;
        let token = engine.sign_in(peer()?, password).await?.ok_or(Trouble::WrongPassword)?;
        if let Some(before) = engine.cookies().presented_by_admin(&headers()) {
            engine.sign_out(&before).await?;
        }
        give_cookie(&engine.cookies().set_by_admin(&token));
        Ok("/admin".to_owned())
    }

    pub async fn sign_out() -> Result<String, Trouble> {
        let engine = engine()?;
        if let Some(token) = engine.cookies().presented_by_admin(&headers()) {
            engine.sign_out(&token).await?;
        }
        give_cookie(&engine.cookies().unset_by_admin());
        Ok("/admin".to_owned())
    }

    /// Whether the text is the secret of a set-up link that is still good.
    pub fn may_set_up(token: &str) -> bool {
        let link = Token::from_text(token);
        engine().is_ok_and(|engine| link.is_some_and(|link| engine.may_set_up(&link)))
    }

    pub async fn set_up(token: &str, password: String) -> Result<String, Trouble> {
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

    pub async fn keep_days(days: &str, is_sure: bool) -> Result<String, Trouble> {
        let engine = admin().await?;
        let days = match days.trim() {
            "" => None,
            days => Some(days.parse::<u32>().map_err(|_| Trouble::DaysStrange)?),
        };
        if days.is_some_and(|days| !(1..=36_500).contains(&days)) {
            return Err(Trouble::DaysStrange);
        }
        if let Some(days) = days.filter(|_| !is_sure)
            && engine.kept_long_enough(engine.now(), days).await? > 0
        {
            return Ok(format!("/admin?keep={days}"));
        }
        engine.set_keep_days(days).await?;
        Ok("/admin?done=kept".to_owned())
    }

    pub async fn delete_class(group: GroupId) -> Result<String, Trouble> {
        let engine = admin().await?;
        engine.delete_class(group).await.map_err(|error| match error {
            Error::NoSuchGroup => Trouble::NoSuchClass,
            other => other.into(),
        })?;
        Ok("/admin?done=deleted".to_owned())
    }

    pub async fn erase_person(group: GroupId, member: UserId) -> Result<String, Trouble> {
        let engine = admin().await?;
        engine.erase_person(group, member).await.map_err(|error| match error {
            Error::NoSuchGroup => Trouble::NoSuchClass,
            other => other.into(),
        })?;
        Ok(format!("/admin/class/{group}?done=erased"))
    }

    pub async fn session(group: GroupId) -> Result<Session, Trouble> {
        let engine = engine()?;
        let token = browser_token(&engine).ok_or(Trouble::NotHere)?;
        let session = engine.session(group, &token).await?;
        if session.room.with_group(|group| group.ended) {
            return Err(Trouble::Ended);
        }
        Ok(session)
    }

    pub async fn start(name: &str, teacher: &str, ticket: &str) -> Result<String, Trouble> {
        let engine = engine()?;
        let browser = browser_of_form(&engine)?;
        let name = enter_name(name).map_err(Trouble::of_class_name)?;
        let teacher = enter_name(teacher).map_err(Trouble::of_name)?;
        let arrival = Arrival::by(browser_token(&engine));
        let form = Token::from_text(ticket);
        let ticket = form.as_ref().map(|form| Ticket { form, browser: &browser });
        let joined =
            engine.create_group(peer()?, name, teacher, ticket, arrival.entrance()).await?;
        arrival.has_come_in(&engine);
        Ok(format!("/class/{}", joined.group_id))
    }

    /// The member that this browser's token stands for in the class; none when for nobody. What
    /// fails for another reason must not make a stranger of a member.
    async fn is_in(
        engine: &Engine,
        group: GroupId,
        token: Option<&Token>,
    ) -> Result<Option<UserId>, Trouble> {
        let Some(token) = token else { return Ok(None) };
        match engine.session(group, token).await {
            Ok(session) => Ok(Some(session.user)),
            Err(Error::NotSignedIn | Error::OtherGroup) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub async fn join(
        code: &str,
        name: &str,
        ticket: &str,
        person: &str,
    ) -> Result<String, Trouble> {
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

    /// Whether the browser is still the one whose page says so, where it does: another page of it may
    /// have gone on as somebody else.
    pub async fn is_still(group: GroupId, me: Option<UserId>) -> Result<(), Trouble> {
        let Some(me) = me else { return Ok(()) };
        let is_me = session(group).await?.user == me;
        if is_me { Ok(()) } else { Err(Trouble::OtherPerson) }
    }

    /// Ends the call that somebody is in, by the word of a teacher who is not told of it.
    async fn end_call(
        engine: &Engine,
        session: &Session,
        who: Option<UserId>,
    ) -> Result<(), Trouble> {
        // Looking first would tell a student by the refusal who is in a call.
        if session.role() != Some(Role::Teacher) {
            return Err(Trouble::NotAllowed);
        }
        let found = session.room.with_group(|group| Call::with(group, who?));
        let call = found.ok_or(Trouble::Settled)?;
        let (invite_id, data) = (call.invite_id, String::new());
        let end = if call.is_ringing() {
            // It is the caller's to stop; a teacher may have it stopped all the same.
            Command::Cancel { actor: call.caller, invite_id, data, reason: None }
        } else {
            let (actor, whom) = (session.user, FinishWhom::Unnamed);
            Command::Finish { actor, invite_id, whom, reason: None, data }
        };
        engine.command(session.room.id(), peer()?, end).await?;
        Ok(())
    }

    pub async fn act(
        group: GroupId,
        deed: &str,
        who: Option<UserId>,
        question: &str,
        limit: &str,
        first: &str,
    ) -> Result<(u64, Option<String>), Trouble> {
        let session = session(group).await?;
        let engine = engine()?;
        engine.may_act(&session)?;
        match deed {
            "renewCode" => {
                engine.renew_join_code(&session, peer()?).await?;
                return Ok((0, None));
            }
            "endCall" => {
                end_call(&engine, &session, who).await?;
                return Ok((0, None));
            }
            "handOver" => {
                let handover = engine.hand_over(&session, peer()?).await?;
                return Ok((0, Some(format!("/handover/{}", handover.token.reveal()))));
            }
            _ => {}
        }
        let is_here = |user| session.room.look(|_, online| online(user));
        let deed = read_deed(deed, session.user, is_here, who, question, limit, first)?;
        let is_parting = deed == Deed::EndClass || deed == Deed::Remove(session.user);
        let fresh = engine.fresh_invite_id();
        let commands = session
            .room
            .with_group(|group| plan(group, engine.now(), session.user, &deed, fresh))?;
        let is_one = commands.len() == 1;
        // Asked for at once they are decided in this order and share a commit.
        let peer = peer()?;
        let commands = commands.into_iter().map(|command| engine.command(group, peer, command));
        for done in join_all(commands).await {
            match done {
                Ok(_) => {}
                // A second tap found the hand up already.
                Err(Error::Rejected(SECOND_ASK)) => {}
                // Of many, some may have been settled by others meanwhile.
                Err(Error::Rejected(Rejection::AlreadyProcessed(_))) if !is_one => {}
                Err(error) => return Err(error.into()),
            }
        }
        let seq = session.room.with_group(|group| group.seq);
        Ok((seq, is_parting.then(|| "/".to_owned())))
    }

    fn read_deed(
        deed: &str,
        me: UserId,
        is_here: impl Fn(UserId) -> bool,
        who: Option<UserId>,
        question: &str,
        limit: &str,
        first: &str,
    ) -> Result<Deed, Trouble> {
        let who = || who.ok_or(Trouble::Settled);
        Ok(match deed {
            "raiseHand" => Deed::RaiseHand,
            "lowerHand" => Deed::LowerHand,
            "notNow" => Deed::NotNow,
            "speak" => Deed::Speak,
            "pass" => Deed::Pass,
            "done" => Deed::Done,
            "ask" => {
                let seconds = if limit.is_empty() { Ok(0) } else { limit.parse() };
                let seconds = seconds.map_err(|_| Trouble::Failed)?;
                let timeout = Timeout::new(seconds).map_err(|_| Trouble::Failed)?;
                // A question of which nobody sees anything is none.
                let question = if shows_something(question) { question } else { "" }.to_owned();
                Deed::Ask { question, timeout, first: !first.is_empty() }
            }
            "stopAsking" => Deed::StopAsking,
            "callOn" if is_here(who()?) => Deed::CallOn(who()?),
            "callOn" => Deed::CallOnAbsent(who()?),
            "cancelCall" => Deed::CancelCall(who()?),
            "endTurn" => Deed::EndTurn(who()?),
            "lower" => Deed::Lower(who()?),
            "lowerAll" => Deed::LowerAll,
            "lock" => Deed::Lock(true),
            "unlock" => Deed::Lock(false),
            "openFloor" => Deed::OpenFloor(true),
            "closeFloor" => Deed::OpenFloor(false),
            "allowCalls" => Deed::AllowCalls(true),
            "forbidCalls" => Deed::AllowCalls(false),
            "makeTeacher" => Deed::MakeRole(who()?, Role::Teacher),
            "makeStudent" => Deed::MakeRole(who()?, Role::Student),
            "remove" => Deed::Remove(who()?),
            "leave" => Deed::Remove(me),
            "endClass" => Deed::EndClass,
            _ => return Err(Trouble::Failed),
        })
    }

    pub async fn take_over(token: &str) -> Result<String, Trouble> {
        let engine = engine()?;
        browser_of_form(&engine)?;
        let handover = Token::from_text(token).ok_or(Trouble::LinkUsed)?;
        let leads_to = engine.handover_leads_to(&handover).await?;
        leads_to.ok_or(Trouble::LinkUsed)?;
        let arrival = Arrival::by(browser_token(&engine));
        let taken = engine.take_over(peer()?, &handover, arrival.entrance()).await;
        let group = taken.map_err(|error| match error {
            Error::NotSignedIn => Trouble::LinkUsed,
            other => other.into(),
        })?;
        arrival.has_come_in(&engine);
        Ok(format!("/class/{group}"))
    }

    /// Sends a plain form on to where its deed leads, or to where its trouble is told. A page
    /// that is alive gets the bare result.
    pub fn lead(
        done: Result<String, Trouble>,
        on_trouble: impl FnOnce(Trouble) -> String,
    ) -> Result<(), Trouble> {
        let accept = headers().get("accept").cloned();
        let is_plain = accept
            .is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")));
        if !is_plain {
            return done.map(drop).inspect_err(|trouble| set_status(trouble.status()));
        }
        go_to(&done.unwrap_or_else(on_trouble));
        Ok(())
    }

    /// Answers with a redirect.
    pub fn go_to(address: &str) {
        if let (Some(response), Ok(location)) =
            (use_context::<ResponseOptions>(), HeaderValue::from_str(address))
        {
            // Whoever is led on is to go at once.
            if let Ok(mut parts) = response.0.write() {
                parts.headers.remove(RETRY_AFTER);
            }
            response.insert_header(LOCATION, location);
            response.set_status(StatusCode::SEE_OTHER);
        }
    }

    /// Says with a refusal after how many seconds it is worth another try.
    pub fn come_back_in(seconds: u64) {
        if let Some(response) = use_context::<ResponseOptions>() {
            response.insert_header(RETRY_AFTER, seconds.into());
        }
    }

    /// Answers with this status.
    pub fn set_status(status: StatusCode) {
        if let Some(response) = use_context::<ResponseOptions>() {
            response.set_status(status);
        }
    }

    /// Says what the page may load: itself, and of scripts those that Leptos wrote into it, which
    /// carry the response's nonce. Nothing that somebody put into a name can run.
    pub fn set_policy(is_live: bool) {
        let nonce = use_nonce().map(|nonce| format!("'nonce-{nonce}'")).unwrap_or_default();
        let of_island = if is_live {
            "; script-src-elem 'self' NONCE; script-src 'self' 'wasm-unsafe-eval' NONCE"
        } else {
            "; script-src NONCE"
        };
        let policy = format!(
            "default-src 'none'; base-uri 'none'; connect-src 'self'; form-action 'self'; \
             frame-ancestors 'none'; frame-src 'self'; img-src 'self' data:; object-src 'none'; \
             style-src 'self'{}",
            of_island.replace("NONCE", &nonce)
        );
        if let (Some(response), Ok(policy)) =
            (use_context::<ResponseOptions>(), HeaderValue::from_str(&policy))
        {
            response.insert_header(CONTENT_SECURITY_POLICY, policy);
        }
    }

    /// A path with a query.
    pub fn address(path: &str, query: &[(&str, &str)]) -> String {
        let given = query.iter().filter(|(_, value)| !value.is_empty());
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
        format!("{path}?{query}")
    }

    pub async fn room(group: GroupId, from: &[usize]) -> Result<RoomView, Trouble> {
        let session = session(group).await?;
        let engine = engine()?;
        // Most of them are gone through and not shown.
        let rows = session.room.rows_of_snapshot() / 4;
        let user = session.user;
        engine.may_look_at(group, user, rows)?;
        session.room.looked(user);
        let now = engine.now();
        let cut = session
            .room
            .look(|group, online| group.member(user).map(|_| cut(group, user, now, online, from)));
        let (snapshot, counts) = cut.ok_or(server::Error::NotSignedIn)?;
        let code = session.room.join_code();
        Ok(RoomView {
            snapshot,
            counts,
            me: user,
            code: code.as_str().to_owned(),
            link: engine.join_link(&headers(), &code).into(),
        })
    }

    /// The class that a code joins.
    pub async fn class_of_code(code: &str) -> Result<ClassOfCode, Trouble> {
        let engine = engine()?;
        let group = engine.group_of_code(peer()?, code).await?;
        let room = engine.room(group).await?;
        let (name, ended) = room.with_group(|group| (group.name.clone(), group.ended));
        if ended {
            return Err(Trouble::Ended);
        }
        let name = name.map(|name| name.to_string()).unwrap_or_default();
        let token = browser_token(&engine);
        let me = is_in(&engine, group, token.as_ref()).await?;
        let others = match token {
            Some(token) => engine.others(group, &token).await?,
            None => Vec::new(),
        };
        let named = |user| room.with_group(|group| Some(group.member(user)?.name.to_string()));
        let others = others.into_iter().filter_map(|user| Some((user, named(user)?))).collect();
        Ok(ClassOfCode { group, name, me: me.and_then(named), others })
    }

    /// The classes that this browser is in, and those it was in and that are over.
    pub async fn classes_here() -> Vec<ClassHere> {
        let Ok(engine) = engine() else { return Vec::new() };
        let Some(token) = browser_token(&engine) else { return Vec::new() };
        let (zone, mut here) = (crate::history::zone(), Vec::new());
        for ended in [false, true] {
            let classes = match engine.classes_of(&token, ended).await {
                Ok(classes) => classes,
                Err(error) => {
                    error.log();
                    Vec::new()
                }
            };
            here.extend(classes.into_iter().map(|(class, me, role)| ClassHere {
                group: class.group_id,
                name: class.name,
                me: me.to_string(),
                teaches: role == Role::Teacher,
                ended,
                day: zone.day(class.created_at),
            }));
        }
        here
    }

    /// A link for another device: the class it leads into, the full link, and whether this
    /// browser is that teacher's already, which makes it the device that is handed over from.
    pub async fn handover(token: &str) -> Result<(String, Link, bool), Trouble> {
        let engine = engine()?;
        let handover = Token::from_text(token).ok_or(Trouble::LinkUsed)?;
        let leads_to = engine.handover_leads_to(&handover).await?;
        let (group, teacher) = leads_to.ok_or(Trouble::LinkUsed)?;
        let room = engine.room(group).await?;
        let name = room.with_group(|group| group.name.clone());
        let link = engine.handover_link(&headers(), &handover).into();
        let me = is_in(&engine, group, browser_token(&engine).as_ref()).await?;
        let is_here = me == Some(teacher);
        Ok((name.map(|name| name.to_string()).unwrap_or_default(), link, is_here))
    }
}
