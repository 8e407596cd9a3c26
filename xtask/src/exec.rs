//! Calling other programs and touching files, with errors a person can read.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Tells the reader what happens next.
pub fn say(text: impl std::fmt::Display) {
    eprintln!("xtask: {text}");
}

/// A call of `program`, without what Cargo has told *this* program about
/// itself: build scripts would see it change and run again.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let own = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if own {
            command.env_remove(name);
        }
    }
    command
}

/// A call of the Cargo that started this program.
pub fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The call as one would type it.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs a program and waits for it; anything but success is an error.
pub fn run(command: &mut Command) -> Result<()> {
    say(shown(command));
    let status = command.status().with_context(|| cannot_start(command))?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs a program as [`run`] does, and shows each line of its standard output
/// to `watch` as well as to the reader. It is an error that a process which the
/// program has started outlives it: the output has no end while that one holds it.
pub fn run_watched(command: &mut Command, mut watch: impl FnMut(&str)) -> Result<()> {
    say(shown(command));
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| cannot_start(command))?;
    let stdout = child.stdout.take().context("its output is a pipe")?;
    let (printed, lines) = mpsc::channel();
    let ended = printed.clone();
    std::thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        let mut line = Vec::new();
        while stdout.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            if printed.send(Printed::Line(std::mem::take(&mut line))).is_err() {
                break;
            }
        }
    });
    std::thread::spawn(move || ended.send(Printed::Ended(child.wait())));
    let mut status = None;
    let left_open = loop {
        let next = match status {
            None => lines.recv().map_err(RecvTimeoutError::from),
            Some(_) => lines.recv_timeout(GRACE),
        };
        match next {
            Ok(Printed::Line(line)) => {
                std::io::stdout().write_all(&line)?;
                watch(&String::from_utf8_lossy(&line));
            }
            Ok(Printed::Ended(with)) => status = Some(with?),
            Err(RecvTimeoutError::Disconnected) => break false,
            Err(RecvTimeoutError::Timeout) => break true,
        }
    };
    let status = status.context("nobody waited for it")?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    if left_open {
        bail!("`{}` has ended, and a process that it started still runs", shown(command));
    }
    Ok(())
}

/// How long the output of a program that has ended may stay open.
const GRACE: Duration = Duration::from_secs(5);

/// What comes of a program that is watched.
enum Printed {
    Line(Vec<u8>),
    Ended(std::io::Result<ExitStatus>),
}

/// Runs a program silently and hands back what it prints.
pub fn read(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| cannot_start(command))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", shown(command), output.status);
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed what is not UTF-8", shown(command)))
}

/// Runs a program silently over these bytes and hands back what it prints.
pub fn filter(command: &mut Command, input: &[u8]) -> Result<Vec<u8>> {
    // A file and no pipe, which the two could fill and wait for each other.
    let mut file = tempfile::tempfile().context("cannot make a file")?;
    file.write_all(input).and_then(|()| file.rewind()).context("cannot write a file")?;
    let output = command
        .stdin(file)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| cannot_start(command))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", shown(command), output.status);
    }
    Ok(output.stdout)
}

/// Whether a program runs and succeeds, whatever it prints.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Becomes the program, so that signals reach it and nothing stands between
/// it and the terminal.
#[cfg(unix)]
pub fn replace(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    say(shown(command));
    let error = command.exec();
    Err(error).with_context(|| cannot_start(command))
}

/// Runs the program; there is no becoming it here.
#[cfg(not(unix))]
pub fn replace(command: &mut Command) -> Result<()> {
    run(command)
}

/// Looks a program up in the PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| is_program(path))
}

/// Whether this is a file one may run.
#[cfg(unix)]
pub fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Whether this is a file one may run.
#[cfg(not(unix))]
pub fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// Makes a folder, and those it is in.
pub fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))
}

/// Reads a whole file.
pub fn read_file(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Reads a whole file that is a text.
pub fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a whole file.
pub fn write_file(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    std::fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// The files in a folder and the folders in it, by their path from there,
/// with their sizes. A folder that is not there has no files.
pub fn list(folder: &Path) -> Result<BTreeMap<PathBuf, u64>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        let here = folder.join(&inner);
        if !here.exists() {
            continue;
        }
        let cannot = || format!("cannot read {}", here.display());
        for entry in std::fs::read_dir(&here).with_context(cannot)? {
            let entry = entry.with_context(cannot)?;
            let path = inner.join(entry.file_name());
            let meta = folder.join(&path).metadata().with_context(cannot)?;
            if meta.is_dir() {
                folders.push(path);
            } else {
                found.insert(path, meta.len());
            }
        }
    }
    Ok(found)
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start `{}`", command.get_program().to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_is_left_behind_is_an_error_and_keeps_nobody_waiting() {
        let (mut seen, mut shell) = (Vec::new(), Command::new("sh"));
        shell.args(["-c", "sleep 600 & echo $!"]);
        let error = run_watched(&mut shell, |line| seen.push(line.trim().to_owned())).unwrap_err();
        assert!(error.to_string().contains("a process that it started still runs"), "{error}");
        let [left] = &*seen else { panic!("one line and not {seen:?}") };
        assert!(succeeds(Command::new("kill").arg(left)));
    }

    #[test]
    fn each_line_is_shown_and_a_failure_told() {
        let mut seen = Vec::new();
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo one; printf two; exit 3"]);
        let error = run_watched(&mut shell, |line| seen.push(line.to_owned())).unwrap_err();
        assert!(error.to_string().contains("exit status: 3"), "{error}");
        assert_eq!(seen, ["one\n", "two"]);
    }
}
