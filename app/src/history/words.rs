//! States, reasons and kinds, as a person reads them.

use call::{Media, Outcome, Reason as OfCall};
use classroom::history::{Kind, Part, Record};
use classroom::{KnownReason, Reason};
use signaling::{Answers, InviteeState, Reason as ByEngine};

use crate::words::said;

/// What an invitation was for.
pub fn kind(record: &Record) -> &'static str {
    match record.kind {
        Kind::Call if matches!(record.media, Some(Media::Video)) => said::video_call(),
        Kind::Round => said::round(),
        Kind::Again => said::again(),
        Kind::Floor => said::floor(),
        Kind::Ask => said::ask(),
        Kind::Call => said::call(),
        Kind::Other => said::other(),
    }
}

/// The state of a part.
pub fn state(state: InviteeState) -> &'static str {
    match state {
        InviteeState::Pending => said::pending(),
        InviteeState::Accepted => said::accepted(),
        InviteeState::Rejected => said::rejected(),
        InviteeState::Cancelled => said::cancelled(),
        InviteeState::TimedOut => said::timed_out(),
        InviteeState::Finished => said::finished(),
    }
}

/// Why something ended. What others gave as a reason stands as it is.
pub fn reason(reason: &str) -> String {
    let Some(known) = KnownReason::read(reason) else { return reason.to_owned() };
    let words = match known {
        KnownReason::Classroom(Reason::Lowered) => said::lowered(),
        KnownReason::Classroom(Reason::Followed) => said::followed(),
        KnownReason::Classroom(Reason::Skipped) => said::skipped(),
        KnownReason::Classroom(Reason::PickedAgain) => said::picked_again(),
        KnownReason::Engine(ByEngine::Undone) => said::undone(),
        KnownReason::Classroom(Reason::CalledOn) => said::called_on(),
        KnownReason::Classroom(Reason::Spoke) => said::spoke(),
        KnownReason::Classroom(Reason::TimeIsUp) => said::time_was_up(),
        KnownReason::Engine(ByEngine::Finished | ByEngine::Lapsed) => said::ended(),
        KnownReason::Engine(ByEngine::AnsweredElsewhere) => said::answered_elsewhere(),
        KnownReason::Engine(ByEngine::Left) => said::left(),
        KnownReason::Engine(ByEngine::Removed) => said::removed(),
        KnownReason::Engine(ByEngine::RoleChanged) => said::role_changed(),
        KnownReason::Engine(ByEngine::Ended) => said::class_ended(),
        KnownReason::Engine(ByEngine::Forgotten) => said::forgotten(),
        KnownReason::Engine(ByEngine::Disconnected) => said::disconnected(),
        KnownReason::Call(OfCall::HungUp) => said::hung_up(),
        KnownReason::Call(OfCall::Busy) => said::busy(),
        KnownReason::Call(OfCall::Crossed) => said::crossed(),
        KnownReason::Call(OfCall::Failed) => said::failed(),
    };
    words.to_owned()
}

/// What came of a call.
pub fn call_outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ringing => said::call_rings(),
        Outcome::Answered => said::call_answered(),
        Outcome::Lost => said::call_lost(),
        Outcome::Failed => said::call_failed(),
        Outcome::Declined => said::call_declined(),
        Outcome::Busy => said::call_busy(),
        Outcome::NoAnswer => said::call_no_answer(),
        Outcome::Cancelled => said::call_cancelled(),
        Outcome::Crossed => said::call_crossed(),
    }
}

/// What came of an invitation to speak, or of another one, for one who was invited.
pub fn outcome(part: &Part, accepted: &'static str, declined: &'static str) -> &'static str {
    match part.state {
        InviteeState::Pending => said::no_answer_yet(),
        InviteeState::Finished if part.is_undone() => said::taken_back(),
        InviteeState::Accepted | InviteeState::Finished => accepted,
        InviteeState::Rejected => declined,
        InviteeState::Cancelled => said::taken_back(),
        InviteeState::TimedOut => said::no_answer(),
    }
}

/// How an invitation was to be answered.
pub fn terms(record: &Record) -> String {
    let number = |it: u32| usize::try_from(it).unwrap_or(usize::MAX);
    let time = match record.timeout.seconds() {
        0 => said::no_limit().to_owned(),
        seconds if seconds % 60 == 0 => said::minutes_to_answer(number(seconds / 60)),
        seconds => said::seconds_to_answer(number(seconds)),
    };
    match record.answers {
        Answers::Each => time,
        Answers::First => said::first_takes_it(&time),
    }
}
