//! The sentences that people read. They stand in `locales/en.ftl`, of which `build.rs` makes a function
//! for each.
//!
//! The browser's half has none of them: what the room says comes with its page ([`of_room`]) and is taken
//! from there ([`take`]).

mod pattern;
mod plural;

use leptos::prelude::*;

use self::pattern::{Argument, Piece, pieces};

include!(concat!(env!("OUT_DIR"), "/words.rs"));

#[cfg(feature = "ssr")]
fn pattern(index: usize) -> &'static str {
    PATTERNS[index]
}

/// What the page of the class room brings along.
#[cfg(feature = "ssr")]
pub fn of_room() -> String {
    PATTERNS[..OF_ROOM].join("\n")
}

#[cfg(not(feature = "ssr"))]
static TAKEN: std::sync::OnceLock<Vec<&'static str>> = std::sync::OnceLock::new();

/// Takes what the page of the class room brought along.
#[cfg(all(feature = "browser", not(feature = "ssr")))]
pub fn take(patterns: String) {
    // They are needed for as long as the page lives.
    TAKEN.get_or_init(|| patterns.leak().split('\n').collect());
}

#[cfg(not(feature = "ssr"))]
fn pattern(index: usize) -> &'static str {
    TAKEN.get().and_then(|taken| taken.get(index)).copied().unwrap_or_default()
}

/// A sentence with its variables filled in.
fn text(index: usize, arguments: &[Argument]) -> String {
    let mut text = String::new();
    for piece in pieces(pattern(index), arguments) {
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Argument(place) => match arguments.get(place) {
                Some(Argument::Text(value)) => text.push_str(value),
                Some(Argument::Number(number)) => text.push_str(&number.to_string()),
                Some(Argument::Element(_)) | None => {}
            },
        }
    }
    text
}

/// A sentence with elements of the page in it.
fn view(index: usize, arguments: Vec<Argument>) -> AnyView {
    let pieces = pieces(pattern(index), &arguments);
    let mut arguments: Vec<Option<Argument>> = arguments.into_iter().map(Some).collect();
    let views: Vec<AnyView> = pieces
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(piece) => piece.into_any(),
            Piece::Argument(place) => match arguments.get_mut(place).and_then(Option::take) {
                Some(Argument::Text(value)) => value.to_owned().into_any(),
                Some(Argument::Number(number)) => number.to_string().into_any(),
                Some(Argument::Element(element)) => element,
                None => ().into_any(),
            },
        })
        .collect();
    views.into_any()
}
