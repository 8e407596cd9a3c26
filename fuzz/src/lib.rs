//! Whatever reads what comes from outside, fed with anything, and what must hold all the same. Each
//! target is a function of bytes: `cargo xtask fuzz` has a fuzzer call it (`shell/` is no more than
//! that), and `tests/replay.rs` calls it with everything that a fuzzer found worth keeping.

mod log;
mod requests;
mod text;
mod voice;

/// A function that is fed with anything; it panics when what must hold does not.
pub type Target = fn(&[u8]);

/// The targets by their names, which are those of their folders in `corpus/`.
pub const TARGETS: [(&str, Target); 7] = [
    ("api", requests::api),
    ("pages", requests::pages),
    ("headers", requests::headers),
    ("codes", text::codes),
    ("data", text::data),
    ("log", log::log),
    ("voice", voice::voice),
];
