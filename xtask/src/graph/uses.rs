//! The uses of one module: which files define the names that stand in it.
//!
//! What is called as a method or read as a field is found by its type, which takes a compiler; the
//! name of the type stands somewhere. A name in the tokens of a macro counts where it can be nothing
//! but an item: a path, a type, a function that is called.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Item, ItemUse, Lit, Macro, PatIdent, Path, Stmt, VisRestricted};

use super::resolve::Target;
use super::tree::{FileId, ModuleId, Scope, Tree, imports, is_reexport};

/// What one file takes from others: the file, and the name.
pub type Uses = BTreeSet<(FileId, String)>;

/// Finds the uses of a module, but for those of its own file and of those it is a part of.
pub fn of_module(tree: &Tree, module: ModuleId) -> Uses {
    let mut finder =
        Finder { tree, module, blocks: Vec::new(), variables: BTreeSet::new(), found: Uses::new() };
    for item in &tree.modules[module].items {
        finder.variables = variables(item);
        finder.visit_item(item);
    }
    finder.found
}

/// The keys of serde's attributes whose texts are paths.
const SERDE_PATHS: [&str; 9] = [
    "default",
    "deserialize_with",
    "from",
    "into",
    "remote",
    "serialize_with",
    "skip_serializing_if",
    "try_from",
    "with",
];

struct Finder<'t> {
    tree: &'t Tree,
    module: ModuleId,
    blocks: Vec<Scope>,
    variables: BTreeSet<String>,
    found: Uses,
}

impl Finder<'_> {
    fn note(&mut self, path: &[String]) {
        for target in self.tree.resolve(self.module, &self.blocks, path) {
            if let Target::Item(module, name) = target
                && let file = self.tree.modules[module].file
                && !self.tree.is_part_of(self.module, file)
            {
                self.found.insert((file, name));
            }
        }
    }

    /// Looks for names in what only a macro understands.
    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Group(group) => self.scan(group.stream()),
                TokenTree::Ident(_) => {
                    let (path, end) = path_at(&tokens, at);
                    if stands_alone(&tokens[..at]) && is_item(&path, tokens.get(end)) {
                        self.note(&path);
                    }
                    at = end;
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn scan_serde(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.scan_serde(group.stream()),
                TokenTree::Literal(literal) if index >= 2 => {
                    let is_path = SERDE_PATHS.contains(&tokens[index - 2].to_string().as_str());
                    if is_path
                        && let Lit::Str(text) = Lit::new(literal.clone())
                        && let Ok(path) = text.parse::<Path>()
                    {
                        self.visit_path(&path);
                    }
                }
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_path(&mut self, path: &'ast Path) {
        let names: Vec<String> =
            path.segments.iter().map(|segment| segment.ident.unraw().to_string()).collect();
        let is_variable = names.len() == 1 && self.variables.contains(&names[0]);
        if path.leading_colon.is_none() && !is_variable {
            self.note(&names);
        }
        visit::visit_path(self, path);
    }

    /// An import is a use, but not of a module: what is taken of that, the code says. Handing a name
    /// on is none.
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_some() || is_reexport(&item.vis) {
            return;
        }
        for import in imports(&item.tree) {
            if import.name.is_some() {
                self.note(&import.path);
            }
        }
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let mut scope = Scope::default();
        for statement in &block.stmts {
            if let Stmt::Item(item) = statement {
                scope.add(item, self.module);
            }
        }
        self.blocks.push(scope);
        visit::visit_block(self, block);
        self.blocks.pop();
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.scan(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let path = attribute.path();
        if path.is_ident("doc") {
            return;
        }
        self.visit_path(path);
        if let Ok(list) = attribute.meta.require_list() {
            if path.is_ident("serde") {
                self.scan_serde(list.tokens.clone());
            } else {
                self.scan(list.tokens.clone());
            }
        }
    }

    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}
}

/// The path that begins at a place, and where it ends.
fn path_at(tokens: &[TokenTree], start: usize) -> (Vec<String>, usize) {
    let mut path = Vec::new();
    let mut at = start;
    while let Some(TokenTree::Ident(name)) = tokens.get(at) {
        path.push(name.unraw().to_string());
        at += 1;
        let goes_on = is_punct(tokens.get(at), ':')
            && is_punct(tokens.get(at + 1), ':')
            && matches!(tokens.get(at + 2), Some(TokenTree::Ident(_)));
        if !goes_on {
            break;
        }
        at += 2;
    }
    (path, at)
}

/// Whether what follows these tokens is neither a member of something nor a lifetime, nor goes on
/// with a path.
fn stands_alone(before: &[TokenTree]) -> bool {
    let last = before.last();
    let one_before = before.len().checked_sub(2).and_then(|at| before.get(at));
    let is_member = is_punct(last, '.') && !is_punct(one_before, '.');
    let goes_on = is_punct(last, ':') && is_punct(one_before, ':');
    !(is_member || goes_on || is_punct(last, '\''))
}

/// Whether a path in a macro can be nothing but an item's; `next` is what follows it.
fn is_item(path: &[String], next: Option<&TokenTree>) -> bool {
    let is_called = is_punct(next, '!')
        || matches!(next, Some(TokenTree::Group(group))
            if group.delimiter() == Delimiter::Parenthesis);
    path.len() > 1 || is_called || path[0].starts_with(char::is_uppercase)
}

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

/// The variables of an item, which hide what else has their names.
fn variables(item: &Item) -> BTreeSet<String> {
    struct Variables(BTreeSet<String>);
    impl<'ast> Visit<'ast> for Variables {
        fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
            let name = pattern.ident.unraw().to_string();
            // A constant in a pattern looks like a variable, but for its letters.
            if !name.starts_with(char::is_uppercase) {
                self.0.insert(name);
            }
            visit::visit_pat_ident(self, pattern);
        }
    }
    let mut variables = Variables(BTreeSet::new());
    variables.visit_item(item);
    variables.0
}
