//! What a teacher asked before: questions to ask once more, and how the last one was asked.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};
use signaling::{Answers, Group, Invitation, InviteeList};

use crate::Operation;

/// How many questions are remembered.
const QUESTIONS: usize = 8;

/// What was asked before.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AskedBefore {
    /// The last questions, each once, the newest first.
    pub questions: Vec<String>,
    /// Seconds to answer in, of the last round; 0 for no limit.
    pub limit: u32,
    /// Whether the first hand took the last round.
    pub first: bool,
}

impl AskedBefore {
    /// What teachers have asked in the group so far.
    pub fn of(group: &Group) -> Self {
        let to_all = |it: &&Invitation| {
            it.invitee_list == InviteeList::Everyone
                && it.restores.is_none()
                && group.is_teacher(it.inviter)
        };
        let mut asked: Vec<&Invitation> = group.invitations().filter(to_all).collect();
        asked.sort_unstable_by_key(|invitation| Reverse(invitation.seq));
        let mut before: Option<Self> = None;
        for invitation in asked {
            let Some(Operation::HandRaising { question }) = Operation::read(&invitation.data)
            else {
                continue;
            };
            let before = before.get_or_insert_with(|| Self {
                questions: Vec::new(),
                limit: invitation.timeout.seconds(),
                first: invitation.answers == Answers::First,
            });
            if let Some(question) = question.filter(|it| !before.questions.contains(it)) {
                before.questions.push(question);
            }
            if before.questions.len() == QUESTIONS {
                break;
            }
        }
        before.unwrap_or_default()
    }
}
