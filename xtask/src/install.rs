//! What is not Cargo's to install: Debian's packages, those of npm, and one of PyPI.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::exec::{self, say};
use crate::workspace::Workspace;

/// Whether Debian's packages can be installed here.
pub fn may_install() -> bool {
    exec::find("apt-get").is_some()
        && (is_root() || exec::succeeds(exec::command("sudo").args(["-n", "true"])))
}

/// Whether this process may do everything.
pub fn is_root() -> bool {
    exec::read(exec::command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Installs packages of Debian.
pub fn debian(packages: &[&str]) -> Result<()> {
    let apt_get = |args: &[&str]| {
        let mut command = if is_root() {
            exec::command("apt-get")
        } else {
            let mut sudo = exec::command("sudo");
            sudo.args(["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
            sudo
        };
        exec::run(command.args(args).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt_get(&["update"])?;
    apt_get(&[&["install", "--yes", "--no-install-recommends"][..], packages].concat())
}

/// Installs the npm packages of the folder's lock file, unless they are there; `without` tells how
/// to do without.
pub fn npm(folder: &Path, without: &str) -> Result<()> {
    let lock = exec::read_file(&folder.join("package-lock.json"))?;
    let installed = folder.join("node_modules/.installed-lock.json");
    if std::fs::read(&installed).is_ok_and(|old| old == lock) {
        return Ok(());
    }
    if exec::find("npm").is_none() {
        bail!("there is no npm in the PATH: install Node 20 or newer. {without}");
    }
    exec::run(
        exec::command("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .current_dir(folder),
    )?;
    exec::write_file(&installed, lock)
}

/// Installs the spreadsheet program by which the tests read exports, unless it is there.
pub fn spreadsheet() -> Result<()> {
    if exec::find("soffice").is_some() {
        return Ok(());
    }
    if !may_install() {
        bail!(
            "there is no soffice: on Debian, `apt-get install --no-install-recommends libreoffice-calc`"
        );
    }
    say("there is no soffice, which reads exports in tests: installing Debian's LibreOffice Calc");
    debian(&["libreoffice-calc"])
}

/// The version of Schemathesis that the tests run.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// Installs the program that makes requests from the description of the API, in an environment of its
/// own below `target/`, unless it is there; tells where it is.
pub fn schemathesis(workspace: &Workspace) -> Result<PathBuf> {
    let place = workspace.target.join(SCHEMATHESIS);
    let program = place.join("bin/schemathesis");
    // What was installed in part is not taken for the whole.
    let whole = place.join(".installed");
    if whole.exists() {
        return Ok(program);
    }
    let venv = |place: &Path| {
        exec::succeeds(exec::command("python3").args(["-m", "venv", "--clear"]).arg(place))
    };
    if !venv(&place) {
        if !may_install() {
            bail!("python3 makes no environments: on Debian, `apt-get install python3-venv`");
        }
        debian(&["python3-venv"])?;
        if !venv(&place) {
            bail!("python3 makes no environments, though python3-venv is installed");
        }
    }
    exec::run(exec::command(place.join("bin/pip")).args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        SCHEMATHESIS,
    ]))?;
    exec::write_file(&whole, "")?;
    Ok(program)
}

/// The module of nginx that the benchmark's peer is.
const NCHAN: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";

/// Installs the peers that Handup is measured beside.
pub fn peers(root: &Path) -> Result<()> {
    if !Path::new(NCHAN).exists() {
        if !may_install() {
            bail!("there is no nchan: on Debian, `apt-get install nginx libnginx-mod-nchan`");
        }
        say("there is no nchan: installing Debian's");
        debian(&["nginx", "libnginx-mod-nchan"])?;
    }
    npm(&root.join("benches/peers"), "Some of the peers run on it")
}
