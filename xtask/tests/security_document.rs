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
        assert!(!named.is_empty(), "no test: {row}");
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
        let links = line.split("](").skip(1).filter_map(|link| link.split(')').next());
        let mut shown = 0;
        for link in links {
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
}
