//! Idempotency keys: what was asked by one, and what that may come to.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use signaling::{GroupId, InviteId};

use super::model::{Model, Verdict, must};
use crate::error::Error;
use crate::writer::job::Key;
use crate::writer::reply::EncodedAnswer;

/// The requests that named one key.
#[derive(Default)]
pub struct KeyUse {
    pub requests: BTreeSet<[u8; 32]>,
    pub answered: Option<([u8; 32], u16, Bytes)>,
    pub invitations: Vec<InviteId>,
}

impl KeyUse {
    /// The same key gets the same answer, and what it asked for happens once.
    pub fn is_first_answer(
        &mut self,
        key: &Key,
        verdict: &Result<EncodedAnswer, Error>,
        models: &BTreeMap<GroupId, Model>,
    ) -> Verdict {
        match verdict {
            Ok(answer) => {
                let this = (*key.request.as_bytes(), answer.status, answer.body.clone());
                let first = self.answered.get_or_insert_with(|| this.clone());
                must!(
                    *first == this,
                    "a key gets another answer than the first one: {this:?} and not {first:?}"
                );
            }
            Err(Error::KeyReused) => {
                must!(self.requests.len() > 1, "a key came with one request alone and is refused");
            }
            Err(_) => {}
        }
        let is_sent = |it: &&InviteId| models.values().any(|m| m.invitations.contains_key(it));
        must!(self.invitations.iter().filter(is_sent).count() <= 1, "a key has invited twice");
        Ok(())
    }
}
