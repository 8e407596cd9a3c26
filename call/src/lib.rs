//! Calls between two people and among several: the second application of the signaling engine, beside the classroom.
//!
//! A call is a one-to-one invitation whose `data` is an [`Offer`]. To accept it is to answer, to
//! finish it is to hang up. [`Calls`], plugged into the engine's seam, says who may call whom, that
//! nobody is in two calls, and that a call whose end has gone silent is over; [`Call`] reads a group
//! as the call that somebody is in; [`Outcome`] says what came of one. Sound and pictures go from
//! browser to browser: what the two tell each other to find a way ([`Word`]) the engine relays and
//! forgets; two who find none meet at the server. A call among several is an invitation to the group with an offer, and goes over the server
//! ([`GroupCall`]). All of it is pure.

mod group_call;
mod offer;
mod reason;
mod rules;
mod standing;
mod word;

pub use group_call::{GroupCall, MOST};
pub use offer::{Answer, Media, Offer, RING_SECONDS};
pub use reason::Reason;
pub use rules::{
    CALLS_ARE_OFF, CallMove, Calls, ENGAGED, MISTAKEN, NAMES_NOBODY, SILENCE_SECONDS,
    STUDENTS_MAY_CALL, TOO_MANY,
};
pub use standing::{Call, Outcome, Stage};
pub use word::{Candidate, Mid, Say, Word};
