//! Makes what a release is handed out as: an archive, a package for Debian, an image for containers, the bill
//! of materials, and the checksums of all. The same binary and sources give the same bytes.

mod checksums;
mod contents;
mod deb;
mod image;
mod libraries;
mod linked;
mod notices;
mod release;
mod sbom;
mod tarball;
mod tree;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::exec;
use crate::site;
use crate::workspace::{Profile, Workspace};

pub use self::checksums::NAME as CHECKSUMS;
use self::contents::Contents;
pub use self::release::Effort;
use self::release::Release;

/// How large the program without symbols may be, in bytes.
const LARGEST_PROGRAM: u64 = 27_000_000;
/// How large the image may be, in bytes.
const LARGEST_IMAGE: u64 = 30_000_000;

/// The packages of one release, and how large they are in use.
pub struct Made {
    /// The archive for any Linux with glibc.
    pub tarball: PathBuf,
    /// Debian's package.
    pub deb: PathBuf,
    /// The image for containers.
    pub image: PathBuf,
    /// The bill of materials.
    pub sbom: PathBuf,
    /// The program without its symbols, in bytes.
    program_size: u64,
    /// The image when it is unpacked, in bytes.
    image_size: u64,
}

/// Builds the release, makes its packages in `target/package`, and fails when they are too large.
pub fn run(workspace: &Workspace) -> Result<()> {
    let server = site::build_server(workspace, Profile::Release)?;
    let folder = workspace.target.join("package");
    let made = make(workspace, &server, &folder, Effort::Release)?;
    for (name, size) in exec::list(&folder)? {
        println!("{}: {size} bytes", workspace.shown(&folder.join(name)));
    }
    for (what, size, largest) in [
        ("the program without symbols", made.program_size, LARGEST_PROGRAM),
        ("the image, unpacked,", made.image_size, LARGEST_IMAGE),
    ] {
        println!("{what} has {size} bytes of at most {largest}");
    }
    ensure!(made.program_size <= LARGEST_PROGRAM, "the program is too large to be handed out");
    ensure!(made.image_size <= LARGEST_IMAGE, "the image is too large to be handed out");
    Ok(())
}

/// Makes all packages around a server's binary, in a folder that then holds nothing else.
pub fn make(workspace: &Workspace, server: &Path, folder: &Path, effort: Effort) -> Result<Made> {
    if folder.exists() {
        let cannot = || format!("cannot remove {}", folder.display());
        std::fs::remove_dir_all(folder).with_context(cannot)?;
    }
    exec::make_folder(folder)?;
    let release = Release::of(workspace)?;
    let packages = linked::read(workspace)?;
    let contents = Contents::gather(workspace, &release, server, &packages)?;

    let (tarball, bytes) = tarball::make(&release, &contents, effort)?;
    exec::write_file(&folder.join(&tarball), bytes)?;
    let deb = deb::make(workspace, &release, &contents, effort, folder)?;
    let (image, bytes, image_size) = image::make(&release, &contents, effort)?;
    exec::write_file(&folder.join(&image), bytes)?;
    let sbom = format!("handup-{}-{}.cdx.json", release.version, release.machine);
    let bill = sbom::of(&release, &packages)?;
    exec::write_file(&folder.join(&sbom), format!("{bill:#}\n"))?;
    checksums::write(folder)?;
    Ok(Made {
        tarball: folder.join(tarball),
        deb: folder.join(deb),
        image: folder.join(image),
        sbom: folder.join(sbom),
        program_size: contents.program.len() as u64,
        image_size,
    })
}
