//! Makes the browser's half: the WASM that Cargo builds, without the parts
//! that are fetched when they are needed, the JavaScript that wasm-bindgen adds
//! to it, and, for a release, wasm-opt over the results.
//!
//! The tools for both are used as libraries, so that nobody has to install
//! the one version of them that fits the lock file.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result, anyhow, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::exec::{self, say};
use crate::parts::Parts;
use crate::workspace::{Profile, Workspace, profile_folder};
use crate::{install, shrink, trap};

/// The target that browsers run.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The name that the browser's files share (`output-name` in the root
/// Cargo.toml).
pub const OUTPUT_NAME: &str = "handup";

/// Makes WASM smaller.
const OPTIMIZER: &str = "wasm-opt";
/// Makes JavaScript smaller.
const MINIFIER: &str = "esbuild";

/// The script that loads what is split off.
const LINK: &str = "./__wasm_split.js";

/// The script of the sources that a browser runs as a worker too.
const WORKER: &str = "tabs.js";

/// Silences a warning of esbuild's: wasm-bindgen writes the same key once for each function that it imports
/// from a script.
const SILENT: &str = "--log-override:duplicate-object-key=silent";

/// What wasm-opt does. The lowest addresses are the far end of the stack, which rustc puts first:
/// no object is there. A function that is called from one place is copied there only when it is
/// small: copied code is less alike, and packs worse.
const PASSES: [&str; 4] =
    ["-Os", "--low-memory-unused", "--one-caller-inline-max-function-size", "50"];

/// What rustc 1.95 emits for the target, and every browser of today runs.
const FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Adds the WASM target to the toolchain when it is missing.
pub fn ensure_target() -> Result<()> {
    if target_is_installed()? {
        return Ok(());
    }
    if exec::find("rustup").is_none() {
        bail!(
            "this Rust toolchain lacks the target {TARGET}, and there is no rustup to add it; \
             install the target in the way the toolchain itself was installed"
        );
    }
    exec::run(exec::command("rustup").args(["target", "add", TARGET]))?;
    if !target_is_installed()? {
        bail!(
            "rustup added the target {TARGET}, but not to the toolchain in use; \
             is the rustc in the PATH rustup's?"
        );
    }
    Ok(())
}

fn target_is_installed() -> Result<bool> {
    let mut rustc = exec::command("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]);
    Ok(Path::new(exec::read(&mut rustc)?.trim()).is_dir())
}

/// Builds the browser's files and tells the folder that they are in.
pub fn build(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    ensure_target()?;
    let cargo_profile = profile.for_wasm();
    exec::run(
        exec::cargo()
            .args(["build", "--package=handup", "--lib"])
            .args(["--target", TARGET, "--profile", cargo_profile])
            .current_dir(&workspace.root),
    )?;
    let input =
        workspace.target.join(TARGET).join(profile_folder(cargo_profile)).join("handup.wasm");
    let output = workspace.target.join("wasm-bindgen").join(cargo_profile);
    // Without a network it is built all the same, and says in the end what it lacks.
    if profile == Profile::Release
        && lacks(workspace).is_some()
        && exec::find("npm").is_some()
        && let Err(error) = install::npm(&workspace.end2end(), "")
    {
        say(error);
    }
    let find = |tool| match profile {
        Profile::Dev => None,
        Profile::Release => find_tool(workspace, tool),
    };
    let (optimizer, minifier) = (find(OPTIMIZER), find(MINIFIER));

    let stamp_file = output.with_extension("stamp");
    let stamp = stamp(&input, &[&optimizer, &minifier])?;
    if std::fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) && output.is_dir() {
        return Ok(output);
    }
    if output.exists() {
        std::fs::remove_dir_all(&output)
            .with_context(|| format!("cannot clear {}", output.display()))?;
    }
    exec::make_folder(&output)?;
    let (main, parts) = split(&input, &output, profile)?;
    let script = output.join(format!("{OUTPUT_NAME}.js"));
    bind(&main, &output, &script, profile)?;
    // Leptos asks for this name where LEPTOS_OUTPUT_NAME is set at compile time.
    let module = output.join(format!("{OUTPUT_NAME}.wasm"));
    std::fs::rename(output.join(format!("{OUTPUT_NAME}_bg.wasm")), &module)
        .with_context(|| format!("wasm-bindgen has not made {}", module.display()))?;
    if let Some(optimizer) = optimizer {
        for module in parts.files().chain([&module]) {
            optimize(&optimizer, module)?;
        }
    }
    parts.join(&output.join(LINK))?;
    if profile == Profile::Release {
        let module = walrus::Module::from_file(&module)
            .with_context(|| format!("cannot read {}", module.display()))?;
        let text = shrink::drop_unused(&module, &exec::read_text(&script)?);
        exec::write_file(&script, text)?;
    }
    if let Some(minifier) = minifier {
        bundle(&minifier, &output, &script)?;
        for script in scripts(&output)? {
            minify(&minifier, &script)?;
        }
    }
    exec::write_file(&stamp_file, stamp)?;
    Ok(output)
}

