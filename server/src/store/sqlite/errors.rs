//! What SQLite's errors say about the file, and what whoever runs the server can do about it.

use std::path::Path;

use crate::store::open_error::OpenError;

/// The primary number of an error that SQLite gave.
fn number(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?;
    Some(code.parse::<u32>().ok()? & 0xff)
}

/// Whether reading or writing the file itself failed, so that nobody knows what is on the disk.
pub fn is_of_the_file(error: &sqlx::Error) -> bool {
    match number(error) {
        // An I/O error, a file that is damaged or none of SQLite's.
        Some(number) => matches!(number, 10 | 11 | 26),
        None => matches!(error, sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed),
    }
}

/// What a person who starts the server can do about it, before SQLite's own words.
pub fn advice(error: &sqlx::Error) -> &'static str {
    match number(error) {
        Some(5 | 6) => "another program has locked it; stop that one. SQLite says: ",
        Some(8) => "it is read-only; let this user write it and its folder. SQLite says: ",
        Some(10) => "its disk fails; replace it, and restore a backup. SQLite says: ",
        Some(11) => "the file is corrupt; restore a backup. SQLite says: ",
        Some(13) => "its disk is full; make room there. SQLite says: ",
        Some(14) => "this user may not open it; change its owner or mode. SQLite says: ",
        Some(26) => "it is no SQLite database; name another file. SQLite says: ",
        _ => "",
    }
}

/// Why there can be no file of this name, and what a person can do about it.
pub fn of_the_place(path: &Path) -> Option<&'static str> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    if path.is_dir() {
        Some("it is a folder. Name a file")
    } else if folder.is_some_and(|it| !it.exists()) {
        Some("its folder is not there. Make it")
    } else {
        None
    }
}

/// The file at this path cannot be used.
pub fn of_file(path: &Path, error: sqlx::Error) -> OpenError {
    let why = advice(&error);
    OpenError::File { path: path.display().to_string(), why, source: error.into() }
}
