//! The module tree of one crate: its files parsed, and the names that each module defines or imports.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use syn::ext::IdentExt;
use syn::{Attribute, Expr, Item, ItemMod, Lit, Meta, UseTree, Visibility};

/// A module, as its place in [`Tree::modules`].
pub type ModuleId = usize;
/// A file, as its place in [`Tree::files`].
pub type FileId = usize;

/// A crate.
#[derive(Default)]
pub struct Tree {
    /// The crate's files, the root first.
    pub files: Vec<PathBuf>,
    /// The crate's modules, the root first.
    pub modules: Vec<Module>,
}

/// A module: a whole file, or a part of one.
pub struct Module {
    /// The file that it is written in.
    pub file: FileId,
    /// The module that declares it; none for the root.
    pub parent: Option<ModuleId>,
    /// Whether it holds the unit tests of the file it is in.
    pub is_unit_tests: bool,
    /// What it holds, but for modules.
    pub items: Vec<Item>,
    /// The names in it.
    pub scope: Scope,
}

/// The names that are defined or imported in a module or a block.
#[derive(Default)]
pub struct Scope {
    /// What each name is bound to: by `cfg`, or as a type and a value, to several things.
    pub names: BTreeMap<String, Vec<Binding>>,
    /// Modules and enums of which every name is imported.
    pub globs: Vec<Vec<String>>,
}

/// What a name is bound to.
#[derive(Clone)]
pub enum Binding {
    /// An item that is defined in this module.
    Item(ModuleId),
    /// A module.
    Module(ModuleId),
    /// Whatever this path leads to.
    Import(Vec<String>),
}

/// One path of a `use` declaration.
pub struct Import {
    /// The path, without `as` and `*`.
    pub path: Vec<String>,
    /// The name it is bound to; none for a glob.
    pub name: Option<String>,
}

impl Tree {
    /// Parses a crate from its root file on.
    pub fn parse(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        let folder = root.parent().context("a crate's root is in a folder")?;
        tree.add_file(root, folder, None, false)?;
        Ok(tree)
    }

    /// Whether a module is written in a file, or is a part of one that is.
    pub fn is_part_of(&self, module: ModuleId, file: FileId) -> bool {
        let parent = |module: &ModuleId| self.modules[*module].parent;
        std::iter::successors(Some(module), parent).any(|module| self.modules[module].file == file)
    }

    /// Parses a file as a module. The files of its children are looked for in `folder`.
    fn add_file(
        &mut self,
        path: &Path,
        folder: &Path,
        parent: Option<ModuleId>,
        is_unit_tests: bool,
    ) -> Result<ModuleId> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let parsed = syn::parse_file(&text);
        let parsed = parsed.with_context(|| format!("cannot parse {}", path.display()))?;
        let file = self.files.len();
        self.files.push(path.to_owned());
        self.add_module(parsed.items, file, folder, parent, is_unit_tests)
    }

    fn add_module(
        &mut self,
        items: Vec<Item>,
        file: FileId,
        folder: &Path,
        parent: Option<ModuleId>,
        is_unit_tests: bool,
    ) -> Result<ModuleId> {
        let id = self.modules.len();
        self.modules.push(Module {
            file,
            parent,
            is_unit_tests,
            items: Vec::new(),
            scope: Scope::default(),
        });
        let mut own = Vec::new();
        for item in items {
            if let Item::Mod(module) = item {
                let name = module.ident.unraw().to_string();
                let child = self.add_child(module, id, folder)?;
                self.modules[id].scope.bind(name, Binding::Module(child));
                continue;
            }
            self.modules[id].scope.add(&item, id);
            if let Item::Macro(item) = &item
                && let Some(name) = &item.ident
                && item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"))
            {
                self.modules[0].scope.bind(name.to_string(), Binding::Item(id));
            }
            own.push(item);
        }
        self.modules[id].items = own;
        Ok(id)
    }

    fn add_child(&mut self, child: ItemMod, parent: ModuleId, folder: &Path) -> Result<ModuleId> {
        let name = child.ident.unraw().to_string();
        let file = self.modules[parent].file;
        let inner = folder.join(&name);
        if let Some((_, items)) = child.content {
            let is_unit_tests = self.modules[parent].is_unit_tests || is_for_tests(&child.attrs);
            return self.add_module(items, file, &inner, Some(parent), is_unit_tests);
        }
        // A file of tests is a file like others: its imports count.
        if let Some(path) = path_attribute(&child.attrs) {
            let path = self.files[file].with_file_name(path);
            let folder = path.parent().unwrap_or(folder).to_owned();
            return self.add_file(&path, &folder, Some(parent), false);
        }
        let candidates = [folder.join(format!("{name}.rs")), inner.join("mod.rs")];
        let Some(path) = candidates.iter().find(|path| path.is_file()) else {
            bail!("{} declares `mod {name}`, and has no file for it", self.files[file].display());
        };
        self.add_file(path, &inner, Some(parent), false)
    }
}

impl Scope {
    /// Binds what an item defines or imports; `module` is where it stands.
    pub fn add(&mut self, item: &Item, module: ModuleId) {
        let name = match item {
            Item::Use(item) => {
                // `::name` is another crate's.
                if item.leading_colon.is_none() {
                    self.add_imports(&item.tree);
                }
                return;
            }
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::TraitAlias(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Union(item) => &item.ident,
            Item::Macro(item) => match &item.ident {
                Some(name) => name,
                None => return,
            },
            _ => return,
        };
        self.bind(name.unraw().to_string(), Binding::Item(module));
    }

    fn add_imports(&mut self, tree: &UseTree) {
        for import in imports(tree) {
            match import.name {
                Some(name) => self.bind(name, Binding::Import(import.path)),
                None => self.globs.push(import.path),
            }
        }
    }

    fn bind(&mut self, name: String, binding: Binding) {
        self.names.entry(name).or_default().push(binding);
    }
}

/// The single paths of a `use` declaration.
pub fn imports(tree: &UseTree) -> Vec<Import> {
    let mut found = Vec::new();
    collect(tree, &mut Vec::new(), &mut found);
    found
}

fn collect(tree: &UseTree, prefix: &mut Vec<String>, found: &mut Vec<Import>) {
    let mut leaf = |name: &syn::Ident, bound: Option<&syn::Ident>| {
        let name = name.unraw().to_string();
        let mut path = prefix.clone();
        if name != "self" || path.is_empty() {
            path.push(name);
        }
        let bound = bound.map(|name| name.unraw().to_string()).or_else(|| path.last().cloned());
        found.push(Import { path, name: bound });
    };
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.unraw().to_string());
            collect(&path.tree, prefix, found);
            prefix.pop();
        }
        UseTree::Name(name) => leaf(&name.ident, None),
        UseTree::Rename(name) => leaf(&name.ident, Some(&name.rename)),
        UseTree::Glob(_) => found.push(Import { path: prefix.clone(), name: None }),
        UseTree::Group(group) => {
            for tree in &group.items {
                collect(tree, prefix, found);
            }
        }
    }
}

/// Whether a `use` of this visibility hands names on.
pub fn is_reexport(visibility: &Visibility) -> bool {
    !matches!(visibility, Visibility::Inherited)
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|what| what.is_ident("test"))
    })
}

/// The file that `#[path = "…"]` names.
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    })
}
