//! The sentences that people read. They stand in `locales/en.ftl`, of which `build.rs` makes a function
//! for each.
//!
//! The browser's half has none of them: what the room says comes with its page (`of_room`) and is taken
//! from there (`take`).

mod pattern;
mod plural;

#[cfg(feature = "ssr")]
use leptos::prelude::*;

use self::pattern::{Argument, Piece, each_piece};

include!(concat!(env!("OUT_DIR"), "/words.rs"));

#[cfg(feature = "ssr")]
fn pattern(index: usize) -> &'static str {
    PATTERNS[index]
}

/// What the page of the class room brings along: the order of the sentences, and one on each line.
#[cfg(feature = "ssr")]
pub fn of_room() -> String {
    format!("{ORDER}\n{}", PATTERNS[..OF_ROOM].join("\n"))
}

#[cfg(not(feature = "ssr"))]
static TAKEN: std::sync::OnceLock<Vec<&'static str>> = std::sync::OnceLock::new();

/// Takes what the page of the class room brought along; false when the page is of another build, which has
/// other sentences or another order of them: a server may be replaced between a page and its script.
#[cfg(all(feature = "browser", not(feature = "ssr")))]
#[must_use]
pub fn take(patterns: String) -> bool {
    // They are needed for as long as the page lives.
    let patterns: &'static str = patterns.leak();
    let Some(patterns) = patterns.strip_prefix(ORDER).and_then(|it| it.strip_prefix('\n')) else {
        return false;
    };
    let mut taken = Vec::new();
    let mut start = 0;
    for (end, byte) in patterns.bytes().enumerate() {
        if byte == b'\n' {
            taken.push(patterns.get(start..end).unwrap_or_default());
            start = end + 1;
        }
    }
    taken.push(patterns.get(start..).unwrap_or_default());
    // A page is made once.
    let _ = TAKEN.set(taken);
    true
}

#[cfg(not(feature = "ssr"))]
fn pattern(index: usize) -> &'static str {
    TAKEN.get().and_then(|taken| taken.get(index)).copied().unwrap_or_default()
}

/// A name for the middle of a sentence: between isolates, where it could turn the rest around.
pub fn apart(name: &str) -> String {
    if name.is_ascii() { name.to_owned() } else { format!("\u{2068}{name}\u{2069}") }
}

/// A sentence with its variables filled in.
fn text(index: usize, arguments: &[Argument<'_>]) -> String {
    filled(pattern(index), arguments)
}

fn filled(pattern: &str, arguments: &[Argument<'_>]) -> String {
    let number = |place: usize| match arguments.get(place) {
        Some(Argument::Number(number)) => Some(*number),
        _ => None,
    };
    let mut text = String::new();
    each_piece(pattern, number, |piece| match piece {
        Piece::Text(piece) => text.push_str(piece),
        Piece::Variable(place) => match arguments.get(place) {
            Some(Argument::Text(value)) => text.push_str(value),
            Some(Argument::Number(number)) => text.push_str(&number.to_string()),
            None => {}
        },
    });
    text
}

/// A variable of a sentence that stands in the page, and not in a text.
#[cfg(feature = "ssr")]
enum Slot<'a> {
    Argument(Argument<'a>),
    Element(AnyView),
}

/// A sentence with elements of the page in it.
#[cfg(feature = "ssr")]
fn view(index: usize, mut slots: Vec<Slot<'_>>) -> AnyView {
    let numbers: Vec<Option<usize>> = slots
        .iter()
        .map(|slot| match slot {
            Slot::Argument(Argument::Number(number)) => Some(*number),
            Slot::Argument(Argument::Text(_)) | Slot::Element(_) => None,
        })
        .collect();
    let mut views: Vec<AnyView> = Vec::new();
    each_piece(
        pattern(index),
        |place| numbers.get(place).copied().flatten(),
        |piece| match piece {
            Piece::Text("") => {}
            Piece::Text(piece) => views.push(piece.into_any()),
            Piece::Variable(place) => {
                let Some(slot) = slots.get_mut(place) else { return };
                views.push(match std::mem::replace(slot, Slot::Argument(Argument::Text(""))) {
                    Slot::Argument(Argument::Text(value)) => value.to_owned().into_any(),
                    Slot::Argument(Argument::Number(number)) => number.to_string().into_any(),
                    Slot::Element(element) => element,
                });
            }
        },
    );
    views.into_any()
}
