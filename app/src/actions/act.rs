//! What is done in the room: one form for all of it.

use call::Call;
use classroom::{Deed, plan};
use futures::future::join_all;
use leptos::prelude::*;
use server::{Engine, Error, Session, shows_something};
use signaling::{Command, FinishWhom, GroupId, Rejection, Role, Timeout, UserId};

use crate::failure::Failure;
use crate::request::{address, engine, peer};
use crate::response::lead;
use crate::trouble::Trouble;
use crate::visitor::{is_still, session};

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
    let done = match is_still(group, me).await {
        Ok(()) => perform(group, &deed, who, &question, &limit, &first).await,
        Err(trouble) => Err(trouble),
    };
    let room = format!("/class/{group}");
    let (seq, leads_to) = match done {
        Ok((seq, leads_to)) => (seq, Ok(leads_to.unwrap_or_else(|| room.clone()))),
        Err(trouble) => (0, Err(trouble)),
    };
    lead(leads_to, |trouble| {
        address(&room, &[("problem", trouble.key()), ("question", &question)])
    })?;
    Ok(seq)
}

async fn perform(
    group: GroupId,
    deed: &str,
    who: Option<UserId>,
    question: &str,
    limit: &str,
    first: &str,
) -> Result<(u64, Option<String>), Failure> {
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
    let commands =
        session.room.with_group(|group| plan(group, engine.now(), session.user, &deed, fresh))?;
    let is_one = commands.len() == 1;
    // Asked for at once they are decided in this order and share a commit.
    let peer = peer()?;
    let commands = commands.into_iter().map(|command| engine.command(group, peer, command));
    for done in join_all(commands).await {
        match done {
            Ok(_) => {}
            // A second tap found the hand up already.
            Err(Error::Rejected(Rejection::SecondAsk)) => {}
            // Of many, some may have been settled by others meanwhile.
            Err(Error::Rejected(Rejection::AlreadyProcessed(_))) if !is_one => {}
            Err(error) => return Err(error.into()),
        }
    }
    let seq = session.room.with_group(|group| group.seq);
    Ok((seq, is_parting.then(|| "/".to_owned())))
}

/// Ends the call that somebody is in, by the word of a teacher who is not told of it.
async fn end_call(engine: &Engine, session: &Session, who: Option<UserId>) -> Result<(), Failure> {
    // Looking first would tell a student by the refusal who is in a call.
    if session.role() != Some(Role::Teacher) {
        return Err(Trouble::NotAllowed.into());
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

fn read_deed(
    deed: &str,
    me: UserId,
    is_here: impl Fn(UserId) -> bool,
    who: Option<UserId>,
    question: &str,
    limit: &str,
    first: &str,
) -> Result<Deed, Failure> {
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
        _ => return Err(Trouble::Failed.into()),
    })
}
