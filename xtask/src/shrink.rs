//! Post-link dead-code elimination and name mangling of the WASM bundle.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::{Context, Result, ensure};
use walrus::Module;

/// Takes classes out of what wasm-bindgen wrote, and what the WASM exports for them: a library
/// brings them along, and the page uses functions alone. Tells the script that is left.
///
/// # Errors
/// When the script is not written as wasm-bindgen did.
pub fn drop_classes(module: &mut Module, script: &str) -> Result<String> {
    let mut left = script.to_owned();
    let mut cut = |from: &str, to: &str| -> Result<String> {
        let start = left.find(from).with_context(|| format!("the script has no {from}"))?;
        let length = left[start..].find(to).with_context(|| format!("{from} does not end"))?;
        Ok(left.drain(start..start + length + to.len()).collect())
    };
    let names = script.lines().filter_map(|line| line.strip_prefix("export class "));
    let mut dropped = String::new();
    for name in names.filter_map(|line| line.strip_suffix(" {")) {
        dropped += &cut(&format!("export class {name} {{\n"), "\n}\n")?;
        dropped += &cut(&format!("if (Symbol.dispose) {name}."), "\n")?;
        dropped += &cut(&format!("const {name}Finalization = "), ");\n")?;
    }
    let is_of_class = |name: &str| uses(&dropped, name) && !uses(&left, name);
    let exports = module.exports.iter().filter(|export| is_of_class(&export.name));
    for id in exports.map(|export| export.id()).collect::<Vec<_>>() {
        module.exports.delete(id);
    }
    Ok(left)
}

/// Whether the script uses what the WASM exports by this name.
fn uses(script: &str, name: &str) -> bool {
    words(script).any(|word| word.strip_prefix("wasm.") == Some(name))
}

/// The script in pieces: names, together with the `wasm.` before them, and what is between them.
fn words(script: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut rest = script;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let is_word = is_part(first);
        let end = |text: &str| text.find(|c| is_part(c) != is_word).unwrap_or(text.len());
        let mut length = end(rest);
        if &rest[..length] == "wasm" && rest[length..].starts_with('.') {
            length += 1 + end(&rest[length + 1..]);
        }
        let (word, after) = rest.split_at(length);
        rest = after;
        Some(word)
    })
}

/// Gives what WASM and script tell each other by short names. `kept` are exports that others know
/// by name; `from` is the name of the script as the WASM knows it. Tells the script that fits.
///
/// Names alone would not tell builds apart any more: a script and a WASM of two builds, which a
/// browser can come to have while the server is replaced, must not be taken for each other's. So
/// `from` becomes a name that stands for all the others.
///
/// # Errors
/// When the script does not name something, or in another way.
pub fn shorten_names(
    module: &mut Module,
    script: &str,
    from: &str,
    kept: impl Fn(&str) -> bool,
) -> Result<String> {
    let mut short: BTreeMap<String, String> = BTreeMap::new();
    let mut build = DefaultHasher::new();
    let mut fresh = (0_usize..).map(|number| {
        let letter = |number: usize| char::from(b'a' + u8::try_from(number % 26).unwrap_or(0));
        match number {
            0..26 => letter(number).to_string(),
            _ => [letter(number / 26 - 1), letter(number)].iter().collect(),
        }
    });
    let mut shorten = |name: &mut String, key: String| {
        name.hash(&mut build);
        *name = fresh.next().unwrap_or_default();
        short.insert(key, name.clone());
    };
    for import in module.imports.iter_mut().filter(|import| import.module == from) {
        let key = import.name.clone();
        shorten(&mut import.name, key);
    }
    for export in module.exports.iter_mut() {
        if uses(script, &export.name) && !kept(&export.name) {
            let key = format!("wasm.{}", export.name);
            shorten(&mut export.name, key);
        }
    }
    let build = format!("{:016x}", build.finish());
    for import in module.imports.iter_mut().filter(|import| import.module == from) {
        import.module.clone_from(&build);
    }

    let mut written = String::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for word in words(script) {
        match short.get(word) {
            Some(name) => {
                *seen.entry(word).or_default() += 1;
                written += if word.starts_with("wasm.") { "wasm." } else { "" };
                written += name;
            }
            None => written += word,
        }
    }
    for key in short.keys() {
        let times = seen.get(key.as_str()).copied().unwrap_or_default();
        let is_export = key.starts_with("wasm.");
        ensure!(times == 1 || is_export && times > 1, "the script names {key} {times} times");
    }
    let from = format!("\"{from}\"");
    ensure!(written.matches(&from).count() == 1, "the script does not name {from} once");
    Ok(written.replace(&from, &format!("\"{build}\"")))
}

