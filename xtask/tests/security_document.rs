//! `docs/SECURITY.md` says of each threat which tests fail when it is no longer stopped. A document
//! cannot run, so this looks whether they are there.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file of these endings that is ours.
fn files(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | "node_modules") && !name.starts_with('.') {
                files(&path, endings, found);
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
}

/// The names of all tests: of Rust's functions, and the titles of those in browsers.
fn tests() -> HashSet<String> {
    let mut found = Vec::new();
    files(&root(), &[".rs", ".spec.ts"], &mut found);
    let mut tests = HashSet::new();
    for path in found {
        let text = read(&path);
        if path.extension().is_some_and(|ending| ending == "ts") {
            for call in text.split("test(\"").skip(1) {
                let title = call.split('"').next().unwrap_or_default();
                let title = title.split(" @").next().unwrap_or_default();
                tests.insert(title.to_owned());
            }
            continue;
        }
        tests.extend(tests_of(&text));
    }
    tests
}

/// The functions of a file that are tests and are run: what is ignored shows nothing.
fn tests_of(text: &str) -> impl Iterator<Item = String> {
    let (mut is_test, mut is_ignored) = (false, false);
    text.lines().map(str::trim).filter_map(move |line| {
        if line.starts_with("#[") {
            is_test |= ["#[test]", "#[tokio::test]", "#[tokio::test("]
                .iter()
                .any(|attribute| line.starts_with(attribute));
            is_ignored |= line.starts_with("#[ignore");
            return None;
        }
        if line.starts_with("//") {
            return None;
        }
        let (was_test, was_ignored) = (is_test, is_ignored);
        (is_test, is_ignored) = (false, false);
        let (_, signature) = line.split_once("fn ").filter(|_| was_test && !was_ignored)?;
        let name = signature.split(['(', '<']).next().unwrap_or_default();
        Some(name.to_owned())
    })
}

#[test]
fn what_is_no_test_or_is_not_run_shows_nothing() {
    let text = "
        #[cfg(test)]
        mod tests {
            fn helps() {}
            #[test]
            fn runs() {}
            #[tokio::test(flavor = \"multi_thread\")]
            // It is slow.
            async fn runs_too() {}
            #[test]
            #[ignore]
            fn is_ignored() {}
            fn helps_too() {}
            #[cfg(test)]
            fn is_for_tests() {}
        }";
    assert_eq!(tests_of(text).collect::<Vec<_>>(), ["runs", "runs_too"]);
}

/// What stands in backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Where links lead.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|link| link.split(')').next())
}

/// The rows of tables about threats, whose last column names their tests.
fn threats(document: &str) -> Vec<&str> {
    let mut is_threats = false;
    let mut rows = Vec::new();
    for line in document.lines() {
        if line.starts_with("| threat ") {
            is_threats = true;
        } else if !line.starts_with('|') {
            is_threats = false;
        } else if is_threats && !line.starts_with("|---") {
            rows.push(line);
        }
    }
    rows
}

#[test]
fn every_threat_names_a_test_and_every_test_named_is_there() {
    let document = read(&root().join("docs/SECURITY.md"));
    let tests = tests();
    let rows = threats(&document);
    assert!(rows.len() > 30, "{} threats", rows.len());
    for row in rows {
        let column = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let named: Vec<&str> = quoted(column).collect();
        // What must not compile is a test that has no name.
        let must_not_compile =
            |link: &str| read(&root().join("docs").join(link)).contains("```compile_fail,E");
        let without_name = links(column).filter(|link| must_not_compile(link)).count();
        assert!(named.len() + without_name > 0, "no test: {row}");
        for name in named {
            assert!(tests.contains(name), "there is no test {name}: {row}");
        }
    }
}

