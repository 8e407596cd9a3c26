//! What an answer says must be on the disk when it is given.

use signaling::{Command, InviteId, InviteeState, Rejection, Settlement, UserId};

use super::model::{Model, Verdict, must};
use super::world::{Asks, World};
use crate::answer::Answer;
use crate::error::Error;
use crate::identity::TokenHash;
use crate::writer::{Beside, Key};

/// Whether the log holds an event of this name with all of these words.
type Says<'a> = &'a dyn Fn(&str, &[&str]) -> bool;

impl World {
    pub(super) fn is_true(
        &mut self,
        device: usize,
        asks: &Asks,
        verdict: &Result<Answer, Error>,
    ) -> Verdict {
        let group_id = self.group_of(device);
        if self.deleted.contains(&group_id) {
            return Ok(());
        }
        if let Asks::Do { key: Some(key), .. } = asks {
            self.is_first_answer(key, verdict)?;
        }
        let (user, token) = (self.devices[device].user, self.devices[device].token);
        let disk = self.disk.borrow();
        let class = disk.contents.class(group_id);
        let model = self.models.get(&group_id);
        let holder = |token: TokenHash| class?.credentials.get(token.as_bytes()).copied();
        let is_gone = |user: UserId| model.is_some_and(|model| model.gone.contains_key(&user));
        match (asks, verdict) {
            (Asks::Begin(_) | Asks::Join(_), Ok(_)) => {
                let is_in = model.is_some_and(|model| model.members.contains_key(&user));
                must!(is_in || is_gone(user), "they have joined and are not in the log");
                must!(is_gone(user) || holder(token) == Some(user), "they have no credential");
            }
            (Asks::Take(link), Ok(_)) => {
                must!(self.taken.insert(*link.as_bytes()), "a link was taken twice");
                must!(!disk.contents.links.contains_key(link.as_bytes()), "a link is still good");
                must!(is_gone(user) || holder(token) == Some(user), "they have no credential");
            }
            (Asks::Do { command: None, beside, .. }, Ok(_)) => {
                let [Beside::Handover { token, .. }] = beside.as_slice() else { return Ok(()) };
                let is_there = disk.contents.links.contains_key(token.as_bytes());
                must!(is_there || is_gone(user), "a link is not there");
            }
            (Asks::Do { command: Some(command), .. }, verdict) => {
                let model = model.ok_or("the class is not in the log")?;
                let log = class.map_or(&[][..], |class| &class.log);
                let says = |name: &str, words: &[&str]| {
                    log.iter().any(|row| {
                        row.name == name && words.iter().all(|word| row.body.contains(word))
                    })
                };
                match verdict {
                    Ok(answer) if answer.status < 300 => done(command, answer, model, &says)?,
                    Err(Error::Rejected(rejection)) => refused(command, *rejection, model)?,
                    Ok(_) | Err(_) => {}
                }
                if let (Command::Leave { user, .. }, Ok(_)) = (command, verdict) {
                    let mut holders = class.into_iter().flat_map(|it| it.credentials.values());
                    must!(!holders.any(|it| it == user), "{user} is gone and has a credential");
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The same key gets the same answer, and what it asked for happens once.
    fn is_first_answer(&mut self, key: &Key, verdict: &Result<Answer, Error>) -> Verdict {
        let used = self.keys.entry((key.user, key.key.clone())).or_default();
        match verdict {
            Ok(answer) => {
                let this = (*key.request.as_bytes(), answer.status, answer.body.clone());
                let first = used.answered.get_or_insert_with(|| this.clone());
                must!(*first == this, "a key gets another answer than the first one");
            }
            Err(Error::KeyReused) => {
                must!(used.requests.len() > 1, "a key came with one request alone and is refused");
            }
            Err(_) => {}
        }
        let is_sent = |it: &&InviteId| self.models.values().any(|m| m.invitations.contains_key(it));
        must!(used.invitations.iter().filter(is_sent).count() <= 1, "a key has invited twice");
        Ok(())
    }
}

fn done(command: &Command, answer: &Answer, model: &Model, says: Says<'_>) -> Verdict {
    let unreadable = |error: serde_json::Error| format!("it cannot be read: {error}");
    match command {
        Command::Invite { .. } | Command::InviteInGroup { .. } => {
            let body: serde_json::Value =
                serde_json::from_slice(&answer.body).map_err(unreadable)?;
            let id = body["inviteID"].as_str().unwrap_or_default();
            let seq = format!("\"seq\":{},", body["seq"]);
            must!(says("onReceiveNewInvitation", &[id, &seq]), "the log has no such invitation");
        }
        Command::Accept { .. }
        | Command::Reject { .. }
        | Command::Cancel { .. }
        | Command::Finish { .. } => {
            let settled: Settlement = serde_json::from_slice(&answer.body).map_err(unreadable)?;
            for part in &settled.invitees {
                let sent = model.invitations.get(&settled.invite_id);
                let theirs = sent.and_then(|sent| sent.parts.get(&part.user_id));
                let has_been =
                    theirs.is_some_and(|theirs| theirs.history.contains(&(part.seq, part.state)));
                must!(has_been, "{} was never {:?}", part.user_id, part.state);
            }
            let is_own = matches!(command, Command::Accept { .. } | Command::Reject { .. });
            must!(!is_own || settled.invitees.len() == 1, "it tells nothing of their part");
        }
        Command::Modify { invite_id, data, .. } => {
            let data = serde_json::to_string(data).map_err(unreadable)?;
            let is_there = says("onInvitationModified", &[&invite_id.to_string(), &data]);
            must!(is_there, "the log does not say it");
        }
        Command::ChangeGroup { name: Some(name), .. } => {
            must!(says("onGroupChanged", &[name.as_str()]), "the log does not say it");
        }
        Command::ChangeRole { user, role, .. } => {
            let role = serde_json::to_string(role).map_err(unreadable)?;
            let words = [user.to_string(), role];
            let words = [words[0].as_str(), words[1].as_str()];
            let is_there = says("onMemberChanged", &words) || says("onMemberJoined", &words);
            must!(is_there, "the log does not say it");
        }
        Command::Leave { user, .. } => {
            must!(model.gone.contains_key(user), "{user} is still there");
        }
        Command::End { .. } => must!(model.ended.is_some(), "the class goes on"),
        Command::Create { .. }
        | Command::Join { .. }
        | Command::ChangeGroup { name: None, .. }
        | Command::RenewJoinCode { .. }
        | Command::Expire => {}
    }
    Ok(())
}

/// Who is refused must be told the truth as well.
fn refused(command: &Command, rejection: Rejection, model: &Model) -> Verdict {
    if rejection == Rejection::Ended {
        must!(model.ended.is_some(), "the class goes on");
    }
    let (Command::Accept { actor, invite_id, .. } | Command::Reject { actor, invite_id, .. }) =
        command
    else {
        return Ok(());
    };
    let sent = model.invitations.get(invite_id);
    match rejection {
        Rejection::AlreadyProcessed(state) => {
            let part = sent.and_then(|sent| sent.parts.get(actor)).ok_or("they are not asked")?;
            let won = part.history.iter().any(|(_, was)| *was == state);
            must!(won && state != InviteeState::Pending, "{state:?} has not won");
        }
        Rejection::NoSuchInvitation => {
            must!(!model.may_know(*actor, *invite_id), "there is such an invitation");
        }
        Rejection::NotSignedIn => {
            must!(!model.members.contains_key(actor), "they are a member");
        }
        Rejection::NotPermitted => {
            let is_asked = sent.is_some_and(|sent| sent.parts.contains_key(actor));
            must!(!is_asked, "they are asked");
        }
        _ => {}
    }
    Ok(())
}
