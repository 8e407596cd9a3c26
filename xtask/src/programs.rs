//! The programs that the tests run beside our own: where they are, and Debian's in the place of those that
//! are missing.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::exec::{self, say};
use crate::install;

/// Where a program may be.
#[derive(Clone, Copy)]
enum Place {
    /// By this name in the `PATH`.
    Named(&'static str),
    /// At this path.
    At(&'static str),
    /// At a path below one of the folders in a folder, for Debian names these by the machine.
    Below(&'static str, &'static str),
}

/// A program that the tests run.
pub struct Program {
    /// What people call it.
    title: &'static str,
    /// The environment variable that says where it is, to us and to the tests.
    variable: &'static str,
    places: &'static [Place],
    /// Debian's packages for it, and for what it needs to be of use.
    packages: &'static [&'static str],
}

/// The browser that most of the tests are for; it needs fonts for whatever a class may write.
const CHROMIUM: Program = Program {
    title: "Chromium",
    variable: "CHROMIUM",
    places: &[
        Place::Named("chromium"),
        Place::Named("chromium-browser"),
        Place::Named("google-chrome"),
        Place::Named("google-chrome-stable"),
    ],
    packages: &["chromium", "fonts-liberation", "fonts-noto-color-emoji"],
};

/// A proxy to put in front of servers.
const NGINX: Program = Program {
    title: "nginx",
    variable: "NGINX",
    places: &[Place::At("/usr/sbin/nginx")],
    packages: &["nginx"],
};

/// Another one, of which docs/PROXY.md has the lines too.
const CADDY: Program = Program {
    title: "Caddy",
    variable: "CADDY",
    places: &[Place::Named("caddy")],
    packages: &["caddy"],
};

/// A server that helps calls, which `handup doctor` looks at.
const COTURN: Program = Program {
    title: "coturn",
    variable: "TURNSERVER",
    places: &[Place::Named("turnserver")],
    packages: &["coturn"],
};

/// What certificates are made with.
const OPENSSL: Program = Program {
    title: "openssl",
    variable: "OPENSSL",
    places: &[Place::At("/usr/bin/openssl")],
    packages: &["openssl"],
};

/// The database that a server may have in the place of its file.
const POSTGRES: Program = Program {
    title: "PostgreSQL",
    variable: "POSTGRES",
    places: &[Place::Below("/usr/lib/postgresql", "bin/postgres"), Place::Named("postgres")],
    packages: &["postgresql"],
};

/// Every program of the browser tests: three engines, and a proxy to put between them and the
/// server.
const ALL: [Program; 7] = [
    CHROMIUM,
    Program {
        title: "Firefox",
        variable: "FIREFOX",
        places: &[Place::Named("firefox-esr"), Place::Named("firefox")],
        packages: &["firefox-esr"],
    },
    Program {
        title: "WebKitGTK's driver",
        variable: "WEBKIT_DRIVER",
        places: &[Place::Named("WebKitWebDriver")],
        packages: &["webkit2gtk-driver"],
    },
    Program {
        title: "WebKitGTK's MiniBrowser",
        variable: "WEBKIT",
        places: &[
            Place::Below("/usr/lib", "webkit2gtk-4.1/MiniBrowser"),
            Place::At("/usr/libexec/webkit2gtk-4.1/MiniBrowser"),
        ],
        packages: &["webkit2gtk-driver"],
    },
    Program {
        title: "Xvfb",
        variable: "XVFB",
        places: &[Place::Named("Xvfb")],
        packages: &["xvfb"],
    },
    NGINX,
    OPENSSL,
];

/// What tries packages: a Debian in a folder, what unpacks images, and what reads units and the manual.
const OF_PACKAGES: [Program; 4] = [
    Program {
        title: "debootstrap",
        variable: "DEBOOTSTRAP",
        places: &[Place::At("/usr/sbin/debootstrap"), Place::Named("debootstrap")],
        packages: &["debootstrap"],
    },
    Program {
        title: "umoci",
        variable: "UMOCI",
        places: &[Place::Named("umoci")],
        packages: &["umoci"],
    },
    Program {
        title: "mandoc",
        variable: "MANDOC",
        places: &[Place::Named("mandoc")],
        packages: &["mandoc"],
    },
    Program {
        title: "systemd-analyze",
        variable: "SYSTEMD_ANALYZE",
        places: &[Place::Named("systemd-analyze")],
        packages: &["systemd"],
    },
];

/// A program that is there.
pub struct Found {
    /// What people call it.
    pub title: &'static str,
    /// The environment variable by which the tests are told.
    pub variable: &'static str,
    /// Where it is.
    pub path: PathBuf,
}

/// Finds Chromium, or installs Debian's when that is possible.
pub fn chromium() -> Result<Found> {
    one(CHROMIUM)
}

/// Finds nginx, or installs Debian's when that is possible.
pub fn nginx() -> Result<Found> {
    one(NGINX)
}

/// Finds PostgreSQL's server, or installs Debian's when that is possible.
pub fn postgres() -> Result<Found> {
    one(POSTGRES)
}

/// Finds what `handup doctor` and docs/PROXY.md are tried with, or installs Debian's when that is
/// possible.
pub fn of_operators() -> Result<Vec<Found>> {
    find_or_install(&[NGINX, CADDY, COTURN, OPENSSL])
}

/// Finds what tries packages, in the order debootstrap, umoci, mandoc, systemd-analyze, or installs Debian's
/// when that is possible.
pub fn of_packages() -> Result<[Found; 4]> {
    let found = find_or_install(&OF_PACKAGES)?;
    found.try_into().map_err(|_| anyhow::anyhow!("not all were looked for"))
}

/// Finds all programs of the browser tests, or installs Debian's when that is possible.
pub fn all() -> Result<Vec<Found>> {
    find_or_install(&ALL)
}

fn one(program: Program) -> Result<Found> {
    let mut found = find_or_install(&[program])?;
    found.pop().context("nothing was looked for")
}

fn find_or_install(programs: &[Program]) -> Result<Vec<Found>> {
    let missing = missing(programs)?;
    if !missing.is_empty() {
        if !install::may_install() {
            bail!(without(&missing));
        }
        say(format_args!("there is no {}: installing Debian's", titles(&missing)));
        install::debian(&packages(&missing))?;
    }
    let found = |program: &Program| {
        let path = program.find()?.with_context(|| {
            let Program { title, variable, .. } = program;
            format!(
                "{} is installed, but {title} is not where it is looked for: set the environment \
                 variable {variable} to its path",
                program.packages.join(", ")
            )
        })?;
        Ok(Found { title: program.title, variable: program.variable, path })
    };
    programs.iter().map(found).collect()
}

fn missing(programs: &[Program]) -> Result<Vec<&Program>> {
    let mut missing = Vec::new();
    for program in programs {
        if program.find()?.is_none() {
            missing.push(program);
        }
    }
    Ok(missing)
}

fn titles(programs: &[&Program]) -> String {
    programs.iter().map(|program| program.title).collect::<Vec<_>>().join(", no ")
}

fn packages(programs: &[&Program]) -> Vec<&'static str> {
    let mut packages: Vec<_> =
        programs.iter().flat_map(|program| program.packages).copied().collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

/// What a developer reads on whose machine something is missing that cannot be installed.
fn without(missing: &[&Program]) -> String {
    let variables: Vec<_> = missing.iter().map(|program| program.variable).collect();
    format!(
        "there is no {}, which tests need, and this is no Debian on which it may be installed. \
         Install what is missing (on Debian: `apt-get install {}`), or set {} to where it is. To \
         run all but the browser tests: `cargo xtask test --no-browser`",
        titles(missing),
        packages(missing).join(" "),
        variables.join(", "),
    )
}

impl Program {
    /// Where it is, if it is there. It is an error that a developer names what is no program.
    fn find(&self) -> Result<Option<PathBuf>> {
        let variable = self.variable;
        if let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) {
            let path = PathBuf::from(path);
            if !exec::is_program(&path) {
                bail!(
                    "the environment variable {variable} says {}, which is no program",
                    path.display()
                );
            }
            let path = std::path::absolute(&path).context("the current folder is gone")?;
            return Ok(Some(path));
        }
        Ok(self.places.iter().find_map(|place| place.find()))
    }
}

