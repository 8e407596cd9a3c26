//! Bundles the style sheet: inlines the local imports of `style/main.css`.
//!
//! The sheet is cut into files for the people who edit it; a browser should
//! not fetch them one after the other. `main.css` names the others in
//! `@import "file.css";` lines, and each such line is replaced by the file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The style sheet as the browser gets it.
#[derive(Debug, Default)]
pub struct Sheet {
    /// The CSS, without a local import in it.
    pub text: String,
    /// Every file it was made of, the entry first.
    pub files: Vec<PathBuf>,
}

/// Reads `entry` and puts the files that it imports in the imports' places.
/// `read` gives a file's content.
pub fn inline(entry: &Path, read: &impl Fn(&Path) -> Result<String>) -> Result<Sheet> {
    let mut sheet = Sheet::default();
    append(entry, read, &mut Vec::new(), &mut sheet)?;
    Ok(sheet)
}

fn append(
    file: &Path,
    read: &impl Fn(&Path) -> Result<String>,
    open: &mut Vec<PathBuf>,
    sheet: &mut Sheet,
) -> Result<()> {
    if open.iter().any(|other| other == file) {
        bail!("{} imports itself", file.display());
    }
    open.push(file.to_owned());
    if !sheet.files.iter().any(|other| other == file) {
        sheet.files.push(file.to_owned());
    }
    for (index, line) in read(file)?.lines().enumerate() {
        if line.trim_start().starts_with("@import") {
            let at = || format!("{}:{}", file.display(), index + 1);
            let Some(name) = imported(line) else {
                bail!("{}: only `@import \"file.css\";` alone on a line is understood", at());
            };
            let other = file.with_file_name(name);
            append(&other, read, open, sheet).with_context(at)?;
        } else {
            sheet.text.push_str(line);
            sheet.text.push('\n');
        }
    }
    open.pop();
    Ok(())
}

/// The file that an import line names.
fn imported(line: &str) -> Option<&str> {
    let name = line.trim().strip_prefix("@import")?.trim_start();
    let name = name.strip_suffix(';')?.trim_end();
    let name =
        ['"', '\''].into_iter().find_map(|quote| name.strip_prefix(quote)?.strip_suffix(quote))?;
    let local = name.ends_with(".css") && !name.contains(['"', '\'', ':']);
    local.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(files: &[(&str, &str)]) -> Result<Sheet> {
        inline(Path::new("style/main.css"), &|path| {
            files
                .iter()
                .find(|(name, _)| Path::new(name) == path)
                .map(|(_, text)| (*text).to_owned())
                .with_context(|| format!("no {}", path.display()))
        })
    }

    #[test]
    fn imports_are_replaced_where_they_stand() {
        let sheet = sheet(&[
            (
                "style/main.css",
                "@layer a, b;\n@import \"a.css\";\n@import 'sub/b.css' ;\nmain {}\n",
            ),
            ("style/a.css", "a {}"),
            ("style/sub/b.css", "@import \"c.css\";\nb {}\n"),
            ("style/sub/c.css", "c {}\n"),
        ])
        .unwrap();
        assert_eq!(sheet.text, "@layer a, b;\na {}\nc {}\nb {}\nmain {}\n");
        let files: Vec<_> = sheet.files.iter().filter_map(|f| f.to_str()).collect();
        assert_eq!(files, ["style/main.css", "style/a.css", "style/sub/b.css", "style/sub/c.css"]);
    }

    #[test]
    fn a_file_may_be_imported_twice_but_not_by_itself() {
        let twice = sheet(&[
            ("style/main.css", "@import \"a.css\";\n@import \"a.css\";\n"),
            ("style/a.css", "a {}\n"),
        ])
        .unwrap();
        assert_eq!(twice.text, "a {}\na {}\n");
        assert_eq!(twice.files.len(), 2);

        let circle = sheet(&[
            ("style/main.css", "@import \"a.css\";\n"),
            ("style/a.css", "\n@import \"main.css\";\n"),
        ]);
        assert_eq!(
            format!("{:#}", circle.unwrap_err()),
            "style/main.css:1: style/a.css:2: style/main.css imports itself"
        );
    }

    #[test]
    fn what_cannot_be_inlined_is_refused() {
        for line in [
            "@import url(a.css);",
            "@import \"a.css\" screen;",
            "@import \"https://example.org/a.css\";",
            "@import \"a.css\"",
            "@import \"a.css\"; a {}",
        ] {
            let error = sheet(&[("style/main.css", line), ("style/a.css", "")]).unwrap_err();
            assert!(error.to_string().contains("main.css:1"), "{line}: {error}");
        }
    }

    #[test]
    fn a_missing_file_is_named_with_its_import() {
        let error = sheet(&[("style/main.css", "@import \"gone.css\";")]).unwrap_err();
        assert_eq!(format!("{error:#}"), "style/main.css:1: no style/gone.css");
    }
}