/// What makes the files of a build what they are, tools and their versions included. The program
/// cannot be asked for its own file: `cargo test` may have replaced it meanwhile.
const RECIPE: [&str; 6] = [
    include_str!("wasm.rs"),
    include_str!("parts.rs"),
    include_str!("parts.js"),
    include_str!("trap.rs"),
    include_str!("shrink.rs"),
    include_str!("../../Cargo.lock"),
];

/// What the result depends on, in a line: when it has not changed, neither has the result.
fn stamp(input: &Path, tools: &[&Option<PathBuf>]) -> Result<String> {
    let meta = input.metadata().with_context(|| format!("cannot read {}", input.display()))?;
    let age = meta.modified()?.duration_since(UNIX_EPOCH)?;
    let mut recipe = DefaultHasher::new();
    RECIPE.hash(&mut recipe);
    Ok(format!(
        "{} bytes of {} ns, by {:016x}, with {tools:?}",
        meta.len(),
        age.as_nanos(),
        recipe.finish(),
    ))
}

/// Splits off what `#[wasm_split]` marks. Tells what is left, for wasm-bindgen,
/// and the parts that were split off.
fn split(input: &Path, output: &Path, profile: Profile) -> Result<(PathBuf, Parts)> {
    say(format_args!("wasm-split {}", input.display()));
    let mut wasm = exec::read_file(input)?;
    if profile == Profile::Release {
        wasm =
            trap::at_once(&wasm).with_context(|| format!("cannot shrink {}", input.display()))?;
    }
    let main = output.with_extension("main.wasm");
    let main_module = format!("./{OUTPUT_NAME}.js");
    let mut options = wasm_split_cli_support::Options::new(&wasm);
    options.link_name = LINK;
    options.output_dir = output;
    options.main_out_path = &main;
    options.main_module = &main_module;
    let split = wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow!("cannot split {}: {error:#}", input.display()))?;
    let mut build = DefaultHasher::new();
    wasm.hash(&mut build);
    Ok((main, Parts::new(split, build.finish())?))
}

fn bind(input: &Path, output: &Path, script: &Path, profile: Profile) -> Result<()> {
    say(format_args!("wasm-bindgen {}", input.display()));
    let release = profile == Profile::Release;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(input)
        .out_name(OUTPUT_NAME)
        .typescript(false)
        // What was split off shares the memory and the table of functions.
        .keep_lld_exports(true)
        .keep_debug(false)
        .remove_name_section(release)
        .remove_producers_section(release);
    let cannot = || format!("wasm-bindgen cannot bundle {}", input.display());
    let mut bound = bindgen.web(true)?.generate_output().with_context(cannot)?;
    bound.emit(output).with_context(cannot)?;
    if !release {
        return Ok(());
    }
    let module = bound.wasm_mut();
    let text = shrink::drop_classes(module, &exec::read_text(script)?)?;
    let link = exec::read_text(&output.join(LINK))?;
    let from = format!("./{OUTPUT_NAME}_bg.js");
    let text = shrink::shorten_names(module, &text, &from, |name| link.contains(name))?;
    exec::write_file(&output.join(format!("{OUTPUT_NAME}_bg.wasm")), module.emit_wasm())?;
    exec::write_file(script, text)
}

