//! What an answer says must be on the disk when it is given, and be for whoever gets it.

use serde_json::{Value, json};
use signaling::{
    Command, FinishWhom, GroupId, InviteId, Invitee, InviteeState, Rejection, Role, SettingsChange,
    Settlement, UserId,
};

use super::disk::Class;
use super::model::{Model, Verdict, must};
use super::world::{Asks, World};
use crate::error::Error;
use crate::identity::{JoinCode, TokenHash};
use crate::writer::job::SideEffect;
use crate::writer::reply::EncodedAnswer;

impl World {
    pub(super) fn is_true(
        &mut self,
        device: usize,
        asks: &Asks,
        verdict: &Result<EncodedAnswer, Error>,
    ) -> Verdict {
        let group_id = self.group_of(device);
        if self.deleted.contains(&group_id) {
            return Ok(());
        }
        if let Asks::Do { key: Some(key), .. } = asks {
            let used = self.keys.entry((key.user, key.key.clone())).or_default();
            used.is_first_answer(key, verdict, &self.models)?;
        }
        let (user, token) = (self.devices[device].user, self.devices[device].token);
        let disk = self.disk.borrow();
        let class = disk.contents.class(group_id);
        let model = self.models.get(&group_id);
        let now = self.now();
        let holder = |token: TokenHash| disk.contents.holder(group_id, token, now);
        let is_gone = |user: UserId| model.is_some_and(|model| model.gone.contains_key(&user));
        match (asks, verdict) {
            (Asks::Begin(_) | Asks::Join(_), Ok(answer)) => {
                let model = model.ok_or("they have joined and are not in the log")?;
                let class = class.ok_or("the class is not on the disk")?;
                let code = match asks {
                    Asks::Join(code) => Some(code),
                    _ => None,
                };
                Answered { group_id, model, class }.has_come_in(
                    user,
                    code,
                    holder(token),
                    answer,
                )?;
            }
            (Asks::Take(link), Ok(_)) => {
                must!(self.taken.insert(*link.as_bytes()), "a link was taken twice");
                must!(!disk.contents.links.contains_key(link.as_bytes()), "a link is still good");
                must!(is_gone(user) || holder(token) == Some(user), "they have no credential");
            }
            (Asks::Do { command: None, effects, .. }, Ok(_)) => {
                let [SideEffect::Handover { token, .. }] = effects.as_slice() else {
                    return Ok(());
                };
                // A later one, or their being a teacher no more, may have ended it since.
                let is_there = disk.contents.links.contains_key(token.as_bytes());
                let is_newer = disk.contents.links.values().any(|link| link.user == user);
                let teaches = model.is_some_and(|model| {
                    model.ended.is_none() && model.members.get(&user) == Some(&Role::Teacher)
                });
                must!(is_there || is_newer || !teaches, "a link is not there");
            }
            (Asks::Do { command: Some(command), .. }, verdict) => {
                let model = model.ok_or("the class is not in the log")?;
                let class = class.ok_or("the class is not on the disk")?;
                let before = self.taken_up_at.get(&group_id).copied().unwrap_or_default();
                Answered { group_id, model, class }.is_so(command, verdict, before)?;
                if let (Command::Leave { user, .. }, Ok(_)) = (command, verdict) {
                    let is_in = class.memberships.values().any(|it| it.user == *user);
                    must!(!is_in || !is_gone(*user), "{user} is gone and has a credential");
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn read(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| format!("it cannot be read: {error}"))
}

/// Whether an answer is this and nothing else.
fn tells(answer: &EncodedAnswer, truth: &Value) -> Verdict {
    let told = read(&answer.body)?;
    must!(told == *truth, "it tells {told} and not {truth}");
    Ok(())
}

/// A class of which somebody was answered that something is done in it.
pub(super) struct Answered<'a> {
    pub(super) group_id: GroupId,
    pub(super) model: &'a Model,
    pub(super) class: &'a Class,
}

impl Answered<'_> {
    /// Whether somebody has come in, by this code where it was by one, and is known by their token.
    pub(super) fn has_come_in(
        &self,
        user: UserId,
        code: Option<&JoinCode>,
        holder: Option<UserId>,
        answer: &EncodedAnswer,
    ) -> Verdict {
        let Self { group_id, model, class } = self;
        let is_gone = model.gone.contains_key(&user);
        must!(
            model.members.contains_key(&user) || is_gone,
            "they have joined and are not in the log"
        );
        must!(is_gone || holder == Some(user), "they have no credential");
        tells(answer, &json!({ "groupID": group_id, "userID": user }))?;
        let Some(code) = code else { return Ok(()) };
        let joined = model.joined.get(&user).copied().unwrap_or_default();
        // It may have been the class's more than once.
        let last = class.codes.iter().rposition(|(_, it)| it == code);
        let renewed = last.and_then(|last| class.codes.get(last + 1));
        let dead_since = renewed.map_or(u64::MAX, |(length, _)| *length);
        must!(joined <= dead_since, "they have joined by a code that was dead");
        Ok(())
    }

    /// Whether an answer to a command is so. `before` is the last event before what the writer took up
    /// with the request.
    pub(super) fn is_so(
        &self,
        command: &Command,
        verdict: &Result<EncodedAnswer, Error>,
        before: u64,
    ) -> Verdict {
        let model = self.model;
        let (status, state) = match verdict {
            Ok(answer) if answer.status < 300 => {
                self.has_done(command, answer)?;
                (answer.status, None)
            }
            // A refusal that is kept with a key.
            Ok(answer) => {
                let problem = read(&answer.body)?;
                must!(problem["status"] == answer.status, "it is another problem's");
                (answer.status, serde_json::from_value(problem["state"].clone()).ok())
            }
            Err(Error::Rejected(rejection)) => {
                refused(command, *rejection, model, before)?;
                let state = match rejection {
                    Rejection::AlreadyProcessed(state) => Some(*state),
                    _ => None,
                };
                (rejection.status(), state)
            }
            Err(error) => (error.problem().status, None),
        };
        is_theirs_to_know(command, status, model)?;
        match state {
            Some(state) => has_won(command, state, model),
            None => Ok(()),
        }
    }

    fn has_done(&self, command: &Command, answer: &EncodedAnswer) -> Verdict {
        let Self { group_id, model, class } = self;
        match command {
            Command::Invite { data, .. } | Command::InviteInGroup { data, .. } => {
                // With a key it may be the one that was sent first.
                let id = read(&answer.body)?["inviteID"].clone();
                let id = serde_json::from_value(id).map_err(|error| error.to_string())?;
                self.tells_invitation(id, data, answer)
            }
            Command::Modify { invite_id, data, .. }
            | Command::ModifyPart { invite_id, data, .. } => {
                self.tells_invitation(*invite_id, data, answer)
            }
            Command::Accept { actor, invite_id, .. } => {
                self.tells_parts(*actor, *invite_id, answer, InviteeState::Accepted, Some(*actor))
            }
            Command::Reject { actor, invite_id, .. } => {
                self.tells_parts(*actor, *invite_id, answer, InviteeState::Rejected, Some(*actor))
            }
            Command::AnswerFor { actor, invite_id, invitee, accepts, .. } => {
                let state = if *accepts { InviteeState::Accepted } else { InviteeState::Rejected };
                self.tells_parts(*actor, *invite_id, answer, state, Some(*invitee))
            }
            Command::Clear { invite_id, .. } => {
                let told = read(&answer.body)?;
                must!(told["inviteID"] == json!(invite_id), "it tells {told}");
                must!(told["stays"].is_null(), "it tells that it stays");
                must!(model.is_cleared(*invite_id), "the log has it stay");
                Ok(())
            }
            Command::Perform { .. } => {
                let told = read(&answer.body)?;
                self.after(&told)?;
                let performed = told["performed"].as_u64();
                let is_there = performed.is_none_or(|it| model.was_performed(it).0);
                must!(is_there, "the log does not have {told}");
                Ok(())
            }
            Command::Undo { performed, .. } => {
                self.after(&read(&answer.body)?)?;
                must!(model.was_performed(*performed) == (true, true), "it is not undone");
                Ok(())
            }
            Command::Cancel { actor, invite_id, .. } => {
                self.tells_parts(*actor, *invite_id, answer, InviteeState::Cancelled, None)
            }
            Command::Finish { actor, invite_id, whom, .. } => {
                let whose = match whom {
                    FinishWhom::Member(user) => Some(*user),
                    FinishWhom::Unnamed => None,
                };
                self.tells_parts(*actor, *invite_id, answer, InviteeState::Finished, whose)
            }
            Command::ChangeGroup { name, settings, .. } => {
                let told = read(&answer.body)?;
                let at = self.after(&told)?;
                let (was, had) = (at.name(), at.settings());
                let SettingsChange { locked, names, switches, amounts } = settings;
                for (amount, asked) in amounts {
                    let is_so = had[amount.name()].as_u64().unwrap_or_default();
                    must!(u64::from(*asked) == is_so, "{} is not in the log", amount.name());
                }
                if let Some(names) = names {
                    let is_so = had["names"].as_str().unwrap_or("full");
                    must!(names.word() == is_so, "the names that are shown are not in the log");
                }
                let switches = switches.iter().map(|(switch, on)| (switch.name(), *on));
                for (field, asked) in locked.map(|on| ("locked", on)).into_iter().chain(switches) {
                    // What is not said is not so.
                    let is_so = had[field].as_bool().unwrap_or_default();
                    must!(asked == is_so, "{field} is not in the log");
                }
                let is_named = name.as_ref().is_none_or(|name| json!(name) == *was);
                must!(is_named, "the name is not in the log");
                let seq = &told["seq"];
                let truth =
                    json!({ "groupID": group_id, "name": was, "settings": had, "seq": seq });
                tells(answer, &truth)
            }
            Command::RenewJoinCode { .. } => {
                let told = read(&answer.body)?;
                let code = told["joinCode"].as_str().ok_or("it tells no code")?;
                let mut renewed = class.codes.iter().skip(1);
                must!(renewed.any(|(_, it)| it.as_str() == code), "the class has another code");
                tells(answer, &json!({ "joinCode": code }))
            }
            Command::ChangeRole { user, role, .. } => {
                let mut told = read(&answer.body)?;
                let mut member = self.after(&told)?.member(*user).cloned();
                let member = member.as_mut().ok_or("they were no member")?;
                must!(member["role"] == json!(role), "the log has another role");
                member["seq"] = told["seq"].clone();
                model.take_name(&mut told);
                model.take_name(member);
                must!(told == *member, "it tells {told} and not {member}");
                Ok(())
            }
            Command::Leave { user, .. } => {
                must!(model.has_left(*user), "{user} is still there");
                must!(answer.body.is_empty(), "it tells something");
                Ok(())
            }
            Command::End { .. } => {
                let seq = model.ended.ok_or("the class goes on")?;
                tells(answer, &json!({ "groupID": group_id, "seq": seq }))
            }
            Command::Create { .. }
            | Command::Join { .. }
            | Command::EndForgotten { .. }
            | Command::Expire => Ok(()),
        }
    }

    /// The class after the event that an answer names.
    fn after(&self, told: &Value) -> Result<&super::model::Shown, String> {
        let seq = told["seq"].as_u64().ok_or("it names no event")?;
        self.model.shown_after(seq).ok_or_else(|| format!("the log has no {seq}"))
    }

    /// An invitation is told without those who are asked.
    fn tells_invitation(&self, invite_id: InviteId, data: &str, answer: &EncodedAnswer) -> Verdict {
        let sent = self.model.invitations.get(&invite_id);
        let sent = sent.ok_or("the log has no such invitation")?;
        let was = |(_, was): &(u64, String)| was == data || self.model.is_of_erased(invite_id);
        must!(sent.data.iter().any(was), "the log does not say {data}");
        let (mut told, mut truth) = (read(&answer.body)?, sent.told_after(u64::MAX, invite_id));
        truth["data"] = json!(data);
        truth.as_object_mut().map(|truth| truth.remove("invitees"));
        // It may have been closed since.
        must!(told["open"].is_boolean(), "it does not tell whether it is open");
        told["open"] = truth["open"].clone();
        // Its time may have been moved since.
        let mut until = (sent.seq..=self.model.seq).map(|seq| json!(sent.expires_after(seq)));
        must!(until.any(|until| told["expiresAt"] == until), "it never was open until then");
        told["expiresAt"] = truth["expiresAt"].clone();
        for invitation in [&mut told, &mut truth] {
            let Some(fields) = invitation.as_object_mut() else { continue };
            for field in ["closed", "closing", "stays", "settled"] {
                fields.remove(field);
            }
        }
        for invitation in [&mut told, &mut truth] {
            self.model.take_words(invitation);
        }
        must!(told == truth, "it tells {told} and not {truth}");
        Ok(())
    }

    /// What was settled is told of each part as the log has it, and of those parts alone that
    /// somebody asked for; whoever may not know of the invitation is told no words.
    fn tells_parts(
        &self,
        actor: UserId,
        invite_id: InviteId,
        answer: &EncodedAnswer,
        state: InviteeState,
        whose: Option<UserId>,
    ) -> Verdict {
        let model = self.model;
        let settled: Settlement = serde_json::from_slice(&answer.body)
            .map_err(|error| format!("it cannot be read: {error}"))?;
        must!(settled.invite_id == invite_id, "it tells of {}", settled.invite_id);
        let sent = model.invitations.get(&invite_id).ok_or("the log has no such invitation")?;
        for part in &settled.invitees {
            let Invitee { user_id, seq, .. } = part;
            must!(part.state == state, "{user_id} is told to be {:?}", part.state);
            let turns = sent.parts.get(user_id).map(|theirs| theirs.history.as_slice());
            let mut turns = turns.into_iter().flatten();
            let turn = turns.find(|turn| (turn.seq, turn.state) == (*seq, state));
            let turn = turn.ok_or_else(|| format!("{user_id} was never {state:?}"))?;
            let theirs = sent.parts.get(user_id).ok_or("they have no part")?;
            let (mut told, mut truth) = (json!(part), theirs.told(*user_id, turn));
            if !model.may_know(actor, invite_id)
                && let Some(truth) = truth.as_object_mut()
            {
                truth.remove("data");
                truth.remove("reason");
                if let Some(accepted) = truth.get_mut("accepted").and_then(Value::as_object_mut) {
                    accepted.remove("data");
                }
            }
            for part in [&mut told, &mut truth] {
                model.take_words_of_part(invite_id, part);
            }
            must!(told == truth, "it tells {told} and not {truth}");
        }
        let last = settled.invitees.iter().map(|part| part.seq).max();
        must!(last.is_none_or(|last| last == settled.seq), "it was not settled by {}", settled.seq);
        let told: Vec<UserId> = settled.invitees.iter().map(|part| part.user_id).collect();
        must!(whose.is_none_or(|whose| told == [whose]), "it tells of {told:?}");
        let is_keeper = sent.inviter == actor || model.teachers_ever.contains(&actor);
        must!(is_keeper || told == [actor], "{actor} is told of {told:?}");
        Ok(())
    }
}

/// Which invitation a verb is about.
fn about(command: &Command) -> Option<(UserId, InviteId)> {
    match command {
        Command::Cancel { actor, invite_id, .. }
        | Command::Accept { actor, invite_id, .. }
        | Command::Reject { actor, invite_id, .. }
        | Command::Finish { actor, invite_id, .. }
        | Command::AnswerFor { actor, invite_id, .. }
        | Command::Clear { actor, invite_id }
        | Command::Modify { actor, invite_id, .. } => Some((*actor, *invite_id)),
        _ => None,
    }
}

/// Nobody is told by the status that there is an invitation between two others; but a teacher may
/// end what goes on between them.
fn is_theirs_to_know(command: &Command, status: u16, model: &Model) -> Verdict {
    let Some((actor, invite_id)) = about(command) else { return Ok(()) };
    let ends = matches!(command, Command::Finish { .. })
        && model.teachers_ever.contains(&actor)
        && model.has_begun(invite_id);
    must!(
        ends || model.may_know(actor, invite_id) || tells_nothing(status),
        "{actor} is told of {invite_id}"
    );
    Ok(())
}

/// Whether whoever is answered so is not told that there is an invitation of which they must not
/// know.
pub(super) fn tells_nothing(status: u16) -> bool {
    matches!(status, 401 | 404 | 410 | 413 | 422 | 500..)
}

/// Whether the state with which somebody was refused is one that has won.
fn has_won(command: &Command, state: InviteeState, model: &Model) -> Verdict {
    let Some((actor, invite_id)) = about(command) else { return Ok(()) };
    let sent = model.invitations.get(&invite_id).ok_or("there is no such invitation")?;
    match command {
        Command::Accept { .. } | Command::Reject { .. } => {
            let part = sent.parts.get(&actor).ok_or("they are not asked")?;
            let has_won = state != InviteeState::Pending && part.has_been(state);
            must!(has_won, "{state:?} has not won");
        }
        Command::Cancel { .. } | Command::Modify { .. } => {
            must!(!sent.is_open(), "{invite_id} is open and said to be {state:?}");
        }
        _ => {}
    }
    Ok(())
}

/// Who is refused must be told the truth as well. `before` is the last event before what the writer
/// took up with the request.
fn refused(command: &Command, rejection: Rejection, model: &Model, before: u64) -> Verdict {
    if rejection == Rejection::Ended {
        must!(model.ended.is_some(), "the class goes on");
    }
    let Some((actor, invite_id)) = about(command) else { return Ok(()) };
    let sent = model.invitations.get(&invite_id);
    match rejection {
        Rejection::NoSuchInvitation => {
            let was_sent = sent.is_some_and(|sent| sent.seq <= before);
            let was_there = was_sent && model.may_know(actor, invite_id);
            must!(!was_there, "there is such an invitation");
        }
        Rejection::NotSignedIn => {
            must!(!model.belongs(actor), "they are a member");
        }
        Rejection::NotInvited
            if matches!(command, Command::Accept { .. } | Command::Reject { .. }) =>
        {
            let part = sent.and_then(|sent| sent.parts.get(&actor));
            let was_asked = part.is_some_and(|part| part.after(before).is_some());
            must!(!was_asked, "they are asked");
        }
        _ => {}
    }
    Ok(())
}
