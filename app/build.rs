//! Makes typed functions of the catalogue of sentences (`locales/en.ftl`, in the syntax of Project
//! Fluent): one for each message, with its variables as arguments. A message that is misspelt, lacks a
//! variable or has a plural without its general form does not build.
//!
//! Of Fluent's syntax a message may have text, strings, variables, and one selector on a number, which chooses by
//! its plural category or, with `NUMBER($n, type: "ordinal")`, by its ordinal one. A pattern is kept as
//! text: `{0}` stands for the first variable, and `|0c|one…|*…` for a choice by the first variable.

use std::env;
use std::fmt::Write;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use fluent_syntax::ast::{
    Comment, Entry, Expression, InlineExpression, Message, Pattern, PatternElement, Variant,
    VariantKey,
};
use fluent_syntax::parser;

/// The groups that come with the page of the class room, and are all that the browser's half has.
const OF_ROOM: [&str; 6] = ["room", "code", "screen", "live", "call", "trouble"];
/// Those of them that the browser's half alone asks for.
const OF_BROWSER: [&str; 2] = ["live", "call"];
/// The categories of plurals and ordinals, and the letter that stands for each in a pattern.
const CATEGORIES: [(&str, char); 6] =
    [("zero", 'z'), ("one", 'o'), ("two", 't'), ("few", 'f'), ("many", 'm'), ("other", '*')];

fn main() {
    println!("cargo::rerun-if-changed=locales/en.ftl");
    println!("cargo::rerun-if-changed=build.rs");
    let source = fs::read_to_string("locales/en.ftl").expect("locales/en.ftl");
    let code = match generated(&source) {
        Ok(code) => code,
        Err(problem) => panic!("locales/en.ftl: {problem}"),
    };
    let place = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&place).join("words.rs"), code).expect("a folder to write into");
}

/// A variable of a message.
#[derive(Clone, PartialEq, Eq)]
struct Variable {
    name: String,
    kind: Kind,
}

/// What is put in the place of a variable.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Element,
}

/// A message as it is kept.
struct Sentence {
    group: String,
    name: String,
    variables: Vec<Variable>,
    pattern: String,
}

fn generated(source: &str) -> Result<String, String> {
    let resource =
        parser::parse(source).map_err(|(_, problems)| format!("cannot be read: {problems:?}"))?;
    let mut sentences = Vec::new();
    for entry in resource.body {
        match entry {
            Entry::Message(message) => sentences.push(sentence(&message)?),
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
            Entry::Term(term) => return Err(format!("-{}: terms are not known", term.id.name)),
            Entry::Junk { content } => return Err(format!("what is this? {content}")),
        }
    }
    // What comes with the page of the room comes first.
    sentences.sort_by_key(|it| !OF_ROOM.contains(&it.group.as_str()));
    let of_room = sentences.iter().filter(|it| OF_ROOM.contains(&it.group.as_str())).count();
    Ok(code(&sentences, of_room))
}

fn sentence(message: &Message<&str>) -> Result<Sentence, String> {
    let id = message.id.name;
    let (group, name) = id.split_once('-').ok_or_else(|| format!("{id}: which group?"))?;
    let pattern = message.value.as_ref().ok_or_else(|| format!("{id} has no text"))?;
    let mut kinds = message.comment.as_ref().map(declared).unwrap_or_default();
    let mut variables = Vec::new();
    let pattern = written(pattern, &mut variables, &kinds).map_err(|why| format!("{id}: {why}"))?;
    if variables.len() > 10 {
        return Err(format!("{id}: a pattern counts variables by one digit"));
    }
    kinds.retain(|declared| !variables.iter().any(|it| it.name == declared.name));
    if let Some(unused) = kinds.first() {
        return Err(format!("{id}: ${} is said to be there and is not", unused.name));
    }
    let [group, name] = [group, name].map(|it| it.replace('-', "_"));
    Ok(Sentence { group, name, variables, pattern })
}

