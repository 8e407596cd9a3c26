//! What SQLite's errors say about the file.

use std::path::Path;

/// The primary number of an error that SQLite gave.
fn number(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?;
    Some(code.parse::<u32>().ok()? & 0xff)
}

/// Whether reading or writing the file itself failed, so that nobody knows what is on the disk.
pub(super) fn is_of_the_file(error: &sqlx::Error) -> bool {
    match number(error) {
        // An I/O error, a file that is damaged or none of SQLite's.
        Some(number) => matches!(number, 10 | 11 | 26),
        None => matches!(error, sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed),
    }
}

/// What a person who starts the server can do about it, before SQLite's own words.
pub(super) fn in_words(error: &sqlx::Error) -> &'static str {
    match number(error) {
        Some(5 | 6) => "another program has locked it. Stop that one. SQLite says: ",
        Some(8) => "it can only be read. Let this user write it and its folder. SQLite says: ",
        Some(10) => "its disk fails. SQLite says: ",
        Some(11) => "it is damaged. Put a copy that is not in its place. SQLite says: ",
        Some(13) => "its disk is full. Make room there. SQLite says: ",
        Some(14) => "this user may not open it. SQLite says: ",
        Some(26) => "it is no database of SQLite. Name another file. SQLite says: ",
        _ => "",
    }
}

/// Why there can be no file of this name, and what a person can do about it.
pub(super) fn of_the_place(path: &Path) -> Option<&'static str> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    if path.is_dir() {
        Some("it is a folder. Name a file")
    } else if folder.is_some_and(|it| !it.exists()) {
        Some("its folder is not there. Make it")
    } else {
        None
    }
}
