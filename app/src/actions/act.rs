//! What is done in the room: one form for all of it.
#![expect(clippy::too_many_arguments, reason = "each is a field of the form")]

use call::{Call, STUDENTS_MAY_CALL};
use classroom::{
    ASK_ANYTIME, Among, Before, Deed, END_BY_ITSELF, FAIR_ORDER, How, Move, SAME_ROOM, SECOND_ASK,
    SPEAKING_LIMIT, TURN_STARTS_AT_ONCE, VOICE, plan,
};
use futures::future::join_all;
use leptos::prelude::*;
use server::{Engine, Error, Session, enter_name, shows_something};
use signaling::{
    Command, FinishWhom, GroupId, InviteId, NamesShown, Rejection, Role, SettingsChange, Switch,
    Timeout, UserId,
};

use crate::failure::Failure;
use crate::request::{address, engine, peer};
use crate::response::lead;
use crate::room::RoomAction;
use crate::trouble::Trouble;
use crate::visitor::{is_still, session};

/// How much longer a phase lasts by one tap, in seconds.
const MORE_SECONDS: u32 = 30;
/// How long everybody thinks before they talk with a neighbour, unless a teacher says how long.
const THINK_SECONDS: u32 = 30;

/// Does one thing in the room. `deed` is what; `who` names the member that it is about, where it is about
/// one; `question`, `limit`, `think` and `pair` (seconds) and `first` belong to asking for hands; `ends` is the
/// turn that *Next* or a pick ends, and `seq` what an undo takes back; `limit` is how long a turn may last as
/// well, `names` what of names is shown, and `name` the class's new one; `me` is whose page it comes from, where
/// that is said. Answers with the number of the class's last event, which a live page must come to see.
#[server(prefix = "/do", endpoint = "act")]
pub async fn act(
    group: GroupId,
    deed: String,
    #[server(default)] who: Option<UserId>,
    #[server(default)] question: String,
    #[server(default)] limit: String,
    #[server(default)] first: String,
    #[server(default)] think: String,
    #[server(default)] pair: String,
    #[server(default)] names: String,
    #[server(default)] name: String,
    #[server(default)] ends: Option<InviteId>,
    #[server(default)] seq: Option<u64>,
    #[server(default)] me: Option<UserId>,
) -> Result<u64, Trouble> {
    let done = match is_still(group, me).await {
        Ok(()) => {
            let (question, first) = (question.clone(), !first.is_empty());
            let details =
                Details { who, question, limit, first, think, pair, names, name, ends, seq };
            perform(group, &deed, details).await
        }
        Err(failure) => Err(failure),
    };
    let room = format!("/class/{group}");
    let (seq, leads_to) = match done {
        Ok((seq, leads_to)) => (seq, Ok(leads_to.unwrap_or_else(|| room.clone()))),
        Err(failure) => (0, Err(failure)),
    };
    lead(leads_to, |trouble| {
        address(&room, &[("problem", trouble.key()), ("question", &question)])
    })?;
    Ok(seq)
}

/// What a form of the room says beside what it asks for.
struct Details {
    who: Option<UserId>,
    question: String,
    limit: String,
    first: bool,
    think: String,
    pair: String,
    names: String,
    name: String,
    ends: Option<InviteId>,
    seq: Option<u64>,
}

/// Does it. Answers with the number of the class's last event, and where it leads to when that is not
/// the room.
async fn perform(
    group: GroupId,
    deed: &str,
    details: Details,
) -> Result<(u64, Option<String>), Failure> {
    let session = session(group).await?;
    let engine = engine()?;
    engine.may_act(&session)?;
    let action = RoomAction::of_word(deed).ok_or(Trouble::Failed)?;
    let is_here = |user| session.room.look(|_, online| online(user));
    match meant(action, session.user, is_here, details)? {
        Meant::Deed(deed) => do_deed(&engine, &session, deed).await,
        Meant::RenewCode => {
            engine.renew_join_code(&session, peer()?).await?;
            Ok((0, None))
        }
        Meant::EndCall(who) => {
            end_call(&engine, &session, who).await?;
            Ok((0, None))
        }
        Meant::HandOver => {
            let handover = engine.hand_over(&session, peer()?).await?;
            Ok((0, Some(format!("/handover/{}", handover.token.reveal()))))
        }
    }
}

