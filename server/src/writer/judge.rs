//! Judging one request of a batch: its key, its side effects and its command, in this order.

use std::time::Duration;

use signaling::{
    Command, FinishWhom, Group, GroupId, InviteId, Outcome, Reason, Rejection, Timestamp, UserId,
    next_deadline,
};

use super::Writer;
use super::batch::Batch;
use super::job::{Key, SideEffect, Verdict};
use super::reply::{EncodedAnswer, Reply};
use crate::error::Error;
use crate::identity::JoinCode;
use crate::limits::live::{makes_way, takes};
use crate::limits::weight;
use crate::store::kept::Kept;
use crate::store::write::{FirstAnswer, Write};
use crate::store::{KEY_LIFETIME_MILLIS, StoreWriter};

/// How many keys of a member are remembered at a time.
const KEYS_OF_MEMBER: u32 = 10_000;

/// The end of what an invitation began, for a newer one of the same inviter.
fn lapse((actor, invite_id): (UserId, InviteId)) -> Command {
    let (whom, data) = (FinishWhom::Unnamed, String::new());
    let reason = Some(Reason::Lapsed.text().to_owned());
    Command::Finish { actor, invite_id, whom, reason, data }
}

impl<S: StoreWriter> Writer<S> {
    pub(super) async fn judge(
        &mut self,
        batch: &mut Batch,
        now: Timestamp,
        mut group_id: GroupId,
        mut command: Option<Command>,
        mut effects: Vec<SideEffect>,
        key: Option<Key>,
    ) -> Verdict {
        for effect in &effects {
            self.know_before(batch, effect).await?;
        }
        let made = self.made_by_form(batch, &effects, now).await?;
        if let Some((class, _)) = made
            && matches!(effects.first(), Some(SideEffect::Begin(_)))
        {
            // The form has begun it already.
            effects.remove(0);
            group_id = class;
        }
        // From here on a group that begins is in the batch.
        if let Some(SideEffect::Begin(code)) = effects.first() {
            let code = self.unused(batch, code.clone()).await?;
            let integration = effects.iter().find_map(|effect| match effect {
                SideEffect::Integrated(integration) => Some(integration.clone()),
                _ => None,
            });
            self.begin(batch, group_id, code, integration);
        } else if !self.open(group_id).await? {
            return Err(Error::NoSuchGroup);
        }
        let now = self.moment(now);
        if let Some(key) = &key
            && let Some(first) = self.first_answer(batch, group_id, key, now).await?
        {
            return self.answer_again(batch, group_id, key, command.as_ref(), first).await;
        }
        if let Some(key) = &key {
            self.takes_key(group_id, key.user, now).await?;
        }
        if let Some((_, member)) = made.filter(|(class, _)| *class == group_id) {
            self.comes_in_again(group_id, member, &mut effects)?;
            command = None;
        }
        for effect in &mut effects {
            self.may(batch, group_id, effect, command.is_some()).await?;
        }
        // What is due is settled first, even where the timer was held up.
        let working = self.working.get(&group_id);
        let deadline = working.and_then(|w| next_deadline(&w.group, self.application.as_ref()));
        if deadline.is_some_and(|at| at <= now) {
            let _ = self.act(batch, group_id, now, Command::Expire);
        }
        let mut lapsed = None;
        if let Some(command) = &command
            && let Some(working) = self.working.get(&group_id)
        {
            if working.weight >= self.class_bytes && !weight::only_ends(command) {
                return Err(Error::ClassUsedUp);
            }
            lapsed = makes_way(&working.group, command, self.application.as_ref());
            takes(&working.group, command, lapsed.is_some())?;
        }
        if let Some(Command::Join { user, name, alike }) = &mut command
            && let Some(working) = self.working.get(&group_id)
        {
            *alike = working.looks.alike(*user, name);
        }
        let decided = match &command {
            Some(command) => self.act(batch, group_id, now, command.clone()),
            None => Ok(Outcome { events: Vec::new(), settlement: None }),
        };
        if let (Ok(_), Some(old)) = (&decided, lapsed) {
            let _ = self.act(batch, group_id, now, lapse(old));
        }
        let room = self.room(group_id)?;
        let settlement = decided.as_ref().ok().and_then(|outcome| outcome.settlement.clone());
        let decided = match decided {
            Ok(outcome) => {
                let group = &self.working.get(&group_id).ok_or(Error::NoSuchGroup)?.group;
                let join_code = effects.iter().find_map(|effect| match effect {
                    SideEffect::JoinCode(code) => Some(code),
                    _ => None,
                });
                let reply = Reply::of(group, command.as_ref(), &outcome, join_code);
                Self::write_effects(batch, group_id, now, &outcome, effects);
                Ok(reply)
            }
            // With a key a refusal is an answer that is given again.
            Err(rejection) if key.is_some() => Err(rejection),
            Err(rejection) => return Err(rejection.into()),
        };
        if let (Some(Key { user, key, request, encode }), Some(command)) = (key, &command) {
            let answer = encode(&decided);
            let working = self.working.get_mut(&group_id).ok_or(Error::NoSuchGroup)?;
            let longest = self.housekeeping.kept_body;
            let settlement = settlement.as_ref();
            let kept = Kept::of(&answer.body, longest, &working.group, command, settlement);
            let first = FirstAnswer { request, status: answer.status, kept };
            let keys = working.keys.entry(user).or_default();
            keys.count += 1;
            keys.oldest.get_or_insert(now);
            let write = Write::FirstAnswer { user, key: key.clone(), answer: first.clone() };
            batch.writes.push((group_id, write));
            batch.first_answers.insert((group_id, user, key), first);
            return Ok((Reply::Encoded(answer), room));
        }
        Ok((decided?, room))
    }

