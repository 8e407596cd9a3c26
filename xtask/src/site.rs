//! Lays out what the server serves as files, and builds the server over it.
//!
//! A release embeds the site, so it must be complete before the server is
//! compiled. Files are only touched when they differ: Cargo recompiles what
//! embeds a file whose time has changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::css;
use crate::exec::{self, say};
use crate::wasm::{self, OUTPUT_NAME};
use crate::workspace::{Profile, Workspace};

/// Files by their path in the site.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// The folder of the site for what is built (`site-pkg-dir` in the root
/// Cargo.toml).
const PKG: &str = "pkg";

/// Scripts that pages fetch when they need them, and that are no part of the bundle.
const SCRIPTS: [&str; 2] =
    ["app/src/room/microphone/microphone.js", "app/src/room/call/meeting.js"];

/// Builds everything there is of Handup, and tells the server's binary.
pub fn build_server(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    build(workspace, profile, &[])
}

/// The same after `cargo test --workspace`: with a test among what is built, Cargo gives the crates the
/// features that tests have, and so builds none of them once more.
pub fn build_server_of_tests(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    build(workspace, profile, &["--test=description"])
}

fn build(workspace: &Workspace, profile: Profile, beside: &[&str]) -> Result<PathBuf> {
    let bundle = wasm::build(workspace, profile)?;
    let mut files = collect(workspace, &bundle)?;
    if profile == Profile::Release {
        pack(&mut files)?;
    }
    sync(&workspace.site(), &files)?;
    if profile == Profile::Release {
        forget_other_files(workspace, &files)?;
    }
    // The development build takes the features of the whole workspace, as whatever else is built in it
    // does; the release has only those it needs.
    let (package, beside) = match profile {
        Profile::Dev => ("--workspace", beside),
        Profile::Release => ("--package=handup", &[][..]),
    };
    exec::run(
        exec::cargo()
            .args(["build", package, "--bin=handup"])
            .args(beside)
            .args(["--profile", profile.for_server()])
            .current_dir(&workspace.root),
    )?;
    let server = workspace.server(profile);
    if !server.is_file() {
        bail!("cargo has not made {}", server.display());
    }
    // Last, where it is seen.
    if profile == Profile::Release
        && let Some(lacks) = wasm::lacks(workspace)
    {
        say(lacks);
    }
    Ok(server)
}

/// Builds the program that kills the server, and what it puts between that and its disk.
pub fn build_crash(workspace: &Workspace) -> Result<PathBuf> {
    for what in [&["--workspace", "--bin=crash"][..], &["--package=crash-shim"]] {
        exec::run(exec::cargo().arg("build").args(what).current_dir(&workspace.root))?;
    }
    Ok(workspace.server(Profile::Dev).with_file_name("crash"))
}

/// Makes the site of the release, and tells what of it a browser has to fetch.
pub fn weigh(workspace: &Workspace) -> Result<()> {
    let bundle = wasm::build(workspace, Profile::Release)?;
    let mut files = collect(workspace, &bundle)?;
    pack(&mut files)?;
    sync(&workspace.site(), &files)?;
    tell_weights(workspace)
}

/// Tells where the release is, and what of it a browser has to fetch.
pub fn tell_sizes(workspace: &Workspace, server: &Path) -> Result<()> {
    let meta = server.metadata();
    let size = meta.with_context(|| format!("cannot read {}", server.display()))?.len();
    println!("{}: {size} bytes", workspace.shown(server));
    tell_weights(workspace)
}

/// Tells what a browser has to fetch.
fn tell_weights(workspace: &Workspace) -> Result<()> {
    let pkg = workspace.site().join(PKG);
    let files = exec::list(&pkg)?;
    for (path, size) in &files {
        let name = path.display().to_string();
        let Some(name) = name.strip_suffix(PACKED) else {
            println!("  {PKG}/{name}: {size} bytes");
            continue;
        };
        let mut plain = Vec::new();
        brotli::BrotliDecompress(&mut exec::read_file(&pkg.join(path))?.as_slice(), &mut plain)
            .with_context(|| format!("cannot unpack {}", path.display()))?;
        println!("  {PKG}/{name}: {} bytes, {size} with brotli", plain.len());
    }
    Ok(())
}

/// What a file's name has more when it is packed.
const PACKED: &str = ".br";
/// What is smaller than this is not worth a copy, in bytes.
const WORTH_PACKING: usize = 1_024;

/// Puts a packed copy in the place of what gets smaller by it, for the server to send as it is: packing as
/// tightly takes too long for a request.
fn pack(files: &mut Files) -> Result<()> {
    let options = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut all = Files::new();
    for (path, content) in std::mem::take(files) {
        let mut packed = Vec::new();
        if content.len() >= WORTH_PACKING {
            brotli::BrotliCompress(&mut content.as_slice(), &mut packed, &options)
                .with_context(|| format!("cannot pack {}", path.display()))?;
        }
        if packed.is_empty() || packed.len() >= content.len() {
            all.insert(path, content);
        } else {
            all.insert(packed_path(&path), packed);
        }
    }
    *files = all;
    Ok(())
}

fn packed_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(PACKED);
    name.into()
}

