//! Code splitting: the modules that are split off the WASM, and how a browser fetches them.
//!
//! What several modules share is in chunks. A page that begins with a module needs all of its chunks at once:
//! they lie in custom sections of the module, which is one request instead of a dozen, and packs
//! better (the teacher's with its fourteen chunks: 58 KB instead of 70). A module that is loaded
//! lazily takes only those chunks that the page does not have yet.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use wasm_encoder::{CustomSection, Section};
use wasm_split_cli_support::SplitWasm;

use crate::exec;

/// The modules that are the first of a page to need chunks: all of theirs lie within.
const FIRST: [&str; 3] = ["teacher", "screen", "sheets"];

/// How they are loaded, in place of what wasm-split writes of it.
const LOADER: &str = include_str!("parts.js");
/// Where that begins in the script of wasm-split.
const REPLACED: &str = "function makeLoad(";

/// The parts and their chunks.
pub struct Parts {
    /// The files, by the names that wasm-split gives them.
    files: BTreeMap<String, PathBuf>,
    /// What each part needs, itself included.
    needs: BTreeMap<String, Vec<String>>,
    /// Tells builds apart: a page that is open while the server is replaced must not get a part of another
    /// build.
    build: String,
}

impl Parts {
    /// What wasm-split has made, with the build in the names of the files.
    pub fn new(split: SplitWasm, build: u64) -> Result<Self> {
        let build = format!("{build:016x}");
        let mut files = BTreeMap::new();
        for file in split.split_modules {
            let name = file.file_stem().context("a module has a name")?.to_string_lossy();
            let named = file.with_file_name(format!("{name}-{build}.wasm"));
            std::fs::rename(&file, &named)
                .with_context(|| format!("cannot rename {}", file.display()))?;
            files.insert(name.into_owned(), named);
        }
        Ok(Self { files, needs: split.prefetch_map.into_iter().collect(), build })
    }

    /// All files there are before [`Self::join`].
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.files.values()
    }

    /// Puts chunks into the parts that bring them, and has the script load them from there.
    pub fn join(&self, script: &Path) -> Result<()> {
        let mut beside = BTreeSet::new();
        let mut parts = String::new();
        for (part, needs) in &self.needs {
            let own = format!("split_{part}");
            let chunks: Vec<_> = needs.iter().filter(|need| **need != own).collect();
            let (within, others) =
                if FIRST.contains(&&**part) { (chunks, Vec::new()) } else { (Vec::new(), chunks) };
            let file = self.file(&own)?;
            let mut module = exec::read_file(file)?;
            for chunk in &within {
                let data = exec::read_file(self.file(chunk)?)?.into();
                CustomSection { name: chunk.as_str().into(), data }.append_to(&mut module);
            }
            exec::write_file(file, module)?;
            parts += &format!(
                "export const __wasm_split_load_{part} = part(\"{own}\", {within:?}, {others:?});\n"
            );
            beside.extend(others);
        }
        for part in FIRST {
            ensure!(self.needs.contains_key(part), "there is no part {part} any more");
        }
        let is_chunk = |name: &str| !name.starts_with("split_");
        for (name, file) in &self.files {
            if is_chunk(name) && !beside.contains(name) {
                std::fs::remove_file(file)
                    .with_context(|| format!("cannot remove {}", file.display()))?;
            }
        }
        let text = exec::read_text(script)?;
        let cut = text.find(REPLACED).with_context(|| format!("no {REPLACED} in the script"))?;
        let build = format!("const BUILD = \"{}\";\n", self.build);
        exec::write_file(script, [&text[..cut], &build, LOADER, &parts].concat())
    }

    fn file(&self, name: &str) -> Result<&PathBuf> {
        self.files.get(name).with_context(|| format!("wasm-split has made no {name}"))
    }
}
