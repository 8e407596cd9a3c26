//! What a teacher asked before: questions to ask once more, and how the last one was asked.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};
use signaling::{Answers, Group, Invitation, InviteeList};

use crate::Operation;

/// How many questions are remembered.
const QUESTIONS: usize = 8;
/// The most invitations that are gone through, for each page of a teacher.
const INVITATIONS: usize = 10_000;
/// The longest of them, in characters: each page of a teacher holds them.
const QUESTION_CHARS: usize = 200;

/// What was asked before.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AskedBefore {
    /// The last questions, each once, the newest first.
    pub questions: Vec<String>,
    /// Seconds to answer in, of the last round; 0 for no limit.
    pub limit: u32,
    /// Whether the first hand took the last round.
    pub first: bool,
    /// Seconds to think, of the last round.
    pub think: u32,
    /// Seconds to talk with a neighbour, of the last round.
    pub pair: u32,
}

impl AskedBefore {
    /// What teachers have asked in the group so far; of one that is too large to go through, nothing.
    pub fn of(group: &Group) -> Self {
        if group.count_invitations() > INVITATIONS {
            return Self::default();
        }
        let to_all = |it: &&Invitation| {
            it.invitee_list == InviteeList::Everyone
                && it.restores.is_none()
                && group.is_teacher(it.inviter)
        };
        let mut asked: Vec<&Invitation> = group.invitations().filter(to_all).collect();
        asked.sort_unstable_by_key(|invitation| Reverse(invitation.seq));
        let mut before: Option<Self> = None;
        for invitation in asked {
            let Some(Operation::HandRaising { question, phases }) =
                Operation::read(&invitation.data)
            else {
                continue;
            };
            let before = before.get_or_insert_with(|| Self {
                questions: Vec::new(),
                limit: invitation
                    .timeout
                    .seconds()
                    .saturating_sub(phases.think.saturating_add(phases.pair)),
                think: phases.think,
                pair: phases.pair,
                first: invitation.answers == Answers::First,
            });
            let is_short = |it: &String| it.chars().nth(QUESTION_CHARS).is_none();
            let is_new = |it: &String| is_short(it) && !before.questions.contains(it);
            if let Some(question) = question.filter(is_new) {
                before.questions.push(question);
            }
            if before.questions.len() == QUESTIONS {
                break;
            }
        }
        before.unwrap_or_default()
    }
}
