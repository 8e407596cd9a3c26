//! What a disk may hold when the power goes. The shim writes down what the server did to its files
//! (`crash/shim`); here it is done again, with a cache between the files and the disk as an operating
//! system has one: a sync takes the cache's pages to the disk, a sync that failed leaves them in the
//! cache, believed clean, and what was not synced may have reached the disk in any part.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fastrand::Rng;

use crate::Result;

/// What the operating system writes and believes clean as a whole.
const PAGE: usize = 4_096;
/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// The ends of the names of a database's files.
const FILES: [&str; 3] = ["", "-wal", "-journal"];

/// A file on the disk, and as programs see it.
#[derive(Debug, Clone, Default)]
struct File {
    disk: Option<Vec<u8>>,
    cache: Option<Vec<u8>>,
    dirty: BTreeSet<usize>,
}

/// The disk under one database.
#[derive(Debug, Clone)]
pub struct Disk {
    database: PathBuf,
    files: BTreeMap<&'static str, File>,
    lies: bool,
}

/// One change of a file, or a sync.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    Create,
    Write(usize, Vec<u8>),
    Truncate(usize),
    Sync,
    SyncFailed,
    Unlink,
    SyncFolder,
}

/// How much of what was not synced has reached the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// Nothing.
    Nothing,
    /// Some sectors and not others.
    Some,
    /// Everything, as when only the program dies.
    All,
}

impl File {
    fn write(&mut self, offset: usize, bytes: &[u8]) {
        let cache = self.cache.get_or_insert_default();
        let end = offset + bytes.len();
        if cache.len() < end {
            cache.resize(end, 0);
        }
        cache[offset..end].copy_from_slice(bytes);
        self.dirty.extend(offset / PAGE..end.div_ceil(PAGE));
    }

    fn truncate(&mut self, length: usize) {
        self.cache.get_or_insert_default().resize(length, 0);
        self.dirty.retain(|page| page * PAGE < length);
    }

    fn sync(&mut self) {
        let Some(cache) = &self.cache else { return };
        let disk = self.disk.get_or_insert_default();
        disk.resize(cache.len(), 0);
        for page in std::mem::take(&mut self.dirty) {
            let range = page * PAGE..cache.len().min((page + 1) * PAGE);
            disk[range.clone()].copy_from_slice(&cache[range]);
        }
    }

    /// What is left of it.
    fn left(&self, reached: Reached, rng: &mut Rng) -> Option<Vec<u8>> {
        match reached {
            Reached::All => return self.cache.clone(),
            Reached::Nothing => return self.disk.clone(),
            Reached::Some => {}
        }
        let (Some(cache), Some(disk)) = (&self.cache, &self.disk) else {
            // It was made or removed, and the folder was not synced since.
            return if rng.bool() { self.cache.clone() } else { self.disk.clone() };
        };
        let mut left = disk.clone();
        left.resize(if rng.bool() { cache.len() } else { disk.len() }, 0);
        let odds = rng.u8(..);
        for page in &self.dirty {
            for start in (page * PAGE..(page + 1) * PAGE).step_by(SECTOR) {
                let end = cache.len().min(start + SECTOR);
                if start >= end || rng.u8(..) >= odds {
                    continue;
                }
                if left.len() < end {
                    left.resize(end, 0);
                }
                left[start..end].copy_from_slice(&cache[start..end]);
            }
        }
        Some(left)
    }
}

impl Disk {
    /// The disk as it is at this moment, with nothing waiting to be written.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn of(database: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        for end in FILES {
            let path = with_end(database, end);
            let bytes = if path.exists() { Some(std::fs::read(path)?) } else { None };
            let file = File { disk: bytes.clone(), cache: bytes, dirty: BTreeSet::new() };
            files.insert(end, file);
        }
        Ok(Self { database: database.to_owned(), files, lies: false })
    }

    /// The same, of a kind that says it has synced when it has not.
    #[must_use]
    pub fn that_lies(self) -> Self {
        Self { lies: true, ..self }
    }

    /// Does again what the shim's journal tells, and takes the power away. The last thing in it may
    /// not be whole: then it was not done. Tells how many bytes had not been synced.
    ///
    /// # Errors
    /// When the journal cannot be understood, or a file not be written.
    pub fn cut(mut self, journal: &[u8], reached: Reached, rng: &mut Rng) -> Result<usize> {
        let mut changes = read(journal)?;
        if self.lies {
            changes.retain(|(_, change)| *change != Change::Sync);
        }
        // Whatever came after the last sync may not have got as far as the cache.
        let synced = changes.iter().rposition(|(_, change)| *change == Change::Sync);
        if reached == Reached::Some {
            changes.truncate(rng.usize(synced.map_or(0, |at| at + 1)..=changes.len()));
        }
        for (end, change) in changes {
            self.apply(end, change);
        }
        let mut waiting = 0;
        for (end, file) in &self.files {
            waiting += file.dirty.len() * PAGE;
            let path = with_end(&self.database, end);
            match file.left(reached, rng) {
                Some(bytes) => std::fs::write(path, bytes)?,
                None if path.exists() => std::fs::remove_file(path)?,
                None => {}
            }
        }
        // It is memory that the processes share, and goes with the power.
        let index = with_end(&self.database, "-shm");
        if index.exists() {
            std::fs::remove_file(index)?;
        }
        Ok(waiting)
    }

    fn apply(&mut self, end: &'static str, change: Change) {
        if change == Change::SyncFolder {
            for file in self.files.values_mut() {
                match (&file.disk, &file.cache) {
                    (Some(_), None) => file.disk = None,
                    (None, Some(_)) => file.disk = Some(Vec::new()),
                    _ => {}
                }
            }
            return;
        }
        let file = self.files.entry(end).or_default();
        match change {
            Change::Create => {
                file.cache.get_or_insert_default();
            }
            Change::Write(offset, bytes) => file.write(offset, &bytes),
            Change::Truncate(length) => file.truncate(length),
            Change::Sync => file.sync(),
            Change::SyncFailed => file.dirty.clear(),
            Change::Unlink => {
                file.cache = None;
                file.dirty.clear();
            }
            Change::SyncFolder => {}
        }
    }
}

