//! The fuzzer's way into one target, which the environment names.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<fuzz::Target> = LazyLock::new(|| {
    let wanted = std::env::var("HANDUP_FUZZ_TARGET").unwrap_or_default();
    let found = fuzz::TARGETS.iter().find(|(name, _)| *name == wanted);
    found.unwrap_or_else(|| panic!("HANDUP_FUZZ_TARGET names none of the targets: {wanted:?}")).1
});

fuzz_target!(|bytes: &[u8]| TARGET(bytes));