#[test]
fn every_box_that_is_checked_names_a_test_or_a_file_that_is_there() {
    let document = read(&root().join("docs/SECURITY.md"));
    let tests = tests();
    let boxes: Vec<&str> = document.lines().filter(|line| line.starts_with("- [x]")).collect();
    assert!(boxes.len() > 50, "{} boxes", boxes.len());
    for line in boxes {
        let mut shown = 0;
        for link in links(line) {
            assert!(root().join("docs").join(link).exists(), "there is no {link}: {line}");
            shown += 1;
        }
        for name in quoted(line).filter(|name| name.contains('_') || name.contains(' ')) {
            if name.contains('=') {
                continue;
            }
            assert!(tests.contains(name), "there is no test {name}: {line}");
            shown += 1;
        }
        assert!(shown > 0, "nothing shows it: {line}");
    }
    for line in document.lines().filter(|line| line.starts_with("- [ ]")) {
        let is_rust = |name: &&str| {
            name.contains('_') && name.chars().all(|c| c == '_' || c.is_ascii_lowercase())
        };
        for name in quoted(line).filter(is_rust) {
            assert!(tests.contains(name), "there is no test {name}: {line}");
        }
    }
}

/// How many requirements of levels 1 and 2 each section of ASVS 5.0.0 has: they come first in it.
const REQUIREMENTS: [(&str, &[(u32, u32)]); 17] = [
    ("V1", &[(1, 2), (2, 9), (3, 11), (4, 3), (5, 2)]),
    ("V2", &[(1, 3), (2, 3), (3, 4), (4, 1)]),
    ("V3", &[(2, 2), (3, 4), (4, 6), (5, 5), (7, 2)]),
    ("V4", &[(1, 3), (2, 1), (3, 2), (4, 4)]),
    ("V5", &[(1, 1), (2, 3), (3, 2), (4, 3)]),
    ("V6", &[(1, 3), (2, 12), (3, 4), (4, 4), (5, 5), (6, 3), (8, 4)]),
    ("V7", &[(1, 3), (2, 4), (3, 2), (4, 5), (5, 2), (6, 2)]),
    ("V8", &[(1, 2), (2, 3), (3, 1), (4, 1)]),
    ("V9", &[(1, 3), (2, 4)]),
    ("V10", &[(1, 2), (2, 2), (3, 4), (4, 11), (5, 5), (6, 2), (7, 3)]),
    ("V11", &[(1, 2), (2, 3), (3, 3), (4, 4), (5, 1), (6, 1)]),
    ("V12", &[(1, 3), (2, 2), (3, 4)]),
    ("V13", &[(1, 1), (2, 5), (3, 2), (4, 5)]),
    ("V14", &[(1, 2), (2, 4), (3, 3)]),
    ("V15", &[(1, 3), (2, 3), (3, 7)]),
    ("V16", &[(1, 1), (2, 5), (3, 4), (4, 3), (5, 3)]),
    ("V17", &[(1, 1), (2, 4), (3, 2)]),
];

/// The numbers that a box or a paragraph begins with, or that stand in it where it is of what has no
/// object.
fn numbers(document: &str) -> Vec<&str> {
    let (_, list) = document.split_once("## OWASP ASVS 5.0.0").expect("the list");
    let is_number = |word: &&str| {
        let is_chapter = word.strip_prefix('V').is_some_and(|it| it.parse::<u32>().is_ok());
        is_chapter
            || word.split('.').count() == 3 && word.split('.').all(|it| it.parse::<u32>().is_ok())
    };
    let words = |text| str::split(text, [' ', ',', '\n']).filter(|word| !word.is_empty());
    let mut found = Vec::new();
    for paragraph in list.split("\n\n") {
        if let Some(without) = paragraph.strip_prefix("Without object: ") {
            found.extend(words(without).filter(is_number));
        }
        for line in paragraph.lines() {
            let boxes = line.strip_prefix("- [x] ").or_else(|| line.strip_prefix("- [ ] "));
            found.extend(boxes.into_iter().flat_map(|text| words(text).take_while(is_number)));
        }
    }
    found
}

#[test]
fn every_requirement_of_both_levels_stands_in_the_list_once() {
    let document = read(&root().join("docs/SECURITY.md"));
    let found = numbers(&document);
    let mut all = 0;
    for (chapter, sections) in REQUIREMENTS {
        for (section, count) in sections {
            for number in 1..=*count {
                let number = format!("{}.{section}.{number}", &chapter[1..]);
                let times = found.iter().filter(|it| **it == number || **it == chapter).count();
                assert_eq!(times, 1, "{number} stands {times} times in the list");
                all += 1;
            }
        }
    }
    assert_eq!(all, 253, "the levels 1 and 2 have so many");
}
