//! Name resolution: which file defines what a path leads to, through imports, re-exports and globs.
//!
//! This is the part of the compiler's that the graph needs. Names of other crates, of the prelude and
//! of local variables lead nowhere.

use std::collections::BTreeSet;

use super::tree::{Binding, ModuleId, Scope, Tree};

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A module.
    Module(ModuleId),
    /// An item of this module, or what belongs to one.
    Item(ModuleId, String),
}

/// The lookups under way: a name that is looked for again leads nowhere.
type Seen = BTreeSet<(ModuleId, String)>;

impl Tree {
    /// What a path leads to that stands in a module, or in blocks within it, the innermost last.
    pub fn resolve(&self, module: ModuleId, blocks: &[Scope], path: &[String]) -> Vec<Target> {
        let Some((first, rest)) = path.split_first() else { return Vec::new() };
        for block in blocks.iter().rev() {
            let Some(bindings) = block.names.get(first) else { continue };
            let mut found = BTreeSet::new();
            for binding in bindings {
                let targets = self.bound(module, first, binding, &mut Seen::new());
                found.extend(self.descend(targets, rest, &mut Seen::new()));
            }
            return found.into_iter().collect();
        }
        let found = self.walk(module, path, &mut Seen::new());
        if !found.is_empty() {
            return found;
        }
        let globs = blocks.iter().rev().flat_map(|block| &block.globs);
        let mut found = BTreeSet::new();
        for glob in globs {
            for target in self.walk(module, glob, &mut Seen::new()) {
                if let Target::Module(of) = target {
                    let targets = self.look_up(of, first, &mut Seen::new());
                    found.extend(self.descend(targets, rest, &mut Seen::new()));
                }
            }
        }
        found.into_iter().collect()
    }

    fn walk(&self, module: ModuleId, path: &[String], seen: &mut Seen) -> Vec<Target> {
        let mut at = module;
        for (index, name) in path.iter().enumerate() {
            match name.as_str() {
                "crate" => at = 0,
                "self" => {}
                "super" => match self.modules[at].parent {
                    Some(parent) => at = parent,
                    None => return Vec::new(),
                },
                _ if index == 0 => {
                    let targets = self.look_up(at, name, seen);
                    return self.descend(targets, &path[1..], seen);
                }
                _ => return self.descend(vec![Target::Module(at)], &path[index..], seen),
            }
        }
        vec![Target::Module(at)]
    }

    /// Follows a path from where its beginning leads.
    fn descend(&self, targets: Vec<Target>, path: &[String], seen: &mut Seen) -> Vec<Target> {
        let Some((first, rest)) = path.split_first() else { return targets };
        let mut found = BTreeSet::new();
        for target in targets {
            match target {
                // A variant, or what is associated with a type.
                Target::Item(..) => {
                    found.insert(target);
                }
                Target::Module(module) => {
                    let mut next = self.look_up(module, first, seen);
                    if next.is_empty() && !self.leads_out(module, first) {
                        // The program compiles, so a macro has made it there.
                        next = vec![Target::Item(module, first.clone())];
                    }
                    found.extend(self.descend(next, rest, seen));
                }
            }
        }
        found.into_iter().collect()
    }

    /// What a name stands for in a module.
    fn look_up(&self, module: ModuleId, name: &str, seen: &mut Seen) -> Vec<Target> {
        if !seen.insert((module, name.to_owned())) {
            return Vec::new();
        }
        let scope = &self.modules[module].scope;
        let mut found = BTreeSet::new();
        for binding in scope.names.get(name).into_iter().flatten() {
            found.extend(self.bound(module, name, binding, seen));
        }
        if found.is_empty() && !scope.names.contains_key(name) {
            for glob in &scope.globs {
                for target in self.walk(module, glob, seen) {
                    if let Target::Module(of) = target {
                        found.extend(self.look_up(of, name, seen));
                    }
                }
            }
        }
        seen.remove(&(module, name.to_owned()));
        found.into_iter().collect()
    }

    fn bound(
        &self,
        module: ModuleId,
        name: &str,
        binding: &Binding,
        seen: &mut Seen,
    ) -> Vec<Target> {
        match binding {
            Binding::Item(at) => vec![Target::Item(*at, name.to_owned())],
            Binding::Module(at) => vec![Target::Module(*at)],
            Binding::Import(path) => self.walk(module, path, seen),
        }
    }

    /// Whether a module has the name from another crate.
    fn leads_out(&self, module: ModuleId, name: &str) -> bool {
        let scope = &self.modules[module].scope;
        scope.names.contains_key(name)
    }
}
