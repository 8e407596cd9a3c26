//! The commands `handup backup`, `handup move` and `handup check`, and what they print.

use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use server::{Checked, Database, Moved, Progress};
use tokio::signal::unix::{SignalKind, signal};

/// What takes no longer needs no bar.
const SHORT: Duration = Duration::from_secs(1);

/// Copies the database while a server works on it.
pub async fn back_up(database: &Path, to: &Path) -> Result<(), String> {
    let no_signals = |error| format!("cannot wait for signals: {error}");
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let bar = Bar::new();
    let tell = |progress| bar.tell(progress);
    let copied = tokio::select! {
        copied = server::back_up(database, to, &tell) => copied.map_err(|error| error.to_string())?,
        _ = terminate.recv() => return Err(broken_off()),
        _ = interrupt.recv() => return Err(broken_off()),
    };
    drop(bar);
    let (from, to) = (database.display(), to.display());
    if copied.faults.is_empty() {
        println!("{to} is an intact copy of {from}: {}", contents(&copied));
        Ok(())
    } else {
        let faults = list(&copied);
        Err(format!("{to} is a copy of {from}, which is corrupt:{faults}"))
    }
}

/// Moves everything from one place to another.
pub async fn move_to(from: &Database, to: &Database) -> Result<(), String> {
    let bar = Bar::new();
    let moved = server::move_store(from, to, &|done, whole| bar.show("moving", done, whole)).await;
    drop(bar);
    let Moved { classes, events } = moved.map_err(|error| error.to_string())?;
    println!("everything has been moved: classes {classes}, events {events}");
    Ok(())
}

fn broken_off() -> String {
    "stopped before the copy was complete; the partial copy was removed".to_owned()
}

/// Looks through a file, and changes nothing.
pub async fn check(file: &Path) -> Result<(), String> {
    let bar = Bar::new();
    let checked = server::check(file, &|progress| bar.tell(progress)).await;
    drop(bar);
    let checked = checked.map_err(|error| error.to_string())?;
    let (schema, newest) = (checked.schema, checked.newest_schema);
    let file = file.display();
    if !checked.faults.is_empty() {
        let faults = list(&checked);
        return Err(format!(
            "{file} is corrupt. Restore a backup, or export what can still be read:{faults}"
        ));
    }
    if checked.is_newer() {
        let newer = checked.release.map_or_else(
            || "the newer one".to_owned(),
            |release| format!("Handup {release} or newer"),
        );
        return Err(format!(
            "{file} was written by a newer Handup: its schema is {schema}, and this version knows \
             {newest}. SQLite finds no fault; have {newer} check its classes"
        ));
    }
    println!("{file} is intact: {}", contents(&checked));
    if checked.is_older() {
        println!(
            "it was written by an older Handup: a server upgrades it from schema {schema} to \
             {newest} when it starts, and keeps a copy"
        );
    }
    Ok(())
}

fn contents(checked: &Checked) -> String {
    let Checked { schema, classes, events, .. } = checked;
    format!("classes {classes}, events {events}, schema {schema}")
}

fn list(checked: &Checked) -> String {
    checked.faults.iter().map(|fault| format!("\n  {fault}")).collect()
}

/// Shows a person how far it is, once it takes long.
struct Bar {
    bar: ProgressBar,
    began: Instant,
}

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::hidden();
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {percent} %") {
            bar.set_style(style);
        }
        #[expect(clippy::disallowed_methods, reason = "it tells a person how long it takes")]
        let began = Instant::now();
        Self { bar, began }
    }

    fn tell(&self, progress: Progress) {
        let (what, done, whole) = match progress {
            Progress::Copied(done, whole) => ("copying", done, whole),
            Progress::Checking => ("checking the file", 0, 0),
            Progress::Read(done, whole) => ("reading the classes", done, whole),
        };
        self.show(what, done, whole);
    }

    fn show(&self, what: &'static str, done: u64, whole: u64) {
        if self.bar.is_hidden() && self.began.elapsed() > SHORT {
            // Where nobody looks at a terminal it stays hidden.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_message(what);
        self.bar.set_length(whole.max(1));
        self.bar.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
