//! Debian's package, installed in a Debian in a folder. systemd does not run there: the service is started as
//! its unit says.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::exec;
use crate::programs::Found;
use crate::trial::serving::{self, Serving};

/// A user such as systemd picks for a service.
const USER: u32 = 61_234;
const ROOT: u32 = 0;
/// Where the unit lies, from the root.
const UNIT: &str = "usr/lib/systemd/system/handup.service";
/// The data of a service with a user that is made when it starts.
const DATA: &str = "var/lib/private/handup";

/// Installs the package, runs what it has brought, and removes it. `cache` keeps the Debian from one time to
/// the next.
pub fn try_package(
    debootstrap: &Found,
    analyze: &Found,
    mandoc: &Found,
    deb: &Path,
    cache: &Path,
    root: &Path,
) -> Result<()> {
    make_root(debootstrap, cache, root)?;
    std::fs::copy(deb, root.join("handup.deb")).context("cannot copy the package")?;
    let dpkg = |args: &[&str]| exec::run(inside(root, ROOT, "/usr/bin/dpkg").args(args));
    dpkg(&["--install", "/handup.deb"])?;

    let version = exec::read(inside(root, ROOT, "/usr/bin/handup").arg("--version"))?;
    ensure!(version.starts_with("handup "), "it says that it is {version}");
    let settings = root.join("etc/handup.env");
    let mode = settings.metadata().context("/etc/handup.env is not there")?.permissions().mode();
    ensure!(mode & 0o777 == 0o640, "/etc/handup.env has the mode {mode:o}");
    verify(analyze, root)?;
    let enabled = root.join("etc/systemd/system/multi-user.target.wants/handup.service");
    ensure!(enabled.is_symlink(), "the service is not started with the machine");

    manual(mandoc, root)?;
    completions(root)?;
    serve(root)?;

    // What was set stays when the package is installed again, and when it is removed.
    let mine = "HANDUP_OPERATOR=\"Example School\"\n";
    exec::write_file(&settings, mine)?;
    dpkg(&["--install", "--force-confold", "/handup.deb"])?;
    dpkg(&["--remove", "handup"])?;
    ensure!(!root.join("usr/bin/handup").exists(), "the program is still there");
    ensure!(exec::read_text(&settings)? == mine, "removing has changed the settings");
    let database = root.join(DATA).join("handup.sqlite3");
    ensure!(database.is_file(), "removing has deleted the classes");
    let purge = inside(root, ROOT, "/usr/bin/dpkg").args(["--purge", "handup"]).output()?;
    let told = String::from_utf8_lossy(&purge.stderr);
    ensure!(purge.status.success(), "it cannot be purged: {told}");
    ensure!(told.contains(&format!("/{DATA} are kept")), "what is left is not told: {told}");
    ensure!(!settings.exists() && !enabled.is_symlink(), "purging has left settings");
    ensure!(database.is_file(), "purging has deleted the classes");
    Ok(())
}

/// A Debian as this machine's, by which the binary was built, with nothing but what is essential.
fn make_root(debootstrap: &Found, cache: &Path, root: &Path) -> Result<()> {
    let told = exec::read_text(Path::new("/etc/os-release"))?;
    let suite = told.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let suite = suite.context("/etc/os-release names no version of Debian")?;
    let fresh = cache.join(suite);
    if !fresh.exists() {
        // What was made in part is not taken for the whole.
        let part = cache.join("part");
        if part.exists() {
            std::fs::remove_dir_all(&part).context("cannot remove a part of a Debian")?;
        }
        exec::run(exec::command(&debootstrap.path).args(["--variant=minbase", suite]).arg(&part))?;
        std::fs::rename(&part, &fresh).context("cannot rename a Debian")?;
    }
    if root.exists() {
        std::fs::remove_dir_all(root).context("cannot remove the Debian of before")?;
    }
    exec::run(exec::command("cp").args(["--archive", "--reflink=auto"]).arg(&fresh).arg(root))
}

/// systemd understands every line of the unit, and the program is where it says. It is asked beside the
/// units of this machine, for that Debian has none.
fn verify(analyze: &Found, root: &Path) -> Result<()> {
    let unit = exec::read_text(&root.join(UNIT))?;
    let unit = unit.replace("ExecStart=", &format!("ExecStart={}", root.display()));
    let folder = tempfile::tempdir().context("cannot make a folder")?;
    let path = folder.path().join("handup.service");
    exec::write_file(&path, unit)?;
    exec::run(
        exec::command(&analyze.path)
            .args(["verify", "--man=no", "--recursive-errors=no"])
            .arg(&path),
    )
}

