//! Debian's package: the program as a service of systemd's, put together by dpkg-deb.

use std::path::Path;

use anyhow::{Context, Result};

use crate::exec;
use crate::package::contents::{Contents, SHELLS};
use crate::package::libraries;
use crate::package::release::{Effort, Release};
use crate::package::tree::{Tree, gzip};
use crate::workspace::Workspace;

/// The scripts in `packaging/debian` that dpkg runs.
const SCRIPTS: [&str; 3] = ["postinst", "postrm", "prerm"];
/// Who is asked about the package, where `DEBEMAIL` does not say.
const NOBODY: (&str, &str) = ("Handup", "nobody@handup.invalid");

/// Makes it in a folder, and tells its name.
pub fn make(
    workspace: &Workspace,
    release: &Release,
    contents: &Contents,
    effort: Effort,
    into: &Path,
) -> Result<String> {
    let packed = |content: &[u8]| gzip(content, Effort::Release);
    let debian = |name: &str| exec::read_text(&workspace.root.join("packaging/debian").join(name));
    let version = format!("{}-1", release.version);
    let maintainer = maintainer();

    let mut tree = Tree::default();
    tree.file("usr/bin/handup", 0o755, contents.program.clone());
    tree.file("usr/lib/systemd/system/handup.service", 0o644, contents.unit.clone());
    tree.file("etc/handup.env", 0o640, contents.settings.clone());
    for (name, page) in &contents.pages {
        tree.file(format!("usr/share/man/man1/{name}.gz"), 0o644, packed(page)?);
    }
    for ((_, path), completions) in SHELLS.iter().zip(&contents.completions) {
        tree.file(*path, 0o644, completions.clone());
    }
    let changes = format!(
        "handup ({version}) unstable; urgency=medium\n\n  * Version {}: see changelog.gz.\n\n \
         -- {maintainer}  {}\n",
        release.version,
        release.date("--rfc-email")?
    );
    for (name, content) in [
        ("changelog.Debian.gz", packed(changes.as_bytes())?),
        ("changelog.gz", packed(contents.changelog.as_bytes())?),
        ("copyright", copyright(&debian("copyright")?, &contents.license).into_bytes()),
        ("NOTICES.gz", packed(contents.notices.as_bytes())?),
    ] {
        tree.file(format!("usr/share/doc/handup/{name}"), 0o644, content);
    }

    let work = tempfile::tempdir().context("cannot make a folder")?;
    let program = work.path().join("program");
    exec::write_file(&program, &contents.program)?;
    let control = format!(
        "Package: handup\n\
         Version: {version}\n\
         Architecture: {}\n\
         Maintainer: {maintainer}\n\
         Installed-Size: {}\n\
         Depends: libc6 (>= {}), libgcc-s1\n\
         Section: education\n\
         Priority: optional\n\
         Description: raise-hand room for a class\n \
         A teacher starts a class and shows a link, a code and a QR; students join\n \
         from any phone with a name, no account. Everybody sees the raised hands in\n \
         the same order, live, and whoever is invited to speak has the floor.\n \
         .\n \
         It is one program, run as a service with a user of its own, and one SQLite\n \
         file, or a database of PostgreSQL's.\n",
        release.architecture,
        tree.size().div_ceil(1_024),
        libraries::oldest_glibc(&program)?,
    );
    tree.file("DEBIAN/control", 0o644, control);
    tree.file("DEBIAN/conffiles", 0o644, "/etc/handup.env\n");
    for script in SCRIPTS {
        tree.file(format!("DEBIAN/{script}"), 0o755, debian(script)?);
    }

    let root = work.path().join("root");
    exec::make_folder(&root)?;
    tree.lay_out(&root)?;
    let name = format!("handup_{version}_{}.deb", release.architecture);
    let how = match effort {
        Effort::Release => ["-Zxz", "-z6"],
        Effort::Trial => ["-Zgzip", "-z1"],
    };
    let mut dpkg = exec::command("dpkg-deb");
    dpkg.args(["--build", "--root-owner-group"])
        .args(how)
        .arg(&root)
        .arg(into.join(&name))
        // Times later than this are not told, and the bytes do not hang on how many cores there are.
        .env("SOURCE_DATE_EPOCH", release.epoch.to_string())
        .env("DPKG_DEB_THREADS_MAX", "1");
    exec::run(&mut dpkg).context("on Debian, dpkg-deb is part of dpkg")?;
    Ok(name)
}

/// Whoever makes the package, by the variables that Debian's tools read.
fn maintainer() -> String {
    let told = |name, otherwise: &str| {
        std::env::var(name).ok().filter(|told| !told.is_empty()).unwrap_or(otherwise.to_owned())
    };
    format!("{} <{}>", told("DEBFULLNAME", NOBODY.0), told("DEBEMAIL", NOBODY.1))
}

/// The license, in the form that Debian's programs read.
fn copyright(head: &str, license: &str) -> String {
    let holders: Vec<_> =
        license.lines().filter_map(|line| line.strip_prefix("Copyright (c) ")).collect();
    let terms = license.lines().skip_while(|line| !line.starts_with("Permission"));
    let terms: String = terms
        .map(|line| if line.is_empty() { " .\n".to_owned() } else { format!(" {line}\n") })
        .collect();
    format!("{head}Copyright: {}\nLicense: Expat\n{terms}", holders.join("\n "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_license_becomes_debians_form() {
        let license =
            "MIT License\n\nCopyright (c) 2026 Us\n\nPermission is granted.\n\nNo warranty.\n";
        assert_eq!(
            copyright("Files: *\n", license),
            "Files: *\nCopyright: 2026 Us\nLicense: Expat\n Permission is granted.\n .\n No warranty.\n"
        );
    }
}
