//! Records in the order in which a person reads them: round by round.

use std::sync::Arc;

use signaling::{InviteeState, UserId};

use super::record::{Kind, Part, Record};

/// A round and what came after it, until the next one. What came before the first round has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The number of the round; 0 before the first.
    pub number: u32,
    /// The round itself; none when it lies on the page before.
    pub round: Option<Arc<Record>>,
    /// Everything else, in the order in which it was made.
    pub also: Vec<Arc<Record>>,
}

/// One raising of a hand in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raise<'a> {
    /// The student's part.
    pub part: &'a Part,
    /// Milliseconds since the round was asked.
    pub after: i64,
}

/// The records, which are in order, as sections.
pub fn sections<R: Into<Arc<Record>>>(records: Vec<R>) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for record in records {
        let record: Arc<Record> = record.into();
        if sections.last().is_none_or(|section| section.number != record.round) {
            sections.push(Section { number: record.round, round: None, also: Vec::new() });
        }
        let Some(section) = sections.last_mut() else { continue };
        if record.kind == Kind::Round {
            section.round = Some(record);
        } else {
            section.also.push(record);
        }
    }
    sections
}

impl Section {
    /// The round and the rest.
    pub fn records(&self) -> impl Iterator<Item = &Arc<Record>> {
        self.round.iter().chain(&self.also)
    }

    /// The records of one kind.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Arc<Record>> {
        self.records().filter(move |record| record.kind == kind)
    }

    /// The records that ask for hands.
    fn asking(&self) -> impl Iterator<Item = &Arc<Record>> {
        self.records().filter(|record| matches!(record.kind, Kind::Round | Kind::Again))
    }

    /// The hands that went up when asked, in their order.
    pub fn raises(&self) -> Vec<Raise<'_>> {
        let parts = self.asking().flat_map(|record| {
            record.parts.iter().map(move |part| (record.round_at.unwrap_or(record.asked_at), part))
        });
        let mut raises: Vec<Raise<'_>> = parts
            .filter(|(_, part)| part.was_accepted())
            .filter_map(|(since, part)| {
                Some(Raise { part, after: part.settled_at?.millis_since(since) })
            })
            .collect();
        raises.sort_by_key(|raise| raise.part.settled_seq);
        raises
    }

    /// Those whose part in the asking came to this state.
    pub fn asked_who(&self, state: InviteeState) -> Vec<UserId> {
        let parts = self.asking().flat_map(|record| &record.parts);
        parts.filter(|part| part.state == state).map(|part| part.user).collect()
    }
}