/// Takes out of a script what the WASM does not import from it any more.
pub fn drop_unused(module: &Module, script: &str) -> String {
    let mut left = String::new();
    let mut is_dropped = false;
    for line in script.split_inclusive('\n') {
        let entry = line.strip_prefix("        ").and_then(|line| line.split_once(": function("));
        if let Some((name, _)) = entry.filter(|(name, _)| words(name).count() == 1) {
            is_dropped = module.imports.iter().all(|import| import.name != name);
        }
        if !is_dropped {
            left += line;
        }
        is_dropped &= !(line.starts_with("        }") && line.ends_with("},\n"));
    }
    left
}

#[cfg(test)]
mod tests {
    use walrus::FunctionBuilder;

    use super::*;

    const SCRIPT: &str = r#"import * as import1 from "./link.js"
export class Stream {
    free() {
        wasm.__wbg_stream_free(this.ptr, 0);
    }
}
if (Symbol.dispose) Stream.prototype[Symbol.dispose] = Stream.prototype.free;

export function wake() {
    wasm.wake();
}
function imports() {
    const import0 = {
        __wbg_close_aa: function(arg0) {
            arg0.close();
        },
        __wbg_send_cc: function(arg0) {
            arg0.send(new Uint8Array(wasm.memory.buffer));
        },
        __wbg_open_bb: function() { return handleError(function (arg0) {
            arg0.open(wasm.__wbindgen_malloc, wasm.__wbindgen_malloc);
        }, arguments); },
    };
    return { "./it_bg.js": import0, "./link.js": import1 };
}
const StreamFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_stream_free(ptr, 1));
"#;

    /// A module that goes with the script, with its functions by these mangled names.
    fn module(functions: &[&str]) -> Module {
        let mut module = Module::default();
        let of_type = module.types.add(&[], &[]);
        for name in ["__wbg_close_aa", "__wbg_open_bb", "__wbg_send_cc"] {
            module.add_import_func("./it_bg.js", name, of_type);
        }
        module.add_import_func("./link.js", "load", of_type);
        let memory = module.memories.add_local(false, false, 1, None, None);
        module.exports.add("memory", memory);
        for name in ["__wbg_stream_free", "wake", "__wbindgen_malloc"].iter().chain(functions) {
            let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
            builder.name((*name).to_owned()).func_body().i32_const(7).drop();
            let function = builder.finish(Vec::new(), &mut module.funcs);
            if !functions.contains(name) {
                module.exports.add(name, function);
            }
        }
        module
    }

    fn names(module: &Module) -> (Vec<String>, Vec<String>) {
        let imports = module.imports.iter().map(|it| format!("{} {}", it.module, it.name));
        (imports.collect(), module.exports.iter().map(|it| it.name.clone()).collect())
    }

    #[test]
    fn classes_go_with_what_is_exported_for_them() {
        let mut module = module(&[]);
        let script = drop_classes(&mut module, SCRIPT).expect("a script");
        assert!(!script.contains("Stream"), "{script}");
        assert!(script.contains("export function wake"), "{script}");
        assert_eq!(names(&module).1, ["memory", "wake", "__wbindgen_malloc"]);
    }

    #[test]
    fn both_sides_get_the_same_short_names_and_one_that_tells_builds_apart() {
        let mut module = module(&[]);
        let kept = |name: &str| name == "memory";
        let script = shorten_names(&mut module, SCRIPT, "./it_bg.js", kept).expect("a script");
        let (imports, exports) = names(&module);
        let build = imports[0].split_once(' ').expect("two names").0.to_owned();
        assert_eq!(build.len(), 16);
        let own = ["a", "b", "c"].map(|name| format!("{build} {name}"));
        assert_eq!(imports[..3], own);
        assert_eq!(imports[3], "./link.js load");
        assert_eq!(exports, ["memory", "d", "e", "f"]);
        for part in [
            "        b: function() { return",
            "arg0.open(wasm.f, wasm.f)",
            "wasm.memory.buffer",
            "export function wake() {\n    wasm.e();",
            &format!("{{ \"{build}\": import0, \"./link.js\": import1 }}"),
        ] {
            assert!(script.contains(part), "{part} is not in {script}");
        }
    }

    #[test]
    fn a_script_that_lacks_a_name_is_refused() {
        let other = SCRIPT.replace("__wbg_open_bb", "__wbg_open_b2");
        assert!(shorten_names(&mut module(&[]), &other, "./it_bg.js", |_| false).is_err());
        assert!(shorten_names(&mut module(&[]), SCRIPT, "./other.js", |_| false).is_err());
    }

    #[test]
    fn what_is_not_imported_any_more_is_left_out_of_the_script() {
        let mut module = module(&[]);
        module.imports.remove("./it_bg.js", "__wbg_close_aa").expect("it is there");
        module.imports.remove("./it_bg.js", "__wbg_open_bb").expect("it is there");
        let at = |part: &str| SCRIPT.find(part).expect("it is there");
        let left = [
            &SCRIPT[..at("        __wbg_close_aa")],
            &SCRIPT[at("        __wbg_send_cc")..at("        __wbg_open_bb")],
            &SCRIPT[at("    };\n    return")..],
        ];
        assert_eq!(drop_unused(&module, SCRIPT), left.concat());
    }
}
