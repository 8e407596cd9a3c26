//! What packages carry beside the program and is made of its options: the manual's pages, and what completes
//! commands in a shell.

use std::io::Write;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::options::Options;

/// Writes a page for the program and one for each of its commands into a folder.
pub fn write_pages(folder: &Path) -> Result<(), String> {
    clap_mangen::generate_to(Options::command(), folder)
        .map_err(|error| format!("cannot write the manual into {}: {error}", folder.display()))
}

/// Prints what a shell reads to complete commands.
pub fn print_completions(shell: Shell) {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Options::command(), "handup", &mut text);
    // Whoever reads no further has enough.
    let _ = std::io::stdout().write_all(&text);
}
