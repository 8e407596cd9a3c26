//! The module graph of each crate: which file names what of which other one. Files that name each
//! other in a circle can only be understood all at once, so there must be none.
//!
//! All code is read, whatever `cfg` leaves out. These are no arrows of the graph:
//! - a `mod` declaration, and a name that is handed on (`pub use`): who takes the name uses the file
//!   that defines it;
//! - what a module uses of those it is a part of (`super::Thing`): it is written into them, as Rust's
//!   privacy has it, which shows it even their private items;
//! - what unit tests use, for nothing uses them.

mod resolve;
mod tree;
mod uses;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use self::tree::Tree;
use crate::exec::say;
use crate::workspace::Workspace;

/// How many names of an arrow are told.
const NAMES_TOLD: usize = 6;

/// The files of a crate, and the names that each takes from others.
#[derive(Default)]
struct Graph {
    uses: BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>,
}

/// Files that use each other in a circle: each arrow between two of them, with the names.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Circle {
    arrows: Vec<(PathBuf, PathBuf, BTreeSet<String>)>,
}

/// Draws the graph of every crate, and fails when files use each other in a circle.
pub fn check(workspace: &Workspace) -> Result<()> {
    let (mut circles, mut files) = (BTreeSet::new(), BTreeSet::new());
    for root in &workspace.crate_roots {
        let graph = Graph::of_crate(root, &workspace.root)?;
        circles.extend(graph.circles());
        files.extend(graph.uses.into_keys());
    }
    if circles.is_empty() {
        say(format_args!("{} files, and no circle between them", files.len()));
        return Ok(());
    }
    for circle in &circles {
        say(circle);
    }
    match circles.len() {
        1 => bail!("files use each other in a circle"),
        many => bail!("files use each other in {many} circles"),
    }
}

impl Graph {
    /// Reads a crate. Its files are named as they are seen from `base`.
    fn of_crate(root: &Path, base: &Path) -> Result<Self> {
        let tree = Tree::parse(root)?;
        let named: Vec<&Path> =
            tree.files.iter().map(|file| file.strip_prefix(base).unwrap_or(file)).collect();
        let mut graph = Self::default();
        for file in &named {
            graph.uses.entry((*file).to_owned()).or_default();
        }
        for (id, module) in tree.modules.iter().enumerate() {
            if module.is_unit_tests {
                continue;
            }
            let own = graph.uses.entry(named[module.file].to_owned()).or_default();
            for (file, name) in uses::of_module(&tree, id) {
                own.entry(named[file].to_owned()).or_default().insert(name);
            }
        }
        Ok(graph)
    }

    /// The largest sets of files each of which reaches all the others.
    fn circles(&self) -> Vec<Circle> {
        let reach: BTreeMap<&Path, BTreeSet<&Path>> =
            self.uses.keys().map(|file| (file.as_path(), self.reached_from(file))).collect();
        let mut circles = Vec::new();
        let mut placed = BTreeSet::new();
        for (file, reached) in &reach {
            if placed.contains(file) || !reached.contains(file) {
                continue;
            }
            let members: BTreeSet<&Path> =
                reached.iter().copied().filter(|other| reach[other].contains(file)).collect();
            placed.extend(members.iter().copied());
            circles.push(self.circle(&members));
        }
        circles
    }

