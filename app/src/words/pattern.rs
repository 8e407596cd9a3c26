//! A pattern, as `build.rs` writes it, taken apart: `{0}` stands for the first variable, and
//! `|0c|oone…|*others…` chooses by the category of the first variable.
//!
//! It goes by bytes: what `str` has for searching is code that a browser would have to fetch.

use super::plural::{Counting, category};

/// What is put in the place of a variable.
#[derive(Debug, Clone, Copy)]
pub enum Argument<'a> {
    /// A text.
    Text(&'a str),
    /// A number.
    Number(usize),
}

/// A piece of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A text.
    Text(&'a str),
    /// A variable, by its place.
    Variable(usize),
}

/// Takes the pieces of a pattern in their order; of a choice those of the variant that fits the number
/// at a place.
pub fn each_piece<'a>(
    pattern: &'a str,
    number: impl Fn(usize) -> Option<usize>,
    mut take: impl FnMut(Piece<'a>),
) {
    let text = chosen(pattern, number);
    let bytes = text.as_bytes();
    let mut start = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'{' {
            take(Piece::Text(text.get(start..at).unwrap_or_default()));
            take(Piece::Variable(digit(bytes, at + 1)));
            // The digit and the closing brace.
            start = at + 3;
        }
    }
    take(Piece::Text(text.get(start..).unwrap_or_default()));
}

fn digit(bytes: &[u8], at: usize) -> usize {
    usize::from(bytes.get(at).map_or(0, |digit| digit.wrapping_sub(b'0')))
}

/// The variant that fits, of a pattern that has several.
fn chosen(pattern: &str, number: impl Fn(usize) -> Option<usize>) -> &str {
    let bytes = pattern.as_bytes();
    if bytes.first() != Some(&b'|') {
        return pattern;
    }
    let counting = if bytes.get(2) == Some(&b'n') { Counting::Ordinal } else { Counting::Cardinal };
    let fits = number(digit(bytes, 1)).map_or('*', |number| category(number, counting));
    let mut general = pattern;
    let mut start = 3;
    while let Some(letter) = bytes.get(start + 1) {
        let mut end = start + 2;
        while bytes.get(end).is_some_and(|byte| *byte != b'|') {
            end += 1;
        }
        let variant = pattern.get(start + 2..end).unwrap_or_default();
        if char::from(*letter) == fits {
            return variant;
        }
        if *letter == b'*' {
            general = variant;
        }
        start = end;
    }
    general
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pattern: &str, arguments: &[Argument<'_>]) -> String {
        super::super::filled(pattern, arguments)
    }

    #[test]
    fn variables_are_put_where_the_pattern_has_them() {
        let arguments = [Argument::Text("Ada"), Argument::Number(3)];
        assert_eq!(said("{1} of {0}’s {1}.", &arguments), "3 of Ada’s 3.");
        assert_eq!(said("{0}", &arguments), "Ada");
        assert_eq!(said("No variables.", &[]), "No variables.");
    }

    #[test]
    fn a_choice_goes_by_the_number() {
        let hands = "|0c|oOne hand: {1}.|*{0} hands. First: {1}.";
        for (number, words) in
            [(0, "0 hands. First: Bo."), (1, "One hand: Bo."), (21, "21 hands. First: Bo.")]
        {
            assert_eq!(said(hands, &[Argument::Number(number), Argument::Text("Bo")]), words);
        }
        assert_eq!(said("|0c|*so many|oone", &[Argument::Number(1)]), "one");
    }

    #[test]
    fn places_are_said_as_a_person_says_them() {
        let ordinal = "|0n|o{0}st|t{0}nd|f{0}rd|*{0}th";
        for (place, words) in [
            (1, "1st"),
            (2, "2nd"),
            (3, "3rd"),
            (4, "4th"),
            (11, "11th"),
            (12, "12th"),
            (21, "21st"),
            (113, "113th"),
        ] {
            assert_eq!(said(ordinal, &[Argument::Number(place)]), words);
        }
    }
}
