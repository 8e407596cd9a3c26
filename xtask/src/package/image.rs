//! The image for containers, from nothing but the program and the libraries that it loads.
//!
//! It is written as the OCI image specification has it (a layout of blobs by their digests), for two things
//! that builders of images do not give: the same bytes each time, and a health check in an OCI image. The
//! specification has none; Docker reads its own field there, as its BuildKit writes it, and others pass over it.
//! `manifest.json` is what versions of Docker read that do not know the layout.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::exec;
use crate::package::contents::Contents;
use crate::package::libraries;
use crate::package::release::{Effort, Release};
use crate::package::tree::{Tree, gzip};

/// A user that no machine has, as images commonly name it.
const USER: u32 = 65_532;
/// Where the database lies: what outlives a container.
const DATA: &str = "data";
/// Who has written the libraries, where Debian says so.
const COPYRIGHTS: [&str; 2] =
    ["usr/share/doc/libc6/copyright", "usr/share/doc/libgcc-s1/copyright"];
/// In nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// The image's name, its bytes, and how large it is when it is unpacked.
pub fn make(
    release: &Release,
    contents: &Contents,
    effort: Effort,
) -> Result<(String, Vec<u8>, u64)> {
    let root = root(contents)?;
    let layer = root.archive("", release.epoch)?;
    let mut layout = Tree::default();
    let mut blob = |content: Vec<u8>, media: &str| -> Result<Value> {
        let digest = sha256(&content)?;
        let size = content.len();
        layout.file(format!("blobs/sha256/{digest}"), 0o644, content);
        let media = format!("application/vnd.oci.image.{media}");
        Ok(json!({ "mediaType": media, "digest": format!("sha256:{digest}"), "size": size }))
    };
    let config = config(release, &format!("sha256:{}", sha256(&layer)?))?;
    let config = blob(serde_json::to_vec(&config)?, "config.v1+json")?;
    let layer = blob(gzip(&layer, effort)?, "layer.v1.tar+gzip")?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config,
        "layers": [layer],
    });
    let mut manifest = blob(serde_json::to_vec(&manifest)?, "manifest.v1+json")?;
    manifest["annotations"] = json!({
        "org.opencontainers.image.ref.name": release.version,
        // By which Docker and Podman name what they load.
        "io.containerd.image.name": format!("docker.io/library/handup:{}", release.version),
    });
    manifest["platform"] = json!({ "architecture": release.architecture, "os": "linux" });
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [manifest],
    });
    let of_old = json!([{
        "Config": path(&config)?,
        "RepoTags": [format!("handup:{}", release.version)],
        "Layers": [path(&layer)?],
    }]);
    for (name, content) in [
        ("index.json", index),
        ("manifest.json", of_old),
        ("oci-layout", json!({ "imageLayoutVersion": "1.0.0" })),
    ] {
        layout.file(name, 0o644, serde_json::to_vec(&content)?);
    }
    let name = format!("handup-{}-{}.oci.tar", release.version, release.machine);
    Ok((name, layout.archive("", release.epoch)?, root.size()))
}

/// What a container sees.
fn root(contents: &Contents) -> Result<Tree> {
    let mut tree = Tree::default();
    tree.folder(DATA, 0o700, USER);
    // What SQLite sorts on disk, it sorts here.
    tree.folder("tmp", 0o1777, 0);
    tree.file("usr/bin/handup", 0o755, contents.program.clone());
    tree.file("usr/share/doc/handup/LICENSE", 0o644, contents.license.clone());
    let notices = gzip(contents.notices.as_bytes(), Effort::Release)?;
    tree.file("usr/share/doc/handup/NOTICES.gz", 0o644, notices);
    tree.file("etc/passwd", 0o644, format!("handup:x:{USER}:{USER}::/{DATA}:/nonexistent\n"));
    tree.file("etc/group", 0o644, format!("handup:x:{USER}:\n"));
    tree.file("etc/nsswitch.conf", 0o644, "hosts: files dns\n");

    let folder = tempfile::tempdir().context("cannot make a folder")?;
    let program = folder.path().join("handup");
    exec::write_file(&program, &contents.program)?;
    exec::run(exec::command("chmod").arg("+x").arg(&program))?;
    for library in libraries::files(&program)? {
        let path = library.strip_prefix("/")?.display().to_string();
        tree.file(path, 0o755, exec::read_file(&library)?);
    }
    for path in COPYRIGHTS {
        if let Ok(text) = std::fs::read(format!("/{path}")) {
            tree.file(path, 0o644, text);
        }
    }
    Ok(tree)
}

/// How a container is run.
fn config(release: &Release, layer: &str) -> Result<Value> {
    let created = release.date("+%Y-%m-%dT%H:%M:%SZ")?;
    let user = format!("{USER}:{USER}");
    let data = format!("/{DATA}");
    Ok(json!({
        "created": created,
        "architecture": release.architecture,
        "os": "linux",
        "config": {
            "User": user,
            "ExposedPorts": { "3000/tcp": {} },
            "Env": [
                "PATH=/usr/bin",
                "HANDUP_LISTEN=0.0.0.0:3000",
                format!("HANDUP_DATABASE={data}/handup.sqlite3"),
            ],
            "Entrypoint": ["/usr/bin/handup"],
            "WorkingDir": data,
            "Volumes": { data.clone(): {} },
            "StopSignal": "SIGTERM",
            "Labels": {
                "org.opencontainers.image.title": "Handup",
                "org.opencontainers.image.description": "The raise-hand room for a class",
                "org.opencontainers.image.licenses": "MIT",
                "org.opencontainers.image.version": release.version,
            },
            "Healthcheck": {
                "Test": ["CMD", "/usr/bin/handup", "healthy"],
                "Interval": 30 * SECOND,
                "Timeout": 12 * SECOND,
                "StartPeriod": 10 * SECOND,
                "Retries": 3,
            },
        },
        "rootfs": { "type": "layers", "diff_ids": [layer] },
        "history": [{ "created": created, "created_by": "cargo xtask package" }],
    }))
}

/// Where the blob lies that a descriptor names.
fn path(descriptor: &Value) -> Result<String> {
    let digest = descriptor["digest"].as_str().context("a descriptor has a digest")?;
    Ok(format!("blobs/{}", digest.replace(':', "/")))
}

fn sha256(content: &[u8]) -> Result<String> {
    let told = exec::filter(&mut exec::command("sha256sum"), content)?;
    let told = String::from_utf8(told).context("sha256sum has printed what is no text")?;
    Ok(told.split_whitespace().next().context("sha256sum has printed nothing")?.to_owned())
}
