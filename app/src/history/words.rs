//! States, reasons and kinds in words.

use std::collections::HashMap;
use std::sync::Arc;

use call::{Media, Outcome, Reason as OfCall};
use classroom::history::{Chronicle, Kind, Part, Record};
use classroom::{KnownReason, Reason};
use leptos::prelude::*;
use signaling::event::MemberJoined;
use signaling::{Answers, Event, EventKind, InviteeState, Reason as ByEngine, Role, UserId};

/// The names of everybody who is or was in a class, each told apart from those that look like it,
/// and what they are, or were at last.
#[derive(Debug, Clone, Default)]
pub struct Names(Arc<HashMap<UserId, (String, Role)>>);

impl Names {
    /// Those of a chronicle.
    pub fn of(chronicle: &Chronicle) -> Self {
        let people = chronicle.people().iter();
        let named = people.map(|person| (person.user, (person.told_apart(), person.role)));
        Self(Arc::new(named.collect()))
    }

    /// Follows a log by one event.
    pub fn follow(&mut self, event: &Event) {
        match &event.kind {
            EventKind::MemberJoined(MemberJoined { user_id, name, role, alike }) => {
                let named = (name.told_apart(*alike), *role);
                Arc::make_mut(&mut self.0).insert(*user_id, named);
            }
            EventKind::MemberChanged(changed) => {
                if let Some((_, role)) = Arc::make_mut(&mut self.0).get_mut(&changed.user_id) {
                    *role = changed.role;
                }
            }
            _ => {}
        }
    }

    /// What somebody is, or was at last.
    pub fn role(&self, user: UserId) -> Option<Role> {
        self.0.get(&user).map(|(_, role)| *role)
    }

    /// Somebody's name.
    pub fn get(&self, user: UserId) -> &str {
        self.0.get(&user).map_or("Somebody", |(name, _)| name)
    }

    /// All of them, in no order.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(|(name, _)| name.as_str())
    }

    /// Somebody's name, to be kept.
    pub fn name(&self, user: UserId) -> String {
        self.get(user).to_owned()
    }

    /// Somebody's name for the middle of a sentence, where no element keeps its writing direction
    /// from the rest.
    pub fn in_words(&self, user: UserId) -> String {
        apart(self.get(user))
    }

    /// Names, one after the other, each kept apart from the writing direction of the others; of
    /// more than `most` the first, and a link to the first of those that are left out.
    pub fn list(
        &self,
        users: &[UserId],
        most: usize,
        rest: impl FnOnce(UserId) -> String,
    ) -> AnyView {
        let names: Vec<String> = users.iter().take(most).map(|user| self.name(*user)).collect();
        let last = names.len().saturating_sub(1);
        let left_out = users.get(most).map(|next| {
            let words = format!("{} more", users.len() - most);
            view! {
                " and "
                <a href=rest(*next)>{words}</a>
            }
        });
        let names = names
            .into_iter()
            .enumerate()
            .map(|(place, name)| {
                view! {
                    <bdi>{name}</bdi>
                    {(place < last).then_some(", ")}
                }
            })
            .collect_view();
        view! {
            {names}
            {left_out}
        }
        .into_any()
    }
}

/// A name for the middle of a sentence: between isolates, where it could turn the rest around.
pub fn apart(name: &str) -> String {
    if name.is_ascii() { name.to_owned() } else { format!("\u{2068}{name}\u{2069}") }
}

/// The first of some names, for the middle of a sentence.
pub fn named(names: &[String], most: usize) -> String {
    names.iter().take(most).map(|name| apart(name)).collect::<Vec<_>>().join(", ")
}

/// What an invitation was for.
pub const fn kind(record: &Record) -> &'static str {
    match record.kind {
        Kind::Call if matches!(record.media, Some(Media::Video)) => "Video call",
        Kind::Round => "Ask for hands",
        Kind::Again => "Hand raised again",
        Kind::Floor => "Invitation to speak",
        Kind::Ask => "Hand raised without being asked",
        Kind::Call => "Call",
        Kind::Other => "Other invitation",
    }
}

/// The state of a part.
pub const fn state(state: InviteeState) -> &'static str {
    match state {
        InviteeState::Pending => "not answered yet",
        InviteeState::Accepted => "accepted, goes on",
        InviteeState::Rejected => "declined",
        InviteeState::Cancelled => "cancelled",
        InviteeState::TimedOut => "ran out of time",
        InviteeState::Finished => "accepted, over",
    }
}

/// Why something ended. What others gave as a reason stands as it is.
pub fn reason(reason: &str) -> String {
    let Some(known) = KnownReason::read(reason) else { return reason.to_owned() };
    let words = match known {
        KnownReason::Classroom(Reason::Lowered) => "hand lowered",
        KnownReason::Classroom(Reason::CalledOn) => "called on to speak",
        KnownReason::Classroom(Reason::Spoke) => "turn over",
        KnownReason::Engine(ByEngine::Finished) => "ended",
        KnownReason::Engine(ByEngine::AnsweredElsewhere) => "another was first",
        KnownReason::Engine(ByEngine::Left) => "left the class",
        KnownReason::Engine(ByEngine::Removed) => "removed from the class",
        KnownReason::Engine(ByEngine::RoleChanged) => "role changed",
        KnownReason::Engine(ByEngine::Ended) => "the class ended",
        KnownReason::Engine(ByEngine::Forgotten) => "forgotten",
        KnownReason::Engine(ByEngine::Disconnected) => "connection lost",
        KnownReason::Call(OfCall::HungUp) => "hung up",
        KnownReason::Call(OfCall::Busy) => "in another call",
        KnownReason::Call(OfCall::Crossed) => "they called each other",
        KnownReason::Call(OfCall::Failed) => "could not be connected",
    };
    words.to_owned()
}

/// What came of a call.
pub const fn call_outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ringing => "rings",
        Outcome::Answered => "answered",
        Outcome::Lost => "answered, connection lost",
        Outcome::Failed => "failed: no connection",
        Outcome::Declined => "declined",
        Outcome::Busy => "busy: in another call",
        Outcome::NoAnswer => "no answer",
        Outcome::Cancelled => "cancelled",
        Outcome::Crossed => "answered in the call of the other",
    }
}

/// What came of an invitation to speak, or of another one, for one who was invited.
pub fn outcome(part: &Part, accepted: &'static str, declined: &'static str) -> &'static str {
    match part.state {
        InviteeState::Pending => "no answer yet",
        InviteeState::Accepted | InviteeState::Finished => accepted,
        InviteeState::Rejected => declined,
        InviteeState::Cancelled => "taken back",
        InviteeState::TimedOut => "no answer",
    }
}

/// How an invitation was to be answered.
pub fn terms(record: &Record) -> String {
    let time = match record.timeout.seconds() {
        0 => "no time limit".to_owned(),
        seconds if seconds % 60 == 0 => {
            let minutes = usize::try_from(seconds / 60).unwrap_or(usize::MAX);
            format!("{} to answer", count(minutes, "minute", "minutes"))
        }
        seconds => {
            let seconds = usize::try_from(seconds).unwrap_or(usize::MAX);
            format!("{} to answer", count(seconds, "second", "seconds"))
        }
    };
    match record.answers {
        Answers::Each => time,
        Answers::First => format!("{time}, the first to accept takes it"),
    }
}

/// One, or several, of something.
pub fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}
