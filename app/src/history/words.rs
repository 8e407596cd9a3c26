//! States, reasons and kinds, as a person reads them.

use call::{Media, Outcome};
use classroom::history::{Kind, Part, Record};
use signaling::{Answers, InviteeState};

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
    let words = match reason {
        "lowered" => said::lowered(),
        "called_on" => said::called_on(),
        "spoke" => said::spoke(),
        "finished" => said::ended(),
        "answeredElsewhere" => said::answered_elsewhere(),
        "left" => said::left(),
        "removed" => said::removed(),
        "roleChanged" => said::role_changed(),
        "ended" => said::class_ended(),
        "disconnected" => said::disconnected(),
        "hung_up" => said::hung_up(),
        "busy" => said::busy(),
        "crossed" => said::crossed(),
        "failed" => said::failed(),
        other => other,
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
