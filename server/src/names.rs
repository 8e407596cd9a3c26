//! Names of people and classes: as they are entered, how they look, and as a search compares them.

pub(crate) mod entry;
pub(crate) mod folding;
pub(crate) mod looks;
pub(crate) mod shown;
