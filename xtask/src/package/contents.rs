//! What every package carries: the program without its symbols, and what the program prints of itself.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::exec;
use crate::package::release::Release;
use crate::package::{linked, notices};
use crate::workspace::Workspace;

/// A shell, and where Debian looks for what completes commands in it.
pub const SHELLS: [(&str, &str); 3] = [
    ("bash", "usr/share/bash-completion/completions/handup"),
    ("fish", "usr/share/fish/vendor_completions.d/handup.fish"),
    ("zsh", "usr/share/zsh/vendor-completions/_handup"),
];

/// The files of all packages.
pub struct Contents {
    /// The program.
    pub program: Vec<u8>,
    /// The pages of the manual, by their names.
    pub pages: BTreeMap<String, Vec<u8>>,
    /// What completes commands, in the order of [`SHELLS`].
    pub completions: Vec<Vec<u8>>,
    /// The licenses of what is linked into the program.
    pub notices: String,
    /// The license of the program itself.
    pub license: String,
    /// The unit for systemd.
    pub unit: String,
    /// The settings of the unit, each commented out.
    pub settings: String,
    /// What has changed.
    pub changelog: String,
}

impl Contents {
    /// Gathers them around a server's binary.
    pub fn gather(
        workspace: &Workspace,
        release: &Release,
        server: &Path,
        packages: &BTreeMap<linked::Id, linked::Package>,
    ) -> Result<Self> {
        let told = exec::read(exec::command(server).arg("--version"))?;
        ensure!(
            told.trim() == format!("handup {}", release.version),
            "{} says that it is {}, and not handup {}",
            server.display(),
            told.trim(),
            release.version
        );
        let folder = tempfile::tempdir().context("cannot make a folder")?;
        let program = folder.path().join("handup");
        exec::run(exec::command("strip").arg("-o").arg(&program).arg(server))
            .context("symbols are taken off by strip: on Debian, `apt-get install binutils`")?;
        let manual = folder.path().join("manual");
        exec::make_folder(&manual)?;
        exec::run(exec::command(server).arg("manual").arg(&manual))?;
        let mut pages = BTreeMap::new();
        for (name, _) in exec::list(&manual)? {
            pages.insert(name.display().to_string(), exec::read_file(&manual.join(&name))?);
        }
        let completions = SHELLS
            .map(|(shell, _)| exec::read(exec::command(server).args(["completions", shell])))
            .into_iter()
            .map(|text| text.map(String::into_bytes))
            .collect::<Result<_>>()?;
        let text = |path: &str| exec::read_text(&workspace.root.join(path));
        Ok(Self {
            program: exec::read_file(&program)?,
            pages,
            completions,
            notices: notices::of(packages)?,
            license: text("LICENSE")?,
            unit: text("packaging/handup.service")?,
            settings: text("packaging/handup.env")?,
            changelog: text("CHANGELOG.md")?,
        })
    }
}
