//! What there is to be seen of a class at each place of its log, written anew from the contract, and
//! what of it is nobody's to see any more once somebody was erased.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use signaling::{Event, EventKind, InviteId, InviteeState, Role, Snapshot, Timestamp, UserId};

use super::model::{Model, Part, Sent, Shown, Turn, Verdict, must};

impl Turn {
    /// A part as it was after this turn.
    pub fn told(&self, user: UserId) -> Value {
        let Self { seq, at, state, reason, data, place } = self;
        let mut part = json!({ "userID": user, "state": state, "at": at, "seq": seq });
        if let Some(reason) = reason {
            part["reason"] = json!(reason);
        }
        if !data.is_empty() {
            part["data"] = json!(data);
        }
        if let Some(place) = place {
            part["place"] = json!(place);
        }
        part
    }
}

impl Part {
    /// The part as it was after one of its turns, with its acceptance where that is over.
    pub fn told(&self, user: UserId, turn: &Turn) -> Value {
        let mut told = turn.told(user);
        if turn.state == InviteeState::Finished
            && let Some(accepted) =
                self.history.iter().find(|it| it.state == InviteeState::Accepted)
        {
            let Turn { seq, at, data, place, .. } = accepted;
            let (seq, at) = place.map_or((*seq, *at), |place| (place.seq, place.at));
            told["accepted"] = json!({ "seq": seq, "at": at });
            if !data.is_empty() {
                told["accepted"]["data"] = json!(data);
            }
        }
        told
    }
}

/// The first letters of a name's words.
fn initials(name: &str) -> String {
    name.split(' ').filter_map(|word| word.chars().next()).collect::<String>().to_uppercase()
}

/// A name that others had before, with a number.
fn numbered(name: String, before: &mut Vec<String>) -> String {
    before.push(name.clone());
    match before.iter().filter(|it| **it == name).count() {
        1 => name,
        count => format!("{name} {count}"),
    }
}

impl Model {
    /// The name of each student as the others were told it after the event of this number; none when
    /// they were told it in full.
    fn told_names(&self, seq: u64) -> Option<BTreeMap<UserId, String>> {
        let shown = self.shown_after(seq)?.settings["names"].as_str()?.to_owned();
        let (mut told, mut before) = (BTreeMap::new(), Vec::new());
        let mut students = Vec::new();
        for event in self.log.iter().filter(|event| event.seq <= seq) {
            let (user, role) = match &event.kind {
                EventKind::MemberJoined(joined) => {
                    let name = joined.name.as_str();
                    let short = match &*shown {
                        "first" => name.split(' ').next().unwrap_or(name).to_owned(),
                        _ => initials(name),
                    };
                    told.entry(joined.user_id).or_insert_with(|| numbered(short, &mut before));
                    (joined.user_id, joined.role)
                }
                EventKind::MemberChanged(changed) => (changed.user_id, changed.role),
                _ => continue,
            };
            if role == Role::Student && !students.contains(&user) {
                students.push(user);
            }
        }
        if shown == "numbers" {
            told = (1..).zip(students).map(|(number, user)| (user, format!("#{number}"))).collect();
        }
        let members = self.shown_after(seq)?.members.as_array().cloned().unwrap_or_default();
        let is_student = |user: &UserId| {
            let mut members = members.iter();
            members.any(|it| it["userID"] == json!(user) && it["role"] == json!(Role::Student))
        };
        told.retain(|user, _| is_student(user));
        Some(told)
    }

    /// Whether names were hidden from this member after the event of this number.
    fn hides_names(&self, user: UserId, seq: u64) -> bool {
        let Some(shown) = self.shown_after(seq) else { return false };
        let role = shown.member(user).map(|member| member["role"].clone());
        shown.settings["names"].is_string() && role == Some(json!(Role::Student))
    }

    /// Whether an event as it is sent to a member tells nobody's name that was hidden from them then.
    pub fn tells_no_hidden_name(&self, user: UserId, seq: u64, body: &str) -> Verdict {
        // Names are told as they are after all of a commit.
        if !(seq..=self.seq).all(|seq| self.hides_names(user, seq)) {
            return Ok(());
        }
        let told = self.told_names(seq).into_iter().flatten();
        for (member, told) in told.filter(|(member, _)| !self.teachers_ever.contains(member)) {
            let full =
                self.roll.iter().find(|(it, _)| *it == member).map(|(_, name)| name.as_str());
            let is_told = full.is_some_and(|full| body.contains(&format!("\"{full}\"")));
            must!(!is_told, "{user} is told {full:?} and not {told} in {body}");
        }
        Ok(())
    }