/// What an action comes to.
enum Meant {
    /// Something that the classroom knows how to do.
    Deed(Deed),
    /// A new code for joining.
    RenewCode,
    /// The end of the call that somebody is in.
    EndCall(Option<UserId>),
    /// A link for another device.
    HandOver,
}

impl From<Deed> for Meant {
    fn from(deed: Deed) -> Self {
        Self::Deed(deed)
    }
}

fn meant(
    action: RoomAction,
    me: UserId,
    is_here: impl Fn(UserId) -> bool,
    details: Details,
) -> Result<Meant, Trouble> {
    let who = || details.who.ok_or(Trouble::Settled);
    let deed = match action {
        RoomAction::RaiseHand => Deed::RaiseHand,
        RoomAction::LowerHand => Deed::LowerHand,
        RoomAction::NotNow => Deed::NotNow,
        RoomAction::Speak => Deed::Speak,
        RoomAction::Pass => Deed::Pass,
        RoomAction::Done => Deed::Done,
        RoomAction::Ask => ask(details)?,
        RoomAction::EndThink => Deed::Move(Move::NextPhase { ends: Some(Before::Think) }),
        RoomAction::EndPair => Deed::Move(Move::NextPhase { ends: Some(Before::Pair) }),
        RoomAction::MoreTime => {
            let seconds = Timeout::new(MORE_SECONDS).map_err(|_| Trouble::Failed)?;
            Deed::Move(Move::MoreTime { seconds, student: details.who })
        }
        RoomAction::StopAsking => Deed::Move(Move::StopAsking {}),
        RoomAction::Clear => Deed::Move(Move::Clear {}),
        RoomAction::Next => {
            let student = who()?;
            let waits = !is_here(student);
            Deed::Move(Move::Next { student, ends: details.ends, waits })
        }
        RoomAction::PickFair => pick(How::Fair, Among::Hands, details.ends),
        RoomAction::PickHand => pick(How::Random, Among::Hands, details.ends),
        RoomAction::PickFairOfAll => pick(How::Fair, Among::Everybody, details.ends),
        RoomAction::PickStudent => pick(How::Random, Among::Everybody, details.ends),
        RoomAction::PickAgain => Deed::Move(Move::PickAgain { student: who()? }),
        RoomAction::FairOrder => set(FAIR_ORDER, true),
        RoomAction::HandOrder => set(FAIR_ORDER, false),
        RoomAction::StartTurn => Deed::Move(Move::StartTurn { student: who()? }),
        RoomAction::Skip => Deed::Move(Move::Skip { student: who()? }),
        RoomAction::Undo => Deed::Undo(details.seq.ok_or(Trouble::Settled)?),
        RoomAction::CallOn if is_here(who()?) => Deed::CallOn(who()?),
        RoomAction::CallOn => Deed::CallOnAbsent(who()?),
        RoomAction::CancelCall => Deed::CancelCall(who()?),
        RoomAction::EndTurn => Deed::Move(Move::EndTurn { student: who()? }),
        RoomAction::RaiseFor => Deed::Move(Move::Raise { student: who()? }),
        RoomAction::Lower => Deed::Move(Move::Lower { student: who()? }),
        RoomAction::LowerAll => Deed::Move(Move::LowerAll {}),
        RoomAction::Lock => Deed::Change(SettingsChange::lock(true)),
        RoomAction::Unlock => Deed::Change(SettingsChange::lock(false)),
        RoomAction::OpenFloor => set(ASK_ANYTIME, true),
        RoomAction::CloseFloor => set(ASK_ANYTIME, false),
        RoomAction::AllowCalls => set(STUDENTS_MAY_CALL, true),
        RoomAction::ForbidCalls => set(STUDENTS_MAY_CALL, false),
        RoomAction::TurnsStart => set(TURN_STARTS_AT_ONCE, true),
        RoomAction::TurnsWait => set(TURN_STARTS_AT_ONCE, false),
        RoomAction::TurnsEnd => set(END_BY_ITSELF, true),
        RoomAction::TurnsGoOn => set(END_BY_ITSELF, false),
        RoomAction::VoiceOn => set(VOICE, true),
        RoomAction::VoiceOff => set(VOICE, false),
        RoomAction::SameRoom => set(SAME_ROOM, true),
        RoomAction::Apart => set(SAME_ROOM, false),
        RoomAction::Mute => Deed::Move(Move::Mute { student: who()? }),
        RoomAction::Unmute => Deed::Move(Move::Unmute {}),
        RoomAction::SetLimit => {
            let limit = seconds(&details.limit)?.seconds().min(SPEAKING_LIMIT.most());
            Deed::Change(SettingsChange::set_amount(SPEAKING_LIMIT, limit))
        }
        RoomAction::LimitTurn => {
            Deed::Move(Move::LimitTurn { student: who()?, seconds: seconds(&details.limit)? })
        }
        RoomAction::ShowNames => {
            let names = NamesShown::of_word(&details.names).ok_or(Trouble::Failed)?;
            Deed::Change(SettingsChange::show_names(names))
        }
        RoomAction::Rename => {
            Deed::Rename(enter_name(&details.name).map_err(Trouble::of_class_name)?)
        }
        RoomAction::MakeTeacher => Deed::MakeRole(who()?, Role::Teacher),
        RoomAction::MakeStudent => Deed::MakeRole(who()?, Role::Student),
        RoomAction::Remove => Deed::Remove(who()?),
        RoomAction::Leave => Deed::Remove(me),
        RoomAction::EndClass => Deed::EndClass,
        RoomAction::RenewCode => return Ok(Meant::RenewCode),
        RoomAction::EndCall => return Ok(Meant::EndCall(details.who)),
        RoomAction::HandOver => return Ok(Meant::HandOver),
    };
    Ok(deed.into())
}

