//! Which release made each schema of a database. The database itself says it, so that an older program,
//! which knows nothing of a newer schema, can name the release that it takes.

/// This release.
pub(crate) const RELEASE: &str = env!("CARGO_PKG_VERSION");

/// What the names of the settings begin with that hold it; the number of the schema follows.
pub(crate) const OF_SCHEMA: &str = "release_of_schema_";

/// The name of the setting that holds which release made a schema.
pub(crate) fn setting_of(schema: i64) -> String {
    format!("{OF_SCHEMA}{schema}")
}

/// A release as it may be shown: what another program wrote, and is no number of a release, is not.
pub(crate) fn shown(release: Option<String>) -> Option<String> {
    let is_number = |text: &String| {
        text.len() < 32
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte))
    };
    release.filter(is_number)
}
