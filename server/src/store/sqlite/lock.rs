//! One server a file: a lock of the operating system on a file beside the database, which ends with
//! the process that holds it, however that ends. SQLite would let two servers write by turns, and
//! each would show from memory what the other one has changed meanwhile.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

use super::files::beside;
use crate::clock::monotonic;
use crate::store::open_error::OpenError;

/// How long a connection waits for another one's lock.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How often it is tried again whether a server that is stopping has let go.
const PACE: Duration = Duration::from_millis(20);
/// The longest that anybody writes about themselves, in bytes.
const LONGEST_NOTE: u64 = 512;

/// The right to serve a file. It is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the file for this server. One that is stopping has a moment for it.
    ///
    /// # Errors
    /// When another server has it, when the file has a second name by which one could, or when no
    /// lock can be made.
    pub async fn take(database: &Path) -> Result<Self, OpenError> {
        let has_two_names =
            std::fs::metadata(database).is_ok_and(|it| it.is_file() && it.nlink() > 1);
        if has_two_names {
            return Err(OpenError::TwoNames { path: database.display().to_string() });
        }
        let place = beside(&real(database), ".lock");
        let cannot = |source| OpenError::NoLock { path: place.display().to_string(), source };
        // The file stays when the lock is given back: whoever waits for it has it open.
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&place).map_err(cannot)?;
        let until = monotonic() + BUSY_TIMEOUT;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if monotonic() < until => {
                    tokio::time::sleep(PACE).await;
                }
                Err(TryLockError::WouldBlock) => {
                    let path = database.display().to_string();
                    return Err(OpenError::Served { path, by: note_in(&mut file) });
                }
                Err(TryLockError::Error(source)) => return Err(cannot(source)),
            }
        }
        let lock = Self { file };
        // On a full disk the lock is good all the same, and SQLite tells of the disk.
        let _ = lock.note(None);
        Ok(lock)
    }

    /// Tells those who come upon the lock who holds it.
    pub fn note(&self, reached_at: Option<SocketAddr>) -> io::Result<()> {
        let mut note = format!("process {}", process::id());
        if let Some(address) = reached_at {
            let _ = write!(note, ", which listens on http://{address}");
        }
        self.file.set_len(0)?;
        let mut file = &self.file;
        file.rewind()?;
        file.write_all(note.as_bytes())
    }
}

/// Who serves a file at this moment, as they wrote it down; nobody is kept from it.
pub fn holder(database: &Path) -> Option<String> {
    let mut file = File::open(beside(&real(database), ".lock")).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(note_in(&mut file)),
        _ => None,
    }
}

/// The file itself, by whatever path it is reached.
fn real(database: &Path) -> PathBuf {
    let folder = database.parent().filter(|it| !it.as_os_str().is_empty());
    let real = database.canonicalize().or_else(|error| {
        let folder = folder.unwrap_or(Path::new(".")).canonicalize()?;
        Ok::<_, io::Error>(folder.join(database.file_name().ok_or(error)?))
    });
    real.unwrap_or_else(|_| database.to_owned())
}

/// What the holder of the lock has written about itself, as far as it can be read.
fn note_in(file: &mut File) -> String {
    let mut note = String::new();
    let read = file.rewind().and_then(|()| file.take(LONGEST_NOTE).read_to_string(&mut note));
    let note = note.trim();
    if read.is_err() || note.is_empty() { "another process".to_owned() } else { note.to_owned() }
}
