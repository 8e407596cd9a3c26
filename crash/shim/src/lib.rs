//! Stands between a program's SQLite and the files of one database: loaded before the C library
//! (`LD_PRELOAD`), it writes down every change of these files before it is made and every sync after
//! it succeeded, and it makes calls fail when it is told to. From what it writes down follows what a
//! disk may hold when the power goes.
//!
//! `SHIM_DATABASE` is the path of the database, whose `-wal` and `-journal` and folder belong to it.
//! `SHIM_JOURNAL` is where changes are written down. `SHIM_FAULTS` is a file with a line for each
//! fault: a call (`write`, `read`, `sync`, `truncate`, or `open` for writing), the end of a file's name (`db` for the
//! database itself, `*` for any), an error number, and how often, for ever when nothing is said. A
//! sync with the number 0 never comes back. The file may change at any time.

#![cfg(target_os = "linux")]

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use libc::{mode_t, off64_t, size_t, ssize_t};

/// What a record of the journal tells. Each has a head of four numbers of 8 bytes: what, the length
/// of the file's name, an offset or a length, and how many bytes follow.
mod what {
    pub const CREATE: u64 = 1;
    pub const WRITE: u64 = 2;
    pub const TRUNCATE: u64 = 3;
    pub const SYNC: u64 = 4;
    pub const SYNC_FAILED: u64 = 5;
    pub const UNLINK: u64 = 6;
    pub const SYNC_FOLDER: u64 = 7;
}

/// Descriptors above this are none of a database that was opened at the start or soon after.
const MOST_FILES: usize = 65_536;

/// Which descriptors belong to the database, for a look without a lock.
static OURS: [AtomicU8; MOST_FILES] = [const { AtomicU8::new(0) }; MOST_FILES];

struct Shim {
    database: Vec<u8>,
    folder: Vec<u8>,
    journal: Option<std::fs::File>,
    faults: Option<PathBuf>,
    /// The end of each open file's name.
    files: HashMap<c_int, Vec<u8>>,
    told: Vec<u8>,
    /// The faults that were told, with how often each is still to come.
    pending: Vec<Fault>,
}

struct Fault {
    call: Vec<u8>,
    file: Vec<u8>,
    errno: c_int,
    left: u64,
}

