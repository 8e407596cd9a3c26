//! Coming into a class: the browser gets a fresh token, so that nobody can fix its session beforehand.

use server::{Engine, Entrance, Token};

use crate::response::give_cookie;

/// What somebody comes in with. It is a new token, whatever the browser carries: somebody else
/// may have put that there, or noted it when the machine was theirs.
pub struct Arrival {
    token: Token,
    known: Option<Token>,
}

impl Arrival {
    /// By a browser with this token, if any.
    pub fn by(known: Option<Token>) -> Self {
        Self { token: Token::new(), known }
    }

    /// The token as the engine takes it.
    pub fn entrance(&self) -> Entrance<'_> {
        Entrance { token: &self.token, instead_of: self.known.as_ref() }
    }

    /// Gives the browser the token. Whoever was not let in keeps what they have.
    pub fn has_come_in(&self, engine: &Engine) {
        give_cookie(&engine.cookies().set(&self.token));
    }
}
