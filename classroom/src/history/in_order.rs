//! Records in the order in which they were made, in little memory.

use std::collections::VecDeque;

use signaling::{Event, EventKind, GroupId, InviteId};

use super::chronicle::Chronicle;
use super::record::Record;

/// How much of finished records waits for one before them, in bytes. One that goes on for longer
/// comes when it is done, after them.
const WAITING: usize = 4 * 1_024 * 1_024;

/// A chronicle that hands its records out in the order in which they were made.
#[derive(Debug)]
pub struct InOrder {
    chronicle: Chronicle,
    waiting: VecDeque<(InviteId, Option<Record>)>,
    /// How much of it is finished, in bytes.
    weight: usize,
}

impl InOrder {
    /// Of a class of which nothing has been told yet.
    pub fn new(group: GroupId) -> Self {
        Self { chronicle: Chronicle::new(group), waiting: VecDeque::new(), weight: 0 }
    }

    /// What has been told.
    pub const fn chronicle(&self) -> &Chronicle {
        &self.chronicle
    }

    /// Takes the next event, and hands out what is done.
    pub fn tell(&mut self, event: &Event) -> Vec<Record> {
        let mut done = self.chronicle.tell(event);
        // What an undo has made is told in the record of what it restores.
        let newest = self.chronicle.live().last().map(|record| record.invite_id);
        if let EventKind::ReceiveNewInvitation(new) = &event.kind
            && newest == Some(new.invite_id)
        {
            self.waiting.push_back((new.invite_id, None));
        }
        done.retain_mut(|record| {
            let place = self.waiting.iter_mut().find(|(id, _)| *id == record.invite_id);
            match place {
                Some((_, place)) => {
                    self.weight += record.weight();
                    *place = Some(record.clone());
                    false
                }
                None => true,
            }
        });
        while self.weight > WAITING
            || self.waiting.front().is_some_and(|(_, record)| record.is_some())
        {
            let Some((_, record)) = self.waiting.pop_front() else { break };
            self.weight -= record.as_ref().map_or(0, Record::weight);
            done.extend(record);
        }
        done
    }

    /// Hands out the rest, what still goes on included.
    pub fn finish(&mut self) -> Vec<Record> {
        let mut rest: Vec<Record> = std::mem::take(&mut self.waiting)
            .into_iter()
            .filter_map(|(_, record)| record)
            .collect();
        rest.extend_from_slice(self.chronicle.live());
        rest.sort_by_key(|record| record.seq);
        rest
    }
}