fn with_end(database: &Path, end: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(end);
    path.into()
}

fn read(mut journal: &[u8]) -> Result<Vec<(&'static str, Change)>> {
    let mut changes = Vec::new();
    while let Some((head, rest)) = journal.split_at_checked(32) {
        let number = |place: usize| {
            let bytes = head[place * 8..place * 8 + 8].try_into().unwrap_or_default();
            usize::try_from(u64::from_le_bytes(bytes)).unwrap_or(usize::MAX)
        };
        let (what, name, place, length) = (number(0), number(1), number(2), number(3));
        let Some((name, rest)) = rest.split_at_checked(name) else { break };
        let Some((bytes, rest)) = rest.split_at_checked(length) else { break };
        journal = rest;
        let end = FILES.into_iter().find(|end| end.as_bytes() == name).unwrap_or_default();
        let change = match what {
            1 => Change::Create,
            2 => Change::Write(place, bytes.to_vec()),
            3 => Change::Truncate(place),
            4 => Change::Sync,
            5 => Change::SyncFailed,
            6 => Change::Unlink,
            7 => Change::SyncFolder,
            _ => return Err(format!("the journal has {what}, which nothing is").into()),
        };
        changes.push((end, change));
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(what: u64, name: &str, number: u64, bytes: &[u8]) -> Vec<u8> {
        let numbers = [what, name.len() as u64, number, bytes.len() as u64];
        let mut record: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        record.extend(name.as_bytes());
        record.extend(bytes);
        record
    }

    fn left(journal: &[Vec<u8>], reached: Reached) -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("db");
        std::fs::write(&database, b"old").expect("a file");
        let disk = Disk::of(&database).expect("a disk");
        disk.cut(&journal.concat(), reached, &mut Rng::with_seed(1)).expect("a cut");
        std::fs::read(&database).expect("the file")
    }

    #[test]
    fn what_was_synced_stays_and_what_was_not_goes() {
        let journal = [record(2, "", 0, b"new"), record(4, "", 0, b""), record(2, "", 3, b"er")];
        assert_eq!(left(&journal, Reached::Nothing), b"new");
        assert_eq!(left(&journal, Reached::All), b"newer");
        assert_eq!(left(&journal[..1], Reached::Nothing), b"old");
    }

    #[test]
    fn a_sync_that_failed_is_not_made_good_by_the_next_one() {
        let first = [record(2, "", 0, b"new"), record(5, "", 0, b""), record(4, "", 0, b"")];
        assert_eq!(left(&first, Reached::Nothing), b"old");
        let again = [&first[..2], &[record(2, "", 2, b"w")], &first[2..]].concat();
        assert_eq!(left(&again, Reached::Nothing), b"new", "the page was written once more");
    }

    #[test]
    fn a_record_that_is_not_whole_was_not_done() {
        let mut torn = record(2, "", 0, b"new");
        torn.pop();
        assert_eq!(left(&[torn], Reached::All), b"old");
    }

    #[test]
    fn sectors_reach_the_disk_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("db");
        let mut mixed = 0;
        for seed in 0..50 {
            std::fs::write(&database, vec![b'a'; 4 * SECTOR]).expect("a file");
            let disk = Disk::of(&database).expect("a disk");
            let journal = record(2, "", 0, &[b'b'; 4 * SECTOR]);
            disk.cut(&journal, Reached::Some, &mut Rng::with_seed(seed)).expect("a cut");
            let bytes = std::fs::read(&database).expect("the file");
            let mut sectors = bytes.chunks(SECTOR).map(|it| {
                assert!(it.iter().all(|byte| *byte == it[0]));
                it[0]
            });
            mixed +=
                u32::from(bytes[0] != bytes[4 * SECTOR - 1] || sectors.any(|it| it != bytes[0]));
        }
        assert!(mixed > 10, "{mixed}");
    }
}