    /// Reads what the browser of somebody who comes in had before.
    async fn know_before(&mut self, batch: &mut Batch, effect: &SideEffect) -> Result<(), Error> {
        if let SideEffect::Admit { admission, .. } | SideEffect::Take { admission, .. } = effect
            && let Some(before) = admission.instead_of
            && !batch.tokens.contains_key(&before)
            && let Some((held, newest)) = self.store.token(before).await?
        {
            batch.tokens.insert(before, held);
            batch.newest.entry(held.browser).or_insert(newest);
        }
        Ok(())
    }

    /// What the first request with this key was answered with.
    async fn answer_again(
        &mut self,
        batch: &Batch,
        group_id: GroupId,
        key: &Key,
        command: Option<&Command>,
        first: FirstAnswer,
    ) -> Verdict {
        if first.request != key.request {
            return Err(Error::KeyReused);
        }
        let group = &self.working.get(&group_id).ok_or(Error::NoSuchGroup)?.group;
        let lacked = match first.kept.lacks(group) {
            // The first request may be of the same batch.
            Some(seq) => match batch.event(group_id, seq) {
                Some(event) => Some(event.clone()),
                None => self.store.event(group_id, seq).await?,
            },
            None => None,
        };
        let body = command.and_then(|command| first.kept.body(group, command, lacked.as_ref()));
        let body = body.ok_or(Rejection::NoSuchInvitation)?.into();
        let first = EncodedAnswer { status: first.status, body };
        Ok((Reply::Encoded(first), self.room(group_id)?))
    }

    /// Whether one more key of the member is remembered.
    async fn takes_key(
        &mut self,
        group_id: GroupId,
        user: UserId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let known = self.working.get(&group_id).and_then(|working| working.keys.get(&user));
        let keys = match known {
            Some(keys) => *keys,
            None => {
                let keys = self.store.keys_of(group_id, user).await?;
                if let Some(working) = self.working.get_mut(&group_id) {
                    working.keys.insert(user, keys);
                }
                keys
            }
        };
        match keys.oldest {
            Some(oldest) if keys.count >= KEYS_OF_MEMBER => {
                let until = oldest.as_millis() + KEY_LIFETIME_MILLIS;
                let wait = u64::try_from(until - now.as_millis()).unwrap_or(0);
                Err(Error::TooFast(Duration::from_millis(wait)))
            }
            _ => Ok(()),
        }
    }

