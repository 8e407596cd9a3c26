//! Names as people enter them. What a log holds is read whatever it is; what comes in anew has to
//! show something, or its row in every list would be empty.

use icu_properties::props::{
    DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, WhiteSpace,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use signaling::{Name, NameError};

/// Symbols that Unicode counts as visible, of which the pictures are blank: the Braille pattern
/// without dots, and a musical notehead that stands for none.
const BLANK_SYMBOLS: [char; 2] = ['\u{2800}', '\u{1d159}'];

/// Takes a text that somebody entered as a name.
///
/// # Errors
/// When it is no [`Name`], or a reader would see nothing of it.
pub fn enter_name(text: &str) -> Result<Name, NameError> {
    shown(Name::new(text)?)
}

/// Lets in a name of which a reader sees something.
pub(crate) fn shown(name: Name) -> Result<Name, NameError> {
    if shows_something(name.as_str()) { Ok(name) } else { Err(NameError::Invisible) }
}

/// Whether a reader sees anything of the text: more than white space, characters that only say how
/// others are shown, and marks that belong on a letter.
pub fn shows_something(text: &str) -> bool {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let white_space = CodePointSetData::new::<WhiteSpace>();
    let categories = CodePointMapData::<GeneralCategory>::new();
    text.chars().any(|c| {
        let category = categories.get(c);
        !ignorable.contains(c)
            && !white_space.contains(c)
            && !BLANK_SYMBOLS.contains(&c)
            && !GeneralCategoryGroup::Mark.contains(category)
            && !matches!(category, GeneralCategory::Control | GeneralCategory::Format)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_shows_nothing_is_refused() {
        for text in [
            "\u{200b}",
            "\u{ad}",
            "\u{200d}\u{200c}",
            "\u{feff}",
            "\u{2060}\u{2064}",
            "\u{202e}\u{202c}",
            "\u{2066} \u{2069}",
            "\u{fe0f}",
            "\u{e0041}\u{e007f}",
            "\u{34f}",
            "\u{301}",
            "\u{20dd}\u{200b}",
            "\u{93e}",
            "\u{2800}\u{2800}",
            "\u{3164}",
            "\u{ffa0}",
            "\u{115f}\u{1160}",
            "\u{17b4}",
            "\u{180e}",
            "\u{1d159}",
            "\u{1d173}",
        ] {
            assert_eq!(enter_name(text), Err(NameError::Invisible), "{text:?}");
        }
    }

    #[test]
    fn whatever_shows_something_is_a_name_as_it_was_entered() {
        for text in [
            "Ada",
            // Joiners are part of how these are written.
            "می\u{200c}خواهم",
            "ශ්\u{200d}රී",
            "👩\u{200d}🏫",
            "❤\u{fe0f}",
            "e\u{301}",
            "한",
            "⠓",
            "7",
            "…",
            "\u{200b}Ada",
        ] {
            assert_eq!(enter_name(text).as_ref().map(Name::as_str), Ok(text));
        }
        assert_eq!(enter_name(" "), Err(NameError::Blank));
        assert_eq!(enter_name("a\0b"), Err(NameError::Control));
    }
}
