//! Who looks at a class's history, and what of it is theirs to see.

use classroom::history::Record;
use server::{ClassRow, Engine, Error};
use signaling::{GroupId, Role, UserId};

use crate::failure::Failure;
use crate::request::engine;
use crate::trouble::Trouble;
use crate::visitor::{is_admin, member_of};

/// Who looks at a class's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// An administrator, who sees every class and all of it.
    Admin,
    /// A teacher of the class.
    Teacher(UserId),
}

impl Viewer {
    /// Where this viewer sees the class.
    pub fn class(self, group: GroupId) -> String {
        match self {
            Self::Admin => format!("/admin/class/{group}"),
            Self::Teacher(_) => format!("/class/{group}/history"),
        }
    }

    /// Where this viewer sees a person in the class.
    pub fn person(self, group: GroupId, user: UserId) -> String {
        format!("{}/person/{user}", self.class(group))
    }

    /// What of a record this viewer may read.
    pub fn may_read(self, record: Record) -> Record {
        match self {
            Self::Admin => record,
            Self::Teacher(user) => record.for_member(user),
        }
    }
}

/// The class in the address and who looks at it, when they may.
pub async fn viewer(group: &str, as_admin: bool) -> Result<(Engine, Viewer, ClassRow), Failure> {
    let engine = engine()?;
    if as_admin && !is_admin(&engine).await? {
        return Err(Trouble::NotAdmin.into());
    }
    let missing = if as_admin { Trouble::NoSuchClass } else { Trouble::NothingKept };
    let group = group.parse().map_err(|_| missing)?;
    let viewer = if as_admin {
        Viewer::Admin
    } else {
        match member_of(group).await? {
            (user, Role::Teacher) => Viewer::Teacher(user),
            (_, Role::Student) => return Err(Trouble::NotAllowed.into()),
        }
    };
    let class = engine.class(group).await.map_err(|error| not_there(error, missing))?;
    if let Viewer::Teacher(user) = viewer {
        engine.may_look_back(&class, user).await?;
    }
    Ok((engine, viewer, class))
}

/// The class in the address and who in it looks at what is stored about themselves.
pub async fn own(engine: &Engine, group: &str) -> Result<(UserId, ClassRow), Failure> {
    let group = group.parse().map_err(|_| Trouble::NothingKept)?;
    let (me, _) = member_of(group).await?;
    let missing = |error| not_there(error, Trouble::NothingKept);
    let class = engine.class(group).await.map_err(missing)?;
    engine.may_look_back(&class, me).await?;
    Ok((me, class))
}

/// The trouble of a class that is not there, or whatever else it was.
fn not_there(error: Error, missing: Trouble) -> Failure {
    match error {
        Error::NoSuchGroup => missing.into(),
        other => other.into(),
    }
}