/// Gathers the site: the bundle and the style sheet, beside the public files.
fn collect(workspace: &Workspace, bundle: &Path) -> Result<Files> {
    let mut files = Files::new();
    add_folder(&mut files, &workspace.root.join("public"), Path::new(""))?;
    add_folder(&mut files, bundle, Path::new(PKG))?;
    add(
        &mut files,
        Path::new(PKG).join(format!("{OUTPUT_NAME}.css")),
        style_sheet(workspace)?.into_bytes(),
    )?;
    for script in SCRIPTS {
        let path = workspace.root.join(script);
        let name = path.file_name().with_context(|| format!("{script} names no file"))?;
        add(&mut files, Path::new(PKG).join(name), exec::read_file(&path)?)?;
    }
    Ok(files)
}

fn style_sheet(workspace: &Workspace) -> Result<String> {
    let folder = workspace.root.join("style");
    let read = |path: &Path| {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let sheet = css::inline(&folder.join("main.css"), &read)?;
    for (path, _) in exec::list(&folder)? {
        let path = folder.join(path);
        let css = path.extension().is_some_and(|extension| extension == "css");
        if css && !sheet.files.contains(&path) {
            say(format_args!(
                "nothing imports {}: its rules are in no page",
                workspace.shown(&path)
            ));
        }
    }
    Ok(sheet.text)
}

fn add(files: &mut Files, path: PathBuf, content: Vec<u8>) -> Result<()> {
    if files.contains_key(&path) {
        bail!("two files of the site want to be {}", path.display());
    }
    files.insert(path, content);
    Ok(())
}

fn add_folder(files: &mut Files, folder: &Path, into: &Path) -> Result<()> {
    for (path, _) in exec::list(folder)? {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden {
            add(files, into.join(&path), exec::read_file(&folder.join(path))?)?;
        }
    }
    Ok(())
}

/// Makes a folder hold these files and no others.
fn sync(folder: &Path, files: &Files) -> Result<()> {
    let old = exec::list(folder)?;
    for path in old.keys().filter(|path| !files.contains_key(*path)) {
        let path = folder.join(path);
        std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    for (path, content) in files {
        let same_size = old.get(path).is_some_and(|size| *size == content.len() as u64);
        let path = folder.join(path);
        if same_size && exec::read_file(&path)? == *content {
            continue;
        }
        if let Some(parent) = path.parent() {
            exec::make_folder(parent)?;
        }
        exec::write_file(&path, content)?;
    }
    Ok(())
}

/// Cargo sees when a file that the release embeds has changed, but not that
/// there is another one to embed: then have it embed them all anew.
fn forget_other_files(workspace: &Workspace, files: &Files) -> Result<()> {
    let note = workspace.target.join("site-embedded.txt");
    let names: String = files.keys().map(|path| format!("{}\n", path.display())).collect();
    if std::fs::read_to_string(&note).is_ok_and(|old| old == names) {
        return Ok(());
    }
    exec::run(
        exec::cargo()
            .args(["clean", "--package=web", "--profile=release"])
            .current_dir(&workspace.root),
    )?;
    exec::write_file(&note, names)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter()
            .map(|(path, content)| (PathBuf::from(path), content.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn syncing_writes_what_differs_and_removes_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        sync(folder.path(), &files(&[("a", "1"), ("b", "2"), ("pkg/c", "3")])).unwrap();
        let long_ago = SystemTime::UNIX_EPOCH;
        for path in ["a", "b", "pkg/c"] {
            let file = std::fs::File::options().write(true).open(at(path)).unwrap();
            file.set_modified(long_ago).unwrap();
        }

        sync(folder.path(), &files(&[("a", "1"), ("b", "5"), ("d/e", "4")])).unwrap();
        let modified = |path: &str| at(path).metadata().unwrap().modified().unwrap();
        assert_eq!(modified("a"), long_ago);
        assert_ne!(modified("b"), long_ago);
        assert_eq!(std::fs::read(at("b")).unwrap(), b"5");
        let left: Vec<_> = exec::list(folder.path()).unwrap().into_keys().collect();
        assert_eq!(left, ["a", "b", "d/e"].map(PathBuf::from));
    }

    #[test]
    fn what_gets_smaller_is_packed_in_the_place_of_itself() {
        let text = "hand ".repeat(1_000);
        let mut site = files(&[("pkg/small.js", "1"), ("pkg/large.js", &text)]);
        pack(&mut site).unwrap();
        let names: Vec<_> = site.keys().map(|path| path.display().to_string()).collect();
        assert_eq!(names, ["pkg/large.js.br", "pkg/small.js"]);
        let mut plain = Vec::new();
        let packed = &site[Path::new("pkg/large.js.br")];
        brotli::BrotliDecompress(&mut packed.as_slice(), &mut plain).unwrap();
        assert_eq!(plain, text.as_bytes());
    }

    #[test]
    fn two_files_cannot_have_one_path() {
        let mut site = files(&[("pkg/handup.css", "")]);
        assert!(add(&mut site, "pkg/handup.css".into(), Vec::new()).is_err());
        assert!(add(&mut site, "handup.css".into(), Vec::new()).is_ok());
    }
}
