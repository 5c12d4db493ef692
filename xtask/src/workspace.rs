//! Paths of the checkout, and the cargo commands for its workspaces.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The checkout that this binary was built from.
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The checkout around xtask's own sources.
    pub fn here() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask is not inside a workspace")?;
        Ok(Self::at(root))
    }

    /// The checkout at `root`.
    pub fn at(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
        }
    }

    /// A path inside the checkout.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// Cargo for the root workspace, building into `target`.
    pub fn cargo(&self) -> Command {
        let mut cargo = cargo();
        cargo
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", self.path("target"));
        cargo
    }

    /// Cargo for the guests' workspace, building for this machine: the guests'
    /// own tests and lints need no sandbox.
    pub fn guests_cargo(&self) -> Command {
        let mut cargo = self.cargo();
        cargo
            .current_dir(self.path("guest-policies"))
            .env("CARGO_TARGET_DIR", self.path("target/guests-native"))
            // The profile optimises what is shipped; each test would be linked as slowly.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        cargo
    }
}

/// The cargo that runs this, or the one that is in the path.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // `cargo run` sets these variables for xtask. ring's build script reads them, and would run
    // again after every other cargo command.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// Runs a command to its end; an error names it when it fails.
pub fn succeed(command: &mut Command) -> Result<()> {
    let line = line(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs a command and returns its output without the last line break.
pub fn output(command: &mut Command) -> Result<String> {
    let line = line(command);
    let output = command
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        bail!(
            "`{line}` failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    let text = String::from_utf8(output.stdout)
        .with_context(|| format!("`{line}` printed something that is not UTF-8"))?;
    Ok(text.trim_end().to_owned())
}

/// A command as a person would type it.
fn line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
