//! Debian's compiler of the day, `rustc-web`, kept apart from its stable `rustc`
//! so that browsers can be built: it builds std from source where rustup cannot
//! fetch one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace::{output, succeed};

/// The compiler, its cargo, and std's source.
pub const PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
/// By full path: rustup's come first in the search path.
pub const RUSTC: &str = "/usr/bin/rustc";
/// By full path, for the same reason.
pub const CARGO: &str = "/usr/bin/cargo";
/// A link to an lld that is named after its own package: it dangles without that.
const LINKER: &str = "/usr/bin/rust-lld";

/// A program of Debian's, freed of what cargo and rustup set for their children.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    for variable in [
        "CARGO",
        "LD_LIBRARY_PATH",
        "RUSTC",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WRAPPER",
        "RUSTUP_TOOLCHAIN",
    ] {
        command.env_remove(variable);
    }
    command
}

/// Returns true if all three are installed and new enough for the guests.
pub fn is_usable() -> bool {
    let Ok(sysroot) = output(command(RUSTC).args(["--print", "sysroot"])) else {
        return false;
    };
    let source = Path::new(&sysroot).join("lib/rustlib/src/rust/library/std");
    let version = output(command(RUSTC).arg("--version")).unwrap_or_default();
    Path::new(CARGO).exists()
        && source.is_dir()
        && minor(&version) >= minor(concat!("rustc ", env!("CARGO_PKG_RUST_VERSION")))
}

/// The 95 in `rustc 1.95.0 (…)`.
fn minor(version: &str) -> Option<u32> {
    version
        .strip_prefix("rustc 1.")?
        .split(|character: char| !character.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// The active toolchain's lld, else Debian's.
pub fn linker() -> Result<PathBuf> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let host = output(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let bundled = Path::new(&sysroot)
        .join("lib/rustlib")
        .join(host)
        .join("bin/rust-lld");
    if bundled.exists() {
        return Ok(bundled);
    }
    let debian = Path::new(LINKER);
    if !debian.exists() {
        let package = fs::read_link(debian)
            .with_context(|| format!("neither {} nor {LINKER}", bundled.display()))?;
        install(&[&package.to_string_lossy()])?;
    }
    Ok(debian.to_path_buf())
}

/// `apt-get install`, after `update`: a fresh machine's lists are empty or old.
pub fn install(packages: &[&str]) -> Result<()> {
    eprintln!("installing {} (up to a minute)", packages.join(", "));
    let mut update = Command::new("apt-get");
    update.args(["update", "--quiet"]).stdout(io::stderr());
    succeed(&mut update)?;
    let mut install = Command::new("apt-get");
    install
        .args(["install", "--quiet", "--yes"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(io::stderr());
    succeed(&mut install)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(minor("rustc 1.95.0 (59807616e 2026-04-14)"), Some(95));
        assert!(minor("rustc 1.100.0") > minor("rustc 1.95"));
        assert_eq!(minor(""), None);
    }
}
