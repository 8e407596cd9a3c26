//! What the largest classes are made of, for tests of how large their pages are.

use signaling::{GroupId, InviteId, MAX_NAME_CHARS, UserId};

/// No page is larger, in bytes.
pub const PAGE: usize = 300_000;
/// What stands around what the tests measure: the document's head, the class's name, its figures.
pub const FRAME: usize = 10_000;

pub const GROUP: GroupId = GroupId::from_bytes([1; 16]);
pub const TEACHER: UserId = user(0);

pub const fn user(number: u32) -> UserId {
    let [a, b, c, d] = number.to_be_bytes();
    UserId::from_bytes([7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, a, b, c, d])
}

/// The invitation that was made after so many events.
pub fn invitation(seq: u64) -> InviteId {
    let mut id = [3; 16];
    id[..8].copy_from_slice(&seq.to_be_bytes());
    InviteId::from_bytes(id)
}

/// A name as long as there may be, of one letter: what that comes to in HTML or UTF-8 differs.
pub fn longest(letter: char) -> impl Fn(u32) -> String {
    move |number| {
        let number = format!("{number:05}");
        letter.to_string().repeat(MAX_NAME_CHARS - number.len()) + &number
    }
}
