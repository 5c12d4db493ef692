//! Virtual environments with the Python packages of comparisons.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::files::replace;
use crate::workspace::{Workspace, succeed};

/// The Python of a virtual environment below `target/reference` that has these
/// packages, made where it is not there.
pub fn environment(workspace: &Workspace, name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = workspace.path("target/reference").join(name);
    let (python, done) = (folder.join("bin/python"), folder.join("installed"));
    let wanted = packages.join("\n");
    if !fs::read_to_string(&done).is_ok_and(|found| found == wanted) {
        eprintln!(
            "installing {} into {}",
            packages.join(", "),
            folder.display()
        );
        let mut venv = Command::new("python3");
        succeed(venv.args(["-m", "venv"]).arg(&folder))
            .context("this needs Python 3 with venv (on Debian: python3-venv)")?;
        let mut pip = Command::new(&python);
        let install = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ];
        succeed(pip.args(install).args(packages))
            .with_context(|| format!("{} cannot be had from PyPI", packages.join(", ")))?;
        replace(&done, wanted.as_bytes())?;
    }
    Ok(python)
}
