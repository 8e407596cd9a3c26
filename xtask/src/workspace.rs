//! Where things are, so that no other module builds paths from strings.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::exec;

/// How thoroughly to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build; the server reads the site from disk as it runs.
    Dev,
    /// Small and fast; the server carries the site inside.
    Release,
}

impl Profile {
    /// The profile that a `--release` flag asks for.
    pub fn from_release(release: bool) -> Self {
        if release { Self::Release } else { Self::Dev }
    }

    /// Cargo's name of the profile for the server.
    pub fn for_server(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }

    /// Cargo's name of the profile for the WASM (`lib-profile-release` in the
    /// root Cargo.toml).
    pub fn for_wasm(self) -> &'static str {
        match self {
            Self::Dev => "wasm-dev",
            Self::Release => "wasm-release",
        }
    }
}

/// The folder that Cargo puts a profile's results in.
pub fn profile_folder(profile: &str) -> &str {
    if profile == "dev" { "debug" } else { profile }
}

/// The root files in what `cargo metadata` prints.
fn crate_roots(metadata: &serde_json::Value) -> BTreeSet<PathBuf> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let targets = packages.filter_map(|package| package["targets"].as_array()).flatten();
    targets.filter_map(|target| Some(target["src_path"].as_str()?.into())).collect()
}

/// The folders of this checkout.
#[derive(Debug)]
pub struct Workspace {
    /// The folder of the root Cargo.toml.
    pub root: PathBuf,
    /// Cargo's target folder, wherever the developer has put it.
    pub target: PathBuf,
    /// The root file of every crate: libraries, programs, tests and benchmarks.
    pub crate_roots: BTreeSet<PathBuf>,
}

impl Workspace {
    /// Asks Cargo where the workspace and its target folder are, and makes
    /// the site folder: the server embeds it, so even `cargo check` wants it.
    pub fn locate() -> Result<Self> {
        let here = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let mut metadata = exec::cargo();
        metadata
            .args(["metadata", "--no-deps", "--format-version=1"])
            .arg("--manifest-path")
            .arg(here.join("Cargo.toml"));
        let metadata: serde_json::Value = serde_json::from_str(&exec::read(&mut metadata)?)
            .context("what `cargo metadata` printed is not JSON")?;
        let folder = |key: &str| {
            metadata[key]
                .as_str()
                .map(PathBuf::from)
                .with_context(|| format!("`cargo metadata` does not tell {key}"))
        };
        let workspace = Self {
            root: folder("workspace_root")?,
            target: folder("target_directory")?,
            crate_roots: crate_roots(&metadata),
        };
        exec::make_folder(&workspace.site())?;
        Ok(workspace)
    }

    /// What the server serves as files (`site-root` in the root Cargo.toml).
    pub fn site(&self) -> PathBuf {
        self.root.join("target/site")
    }

    /// The browser tests.
    pub fn end2end(&self) -> PathBuf {
        self.root.join("end2end")
    }

    /// The server's binary.
    pub fn server(&self, profile: Profile) -> PathBuf {
        self.target
            .join(profile_folder(profile.for_server()))
            .join(format!("handup{}", std::env::consts::EXE_SUFFIX))
    }

    /// `path` as a reader in the root folder would type it.
    pub fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}
