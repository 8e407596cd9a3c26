//! Whether a server runs where this one is to listen, and whether it is this one.

use std::net::SocketAddr;

use super::finding::Finding;
use super::http::Broken;
use super::probed::{NotProbed, Probed};

const CHECK: &str = "server";

/// What answers where the server listens.
pub struct Running {
    listen: SocketAddr,
    answers: Answers,
    /// The id of the database, by the database or by who serves it.
    pub id: Option<String>,
}

enum Answers {
    /// Any port is taken, so nobody knows which.
    Anywhere,
    Nobody,
    This,
    Other,
    /// Something that is no Handup.
    Something(String),
}

impl Running {
    /// What answered there, beside the database's own id.
    pub fn of(
        listen: SocketAddr,
        probed: Option<&Result<Probed, NotProbed>>,
        id: Option<&str>,
    ) -> Self {
        let answers = match probed {
            None => Answers::Anywhere,
            Some(Err(NotProbed::Broken(Broken::Connection(_) | Broken::Name(_)))) => {
                Answers::Nobody
            }
            Some(Err(NotProbed::Broken(Broken::Tls(said) | Broken::Http(said)))) => {
                Answers::Something(said.clone())
            }
            Some(Err(NotProbed::Status(status))) => {
                Answers::Something(format!("it answers {status}"))
            }
            Some(Err(NotProbed::NoHandup)) => Answers::Something("it answers otherwise".to_owned()),
            Some(Ok(probed)) if id.is_none_or(|id| id == probed.probe.id) => Answers::This,
            Some(Ok(_)) => Answers::Other,
        };
        let told = probed.and_then(|it| it.as_ref().ok()).map(|it| it.probe.id.clone());
        Self { listen, answers, id: id.map(str::to_owned).or(told) }
    }

    /// Whether the Handup of a database with this id may be this one.
    pub fn may_be(&self, id: &str) -> bool {
        self.id.as_ref().is_none_or(|own| own == id)
    }

    /// Whether this Handup runs.
    pub const fn is_ours(&self) -> bool {
        matches!(self.answers, Answers::This)
    }

    pub fn finding(&self) -> Finding {
        let listen = self.listen;
        match &self.answers {
            Answers::This => Finding::ok(CHECK, format!("runs, and answers on http://{listen}")),
            Answers::Anywhere => Finding::warn(
                CHECK,
                format!("--listen {listen} takes any port, so it is not asked"),
            )
            .advise("name a port, so that a proxy finds it"),
            Answers::Nobody => Finding::warn(CHECK, format!("nothing answers on http://{listen}"))
                .advise("start it, and have the doctor look again: some checks need it"),
            Answers::Other => {
                Finding::fail(CHECK, format!("another Handup listens on http://{listen}"))
                    .advise("stop that one, or give this one an address of its own by --listen")
            }
            Answers::Something(said) => Finding::fail(
                CHECK,
                format!("something that is no Handup of this release listens on {listen}: {said}"),
            )
            .advise("stop it, or give this server an address of its own by --listen"),
        }
    }
}