const fn pick(how: How, among: Among, ends: Option<InviteId>) -> Deed {
    Deed::Move(Move::Pick { how, among, ends })
}

fn set(switch: Switch, on: bool) -> Deed {
    Deed::Change(SettingsChange::set(switch, on))
}

/// The seconds in a field of a form; an empty one is no limit.
fn seconds(field: &str) -> Result<Timeout, Trouble> {
    let seconds = if field.is_empty() { Ok(0) } else { field.parse() };
    Timeout::new(seconds.map_err(|_| Trouble::Failed)?).map_err(|_| Trouble::Failed)
}

fn ask(Details { question, limit, first, think, pair, .. }: Details) -> Result<Deed, Trouble> {
    let (timeout, mut think, pair) = (seconds(&limit)?, seconds(&think)?, seconds(&pair)?);
    if pair != Timeout::NEVER && think == Timeout::NEVER {
        think = Timeout::new(THINK_SECONDS).map_err(|_| Trouble::Failed)?;
    }
    // A question of which nobody sees anything is none.
    let question = Some(question).filter(|question| shows_something(question));
    Ok(Deed::Move(Move::Ask { question, timeout, first, think, pair }))
}

async fn do_deed(
    engine: &Engine,
    session: &Session,
    deed: Deed,
) -> Result<(u64, Option<String>), Failure> {
    let is_parting = deed == Deed::Remove(session.user);
    let fresh = engine.fresh_invite_id();
    let commands =
        session.room.with_group(|group| plan(group, engine.now(), session.user, &deed, fresh))?;
    let is_one = commands.len() == 1;
    // Asked for at once they are decided in this order and share a commit.
    let peer = peer()?;
    let commands =
        commands.into_iter().map(|command| engine.command(session.room.id(), peer, command));
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
