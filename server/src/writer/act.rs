//! Carrying out: commands on working copies, and what is written with them.

use std::collections::HashMap;
use std::sync::Arc;

use signaling::{
    Command, EventKind, FinishWhom, Group, GroupId, Outcome, Reason, Rejection, Role, Timestamp,
    act,
};

use super::Writer;
use super::batch::{Batch, Pending};
use super::chores::encoded;
use super::job::SideEffect;
use super::working::Working;
use crate::clock::monotonic;
use crate::identity::JoinCode;
use crate::limits::weight;
use crate::live::room::Room;
use crate::names::looks::Looks;
use crate::store::StoreWriter;
use crate::store::log::Loaded;
use crate::store::write::Write;

/// How long a form that joins a class may be sent again and makes one member, in seconds.
const TICKET_SECONDS: u32 = 120;

impl<S: StoreWriter> Writer<S> {
    /// Decides a command on the working copy and gathers its events.
    pub(super) fn act(
        &mut self,
        batch: &mut Batch,
        group_id: GroupId,
        now: Timestamp,
        command: Command,
    ) -> Result<Outcome, Rejection> {
        let Some(working) = self.working.get_mut(&group_id) else {
            return Err(Rejection::Ended);
        };
        let expected_seq = working.group.seq;
        let outcome = act(&mut working.group, now, command, self.application.as_ref())?;
        for event in &outcome.events {
            working.looks.follow(event);
        }
        if !outcome.events.is_empty() {
            let pending = batch.pending.entry(group_id).or_insert_with(|| {
                batch.order.push(group_id);
                Pending { creates: None, expected_seq, events: Vec::new() }
            });
            let events = encoded(&outcome.events);
            working.weight += weight::of_news(&working.group, &events);
            pending.events.extend(events);
        }
        Ok(outcome)
    }

    /// Ends what is between two of whom one has given no sign of life for too long; of what is among several,
    /// their part in it.
    pub(super) fn part_the_silent(&mut self, batch: &mut Batch, group_id: GroupId, now: Timestamp) {
        let Some(working) = self.working.get(&group_id) else { return };
        let silent = working.room.liveness().silent(monotonic());
        for (invite_id, user) in silent {
            let Some(working) = self.working.get(&group_id) else { return };
            let group = &working.group;
            let to_group = group.invitation(invite_id).filter(|it| it.group_id.is_some());
            let commands = match to_group {
                Some(invitation) => self.application.lost(group, invitation, user),
                None => vec![Command::Finish {
                    actor: user,
                    invite_id,
                    whom: FinishWhom::Unnamed,
                    reason: Some(Reason::Disconnected.text().to_owned()),
                    data: String::new(),
                }],
            };
            for command in commands {
                // Somebody may have ended it in the batch in hand.
                let _ = self.act(batch, group_id, now, command);
            }
        }
    }

    pub(super) fn write_effects(
        batch: &mut Batch,
        group_id: GroupId,
        now: Timestamp,
        outcome: &Outcome,
        effects: Vec<SideEffect>,
    ) {
        let joined = effects.iter().find_map(|effect| match effect {
            SideEffect::Admit { user, .. } => Some(*user),
            _ => None,
        });
        for effect in effects {
            match effect {
                SideEffect::Begin(_) | SideEffect::ByCode(_) => {}
                SideEffect::Admit { admission, user } => {
                    batch.admit(group_id, now, admission, user);
                }
                SideEffect::Ticket(ticket) => {
                    let Some(user) = joined else { continue };
                    let expires_at = now.plus_seconds(TICKET_SECONDS);
                    batch.tickets.insert(ticket, (group_id, user));
                    batch.writes.push((group_id, Write::Ticket { ticket, user, expires_at }));
                }
                SideEffect::Integrated(integration) => {
                    batch.writes.push((group_id, Write::Integrated { integration }));
                }
                SideEffect::OwnId { id, user } => {
                    batch.writes.push((group_id, Write::OwnId { id, user }));
                }
                SideEffect::EndDevice { browser, user } => {
                    batch.writes.push((group_id, Write::EndDevice { browser, user }));
                }
                SideEffect::JoinCode(code) => batch.writes.push((group_id, Write::JoinCode(code))),
                SideEffect::Handover { token, user, expires_at } => {
                    batch.writes.push((group_id, Write::Handover { token, user, expires_at }));
                }
                SideEffect::Take { handover, admission, user } => {
                    batch.writes.push((group_id, Write::SpendHandover(handover)));
                    batch.admit(group_id, now, admission, user);
                }
            }
        }
        for event in &outcome.events {
            let write = match &event.kind {
                EventKind::MemberLeft(left) => Write::Revoke { user: left.user_id },
                EventKind::MemberChanged(changed) if changed.role == Role::Student => {
                    Write::EndHandovers { of: Some(changed.user_id) }
                }
                EventKind::GroupEnded(_) => Write::EndHandovers { of: None },
                _ => continue,
            };
            batch.writes.push((group_id, write));
        }
    }

    pub(super) fn begin(
        &mut self,
        batch: &mut Batch,
        group_id: GroupId,
        code: JoinCode,
        integration: Option<String>,
    ) {
        let loaded = Loaded::empty(code.clone(), integration);
        let room = Arc::new(Room::new(group_id, loaded, self.housekeeping.tail_events));
        room.begins_here();
        let (group, keys, looks) = (Group::new(group_id), HashMap::new(), Looks::default());
        self.working.insert(group_id, Working { group, room, weight: 0, keys, looks });
        batch.order.push(group_id);
        let pending = Pending { creates: Some(code), expected_seq: 0, events: Vec::new() };
        batch.pending.insert(group_id, pending);
    }
}