thread_local! {
    /// What the shim itself does goes straight to the C library.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

static SHIM: LazyLock<Mutex<Shim>> = LazyLock::new(|| {
    let variable = |name: &str| std::env::var_os(name);
    let database = variable("SHIM_DATABASE").unwrap_or_default();
    let folder = PathBuf::from(&database).parent().map(PathBuf::from).unwrap_or_default();
    let journal = variable("SHIM_JOURNAL")
        .and_then(|path| std::fs::File::options().create(true).append(true).open(path).ok());
    Mutex::new(Shim {
        database: database.as_bytes().to_vec(),
        folder: folder.as_os_str().as_bytes().to_vec(),
        journal,
        faults: variable("SHIM_FAULTS").map(PathBuf::from),
        files: HashMap::new(),
        told: Vec::new(),
        pending: Vec::new(),
    })
});

/// Runs in the shim, one thread at a time; none when the shim itself calls.
fn within<T>(work: impl FnOnce(&mut MutexGuard<'_, Shim>) -> T) -> Option<T> {
    if INSIDE.replace(true) {
        return None;
    }
    let result = work(&mut SHIM.lock().unwrap_or_else(PoisonError::into_inner));
    INSIDE.set(false);
    Some(result)
}

fn is_ours(fd: c_int) -> bool {
    let place = usize::try_from(fd).ok().and_then(|fd| OURS.get(fd));
    place.is_some_and(|place| place.load(Ordering::Relaxed) != 0)
}

fn set_ours(fd: c_int, ours: bool) {
    if let Some(place) = usize::try_from(fd).ok().and_then(|fd| OURS.get(fd)) {
        place.store(u8::from(ours), Ordering::Relaxed);
    }
}

impl Shim {
    /// The end of the name of a file that belongs to the database: nothing for the database itself,
    /// `/` for its folder. The index of the write-ahead log is memory and no part of what is kept.
    fn name_of(&self, path: &[u8]) -> Option<Vec<u8>> {
        if self.database.is_empty() {
            return None;
        }
        if path == self.folder {
            return Some(b"/".to_vec());
        }
        let end = path.strip_prefix(self.database.as_slice())?;
        matches!(end, b"" | b"-wal" | b"-journal").then(|| end.to_vec())
    }

    fn note(&mut self, what: u64, name: &[u8], number: u64, bytes: &[u8]) {
        let Some(journal) = &mut self.journal else { return };
        let mut record = Vec::with_capacity(32 + name.len() + bytes.len());
        for number in [what, name.len() as u64, number, bytes.len() as u64] {
            record.extend_from_slice(&number.to_le_bytes());
        }
        record.extend_from_slice(name);
        record.extend_from_slice(bytes);
        // What cannot be written down must not be done either: the disk would be guessed wrong.
        if journal.write_all(&record).is_err() {
            std::process::abort();
        }
    }

    /// The error number that this call is to fail with.
    fn fault(&mut self, call: &str, name: &[u8]) -> Option<c_int> {
        let told = std::fs::read(self.faults.as_ref()?).unwrap_or_default();
        if told != self.told {
            self.pending = told.split(|byte| *byte == b'\n').filter_map(fault_of).collect();
            self.told = told;
        }
        let fault = self.pending.iter_mut().find(|fault| {
            fault.left > 0
                && fault.call == call.as_bytes()
                && (fault.file == b"*"
                    || fault.file == name
                    || name.is_empty() && fault.file == b"db")
        })?;
        fault.left -= 1;
        Some(fault.errno)
    }
}

fn fault_of(line: &[u8]) -> Option<Fault> {
    let mut words = std::str::from_utf8(line).ok()?.split_whitespace();
    let (call, file) = (words.next()?.into(), words.next()?.into());
    let errno = words.next()?.parse().ok()?;
    let left = words.next().and_then(|word| word.parse().ok()).unwrap_or(u64::MAX);
    Some(Fault { call, file, errno, left })
}

fn fail(errno: c_int) {
    // SAFETY: the C library's own place for the number, valid in this thread.
    unsafe { *libc::__errno_location() = errno };
}

/// The function of this name that the program would have called.
macro_rules! real {
    ($name:literal, $type:ty) => {{
        static REAL: LazyLock<usize> = LazyLock::new(|| {
            // SAFETY: the name ends with a zero.
            unsafe { libc::dlsym(libc::RTLD_NEXT, concat!($name, "\0").as_ptr().cast()) as usize }
        });
        // SAFETY: the C library has a function of this name, and it has this type.
        unsafe { std::mem::transmute::<usize, $type>(*REAL) }
    }};
}

fn opened(path: *const c_char, flags: c_int, open: impl Fn() -> c_int) -> c_int {
    // SAFETY: the caller hands over a path that ends with a zero, as for the function replaced.
    let path = unsafe { CStr::from_ptr(path) }.to_owned();
    let done = within(|shim| {
        let name = shim.name_of(path.as_bytes())?;
        // What cannot be written can still be opened to be read.
        let reads = flags & libc::O_ACCMODE == libc::O_RDONLY;
        if !reads && let Some(errno) = shim.fault("open", &name) {
            fail(errno);
            return Some(-1);
        }
        let creates = flags & libc::O_CREAT != 0 && std::fs::metadata(as_path(&path)).is_err();
        if creates {
            shim.note(what::CREATE, &name, 0, &[]);
        }
        let fd = open();
        if fd >= 0 {
            set_ours(fd, true);
            shim.files.insert(fd, name);
        }
        Some(fd)
    });
    done.flatten().unwrap_or_else(open)
}

fn as_path(path: &CString) -> &std::ffi::OsStr {
    std::ffi::OsStr::from_bytes(path.as_bytes())
}

fn written(
    fd: c_int,
    bytes: *const c_void,
    count: size_t,
    offset: Option<off64_t>,
    write: impl Fn() -> ssize_t,
) -> ssize_t {
    if !is_ours(fd) {
        return write();
    }
    let done = within(|shim| {
        let name = shim.files.get(&fd)?.clone();
        if let Some(errno) = shim.fault("write", &name) {
            fail(errno);
            return Some(-1);
        }
        let place = offset.unwrap_or_else(|| {
            // SAFETY: it only asks where a descriptor stands.
            unsafe { libc::lseek64(fd, 0, libc::SEEK_CUR) }
        });
        // SAFETY: the caller hands over this many bytes, as for the function replaced.
        let bytes = unsafe { std::slice::from_raw_parts(bytes.cast(), count) };
        shim.note(what::WRITE, &name, place.cast_unsigned(), bytes);
        Some(write())
    });
    done.flatten().unwrap_or_else(write)
}

fn was_read(fd: c_int, read: impl Fn() -> ssize_t) -> ssize_t {
    if !is_ours(fd) {
        return read();
    }
    let errno = within(|shim| {
        let name = shim.files.get(&fd)?.clone();
        shim.fault("read", &name)
    });
    match errno.flatten() {
        Some(errno) => {
            fail(errno);
            -1
        }
        None => read(),
    }
}

fn truncated(fd: c_int, length: off64_t, truncate: impl Fn() -> c_int) -> c_int {
    if !is_ours(fd) {
        return truncate();
    }
    let done = within(|shim| {
        let name = shim.files.get(&fd)?.clone();
        if let Some(errno) = shim.fault("truncate", &name) {
            fail(errno);
            return Some(-1);
        }
        shim.note(what::TRUNCATE, &name, length.cast_unsigned(), &[]);
        Some(truncate())
    });
    done.flatten().unwrap_or_else(truncate)
}

fn synced(fd: c_int, sync: impl Fn() -> c_int) -> c_int {
    if !is_ours(fd) {
        return sync();
    }
    let mut hangs = false;
    let done = within(|shim| {
        let name = shim.files.get(&fd)?.clone();
        if name == b"/" {
            let done = sync();
            shim.note(what::SYNC_FOLDER, &name, 0, &[]);
            return Some(done);
        }
        if let Some(errno) = shim.fault("sync", &name) {
            hangs = errno == 0;
            if hangs {
                return Some(-1);
            }
            shim.note(what::SYNC_FAILED, &name, 0, &[]);
            fail(errno);
            return Some(-1);
        }
        let done = sync();
        shim.note(if done == 0 { what::SYNC } else { what::SYNC_FAILED }, &name, 0, &[]);
        Some(done)
    });
    if hangs {
        loop {
            std::thread::park();
        }
    }
    done.flatten().unwrap_or_else(sync)
}

type Open = extern "C" fn(*const c_char, c_int, mode_t) -> c_int;

/// Replaces `open`.
#[unsafe(no_mangle)]
extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    let real = real!("open", Open);
    opened(path, flags, || real(path, flags, mode))
}

/// Replaces `open64`.
#[unsafe(no_mangle)]
extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    let real = real!("open64", Open);
    opened(path, flags, || real(path, flags, mode))
}

