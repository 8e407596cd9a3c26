//! The cookies in which a browser carries tokens. Browsers keep one jar for all ports of a host, so
//! each name holds the id of the Handup that gave the cookie: two of them on one host do not take
//! each other's away, and one that moves to another port or name of the host keeps its people.

use cookie::{Cookie, SameSite};
use http::header::{AUTHORIZATION, COOKIE, HeaderMap};

use crate::identity::Token;

/// Where a token was found.
pub enum Presented {
    /// In the `Authorization` header.
    Bearer(Token),
    /// In the browser's cookie.
    Cookie(Token),
}

impl Presented {
    /// The token.
    pub const fn token(&self) -> &Token {
        match self {
            Self::Bearer(token) | Self::Cookie(token) => token,
        }
    }
}

/// What a program's `Authorization` header holds, where it is a Bearer.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What a cookie stands for.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Member,
    Form,
    Admin,
}

/// The cookies of one Handup.
#[derive(Debug)]
pub struct Cookies {
    is_https: bool,
    id: String,
}

impl Cookies {
    /// Those of the Handup whose database has this id, as people reach it.
    pub fn new(id: impl Into<String>, is_https: bool) -> Self {
        Self { is_https, id: id.into() }
    }

    /// The id that the names of cookies end with.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name without an id, as all had it before there were ids: whoever has one of those goes
    /// on with it. Over https it carries the prefix that keeps other hosts from setting it.
    const fn old_name(&self, kind: Kind) -> &'static str {
        match (kind, self.is_https) {
            (Kind::Member, false) => "handup",
            (Kind::Member, true) => "__Host-handup",
            (Kind::Form, false) => "handup-form",
            (Kind::Form, true) => "__Host-handup-form",
            (Kind::Admin, false) => "handup-admin",
            (Kind::Admin, true) => "__Host-handup-admin",
        }
    }

    fn name(&self, kind: Kind) -> String {
        format!("{}-{}", self.old_name(kind), self.id)
    }

    /// The token that came with a request, if one did. A program's Bearer goes before a cookie.
    pub fn presented(&self, headers: &HeaderMap) -> Option<Presented> {
        if let Some(authorization) = headers.get(AUTHORIZATION) {
            authorization.to_str().ok()?;
        }
        if let Some(token) = bearer(headers) {
            return Token::from_text(token).map(Presented::Bearer);
        }
        self.token(headers, Kind::Member).map(Presented::Cookie)
    }

    /// The secret by which a browser shows that a form was given to it.
    pub fn presented_with_form(&self, headers: &HeaderMap) -> Option<Token> {
        self.token(headers, Kind::Form)
    }

    /// The token of an administrator's session that came with a request.
    pub fn presented_by_admin(&self, headers: &HeaderMap) -> Option<Token> {
        self.token(headers, Kind::Admin)
    }

    fn token(&self, headers: &HeaderMap, kind: Kind) -> Option<Token> {
        let named = |name: &str| {
            headers
                .get_all(COOKIE)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .flat_map(Cookie::split_parse)
                .filter_map(Result::ok)
                .find(|cookie| cookie.name() == name)
                .and_then(|cookie| Token::from_text(cookie.value()))
        };
        named(&self.name(kind)).or_else(|| named(self.old_name(kind)))
    }

    /// The `Set-Cookie` that makes a browser carry a member's token.
    pub fn set(&self, token: &Token) -> String {
        self.cookie(Kind::Member, token.reveal())
            .max_age(cookie::time::Duration::days(180))
            .to_string()
    }

    /// The `Set-Cookie` of a form's secret, which lasts until the browser is closed.
    pub fn set_with_form(&self, token: &Token) -> String {
        self.cookie(Kind::Form, token.reveal()).to_string()
    }

    /// The `Set-Cookie` that makes a browser carry an administrator's session until it is closed.
    pub fn set_by_admin(&self, token: &Token) -> String {
        self.cookie(Kind::Admin, token.reveal()).to_string()
    }

    /// The `Set-Cookie` that takes an administrator's session away. One without an id may be another
    /// Handup's, and stays.
    pub fn unset_by_admin(&self) -> String {
        self.cookie(Kind::Admin, "").max_age(cookie::time::Duration::ZERO).to_string()
    }

    fn cookie<'a>(&self, kind: Kind, value: &'a str) -> cookie::CookieBuilder<'a> {
        Cookie::build((self.name(kind), value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_https)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a browser sends that was given these, of which the last with a name stays.
    fn jar(given: &[String]) -> HeaderMap {
        let pairs: Vec<&str> = given.iter().filter_map(|cookie| cookie.split(';').next()).collect();
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, pairs.join("; ").parse().expect("a header"));
        headers
    }

    #[test]
    fn the_cookie_is_for_this_host_alone_over_https() {
        let token = Token::new();
        let cookie = Cookies::new("0a1b", true).set(&token);
        assert!(cookie.starts_with("__Host-handup-0a1b="));
        for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
            assert!(cookie.contains(attribute), "{attribute}");
        }
        assert!(!Cookies::new("0a1b", false).set(&token).contains("Secure"));
    }

    #[test]
    fn two_on_one_host_keep_their_cookies_apart() {
        for https in [false, true] {
            let [one, other] = ["0a1b", "2c3d"].map(|id| Cookies::new(id, https));
            let [mine, theirs] = [Token::new(), Token::new()];
            let given = |cookies: &Cookies, token| {
                [cookies.set(token), cookies.set_with_form(token), cookies.set_by_admin(token)]
            };
            let headers = jar(&[given(&one, &mine), given(&other, &theirs)].concat());
            for (cookies, token) in [(&one, &mine), (&other, &theirs)] {
                let member = cookies.presented(&headers);
                for found in [
                    member.as_ref().map(Presented::token),
                    cookies.presented_with_form(&headers).as_ref(),
                    cookies.presented_by_admin(&headers).as_ref(),
                ] {
                    let found = found.map(Token::hash);
                    assert!(found == Some(token.hash()), "another's cookie, or none");
                }
            }
        }
    }

    #[test]
    fn a_cookie_from_before_there_were_ids_is_read_until_there_is_another() {
        let cookies = Cookies::new("0a1b", false);
        let [old, new] = [Token::new(), Token::new()];
        let before = format!("handup={}", old.reveal());
        let found = |given: &[String]| {
            cookies.presented(&jar(given)).map(|presented| presented.token().hash())
        };
        assert_eq!(found(std::slice::from_ref(&before)), Some(old.hash()));
        assert_eq!(found(&[before, cookies.set(&new)]), Some(new.hash()));
    }
}
