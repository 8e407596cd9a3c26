//! Short texts: what people type, what stands in a path, and what applications put into `data`.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use call::{Answer, Offer, Word};
use classroom::Operation;
use serde::de::IgnoredAny;
use server::{JoinCode, Token};
use signaling::{
    GroupId, InviteId, MAX_NAME_CHARS, MAX_TIMEOUT_SECONDS, Name, Timeout, Timestamp, UserId, json,
};

/// Codes, tokens, names, ids and moments.
pub fn codes(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(code) = JoinCode::from_text(text) {
        assert_eq!(code.as_str().len(), 6);
        assert!(JoinCode::from_text(code.as_str()) == Some(code), "a code is read as it is shown");
    }
    if let Some(token) = Token::from_text(text) {
        assert_eq!(token.reveal(), text);
        assert_eq!(text.len(), 43, "a token is 256 bits");
    }
    if let Ok(name) = Name::new(text) {
        let name = name.as_str();
        assert!(!name.is_empty() && name.chars().count() <= MAX_NAME_CHARS);
        assert!(!name.chars().any(char::is_control));
        assert_eq!(Name::new(name).as_ref().map(Name::as_str), Ok(name), "a name is one again");
    }
    if let Ok(timeout) = serde_json::from_str::<Timeout>(text) {
        assert!(timeout.seconds() <= MAX_TIMEOUT_SECONDS);
    }
    reads_what_it_writes::<GroupId>(text);
    reads_what_it_writes::<UserId>(text);
    reads_what_it_writes::<InviteId>(text);
    reads_what_it_writes::<Timestamp>(text);
}

/// A text that can be read has one writing, which is read as the same.
fn reads_what_it_writes<T: FromStr + Display + PartialEq + Debug>(text: &str) {
    if let Ok(read) = text.parse::<T>() {
        assert_eq!(read.to_string().parse::<T>().ok(), Some(read));
    }
}

/// The strings of the classroom and of calls.
pub fn data(bytes: &[u8]) {
    let Ok(data) = std::str::from_utf8(bytes) else { return };
    if json::read::<IgnoredAny>(data).is_ok() {
        assert!(serde_json::from_str::<IgnoredAny>(data).is_ok(), "what is read is JSON");
    }
    if let Some(operation) = Operation::read(data) {
        assert_eq!(Operation::read(&operation.to_data()), Some(operation));
    }
    if let Some(offer) = Offer::read(data) {
        assert_eq!(Offer::read(&offer.to_data()), Some(offer));
    }
    if let Some(word) = Word::read(data) {
        assert_eq!(Word::read(&word.to_data()), Some(word));
    }
    let answer = Answer::read(data);
    assert_eq!(Answer::read(&answer.to_data()), answer);
}