/// What a comment says of variables: `$name (Element)`.
fn declared(comment: &Comment<&str>) -> Vec<Variable> {
    let words: Vec<&str> = comment.content.iter().flat_map(|it| it.split_whitespace()).collect();
    let pairs = words.windows(2).filter_map(|pair| {
        let name = pair[0].strip_prefix('$')?.to_owned();
        let kind = match pair[1].trim_end_matches([',', '.', ':']) {
            "(Number)" => Kind::Number,
            "(Element)" => Kind::Element,
            _ => return None,
        };
        Some(Variable { name, kind })
    });
    pairs.collect()
}

/// The place of a variable among those of its message.
fn place(name: &str, variables: &mut Vec<Variable>, kinds: &[Variable]) -> usize {
    variables.iter().position(|it| it.name == name).unwrap_or_else(|| {
        let kind = kinds.iter().find(|it| it.name == name).map_or(Kind::Text, |it| it.kind);
        variables.push(Variable { name: name.to_owned(), kind });
        variables.len() - 1
    })
}

fn written(
    pattern: &Pattern<&str>,
    variables: &mut Vec<Variable>,
    kinds: &[Variable],
) -> Result<String, String> {
    // What stands before a choice and behind it belongs to each of its variants.
    let mut texts = vec![String::new()];
    let mut choice = None;
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => {
                if value.contains(['{', '}', '|']) {
                    return Err(format!("{value}: no braces and no bars"));
                }
                let value = value.replace('\n', " ");
                texts.iter_mut().for_each(|text| text.push_str(&value));
            }
            PatternElement::Placeable { expression: Expression::Inline(inline) } => {
                let put = match inline {
                    InlineExpression::VariableReference { id } => {
                        format!("{{{}}}", place(id.name, variables, kinds))
                    }
                    // By it a text may begin or end with a space.
                    InlineExpression::StringLiteral { value } => (*value).to_owned(),
                    _ => return Err("only variables and strings can be put into a text".to_owned()),
                };
                texts.iter_mut().for_each(|text| text.push_str(&put));
            }
            PatternElement::Placeable { expression: Expression::Select { selector, variants } } => {
                if choice.is_some() {
                    return Err("one choice in a message".to_owned());
                }
                let (name, how) = selected(selector)?;
                let place = place(name, variables, kinds);
                variables[place].kind = Kind::Number;
                let (mut chosen, mut letters) = (Vec::new(), Vec::new());
                for variant in variants {
                    let text = written(&variant.value, variables, kinds)?;
                    chosen.push(texts[0].clone() + &text);
                    letters.push(letter(variant)?);
                }
                texts = chosen;
                choice = Some((place, how, letters));
            }
        }
    }
    let Some((place, how, letters)) = choice else { return Ok(texts.remove(0)) };
    let mut whole = format!("|{place}{how}");
    for (letter, text) in letters.into_iter().zip(texts) {
        // Writing into memory does not fail.
        let _ = write!(whole, "|{letter}{text}");
    }
    Ok(whole)
}

/// The variable by which a variant is chosen, and whether as a cardinal or an ordinal number.
fn selected<'a>(selector: &InlineExpression<&'a str>) -> Result<(&'a str, char), String> {
    match selector {
        InlineExpression::VariableReference { id } => Ok((id.name, 'c')),
        InlineExpression::FunctionReference { id, arguments } if id.name == "NUMBER" => {
            let [InlineExpression::VariableReference { id }] = arguments.positional.as_slice()
            else {
                return Err("NUMBER takes one variable".to_owned());
            };
            let is_ordinal = arguments.named.iter().any(|argument| {
                argument.name.name == "type"
                    && matches!(&argument.value, InlineExpression::StringLiteral { value } if *value == "ordinal")
            });
            Ok((id.name, if is_ordinal { 'n' } else { 'c' }))
        }
        _ => Err("a choice is by a variable or by NUMBER".to_owned()),
    }
}

