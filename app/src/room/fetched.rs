//! Code that a page fetches when it needs it.

use wasm_split_helpers::SplitLoaderError;

/// The code could not be fetched.
pub struct NotFetched;

impl From<SplitLoaderError> for NotFetched {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}
