//! Takes the programs in Rust out of the documents that show them, so that the tests compile and run
//! these and no copies.

use std::io;
use std::path::Path;

const DOCUMENTS: [&str; 2] = ["../../docs/GUIDE.md", "../../docs/FROM-SDKS.md"];

fn main() -> io::Result<()> {
    let folder = std::env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?;
    for document in DOCUMENTS {
        println!("cargo::rerun-if-changed={document}");
        let text = std::fs::read_to_string(document)?;
        for program in blocks(&text, "rust") {
            let name = function(program).ok_or_else(|| io::Error::other(program.to_owned()))?;
            std::fs::write(Path::new(&folder).join(format!("{name}.rs")), program)?;
        }
    }
    Ok(())
}

/// The blocks of code in a document that are of this language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let begins = format!("```{language}\n");
    text.split(&*begins).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// The name of the function that a program is about.
fn function(program: &str) -> Option<&str> {
    program.split_once("pub async fn ")?.1.split(['(', '<']).next()
}