/// Replaces `close`.
#[unsafe(no_mangle)]
extern "C" fn close(fd: c_int) -> c_int {
    if is_ours(fd) {
        set_ours(fd, false);
        within(|shim| shim.files.remove(&fd));
    }
    real!("close", extern "C" fn(c_int) -> c_int)(fd)
}

/// Replaces `unlink`.
#[unsafe(no_mangle)]
extern "C" fn unlink(path: *const c_char) -> c_int {
    // SAFETY: the caller hands over a path that ends with a zero, as for the function replaced.
    let name = unsafe { CStr::from_ptr(path) }.to_owned();
    within(|shim| {
        if let Some(name) = shim.name_of(name.as_bytes()) {
            shim.note(what::UNLINK, &name, 0, &[]);
        }
    });
    real!("unlink", extern "C" fn(*const c_char) -> c_int)(path)
}

type Write_ = extern "C" fn(c_int, *const c_void, size_t) -> ssize_t;
type WriteAt = extern "C" fn(c_int, *const c_void, size_t, off64_t) -> ssize_t;

/// Replaces `write`.
#[unsafe(no_mangle)]
extern "C" fn write(fd: c_int, bytes: *const c_void, count: size_t) -> ssize_t {
    let real = real!("write", Write_);
    written(fd, bytes, count, None, || real(fd, bytes, count))
}

/// Replaces `pwrite`.
#[unsafe(no_mangle)]
extern "C" fn pwrite(fd: c_int, bytes: *const c_void, count: size_t, offset: off64_t) -> ssize_t {
    let real = real!("pwrite", WriteAt);
    written(fd, bytes, count, Some(offset), || real(fd, bytes, count, offset))
}

/// Replaces `pwrite64`.
#[unsafe(no_mangle)]
extern "C" fn pwrite64(fd: c_int, bytes: *const c_void, count: size_t, offset: off64_t) -> ssize_t {
    let real = real!("pwrite64", WriteAt);
    written(fd, bytes, count, Some(offset), || real(fd, bytes, count, offset))
}

type Read = extern "C" fn(c_int, *mut c_void, size_t) -> ssize_t;
type ReadAt = extern "C" fn(c_int, *mut c_void, size_t, off64_t) -> ssize_t;

/// Replaces `read`.
#[unsafe(no_mangle)]
extern "C" fn read(fd: c_int, bytes: *mut c_void, count: size_t) -> ssize_t {
    let real = real!("read", Read);
    was_read(fd, || real(fd, bytes, count))
}

/// Replaces `pread`.
#[unsafe(no_mangle)]
extern "C" fn pread(fd: c_int, bytes: *mut c_void, count: size_t, offset: off64_t) -> ssize_t {
    let real = real!("pread", ReadAt);
    was_read(fd, || real(fd, bytes, count, offset))
}

/// Replaces `pread64`.
#[unsafe(no_mangle)]
extern "C" fn pread64(fd: c_int, bytes: *mut c_void, count: size_t, offset: off64_t) -> ssize_t {
    let real = real!("pread64", ReadAt);
    was_read(fd, || real(fd, bytes, count, offset))
}

type Truncate = extern "C" fn(c_int, off64_t) -> c_int;

/// Replaces `ftruncate`.
#[unsafe(no_mangle)]
extern "C" fn ftruncate(fd: c_int, length: off64_t) -> c_int {
    let real = real!("ftruncate", Truncate);
    truncated(fd, length, || real(fd, length))
}

/// Replaces `ftruncate64`.
#[unsafe(no_mangle)]
extern "C" fn ftruncate64(fd: c_int, length: off64_t) -> c_int {
    let real = real!("ftruncate64", Truncate);
    truncated(fd, length, || real(fd, length))
}

type Sync = extern "C" fn(c_int) -> c_int;

/// Replaces `fsync`.
#[unsafe(no_mangle)]
extern "C" fn fsync(fd: c_int) -> c_int {
    let real = real!("fsync", Sync);
    synced(fd, || real(fd))
}

/// Replaces `fdatasync`.
#[unsafe(no_mangle)]
extern "C" fn fdatasync(fd: c_int) -> c_int {
    let real = real!("fdatasync", Sync);
    synced(fd, || real(fd))
}