    /// Whom the form that this is of has made a member already, and where.
    async fn made_by_form(
        &mut self,
        batch: &Batch,
        effects: &[SideEffect],
        now: Timestamp,
    ) -> Result<Option<(GroupId, UserId)>, Error> {
        let ticket = effects.iter().find_map(|effect| match effect {
            SideEffect::Ticket(ticket) => Some(*ticket),
            _ => None,
        });
        let Some(ticket) = ticket else { return Ok(None) };
        match batch.tickets.get(&ticket) {
            Some(made) => Ok(Some(*made)),
            None => Ok(self.store.ticket(ticket, now).await?),
        }
    }

    /// Has the member whom the form has made be the one who comes in.
    fn comes_in_again(
        &self,
        group_id: GroupId,
        member: UserId,
        effects: &mut [SideEffect],
    ) -> Result<(), Error> {
        let working = self.working.get(&group_id);
        if working.is_none_or(|working| working.group.member(member).is_none()) {
            // They went meanwhile, and a form does not bring them back.
            return Err(Error::NotSignedIn);
        }
        for effect in effects {
            if let SideEffect::Admit { user, .. } = effect {
                *user = member;
            }
        }
        Ok(())
    }

    /// Whether what is beside a command may be done, as the group stands now.
    async fn may(
        &mut self,
        batch: &mut Batch,
        group_id: GroupId,
        effect: &mut SideEffect,
        by_command: bool,
    ) -> Result<(), Error> {
        if let SideEffect::JoinCode(code) = effect {
            *code = self.unused(batch, code.clone()).await?;
        }
        if let SideEffect::ByCode(code) = effect
            && by_command
        {
            let renewed = batch.writes.iter().rev().find_map(|(group, write)| match write {
                Write::JoinCode(code) if *group == group_id => Some(code.clone()),
                _ => None,
            });
            if renewed.unwrap_or(self.room(group_id)?.join_code()) != *code {
                return Err(Error::NoSuchGroup);
            }
        }
        if let SideEffect::Admit { user, .. } = effect
            && !by_command
        {
            let group = self.working.get(&group_id).map(|working| &working.group);
            if group.is_none_or(|group| group.ended || group.member(*user).is_none()) {
                return Err(Error::NotSignedIn);
            }
        }
        if let SideEffect::Take { user, .. } | SideEffect::Handover { user, .. } = effect {
            // They may have gone, or teach no more, since they were looked up.
            let group = self.working.get(&group_id).map(|working| &working.group);
            let teaches = |group: &Group| !group.ended && group.is_teacher(*user);
            if !group.is_some_and(teaches) {
                return Err(Error::NotSignedIn);
            }
        }
        if let SideEffect::Take { handover, .. } = effect {
            let is_spent = !batch.spent.insert(*handover);
            if is_spent || !self.store.has_handover(*handover).await? {
                return Err(Error::NotSignedIn);
            }
        }
        Ok(())
    }

    /// The code, or another one where a class has it already.
    async fn unused(&mut self, batch: &Batch, mut code: JoinCode) -> Result<JoinCode, Error> {
        loop {
            let in_batch = batch.pending.values().any(|p| p.creates.as_ref() == Some(&code))
                || batch.writes.iter().any(|(_, w)| matches!(w, Write::JoinCode(c) if *c == code));
            if !in_batch && !self.store.has_code(&code).await? {
                return Ok(code);
            }
            code = JoinCode::new();
        }
    }

    async fn first_answer(
        &mut self,
        batch: &Batch,
        group_id: GroupId,
        key: &Key,
        now: Timestamp,
    ) -> Result<Option<FirstAnswer>, Error> {
        let in_batch = batch.first_answers.get(&(group_id, key.user, key.key.clone()));
        if let Some(first) = in_batch {
            return Ok(Some(first.clone()));
        }
        Ok(self.store.first_answer(group_id, key.user, &key.key, now).await?)
    }
}
