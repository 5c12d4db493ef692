//! Builds the example environments that are written in Python and JavaScript,
//! with what their languages' registries have: componentize-py, componentize-qjs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::files::{absorb_path, file_name, replace, sorted};
use crate::workspace::{Workspace, output, succeed};

/// The folder of examples, and the world of its components.
const FOLDER: &str = "examples/environments";
const WORLD: &str = "task-environment";

/// Files of the templates of `memloom new`, the only place that names versions.
const REQUIREMENTS: &str = "examples/templates/python/requirements.txt";
const PACKAGE: &str = "examples/templates/javascript/package.json";

/// Builds `target/components/NAME.wasm` for all examples that have changed.
pub fn build(workspace: &Workspace) -> Result<()> {
    for folder in sorted(&workspace.path(FOLDER))? {
        let name = file_name(&folder)?;
        let Some(language) = Language::of(&folder) else {
            bail!("{} has neither app.py nor app.js", folder.display());
        };
        let wanted = fingerprint(workspace, &folder, language)?;
        let component = workspace.path(format!("target/components/{name}.wasm"));
        let stamp = component.with_extension("stamp");
        let built = fs::read_to_string(&stamp).is_ok_and(|found| found == wanted);
        if built && component.exists() {
            continue;
        }
        eprintln!("building {name} ({})", language.name());
        fs::create_dir_all(workspace.path("target/components"))
            .context("cannot make target/components")?;
        let draft = component.with_extension("draft");
        language
            .build(workspace, &folder, &draft)
            .with_context(|| format!("the example {name} cannot be built"))?;
        fs::rename(&draft, &component)
            .with_context(|| format!("cannot write {}", component.display()))?;
        replace(&stamp, wanted.as_bytes())?;
    }
    Ok(())
}

/// The same where the machine allows it; else says why, and that tests of these
/// examples will be left out.
pub fn build_if_possible(workspace: &Workspace) {
    if let Err(error) = build(workspace) {
        eprintln!("warning: {error:#}");
        eprintln!("warning: tests go on without; `cargo xtask guests --all` insists");
    }
}

/// A name for all that an example's component is made from.
fn fingerprint(workspace: &Workspace, folder: &Path, language: Language) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    absorb_path(&mut hasher, folder, "example")?;
    for source in ["wit", language.versions()] {
        absorb_path(&mut hasher, &workspace.path(source), source)?;
    }
    Ok(hasher.finalize().to_hex().to_string())
}

#[derive(Clone, Copy)]
enum Language {
    Python,
    JavaScript,
}

impl Language {
    fn of(folder: &Path) -> Option<Self> {
        let has = |file: &str| folder.join(file).exists();
        if has("app.py") {
            Some(Self::Python)
        } else {
            has("app.js").then_some(Self::JavaScript)
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
        }
    }

    fn versions(self) -> &'static str {
        match self {
            Self::Python => REQUIREMENTS,
            Self::JavaScript => PACKAGE,
        }
    }

    fn build(self, workspace: &Workspace, folder: &Path, component: &Path) -> Result<()> {
        let wit = workspace.path("wit");
        match self {
            Self::Python => {
                let mut build = Command::new(componentize_py(workspace)?);
                build
                    .arg("--quiet")
                    .args(["-w", WORLD, "-d"])
                    .arg(wit)
                    .args(["componentize", "app", "--stub-wasi", "-p"])
                    .arg(folder)
                    .arg("-o")
                    .arg(component);
                let built = output(&mut build).map(drop);
                // Left by CPython as it starts inside the component; not there is fine.
                let _ = fs::remove_dir_all(folder.join("__pycache__"));
                built
            }
            Self::JavaScript => {
                let mut build = Command::new(componentize_qjs(workspace)?);
                build
                    .args(["--sync", "--stub-wasi", "--world", WORLD, "--wit"])
                    .arg(wit)
                    .arg("--js")
                    .arg(folder.join("app.js"))
                    .arg("--module-root")
                    .arg(folder)
                    .arg("-o")
                    .arg(component);
                output(&mut build).map(drop)
            }
        }
    }
}

/// componentize-py in a virtual environment below target/.
fn componentize_py(workspace: &Workspace) -> Result<PathBuf> {
    let home = workspace.path("target/python");
    let requirements = workspace.path(REQUIREMENTS);
    install(&home, &requirements, || {
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv"]).arg(&home);
        output(&mut venv).context(
            "the package componentize-py needs Python 3 with venv (on Debian: python3-venv)",
        )?;
        let mut pip = Command::new(home.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(&requirements);
        succeed(&mut pip).context("the package componentize-py cannot be had from PyPI")
    })?;
    Ok(home.join("bin/componentize-py"))
}

/// componentize-qjs in a folder below target/.
fn componentize_qjs(workspace: &Workspace) -> Result<PathBuf> {
    let home = workspace.path("target/node");
    let package = workspace.path(PACKAGE);
    install(&home, &package, || {
        fs::create_dir_all(&home)
            .and_then(|()| fs::copy(&package, home.join("package.json")))
            .with_context(|| format!("cannot write {}", home.display()))?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund"])
            .current_dir(&home)
            .stdout(std::io::stderr());
        succeed(&mut npm).context(
            "the package componentize-qjs cannot be had: it needs Node.js 18 or newer, with npm",
        )
    })?;
    Ok(home.join("node_modules/.bin/componentize-qjs"))
}

/// Installs into `home` what `versions` names, unless that has been done.
fn install(home: &Path, versions: &Path, run: impl FnOnce() -> Result<()>) -> Result<()> {
    let wanted =
        fs::read(versions).with_context(|| format!("cannot read {}", versions.display()))?;
    let done = home.join("installed");
    if fs::read(&done).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    run()?;
    replace(&done, &wanted)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn every_example_is_of_a_language() {
        let workspace = Workspace::here().unwrap();
        let folders = sorted(&workspace.path(FOLDER)).unwrap();
        let languages = folders
            .iter()
            .map(|folder| Language::of(folder).unwrap().name());
        assert_eq!(languages.collect::<Vec<_>>(), ["Python", "JavaScript"]);
    }
}
