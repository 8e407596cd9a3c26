//! A pattern, as `build.rs` writes it, taken apart: `{0}` stands for the first variable, and
//! `|0c|oone…|*others…` chooses by the category of the first variable.

use leptos::prelude::AnyView;

use super::plural::{Counting, category};

/// What is put in the place of a variable.
pub enum Argument<'a> {
    /// A text.
    Text(&'a str),
    /// A number.
    Number(usize),
    /// An element of the page.
    Element(AnyView),
}

/// A piece of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A text.
    Text(&'a str),
    /// A variable, by its place.
    Argument(usize),
}

/// The pieces of a pattern in their order, of a choice those of the one that fits.
pub fn pieces<'a>(pattern: &'a str, arguments: &[Argument<'_>]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut rest = chosen(pattern, arguments);
    while let Some((text, after)) = rest.split_once('{') {
        let Some((place, after)) = after.split_once('}') else { break };
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        pieces.push(Piece::Argument(digit(place)));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

fn digit(text: &str) -> usize {
    text.bytes().next().map_or(0, |digit| usize::from(digit.wrapping_sub(b'0')))
}

/// The variant that fits, of a pattern that has several.
fn chosen<'a>(pattern: &'a str, arguments: &[Argument<'_>]) -> &'a str {
    let Some(choice) = pattern.strip_prefix('|') else { return pattern };
    let mut variants = choice.split('|');
    let by = variants.next().unwrap_or_default();
    let counting = if by.ends_with('n') { Counting::Ordinal } else { Counting::Cardinal };
    let fits = match arguments.get(digit(by)) {
        Some(Argument::Number(number)) => category(*number, counting),
        _ => '*',
    };
    let mut general = "";
    for variant in variants {
        if let Some(text) = variant.strip_prefix(fits) {
            return text;
        }
        general = variant.strip_prefix('*').unwrap_or(general);
    }
    general
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pattern: &str, arguments: &[Argument<'_>]) -> String {
        let said = pieces(pattern, arguments).into_iter().map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Argument(place) => match &arguments[place] {
                Argument::Text(text) => (*text).to_owned(),
                Argument::Number(number) => number.to_string(),
                Argument::Element(_) => String::new(),
            },
        });
        said.collect()
    }

    #[test]
    fn variables_are_put_where_the_pattern_has_them() {
        let arguments = [Argument::Text("Ada"), Argument::Number(3)];
        assert_eq!(said("{1} of {0}’s {1}.", &arguments), "3 of Ada’s 3.");
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