    /// Gives the members the names that this one was told after the event of this number.
    fn tell_names(&self, user: UserId, seq: u64, members: &mut Value) {
        let Some(told) = self.told_names(seq).filter(|_| self.hides_names(user, seq)) else {
            return;
        };
        for member in members.as_array_mut().into_iter().flatten() {
            let name = told.iter().find(|(it, _)| member["userID"] == json!(it));
            if let Some((_, name)) = name.filter(|(it, _)| **it != user) {
                member["name"] = json!(name);
            }
        }
    }
}

impl Sent {
    /// The invitation as it was after the event of this number.
    pub fn told_after(&self, seq: u64, invite_id: InviteId) -> Value {
        let part = |user: &UserId| {
            let part = self.parts.get(user)?;
            let mut told = part.told(*user, part.after(seq)?);
            if let Some(terms) = self.terms_after(seq, *user) {
                told["terms"] = json!(terms);
            }
            Some(told)
        };
        let data = self.data.iter().rev().find(|(since, _)| *since <= seq);
        let mut told = json!({
            "inviteID": invite_id,
            "groupID": self.group_id,
            "inviter": self.inviter,
            "inviteeList": self.invitee_list,
            "seq": self.seq,
            "data": data.map(|(_, data)| data),
            "timeout": self.timeout,
            "answers": self.answers,
            "createdAt": self.at,
            "expiresAt": self.expires_after(seq),
            "open": self.is_open_after(seq),
            "invitees": self.order.iter().filter_map(part).collect::<Value>(),
        });
        if let Some((_, closed)) = self.closed.filter(|(closed_by, _)| *closed_by <= seq) {
            told["closed"] = json!(closed);
            told["closing"] = json!(self.closing);
        }
        if self.stays_after(seq) {
            told["stays"] = json!(true);
        }
        if let Some(restores) = self.restores {
            told["restores"] = json!(restores);
        }
        if let Some(place) = self.place {
            told["place"] = json!(place);
        }
        if let Some(taken_by) = self.taken_by {
            told["takenBy"] = json!(taken_by);
        }
        told
    }
}

/// What a snapshot tells of the log, and so not what holds only for now, nor the code, which has no
/// events.
pub fn told(snapshot: &Snapshot) -> Value {
    let mut told = json!(snapshot);
    for field in ["groupID", "seq", "now", "joinCode"] {
        told.as_object_mut().map(|told| told.remove(field));
    }
    for member in told["members"].as_array_mut().into_iter().flatten() {
        member.as_object_mut().map(|member| member.remove("online"));
    }
    told
}

impl Model {
    /// The class after the event of this number.
    pub fn shown_after(&self, seq: u64) -> Option<&Shown> {
        self.shown.get(usize::try_from(seq.checked_sub(1)?).ok()?)
    }

    /// The class as the member was to see it then.
    fn shown_to(&self, user: UserId, seq: u64, now: Timestamp) -> Option<Value> {
        let shown = self.shown_after(seq)?;
        let mut theirs: Vec<_> = self
            .invitations
            .iter()
            .filter(|(id, sent)| {
                sent.seq <= seq && sent.is_live_after(seq) && self.may_know(user, **id)
            })
            .collect();
        theirs.sort_unstable_by_key(|(id, sent)| (sent.seq, **id));
        let mut members = shown.members.clone();
        self.tell_names(user, seq, &mut members);
        let mut told = json!({
            "name": shown.name,
            "settings": shown.settings,
            "members": members,
            "invitations":
                theirs.iter().map(|(id, sent)| sent.told_after(seq, **id)).collect::<Value>(),
        });
        if let Some(performed) = self.performed_after(seq, now) {
            told["performed"] = performed.clone();
        }
        Some(told)
    }

    /// Whether a snapshot of a member's shows what the log told by then, and nothing else.
    pub fn is_shown(&self, user: UserId, snapshot: &Snapshot) -> Verdict {
        let seq = snapshot.seq;
        let truth = self.shown_to(user, seq, snapshot.now);
        let truth = truth.ok_or("a snapshot is of no place of the log")?;
        let (mut told, mut truth) = (self.but_erased(told(snapshot)), self.but_erased(truth));
        // Who was erased is not counted any more among those whose names looked alike.
        if !self.erased.is_empty() && self.hides_names(user, seq) {
            for member in
                [&mut told, &mut truth].into_iter().filter_map(|it| it["members"].as_array_mut())
            {
                member.iter_mut().for_each(|it| it["name"] = Value::Null);
            }
        }
        must!(told == truth, "{user} is shown {told} after {seq} and not {truth}");
        Ok(())
    }

    /// A snapshot, or what is to be seen, without what may have been erased of it.
    fn but_erased(&self, mut told: Value) -> Value {
        for member in told["members"].as_array_mut().into_iter().flatten() {
            self.take_name(member);
        }
        for invitation in told["invitations"].as_array_mut().into_iter().flatten() {
            self.take_words(invitation);
        }
        told
    }

