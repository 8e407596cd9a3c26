//! What a room begins with, on the server and in the browser alike.

use classroom::{AskedBefore, Tally};
use serde::{Deserialize, Serialize};
use signaling::{Role, Snapshot, UserId};

use super::portion::Counts;

/// What a room begins with.
#[derive(Clone, Serialize, Deserialize)]
pub struct Beginning {
    /// The class as the member may see it.
    pub snapshot: Snapshot,
    /// The member.
    pub me: UserId,
    /// What the last form came to, when it came to nothing.
    pub problem: Option<String>,
    /// The question that was typed into that form.
    pub question: String,
    /// What teachers asked before; for teachers.
    pub before: AskedBefore,
    /// How often everybody has raised a hand and spoken; for teachers, who fetch it in an attribute of
    /// its own, so that a student's browser need not know how to read it.
    #[serde(skip)]
    pub tally: Tally,
    /// Whether the server carries voices.
    pub carries_voices: bool,
    /// From which row on each list is shown.
    pub from: Vec<usize>,
    /// How many there are of everything, where the snapshot is but a part of the class.
    pub counts: Option<Counts>,
}

impl Beginning {
    /// What the member is.
    pub fn role(&self) -> Option<Role> {
        let mut members = self.snapshot.members.iter();
        members.find(|member| member.user_id == self.me).map(|member| member.role)
    }
}