fn inside(root: &Path, user: u32, program: &str) -> Command {
    serving::command(root, user, program, &[])
}

/// The manual's pages are found and have no faults.
fn manual(mandoc: &Found, root: &Path) -> Result<()> {
    for (page, expected) in [("handup", "HANDUP_DATABASE"), ("handup-backup", "verify the copy")] {
        let path = root.join(format!("usr/share/man/man1/{page}.1.gz"));
        exec::run(exec::command(&mandoc.path).args(["-T", "lint", "-W", "error"]).arg(&path))?;
        let printed = exec::read(exec::command(&mandoc.path).args(["-T", "utf8"]).arg(&path))?;
        // What is bold is printed twice on one place, as on a typewriter.
        let mut text = String::new();
        for letter in printed.chars() {
            if letter == '\u{8}' {
                text.pop();
            } else {
                text.push(letter);
            }
        }
        let words: Vec<_> = text.split_whitespace().collect();
        ensure!(words.join(" ").contains(expected), "{page}(1) does not tell {expected}");
    }
    Ok(())
}

/// A shell completes commands.
fn completions(root: &Path) -> Result<()> {
    let script = "source /usr/share/bash-completion/completions/handup\n\
                  COMP_WORDS=(handup ba) COMP_CWORD=1 COMP_LINE='handup ba' COMP_POINT=9\n\
                  words=\"$(complete -p handup)\"\n\
                  function=\"${words##*-F }\"; \"${function%% *}\" handup ba handup\n\
                  echo \"${COMPREPLY[*]}\"";
    let told = exec::read(inside(root, USER, "/bin/bash").args(["-c", script]))?;
    ensure!(told.trim() == "backup", "bash completes `handup ba` to {told}");
    for (path, start) in [
        ("usr/share/zsh/vendor-completions/_handup", "#compdef handup"),
        ("usr/share/fish/vendor_completions.d/handup.fish", "complete -c handup"),
    ] {
        ensure!(exec::read_text(&root.join(path))?.contains(start), "{path} completes nothing");
    }
    Ok(())
}

/// Serves as the unit says, and copies the database meanwhile as an administrator does.
fn serve(root: &Path) -> Result<()> {
    let unit = exec::read_text(&root.join(UNIT))?;
    let value = |key: &str| unit.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    let program = value("ExecStart").context("the unit starts nothing")?;
    let mut environment: Vec<(String, String)> = value("Environment")
        .unwrap_or_default()
        .split(' ')
        .filter_map(|one| one.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let listens_on = environment.iter().position(|(name, _)| name == "HANDUP_LISTEN");
    let listens_on =
        &mut environment[listens_on.context("the unit does not say where it listens")?].1;
    ensure!(listens_on == "127.0.0.1:3000", "the unit listens on {listens_on}");
    // Another port, for that may be taken here.
    *listens_on = "127.0.0.1:0".to_owned();

    // What systemd makes for `DynamicUser` and `StateDirectory`.
    let data = root.join(DATA);
    exec::make_folder(&data)?;
    chown(&data, Some(USER), Some(USER)).context("cannot give the service its folder")?;
    symlink("private/handup", root.join("var/lib/handup")).context("cannot link the folder")?;

    let server = Serving::start(&mut serving::command(root, USER, program, &environment))?;
    server.is_ready()?;
    let address = format!("http://{}", server.address);
    exec::run(inside(root, USER, "/usr/bin/handup").args(["healthy", &address]))?;
    let database = format!("/{DATA}/handup.sqlite3");
    exec::run(inside(root, ROOT, "/usr/bin/handup").args([
        "--database",
        &database,
        "backup",
        "/root/copy.sqlite3",
    ]))?;
    server.stop()?;
    for (name, _) in exec::list(&data)? {
        let owner = data.join(&name).metadata()?.uid();
        ensure!(owner == USER, "{} is the service's no more, but {owner}'s", name.display());
    }
    exec::run(inside(root, ROOT, "/usr/bin/handup").args(["check", "/root/copy.sqlite3"]))
}
