//! No sentence stands anywhere but in the catalogue (`locales/en.ftl`).

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The attributes and properties that a person reads or hears.
const READ: [&str; 14] = [
    "alt",
    "aria-label",
    "caption",
    "data-label",
    "hint",
    "keep",
    "label",
    "means",
    "of",
    "opens",
    "placeholder",
    "text",
    "title",
    "words",
];

/// What these say is no language's.
const OF_NO_LANGUAGE: [&str; 4] = ["Handup", " · Handup", "--listen 0.0.0.0:3000", "--public-url"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// The text of a literal, when it is a string.
fn string(literal: &str) -> Option<&str> {
    let quoted = literal.strip_prefix('r').unwrap_or(literal).trim_matches('#');
    quoted.strip_prefix('"')?.strip_suffix('"')
}

/// Whether a string in code is several words: what a person would read.
fn is_sentence(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let is_word = |c: char| c.is_alphabetic() || ",.’:".contains(c);
    // Policies and documents are for browsers.
    !text.contains("-src ")
        && !text.starts_with('<')
        && chars.windows(3).any(|it| is_word(it[0]) && it[1] == ' ' && it[2].is_alphabetic())
}

struct Finder {
    found: Vec<String>,
}

impl Finder {
    fn literal(&mut self, text: &str, is_read: bool) {
        let is_words = text.contains(char::is_alphabetic) && !OF_NO_LANGUAGE.contains(&text);
        if is_words && (is_read || is_sentence(text)) {
            self.found.push(text.to_owned());
        }
    }

    fn code(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |place: Option<usize>, text: &str| {
            place.and_then(|it| tokens.get(it)).is_some_and(|it| it.to_string() == text)
        };
        for (place, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Literal(literal) => {
                    if let Some(text) = string(&literal.to_string()) {
                        self.literal(text, false);
                    }
                }
                TokenTree::Group(group) => {
                    let is_attribute = group.delimiter() == Delimiter::Bracket
                        && (is(place.checked_sub(1), "#")
                            || (is(place.checked_sub(1), "!") && is(place.checked_sub(2), "#")));
                    let is_tests =
                        is(place.checked_sub(1), "tests") && is(place.checked_sub(2), "mod");
                    let is_view = is(place.checked_sub(1), "!") && is(place.checked_sub(2), "view");
                    if is_view {
                        self.view(group.stream());
                    } else if !is_attribute && !is_tests {
                        self.code(group.stream());
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }

    fn view(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (place, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Literal(literal) => {
                    let literal = literal.to_string();
                    let Some(text) = string(&literal) else { continue };
                    match attribute(&tokens[..place]) {
                        Some(name) if !READ.contains(&name.as_str()) => {}
                        Some(_) | None => self.literal(text, true),
                    }
                }
                TokenTree::Group(group) => {
                    self.machine(&tokens[..place], &group.to_string());
                    self.code(group.stream());
                }
                TokenTree::Ident(ident) => self.machine(&tokens[..place], &format!("{ident} ::")),
                TokenTree::Punct(_) => {}
            }
        }
    }

    /// What machines read, such as a class, must not come from the catalogue: it would change with the
    /// language.
    fn machine(&mut self, before: &[TokenTree], value: &str) {
        let Some(name) = attribute(before) else { return };
        let is_read = READ.contains(&name.as_str())
            || ["data-words", "prop:textContent"].contains(&name.as_str());
        if !is_read && value.contains("words ::") {
            self.found.push(format!("{name} of the catalogue"));
        }
    }
}

/// The name of the attribute whose value follows these tokens; none when what follows is content.
fn attribute(before: &[TokenTree]) -> Option<String> {
    let (equals, name) = before.split_last()?;
    if equals.to_string() != "=" {
        return None;
    }
    let mut parts = Vec::new();
    let mut is_ident_next = true;
    for token in name.iter().rev() {
        match token {
            TokenTree::Ident(ident) if is_ident_next => parts.push(ident.to_string()),
            TokenTree::Punct(punct) if !is_ident_next && "-:".contains(punct.as_char()) => {
                parts.push(punct.as_char().to_string());
            }
            _ => break,
        }
        is_ident_next = !is_ident_next;
    }
    parts.reverse();
    Some(parts.concat())
}

fn sentences(source: &str) -> Vec<String> {
    let mut finder = Finder { found: Vec::new() };
    finder.code(source.parse().expect("Rust"));
    finder.found
}

#[test]
fn no_sentence_stands_outside_of_the_catalogue() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut found = Vec::new();
    for file in files {
        // Only tests read these.
        if file.ends_with("sizes.rs") || file.ends_with("largest.rs") {
            continue;
        }
        let source = fs::read_to_string(&file).expect("a source");
        found.extend(sentences(&source).into_iter().map(|it| format!("{}: {it}", file.display())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn sentences_are_found_wherever_a_person_would_read_them() {
    for source in [
        r#"fn f() { view! { <p>"Raise"</p> } }"#,
        r#"fn f() { view! { <a aria-label="Back">{x}</a> } }"#,
        r#"fn f() { view! { <p>{x.then(|| view! { <b>"so"</b> })}</p> } }"#,
        r#"fn f() { format!("{name} declined it.") }"#,
        r#"fn f() { view! { <p class={words::nobody()}>{words::nobody()}</p> } }"#,
        r#"fn f() { view! { <p class=words::nobody()>{words::nobody()}</p> } }"#,
    ] {
        assert_eq!(sentences(source).len(), 1, "{source}");
    }
    for source in [
        r#"fn f() { view! { <p class="card one" id="x">" "{x}</p> } }"#,
        r#"#[expect(dead_code, reason = "a browser only")] fn f() { g("no-store"); }"#,
        r#"mod tests { fn f() { expect("a moment in time") } }"#,
        "/// A sentence in a comment.\nfn f() {}",
    ] {
        assert!(sentences(source).is_empty(), "{source}");
    }
}