    /// Takes the name of somebody who was erased.
    pub fn take_name(&self, member: &mut Value) {
        if self.is_erased(&member["userID"]) {
            member["name"] = Value::Null;
        }
    }

    /// Takes what of an invitation may have been erased.
    pub fn take_words(&self, invitation: &mut Value) {
        if self.erased.is_empty() {
            return;
        }
        let Ok(id) = serde_json::from_value(invitation["inviteID"].clone()) else { return };
        if self.is_of_erased(id) {
            invitation["data"] = Value::Null;
            invitation["closing"].as_object_mut().map(|closing| closing.remove("data"));
        }
        for part in invitation["invitees"].as_array_mut().into_iter().flatten() {
            self.take_words_of_part(id, part);
        }
    }

    /// Takes what of a part of an invitation may have been erased.
    pub fn take_words_of_part(&self, invite_id: InviteId, part: &mut Value) {
        // Whoever ended it may have been another one.
        let is_finished = part["state"] == json!(InviteeState::Finished);
        let is_theirs = self.is_of_erased(invite_id) || self.is_erased(&part["userID"]);
        if is_theirs && let Some(accepted) = part["accepted"].as_object_mut() {
            accepted.remove("data");
        }
        if (is_theirs || (is_finished && !self.erased.is_empty()))
            && let Some(part) = part.as_object_mut()
        {
            part.remove("data");
            part.remove("reason");
        }
    }

    fn is_erased(&self, user: &Value) -> bool {
        self.erased.iter().any(|erased| json!(erased) == *user)
    }

    /// Whether the invitation was sent by somebody who was erased, or to them alone.
    pub fn is_of_erased(&self, invite_id: InviteId) -> bool {
        self.invitations.get(&invite_id).is_some_and(|sent| {
            let ends = [Some(sent.inviter), sent.between];
            let is_theirs = ends.into_iter().flatten().any(|end| self.erased.contains(&end));
            is_theirs || sent.restores.is_some_and(|restores| self.is_of_erased(restores))
        })
    }

    /// Whether the invitation was sent by this user, or to them alone, or restores such a one.
    fn is_of(&self, invite_id: InviteId, user: UserId) -> bool {
        self.invitations.get(&invite_id).is_some_and(|it| {
            let is_theirs = it.inviter == user || it.between == Some(user);
            is_theirs || it.restores.is_some_and(|restores| self.is_of(restores, user))
        })
    }

    /// Notes that somebody was erased; tells what must not be in the log any more: their name, and
    /// all that they said or that was said to them alone.
    pub fn erase(&mut self, user: UserId, is_kept: impl Fn(&str) -> bool) -> Vec<String> {
        let theirs = |invite_id: &InviteId| self.is_of(*invite_id, user);
        // Each with whether it is theirs: who ends something for several says the same of each.
        let said = self.log.iter().filter_map(|Event { kind, .. }| match kind {
            EventKind::ReceiveNewInvitation(it) => Some((&it.data, theirs(&it.invite_id))),
            EventKind::InvitationModified(it) => Some((&it.data, theirs(&it.invite_id))),
            EventKind::InvitationCancelled(it) => Some((&it.data, theirs(&it.invite_id))),
            EventKind::InviteeAccepted(it) => {
                Some((&it.data, it.invitee == user || theirs(&it.invite_id)))
            }
            EventKind::InviteeRejected(it) => {
                Some((&it.data, it.invitee == user || theirs(&it.invite_id)))
            }
            EventKind::InviteeFinished(it) => {
                let is_theirs = it.invitee == user || it.by == user || theirs(&it.invite_id);
                Some((&it.data, is_theirs))
            }
            EventKind::InvitationTimeout(_)
            | EventKind::InviteeModified(_)
            | EventKind::InvitationCleared(_)
            | EventKind::Performed(_)
            | EventKind::Undone(_)
            | EventKind::MemberJoined(_)
            | EventKind::MemberChanged(_)
            | EventKind::MemberLeft(_)
            | EventKind::GroupChanged(_)
            | EventKind::GroupEnded(_) => None,
        });
        let (own, others): (Vec<_>, Vec<_>) = said.partition(|(_, is_theirs)| *is_theirs);
        let words = own.into_iter().map(|(word, _)| word).filter(|word| {
            let is_said = others.iter().any(|(other, _)| other == word);
            !word.is_empty() && !is_kept(word) && !is_said
        });
        let words = words.cloned();
        let names = self.log.iter().filter_map(|event| match &event.kind {
            EventKind::MemberJoined(joined) if joined.user_id == user => {
                Some(joined.name.to_string())
            }
            _ => None,
        });
        let gone = words.chain(names).collect();
        self.erased.insert(user);
        gone
    }
}
