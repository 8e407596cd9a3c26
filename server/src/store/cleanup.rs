//! How far a deletion has been carried out.

/// What a soft delete has left to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cleanup {
    /// Nothing: what was deleted has left the file.
    Done,
    /// More of the same, when there is time.
    More,
    /// Somebody reads: the write-ahead log cannot be emptied at this moment.
    Held,
}
