//! A batch: what the requests in hand have come to, for one transaction (group commit).

use std::collections::{HashMap, HashSet};

use signaling::{Event, GroupId, Timestamp, UserId};
use tokio::sync::oneshot;

use super::job::{Admission, Verdict};
use crate::identity::tokens::{BrowserId, Held, Membership};
use crate::identity::{JoinCode, TokenHash};
use crate::store::log::EncodedEvent;
use crate::store::write::{FirstAnswer, Write};

/// What a batch has come to for one group.
pub(super) struct Pending {
    pub creates: Option<JoinCode>,
    pub expected_seq: u64,
    pub events: Vec<EncodedEvent>,
}

/// What the requests in hand have come to, for one transaction.
#[derive(Default)]
pub(super) struct Batch {
    /// In the order in which the groups came up.
    pub order: Vec<GroupId>,
    pub pending: HashMap<GroupId, Pending>,
    pub writes: Vec<(GroupId, Write)>,
    pub first_answers: HashMap<(GroupId, UserId, String), FirstAnswer>,
    pub spent: HashSet<TokenHash>,
    /// The tokens that somebody comes in with or came with before, as the store has them or the
    /// batch gives them out.
    pub tokens: HashMap<TokenHash, Held>,
    /// The number of the newest token of each of their browsers.
    pub newest: HashMap<BrowserId, u32>,
    pub tickets: HashMap<TokenHash, (GroupId, UserId)>,
    pub replies: Vec<(oneshot::Sender<Verdict>, Verdict)>,
}

impl Batch {
    /// One of the events that the batch has come to.
    pub fn event(&self, group_id: GroupId, seq: u64) -> Option<&Event> {
        let mut events = self.pending.get(&group_id)?.events.iter();
        events.find(|encoded| encoded.event.seq == seq).map(|encoded| &encoded.event)
    }

    /// Gives a browser its new token, and its place in the group. What the browser is in already comes
    /// along by itself, since the token is its next one; where the token that it came with is not its
    /// newest, it is taken for another browser, which takes the newest of it along.
    pub fn admit(&mut self, group_id: GroupId, now: Timestamp, admission: Admission, user: UserId) {
        let Admission { token, instead_of } = admission;
        let before = instead_of.and_then(|before| self.tokens.get(&before)).copied();
        let held = match before.filter(|held| !held.has_ended(now)) {
            None => Held::first(token),
            Some(before) if self.newest.get(&before.browser) == Some(&before.generation) => Held {
                browser: before.browser,
                generation: before.generation + 1,
                replaces: instead_of,
                ends_at: None,
            },
            Some(before) => {
                let held = Held {
                    generation: before.generation + 1,
                    replaces: instead_of,
                    ..Held::first(token)
                };
                let along = Write::TakeAlong { from: before, to: held.browser };
                self.writes.push((group_id, along));
                held
            }
        };
        let Held { browser, generation, .. } = held;
        self.tokens.insert(token, held);
        self.newest.insert(browser, generation);
        self.writes.push((group_id, Write::Token { token, held }));
        let membership = Membership { generation, user };
        self.writes.push((group_id, Write::Membership { browser, membership }));
    }
}
