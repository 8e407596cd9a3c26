//! The disk that the file is on: its kind, what is free there, and how long it takes to sync.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{fstatvfs, statfs};
use server::Database;

use super::finding::Finding;
use super::machine_time::instant;

const CHECK: &str = "disk";
/// How many times something is synced.
const SYNCS: usize = 21;
/// Where a sync takes longer, each hand is seen to wait for it.
const SLOW: Duration = Duration::from_millis(20);
/// With less free there is little time left, or none.
const LITTLE: u64 = 1 << 30;
const TOO_LITTLE: u64 = 100 << 20;

/// What is known of a file system by its number.
const KINDS: [(u32, &str, &str); 8] = [
    (0x6969, "NFS", NETWORK),
    (0xff53_4d42, "CIFS", NETWORK),
    (0xfe53_4d42, "SMB", NETWORK),
    (0x517b, "SMB", NETWORK),
    (0x0102_1997, "9P", NETWORK),
    (0x00c3_6400, "Ceph", NETWORK),
    (0x0102_1994, "tmpfs", MEMORY),
    (0x794c_7630, "a container's own layer", CONTAINER),
];
const NETWORK: &str = "over a network SQLite's locks and its log are not reliable: put it on a disk of \
                       this machine, or keep the data in PostgreSQL";
const MEMORY: &str = "it is in memory, and gone when the machine stops: name a file on a disk";
const CONTAINER: &str = "it is gone with the container: mount a volume there";

/// What was measured.
struct Measured {
    kind: Option<(&'static str, &'static str)>,
    free: u64,
    sync: Duration,
}

pub async fn look(database: &Database) -> Finding {
    let Database::File(path) = database else {
        return Finding::ok(CHECK, "PostgreSQL's, where this program does not look");
    };
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).to_owned();
    let shown = folder.display().to_string();
    let measured = tokio::task::spawn_blocking(move || measure(&folder)).await;
    match measured {
        Ok(Ok(measured)) => found(&shown, &measured),
        Ok(Err(error)) => {
            Finding::fail(CHECK, format!("cannot write in the folder {shown}: {error}"))
                .advise("make the folder, and let the user of the server write there")
        }
        Err(error) => Finding::fail(CHECK, format!("cannot look at the folder {shown}: {error}")),
    }
}

fn found(folder: &str, Measured { kind, free, sync }: &Measured) -> Finding {
    let (free_mib, millis) = (free >> 20, sync.as_secs_f64() * 1_000.0);
    let is = format!("a sync takes {millis:.1} ms, {free_mib} MiB are free in {folder}");
    if *free < TOO_LITTLE {
        return Finding::fail(CHECK, is).advise("make room there");
    }
    if let Some((kind, to_do)) = kind {
        return Finding::warn(CHECK, format!("it is {kind}; {is}")).advise(*to_do);
    }
    if *free < LITTLE {
        return Finding::warn(CHECK, is)
            .advise("make room there: when it is full nothing is taken");
    }
    if *sync > SLOW {
        return Finding::warn(CHECK, is).advise(
            "every hand waits for it: put the file on an SSD, or on a disk with less work",
        );
    }
    Finding::ok(CHECK, is)
}

/// Looks at a folder, by a file without a name.
fn measure(folder: &Path) -> io::Result<Measured> {
    let mut file = tempfile::tempfile_in(folder)?;
    let number = statfs(folder)?.f_type;
    let kind = KINDS.iter().find(|(kind, ..)| i64::from(*kind) == number);
    let sizes = fstatvfs(&file)?;
    let free = sizes.f_bavail.saturating_mul(sizes.f_frsize);
    let mut times = Vec::with_capacity(SYNCS);
    for number in 0..SYNCS {
        times.push(sync_once(&mut file, u8::try_from(number).unwrap_or(0))?);
    }
    times.sort_unstable();
    Ok(Measured {
        kind: kind.map(|(_, kind, to_do)| (*kind, *to_do)),
        free,
        sync: times[SYNCS / 2],
    })
}

/// Writes a page as a commit does, and waits until it is on the disk.
fn sync_once(file: &mut File, byte: u8) -> io::Result<Duration> {
    let began = instant();
    file.rewind()?;
    file.write_all(&[byte; 4_096])?;
    file.sync_data()?;
    Ok(began.elapsed())
}
