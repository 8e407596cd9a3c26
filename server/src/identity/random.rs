//! Randomness of the operating system: ids, and numbers for spreading things out.

use signaling::{GroupId, InviteId, UserId};

/// Bytes from the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
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