fn letter(variant: &Variant<&str>) -> Result<char, String> {
    let VariantKey::Identifier { name } = variant.key else {
        return Err("a variant is a category of plurals".to_owned());
    };
    let known = CATEGORIES.into_iter().find(|(category, _)| *category == name);
    let (_, letter) = known.ok_or_else(|| format!("{name} is no category of plurals"))?;
    if variant.default != (letter == '*') {
        return Err("the general form is *[other]".to_owned());
    }
    Ok(letter)
}

/// Tells sentences from others, or from the same in another order or with other variables; of their words
/// it knows nothing.
fn order(sentences: &[Sentence]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for Sentence { group, name, variables, .. } in sentences {
        (group, name).hash(&mut hasher);
        variables.iter().for_each(|variable| variable.name.hash(&mut hasher));
    }
    hasher.finish()
}

fn code(sentences: &[Sentence], of_room: usize) -> String {
    let mut code = String::new();
    let patterns: Vec<&str> = sentences.iter().map(|it| it.pattern.as_str()).collect();
    let _ = writeln!(code, "#[cfg(feature = \"ssr\")]");
    let _ = writeln!(code, "const PATTERNS: [&str; {}] = {patterns:#?};", patterns.len());
    let _ = writeln!(code, "#[cfg(feature = \"ssr\")]");
    let _ = writeln!(code, "const OF_ROOM: usize = {of_room};");
    let _ = writeln!(code, "#[cfg(any(feature = \"ssr\", feature = \"browser\"))]");
    let _ = writeln!(code, "const ORDER: &str = \"{:016x}\";", order(&sentences[..of_room]));
    let mut groups: Vec<&str> = Vec::new();
    for sentence in sentences {
        if !groups.contains(&sentence.group.as_str()) {
            groups.push(&sentence.group);
        }
    }
    for group in groups {
        if OF_BROWSER.contains(&group) {
            code.push_str("#[cfg(feature = \"browser\")]\n");
        } else if !OF_ROOM.contains(&group) {
            code.push_str("#[cfg(feature = \"ssr\")]\n");
        }
        let _ = writeln!(code, "pub mod {group} {{");
        for (index, sentence) in sentences.iter().enumerate().filter(|(_, it)| it.group == group) {
            code.push_str(&function(index, sentence));
        }
        code.push_str("}\n");
    }
    code
}

fn function(index: usize, sentence: &Sentence) -> String {
    let Sentence { name, variables, pattern, .. } = sentence;
    let argument = |it: &Variable| match it.kind {
        Kind::Text => format!("{}: &str", it.name.replace('-', "_")),
        Kind::Number => format!("{}: usize", it.name.replace('-', "_")),
        Kind::Element => {
            format!("{}: impl leptos::prelude::IntoAny", it.name.replace('-', "_"))
        }
    };
    let passed = |it: &Variable| {
        let name = it.name.replace('-', "_");
        match it.kind {
            Kind::Text => format!("super::Argument::Text({name})"),
            Kind::Number => format!("super::Argument::Number({name})"),
            Kind::Element => {
                format!("super::Slot::Element(leptos::prelude::IntoAny::into_any({name}))")
            }
        }
    };
    let arguments: Vec<String> = variables.iter().map(argument).collect();
    let arguments = arguments.join(", ");
    let is_view = variables.iter().any(|it| it.kind == Kind::Element);
    let passed = variables.iter().map(|it| match it.kind {
        Kind::Text | Kind::Number if is_view => format!("super::Slot::Argument({})", passed(it)),
        Kind::Text | Kind::Number | Kind::Element => passed(it),
    });
    let passed = passed.collect::<Vec<String>>().join(", ");
    let (type_, body) = if variables.is_empty() {
        ("&'static str", format!("super::pattern({index})"))
    } else if is_view {
        ("leptos::prelude::AnyView", format!("super::view({index}, vec![{passed}])"))
    } else {
        ("String", format!("super::text({index}, &[{passed}])"))
    };
    format!(
        "    /// {pattern}\n    pub fn {name}({arguments}) -> {type_} {{\n        {body}\n    }}\n"
    )
}
