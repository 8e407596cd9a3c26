//! The shared libraries that a program needs: which files they are, and from which version of the C library on.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::exec;

/// The files that the loader takes for a program, itself among them.
pub fn files(program: &Path) -> Result<Vec<PathBuf>> {
    Ok(loaded(&exec::read(exec::command("ldd").arg(program))?))
}

/// The paths in what `ldd` prints. What the kernel hands to every program has none.
fn loaded(told: &str) -> Vec<PathBuf> {
    let path = |line: &str| {
        let line = line.split_once("=>").map_or(line, |(_, path)| path);
        let path = line.split_whitespace().next()?;
        path.starts_with('/').then(|| PathBuf::from(path))
    };
    told.lines().filter_map(path).collect()
}

/// The oldest version of glibc that has everything which a program asks of it.
pub fn oldest_glibc(program: &Path) -> Result<String> {
    let mut readelf = exec::command("readelf");
    let told = exec::read(readelf.args(["--version-info", "--wide"]).arg(program))
        .context("on Debian, readelf is had by `apt-get install binutils`")?;
    newest_asked(&told).context("the program asks nothing of glibc")
}

/// The newest version of glibc that `readelf` names.
fn newest_asked(told: &str) -> Option<String> {
    let versions = told.split_whitespace().filter_map(|word| {
        let version = word.strip_prefix("GLIBC_")?;
        version.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>()
    });
    let newest = versions.max()?;
    Some(newest.iter().map(ToString::to_string).collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_what_the_loader_finds() {
        let told = "\tlinux-vdso.so.1 (0x00007f)\n\
                    \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)\n\
                    \t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n";
        let expected = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"];
        assert_eq!(loaded(told), expected.map(PathBuf::from));
        assert_eq!(loaded("\tstatically linked\n"), Vec::<PathBuf>::new());
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        let told = "Name: GLIBC_2.9  Flags: none\n Name: GLIBC_2.34 Flags\n Name: GLIBC_PRIVATE";
        assert_eq!(newest_asked(told), Some("2.34".to_owned()));
        assert_eq!(newest_asked("Name: GCC_3.0"), None);
    }
}