impl Place {
    fn find(self) -> Option<PathBuf> {
        match self {
            Self::Named(name) => exec::find(name),
            Self::At(path) => Some(PathBuf::from(path)).filter(|path| exec::is_program(path)),
            Self::Below(folder, path) => std::fs::read_dir(Path::new(folder))
                .ok()?
                .filter_map(|entry| Some(entry.ok()?.path().join(path)))
                .find(|path| exec::is_program(path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOWHERE: Program = Program {
        title: "Nothing",
        variable: "HANDUP_TEST_NOTHING",
        places: &[
            Place::Named("handup-nothing"),
            Place::At("/handup/nothing"),
            Place::Below("/handup", "nothing"),
        ],
        packages: &["nothing", "fonts"],
    };

    #[test]
    fn what_is_missing_is_said_with_the_way_to_have_it() {
        let all = [NOWHERE, Program { title: "Nobody", packages: &["nobody", "fonts"], ..NOWHERE }];
        let missing = missing(&all).unwrap();
        assert_eq!(missing.len(), 2);
        let told = without(&missing);
        assert!(told.starts_with("there is no Nothing, no Nobody, which tests need"), "{told}");
        assert!(told.contains("apt-get install fonts nobody nothing`"), "{told}");
        assert!(told.contains("HANDUP_TEST_NOTHING"), "{told}");
    }

    #[test]
    fn a_program_is_found_by_its_name_its_path_and_below_a_folder() {
        assert!(Place::Named("sh").find().is_some());
        assert!(Place::At("/bin/sh").find().is_some());
        assert!(Place::Below("/", "sh").find().is_some());
    }
}