    fn reached_from(&self, start: &Path) -> BTreeSet<&Path> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&Path> = vec![start];
        while let Some(file) = next.pop() {
            for other in self.uses.get(file).into_iter().flat_map(BTreeMap::keys) {
                if reached.insert(other.as_path()) {
                    next.push(other);
                }
            }
        }
        reached
    }

    fn circle(&self, members: &BTreeSet<&Path>) -> Circle {
        let mut arrows = Vec::new();
        for &from in members {
            for (to, names) in &self.uses[from] {
                if members.contains(to.as_path()) {
                    arrows.push((from.to_owned(), to.clone(), names.clone()));
                }
            }
        }
        Circle { arrows }
    }
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: BTreeSet<&PathBuf> = self.arrows.iter().map(|(from, ..)| from).collect();
        write!(f, "a circle of {} files", files.len())?;
        for (from, to, names) in &self.arrows {
            let told: Vec<&str> = names.iter().take(NAMES_TOLD).map(String::as_str).collect();
            write!(f, "\n  {} -> {}: {}", from.display(), to.display(), told.join(", "))?;
            if names.len() > NAMES_TOLD {
                write!(f, " and {} more", names.len() - NAMES_TOLD)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The arrows of a crate of these files, as `from -> to: names`.
    fn arrows(files: &[(&str, &str)]) -> Vec<String> {
        let graph = graph(files);
        let mut told = Vec::new();
        for (from, uses) in &graph.uses {
            for (to, names) in uses {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                told.push(format!("{} -> {}: {}", from.display(), to.display(), names.join(" ")));
            }
        }
        told
    }

    fn graph(files: &[(&str, &str)]) -> Graph {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Graph::of_crate(&folder.path().join(files[0].0), folder.path()).unwrap()
    }

    #[test]
    fn declaring_a_module_and_handing_its_names_on_uses_nothing() {
        let files = [("lib.rs", "mod a; pub use a::Thing;"), ("a.rs", "pub struct Thing;")];
        assert_eq!(arrows(&files), [""; 0]);
    }

    #[test]
    fn a_name_that_is_handed_on_is_of_the_file_that_defines_it() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "mod inner; pub use self::inner::Thing as Renamed;"),
            ("a/inner.rs", "pub struct Thing;"),
            ("b.rs", "use crate::a::Renamed; use super::a::*; fn f(_: Renamed) {}"),
            ("c.rs", "pub use crate::a::*; fn f() -> Renamed { todo!() }"),
        ];
        assert_eq!(arrows(&files), ["b.rs -> a/inner.rs: Thing", "c.rs -> a/inner.rs: Thing"]);
    }

    #[test]
    fn paths_are_followed_from_where_they_stand() {
        let files = [
            ("main.rs", "mod a { pub mod b; } mod d; fn main() { self::a::b::f(); }"),
            ("a/b.rs", "mod c; pub fn f() { c::g(); super::super::d::h(c::N); }"),
            ("a/b/c.rs", "pub const N: u8 = 1; pub fn g() { use std::fmt; let _: fmt::Result; }"),
            ("d.rs", "pub fn h(n: u8) { let n = crate::a::b::f; }"),
        ];
        let expected = [
            "a/b.rs -> a/b/c.rs: N g",
            "a/b.rs -> d.rs: h",
            "d.rs -> a/b.rs: f",
            "main.rs -> a/b.rs: f",
        ];
        assert_eq!(arrows(&files), expected);
    }

    #[test]
    fn a_part_of_a_module_uses_what_the_whole_defines_without_an_arrow() {
        let files = [
            ("lib.rs", "mod a; mod z; fn f() { a::b::g(); } mod words { pub const W: u8 = 1; }"),
            ("a.rs", "pub mod b; mod c; fn f() { b::g(); } pub fn z() {}"),
            (
                "a/b.rs",
                "use super::c; pub fn g() { super::f(); crate::f(); c::h(crate::words::W); }",
            ),
            ("a/c.rs", "pub fn h() { crate::z::g() }"),
            ("z.rs", "pub fn g() { crate::a::z() }"),
        ];
        let expected = [
            "a/b.rs -> a/c.rs: h",
            "a/c.rs -> z.rs: g",
            "a.rs -> a/b.rs: g",
            "lib.rs -> a/b.rs: g",
            "z.rs -> a.rs: z",
        ];
        assert_eq!(arrows(&files), expected);
    }

    #[test]
    fn an_imported_module_is_used_by_what_the_code_takes_of_it() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::{b, c}; fn f() { c::g(); }"),
            ("b.rs", ""),
            ("c.rs", "pub fn g() {}"),
        ];
        assert_eq!(arrows(&files), ["a.rs -> c.rs: g"]);
    }

    #[test]
    fn names_in_macros_and_attributes_count() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            (
                "a.rs",
                "use crate::b; use b::*;
                 #[serde(with = \"crate::b::text\", rename = \"size\")] struct S;
                 fn f() { view! { <Label size=1> {b::words(move || x.size().label)} </Label> } }",
            ),
            (
                "b.rs",
                "pub struct Label; pub fn words() {} pub fn size() {} pub fn label() {}
                 pub mod text {}",
            ),
        ];
        assert_eq!(arrows(&files), ["a.rs -> b.rs: Label words"]);
    }

    #[test]
    fn what_a_macro_makes_is_of_the_file_that_calls_it() {
        let files = [
            ("lib.rs", "mod a; mod b; mod m;"),
            ("a.rs", "use crate::b::Id; fn f(_: Id) { crate::make!(Other); }"),
            ("b.rs", "crate::make!(Id);"),
            ("m.rs", "#[macro_export] macro_rules! make { ($n:ident) => { pub struct $n; } }"),
        ];
        let expected = ["a.rs -> b.rs: Id", "a.rs -> m.rs: make", "b.rs -> m.rs: make"];
        assert_eq!(arrows(&files), expected);
    }

    #[test]
    fn variables_and_other_crates_are_no_names_of_ours() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::*; fn f(size: u8) -> u8 { ::b::size(); other::size(); size }"),
            ("b.rs", "pub fn size() {}"),
        ];
        assert_eq!(arrows(&files), [""; 0]);
    }

    #[test]
    fn an_import_in_a_block_holds_in_that_block() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "fn f() { { use crate::b as it; it::g(); } { use crate::c::*; h(); } g(); }"),
            ("b.rs", "pub fn g() {}"),
            ("c.rs", "pub fn h() {} pub fn g() {}"),
        ];
        assert_eq!(arrows(&files), ["a.rs -> b.rs: g", "a.rs -> c.rs: h"]);
    }

    #[test]
    fn unit_tests_use_what_they_like_but_files_of_tests_are_files() {
        let files = [
            ("lib.rs", "pub mod a; mod b; #[cfg(test)] mod tests;"),
            (
                "a.rs",
                "pub fn f() {} #[cfg(test)] mod tests { use crate::b::g; mod deep { use crate::b::g; } }",
            ),
            ("b.rs", "use crate::a::f; pub fn g() {}"),
            ("tests.rs", "use crate::a::f;"),
        ];
        assert_eq!(arrows(&files), ["b.rs -> a.rs: f", "tests.rs -> a.rs: f"]);
    }

    #[test]
    fn both_modules_of_a_name_are_read_whatever_cfg_says() {
        let files = [
            ("lib.rs", "#[cfg(a)] #[path = \"one.rs\"] mod it; #[cfg(not(a))] mod it; mod user;"),
            ("one.rs", "pub fn f() {}"),
            ("it.rs", "pub fn f() {}"),
            ("user.rs", "use crate::it::f;"),
        ];
        assert_eq!(arrows(&files), ["user.rs -> it.rs: f", "user.rs -> one.rs: f"]);
    }

    #[test]
    fn a_circle_is_told_with_its_arrows_and_nothing_beside_it() {
        let circles = graph(&[
            ("lib.rs", "mod a; mod b; mod c; mod d; use d::D; fn f() -> a::A { todo!() }"),
            ("a.rs", "use crate::b::B; use crate::d::D; pub struct A;"),
            ("b.rs", "use crate::c::C; pub struct B;"),
            ("c.rs", "use crate::a::A; pub struct C;"),
            ("d.rs", "pub struct D;"),
        ])
        .circles();
        let told: Vec<String> = circles.iter().map(ToString::to_string).collect();
        let expected =
            "a circle of 3 files\n  a.rs -> b.rs: B\n  b.rs -> c.rs: C\n  c.rs -> a.rs: A";
        assert_eq!(told, [expected]);
    }

    #[test]
    fn circles_that_touch_are_one_and_others_are_told_each() {
        let circles = graph(&[
            ("lib.rs", "mod a; mod b; mod c; mod d; mod e;"),
            ("a.rs", "pub struct A(crate::b::B);"),
            ("b.rs", "pub struct B(crate::a::A, crate::c::C);"),
            ("c.rs", "pub struct C(crate::b::B, crate::d::D);"),
            ("d.rs", "pub struct D(crate::e::E);"),
            ("e.rs", "pub struct E(crate::d::D);"),
        ])
        .circles();
        let sizes: Vec<usize> = circles.iter().map(|circle| circle.arrows.len()).collect();
        assert_eq!(sizes, [4, 2]);
    }
}
