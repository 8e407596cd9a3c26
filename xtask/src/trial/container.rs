//! The image, unpacked by umoci and run in its folder as its configuration says. There is no engine here.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::exec;
use crate::programs::Found;
use crate::trial::serving::{self, Serving};

/// Unpacks an image into a folder, runs it, and asks it from outside and by its own health check.
pub fn try_image(umoci: &Found, image: &Path, folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).context("cannot remove what was unpacked before")?;
    }
    let layout = folder.join("layout");
    exec::make_folder(&layout)?;
    exec::run(
        exec::command("tar")
            .args(["--extract", "--directory"])
            .arg(&layout)
            .arg("--file")
            .arg(image),
    )?;
    let index: Value = serde_json::from_str(&exec::read_text(&layout.join("index.json"))?)?;
    let tag = &index["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"];
    let tag = tag.as_str().context("the image has no tag")?;
    let bundle = folder.join("bundle");
    let mut unpack = exec::command(&umoci.path);
    unpack.args(["unpack", "--image"]).arg(format!("{}:{tag}", layout.display())).arg(&bundle);
    exec::run(&mut unpack)?;

    // What umoci has read from the image's configuration, in the words of a runtime's.
    let config: Value = serde_json::from_str(&exec::read_text(&bundle.join("config.json"))?)?;
    let process = &config["process"];
    let user = process["user"]["uid"].as_u64().context("it is nobody's")?;
    ensure!(user == 65_532, "it runs as user {user}");
    ensure!(process["cwd"] == "/data", "it runs in {}", process["cwd"]);
    let program = process["args"][0].as_str().context("it runs nothing")?;
    let mut environment: Vec<(String, String)> = process["env"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one.as_str()?.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut set = |name: &str, value: String| {
        environment.retain(|(known, _)| known != name);
        environment.push((name.to_owned(), value));
        environment.clone()
    };
    // Another port than the image's, which may be taken here.
    let environment_of_server = set("HANDUP_LISTEN", "0.0.0.0:0".to_owned());
    let root = bundle.join("rootfs");
    let user = u32::try_from(user)?;
    let server =
        Serving::start(&mut serving::command(&root, user, program, &environment_of_server))?;
    server.is_ready()?;
    ensure!(root.join("data/handup.sqlite3").is_file(), "its database is not in /data");

    let check = health_check(&layout)?;
    let environment = set("HANDUP_LISTEN", format!("0.0.0.0:{}", server.address.port()));
    let health = || {
        let mut health = serving::command(&root, user, &check[0], &environment);
        health.args(&check[1..]);
        health
    };
    exec::run(&mut health())?;
    server.stop()?;
    ensure!(!exec::succeeds(&mut health()), "a server that has stopped is called healthy");
    Ok(())
}

/// The command by which an engine is to look after a container.
fn health_check(layout: &Path) -> Result<Vec<String>> {
    let of_old: Value = serde_json::from_str(&exec::read_text(&layout.join("manifest.json"))?)?;
    let config = of_old[0]["Config"].as_str().context("manifest.json names no configuration")?;
    let config: Value = serde_json::from_str(&exec::read_text(&layout.join(config))?)?;
    let test = config["config"]["Healthcheck"]["Test"].as_array().context("no health check")?;
    let words: Vec<_> = test.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    ensure!(words.len() > 1 && words[0] == "CMD", "the health check is {test:?}");
    Ok(words[1..].to_vec())
}
