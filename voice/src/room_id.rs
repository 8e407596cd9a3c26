//! What people hear together: a class, or a call among several of it.

use signaling::{GroupId, InviteId};

/// A class, or one of its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RoomId {
    /// The class.
    pub group: GroupId,
    /// The call's invitation; none for the class itself.
    pub call: Option<InviteId>,
}

impl RoomId {
    /// The class as a whole.
    pub const fn of_class(group: GroupId) -> Self {
        Self { group, call: None }
    }

    /// A call of it.
    pub const fn of_call(group: GroupId, call: InviteId) -> Self {
        Self { group, call: Some(call) }
    }
}
