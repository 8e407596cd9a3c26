//! Join codes: short enough to be read aloud, and read as people type them.

use std::fmt;

use super::random::random;

/// The code by which a class is joined: six letters and digits that cannot be taken for each
/// other. 31^6 is near 9 × 10^8; with one wrong attempt a second per address, guessing one class
/// takes 14 years on average.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct JoinCode(String);

const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const CODE_LENGTH: usize = 6;

impl JoinCode {
    /// A new code.
    pub fn new() -> Self {
        let mut code = String::with_capacity(CODE_LENGTH);
        while code.len() < CODE_LENGTH {
            // 248 is the largest multiple of 31 in a byte: what is above would favour some letters.
            let [byte] = random::<1>();
            if byte < 248 {
                code.push(char::from(ALPHABET[usize::from(byte % 31)]));
            }
        }
        Self(code)
    }

    /// Reads a code as people type it: in any case, in the wide letters of East Asian keyboards, with
    /// dashes and spaces anywhere, and also the whole link of a class.
    pub fn from_text(text: &str) -> Option<Self> {
        let code = text.rsplit_once("/join/").map_or(text, |(_, code)| code);
        let code = code.split(['?', '#', '/']).next().unwrap_or_default();
        let code: String = code
            .chars()
            .map(narrow)
            .filter(|c| !c.is_whitespace() && !is_dash(*c) && !matches!(c, '_' | '.'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let fits = code.len() == CODE_LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
        fits.then_some(Self(code))
    }

    /// The code as the wire has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A wide letter as the narrow one that it stands for (Unicode's fullwidth forms of ASCII).
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    }
}

const fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

impl Default for JoinCode {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = JoinCode::from_text("K7P4MX");
        assert!(code.is_some());
        for text in [
            "k7p-4mx",
            " K7P 4MX ",
            "k7p4mx",
            "K7P–4MX",
            "K7P‐4MX",
            "Ｋ７ｐ－４ＭＸ",
            "https://handup.example/join/K7P4MX",
            " http://192.0.2.7:3000/join/K7P4MX/ ",
            "handup.example/join/K7P-4MX?from=mail#top",
        ] {
            assert!(JoinCode::from_text(text) == code, "{text}");
        }
        for text in [
            "",
            "K7P4M",
            "K7P4MXX",
            "K7P4M0",
            "K7P4MI",
            "ÄÖÜ",
            "https://handup.example/join/",
            "https://handup.example/class/K7P4MX",
        ] {
            assert!(JoinCode::from_text(text).is_none(), "{text}");
        }
    }

    #[test]
    fn codes_use_their_whole_alphabet() {
        let text: String = (0..500).map(|_| JoinCode::new().as_str().to_owned()).collect();
        assert!(ALPHABET.iter().all(|letter| text.contains(char::from(*letter))));
    }
}