/// A program in the PATH or of the npm packages.
fn find_tool(workspace: &Workspace, tool: &str) -> Option<PathBuf> {
    exec::find(tool).or_else(|| {
        let own = workspace.end2end().join("node_modules/.bin").join(tool);
        exec::is_program(&own).then_some(own)
    })
}

/// Why a release's files for browsers are larger than they could be; none when nothing is missing.
pub fn lacks(workspace: &Workspace) -> Option<String> {
    lacking(|tool| find_tool(workspace, tool).is_some())
}

fn lacking(is_there: impl Fn(&str) -> bool) -> Option<String> {
    let missing: Vec<_> =
        [OPTIMIZER, MINIFIER].into_iter().filter(|tool| !is_there(tool)).collect();
    if missing.is_empty() {
        return None;
    }
    Some(format!(
        "{} neither in the PATH nor in end2end/node_modules, so what browsers fetch is larger than \
         docs/PERFORMANCE.md says: install Node with npm, which brings them, and build again",
        match missing[..] {
            [tool] => format!("{tool} is"),
            _ => format!("{} are", missing.join(" and ")),
        }
    ))
}

/// All the JavaScript of a folder: what was made, and what comes from the sources as it is.
fn scripts(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = exec::list(folder)?.into_keys();
    let paths = files.map(|file| folder.join(file));
    Ok(paths.filter(|path| path.extension().is_some_and(|end| end == "js")).collect())
}

fn optimize(optimizer: &Path, wasm: &Path) -> Result<()> {
    let smaller = wasm.with_extension("opt");
    exec::run(
        exec::command(optimizer).args(PASSES).args(FEATURES).arg(wasm).arg("-o").arg(&smaller),
    )?;
    std::fs::rename(&smaller, wasm).with_context(|| format!("cannot replace {}", wasm.display()))
}

/// Takes the scripts of the sources into the one that loads the WASM, but for that which is a worker as well,
/// and has an address of its own.
fn bundle(bundler: &Path, output: &Path, script: &Path) -> Result<()> {
    let mut bundle = exec::command(bundler);
    bundle.args(["--bundle", "--format=esm", "--log-level=warning"]);
    bundle.arg(format!("--external:{LINK}")).arg(format!("--external:*/{WORKER}"));
    bundle.arg(SILENT);
    let whole = exec::read(bundle.arg(script))?;
    exec::write_file(script, whole)?;
    let sources = output.join("snippets");
    for path in scripts(&sources)? {
        if !path.ends_with(WORKER) {
            std::fs::remove_file(&path)
                .with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

fn minify(minifier: &Path, script: &Path) -> Result<()> {
    let mut minify = exec::command(minifier);
    minify.args(["--minify", "--format=esm", "--tree-shaking=true", "--log-level=warning", SILENT]);
    let smaller = exec::read(minify.arg(script))?;
    exec::write_file(script, smaller)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_says_which_tools_it_lacked() {
        assert_eq!(lacking(|_| true), None);
        let said = lacking(|tool| tool != OPTIMIZER).unwrap();
        assert!(said.starts_with("wasm-opt is neither in the PATH nor"), "{said}");
        let said = lacking(|_| false).unwrap();
        assert!(said.starts_with("wasm-opt and esbuild are neither"), "{said}");
        assert!(said.contains("install Node with npm"), "{said}");
    }

    /// The versions of `package` in a lock file.
    fn locked<'a>(lock: &'a str, package: &str) -> Vec<&'a str> {
        let name = format!("name = \"{package}\"");
        lock.split("[[package]]")
            .filter(|entry| entry.lines().any(|line| line == name))
            .filter_map(|entry| {
                let line = entry.lines().find(|line| line.starts_with("version"))?;
                line.split('"').nth(1)
            })
            .collect()
    }

    #[test]
    fn the_bundler_fits_the_lock_file() {
        let lock = include_str!("../../Cargo.lock");
        let library = locked(lock, "wasm-bindgen");
        assert_eq!(library.len(), 1);
        assert_eq!(library, locked(lock, "wasm-bindgen-cli-support"));
    }
}
