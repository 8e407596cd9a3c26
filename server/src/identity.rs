//! Who somebody is, without accounts: tokens from the operating system's randomness of which only
//! hashes are kept, and join codes for reading aloud.

pub(crate) mod cookies;
pub(crate) mod password;
pub(crate) mod tokens;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{HOST, HeaderMap, ORIGIN};
use sha2::{Digest, Sha256};
use signaling::{GroupId, InviteId, UserId};

/// Bytes from the operating system.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness there is no identity: nothing sensible can go on.
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A new group's id.
pub fn new_group_id() -> GroupId {
    GroupId::from_bytes(random_uuid())
}

/// A new member's id.
pub fn new_user_id() -> UserId {
    UserId::from_bytes(random_uuid())
}

/// A new invitation's id.
pub fn new_invite_id() -> InviteId {
    InviteId::from_bytes(random_uuid())
}

fn random_uuid() -> [u8; 16] {
    uuid::Builder::from_random_bytes(random()).into_uuid().into_bytes()
}

/// A number from 0 up to `below`, for spreading things out.
pub(crate) fn jitter(below: u32) -> u32 {
    u32::from_le_bytes(random()) % below.max(1)
}

/// A secret that stands for a member: 256 bits, in base64url. It has no `Debug` and no `Display`,
/// and cannot be compared: how long that took would tell how far a guess is right. Its hash can, of
/// which nobody chooses the bytes.
///
/// ```
/// assert!(server::Token::new().hash() != server::Token::new().hash());
/// ```
/// ```compile_fail,E0369
/// assert!(server::Token::new() == server::Token::new());
/// ```
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A new token.
    pub fn new() -> Self {
        Self(URL_SAFE_NO_PAD.encode(random::<32>()))
    }

    /// The text as a token, when it could be one.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let decoded = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes);
        (decoded == Ok(32)).then(|| Self(text.to_owned()))
    }

    /// The text, to be handed to its owner and nobody else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the store keeps of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.0.as_bytes())
    }
}

impl Default for Token {
    fn default() -> Self {
        Self::new()
    }
}

/// The token that somebody comes into a class with.
#[derive(Clone, Copy)]
pub struct Entrance<'a> {
    /// It stands for them in this class.
    pub token: &'a Token,
    /// What their browser carried until then: for whom that one stands in other classes, the new
    /// one stands as well. It does not come to stand for them here, since somebody who had the
    /// machine before may have noted it, and ends soon after the new one is used.
    pub instead_of: Option<&'a Token>,
}

/// A form for starting or joining a class that was given to one browser: the form, sent twice, makes
/// one member. It takes both secrets, so whoever reads the one off the page has nothing.
#[derive(Clone, Copy)]
pub struct Ticket<'a> {
    /// What the form holds.
    pub form: &'a Token,
    /// What the browser holds, in a cookie that no script reads.
    pub browser: &'a Token,
}

impl Ticket<'_> {
    /// What the store keeps of it.
    pub(crate) fn hash(self) -> TokenHash {
        TokenHash::of(format!("{} {}", self.form.0, self.browser.0).as_bytes())
    }
}

impl<'a> From<&'a Token> for Entrance<'a> {
    fn from(token: &'a Token) -> Self {
        Self { token, instead_of: None }
    }
}

/// The SHA-256 of a token. The token's own 256 bits make a slow hash needless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The hash of these bytes as the store keeps them.
    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the store.
    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

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

/// Whether a browser sent the request from a page of this very site. Every browser that can open
/// Handup says so, in `Sec-Fetch-Site` or in `Origin`.
pub fn is_same_origin(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()) else {
        return false;
    };
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let is_here = headers.get(HOST).is_some_and(|host| host == authority);
    // Where people use https, a page of this host that came without is of whoever is in the network;
    // where nothing says that they do, the connection is plain.
    let (own, own_scheme) = match public_url {
        Some(url) => (url, url.split_once("://").map_or("http", |(scheme, _)| scheme)),
        None => ("", "http"),
    };
    own == origin || (is_here && own_scheme == scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_256_bits_and_its_text_is_checked() {
        let token = Token::new();
        assert_eq!(token.reveal().len(), 43);
        let again = Token::from_text(token.reveal()).map(|token| token.hash());
        assert_eq!(again, Some(token.hash()));
        assert_ne!(Token::new().hash(), token.hash());
        for text in ["", "abc", &"A".repeat(44), &"A".repeat(42), "not a token at all"] {
            assert!(Token::from_text(text).is_none(), "{text}");
        }
    }

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

    #[test]
    fn only_the_site_itself_may_change_things_with_a_cookie() {
        let headers = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            pairs
                .iter()
                .map(|(name, value)| {
                    (name.parse().expect("a name"), value.parse().expect("a value"))
                })
                .collect()
        };
        let (https, http) = (Some("https://handup.example"), Some("http://handup.example"));
        for (public_url, pairs, expected) in [
            (https, vec![("sec-fetch-site", "same-origin")], true),
            (https, vec![("sec-fetch-site", "same-site")], false),
            (https, vec![("sec-fetch-site", "cross-site")], false),
            (https, vec![("host", "inner"), ("origin", "https://handup.example")], true),
            (https, vec![("host", "a:1"), ("origin", "https://a:1")], true),
            (https, vec![("host", "a:1"), ("origin", "http://a:1")], false),
            (https, vec![("host", "handup.example"), ("origin", "http://handup.example")], false),
            (https, vec![("host", "a:1"), ("origin", "https://b:1")], false),
            (https, vec![("host", "a:1"), ("origin", "null")], false),
            (https, vec![("host", "a:1")], false),
            (http, vec![("host", "a:1"), ("origin", "http://a:1")], true),
            (http, vec![("host", "a:1"), ("origin", "https://a:1")], false),
            (None, vec![("host", "a:1"), ("origin", "http://a:1")], true),
            (None, vec![("host", "a:1"), ("origin", "https://a:1")], false),
            (None, vec![("host", "a:1"), ("origin", "http://b:1")], false),
            (None, vec![("origin", "http://a:1")], false),
        ] {
            let seen = is_same_origin(&headers(&pairs), public_url);
            assert_eq!(seen, expected, "{pairs:?} at {public_url:?}");
        }
    }
}
