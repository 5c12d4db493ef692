//! `memloom new`

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use super::output;

/// Create a component project from a template.
#[derive(Args)]
pub(super) struct New {
    /// The kind of component.
    #[arg(value_enum)]
    kind: Kind,
    /// Name of the component and of its folder: lower-case letters, digits and `-`.
    name: String,
    /// The language of the component.
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    lang: Language,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Bank,
    Environment,
    Policy,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    Rust,
    Python,
    Javascript,
}

/// A file of a project: its path in the project, and its text.
type File = (&'static str, &'static str);

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../../../examples/templates/", $path))
    };
}

/// The contract, which every project has a copy of.
const WIT: [File; 4] = [
    ("wit/types.wit", include_str!("../../../wit/types.wit")),
    ("wit/bank.wit", include_str!("../../../wit/bank.wit")),
    (
        "wit/environment.wit",
        include_str!("../../../wit/environment.wit"),
    ),
    ("wit/policy.wit", include_str!("../../../wit/policy.wit")),
];

impl Kind {
    /// Returns the kind's name in a sentence, and its world in wit/.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Bank => ("memory bank", "memory-bank"),
            Self::Environment => ("task environment", "task-environment"),
            Self::Policy => ("memory policy", "memory-policy"),
        }
    }
}

impl Language {
    /// Returns the files that all projects of this language have.
    fn files(self) -> &'static [File] {
        match self {
            Self::Rust => &[
                ("Cargo.toml", template!("rust/Cargo.toml")),
                ("Cargo.lock", template!("rust/Cargo.lock")),
                (".cargo/config.toml", template!("rust/.cargo/config.toml")),
                ("build.sh", template!("rust/build.sh")),
                ("README.md", template!("rust/README.md")),
                (".gitignore", template!("rust/gitignore")),
            ],
            Self::Python => &[
                ("requirements.txt", template!("python/requirements.txt")),
                ("build.sh", template!("python/build.sh")),
                ("README.md", template!("python/README.md")),
                (".gitignore", template!("python/gitignore")),
            ],
            Self::Javascript => &[
                ("package.json", template!("javascript/package.json")),
                ("build.sh", template!("javascript/build.sh")),
                ("README.md", template!("javascript/README.md")),
                (".gitignore", template!("javascript/gitignore")),
            ],
        }
    }

    /// Returns the component's source file.
    fn source(self, kind: Kind) -> File {
        match (self, kind) {
            (Self::Rust, Kind::Bank) => ("src/lib.rs", template!("rust/bank.rs")),
            (Self::Rust, Kind::Environment) => ("src/lib.rs", template!("rust/environment.rs")),
            (Self::Rust, Kind::Policy) => ("src/lib.rs", template!("rust/policy.rs")),
            (Self::Python, Kind::Bank) => ("app.py", template!("python/bank.py")),
            (Self::Python, Kind::Environment) => ("app.py", template!("python/environment.py")),
            (Self::Python, Kind::Policy) => ("app.py", template!("python/policy.py")),
            (Self::Javascript, Kind::Bank) => ("app.js", template!("javascript/bank.js")),
            (Self::Javascript, Kind::Environment) => {
                ("app.js", template!("javascript/environment.js"))
            }
            (Self::Javascript, Kind::Policy) => ("app.js", template!("javascript/policy.js")),
        }
    }

    /// Returns the command to run before the first build.
    fn preparation(self) -> &'static str {
        match self {
            Self::Rust => "rustup target add wasm32-unknown-unknown",
            Self::Python => "python3 -m pip install -r requirements.txt",
            Self::Javascript => "npm install",
        }
    }
}

impl New {
    pub(super) fn run(self) -> Result<()> {
        let Self { kind, name, lang } = self;
        write(Path::new("."), kind, &name, lang)?;
        let (said, _) = kind.names();
        let source = lang.source(kind).0;
        let preparation = lang.preparation();
        output::print_text(&format!(
            "{name}/{source} is a working {said}. To build and check it:\n\n  cd {name}\n  \
             {preparation}\n  sh build.sh\n  memloom check {name}.wasm\n"
        ))
    }
}

/// Writes the project into a new folder of its name in `parent`.
fn write(parent: &Path, kind: Kind, name: &str, lang: Language) -> Result<()> {
    check_name(name)?;
    let folder = parent.join(name);
    ensure!(
        !folder.exists(),
        "{} exists: choose another name, or another folder to run in",
        folder.display()
    );
    // Renamed when it is complete: a project is written whole or not at all.
    let draft = Draft(parent.join(format!(".{name}.{}", std::process::id())));
    let (said, env) = kind.names();
    for (path, text) in lang.files().iter().chain(&WIT).chain(&[lang.source(kind)]) {
        let text = if path.starts_with("wit/") {
            (*text).to_owned()
        } else {
            text.replace("my-component", name)
                .replace("KIND", said)
                .replace("WORLD", env)
        };
        draft.write(path, &text)?;
    }
    fs::rename(&draft.0, &folder).with_context(|| format!("cannot make {}", folder.display()))
}

/// Accepts names that are valid for a folder, a crate and a package of any language.
fn check_name(name: &str) -> Result<()> {
    let letters = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let parts = |part: &str| !part.is_empty() && part.chars().all(letters);
    ensure!(
        name.starts_with(|letter: char| letter.is_ascii_lowercase())
            && name.split('-').all(parts)
            && name.len() <= 64,
        "invalid name {name:?}: use at most 64 letters a to z, digits and single `-`, \
         starting with a letter, for instance `my-bank`"
    );
    Ok(())
}

/// An unfinished project folder, removed on drop unless it was renamed.
struct Draft(PathBuf);

impl Draft {
    fn write(&self, path: &str, text: &str) -> Result<()> {
        let path = self.0.join(path);
        let folder = path.parent().unwrap_or(&self.0);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After renaming there is nothing left to remove.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn names_that_are_no_crate_or_folder_are_refused() {
        for name in ["a", "my-bank", "b2", "a-1-b"] {
            check_name(name).unwrap();
        }
        let long = "a".repeat(65);
        for name in [
            "", "-a", "a-", "a--b", "1a", "A", "a_b", "a/b", "..", "ä", "a b", &long,
        ] {
            let why = check_name(name).unwrap_err().to_string();
            assert!(why.contains("invalid name"), "{name}: {why}");
        }
    }

    #[test]
    fn every_template_is_written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        for lang in Language::value_variants() {
            for kind in Kind::value_variants() {
                write(folder.path(), *kind, "mine", *lang).unwrap();
                let mine = folder.path().join("mine");
                for file in [
                    "wit/types.wit",
                    "build.sh",
                    "README.md",
                    lang.source(*kind).0,
                ] {
                    let text = fs::read_to_string(mine.join(file)).unwrap();
                    for left in ["my-component", "KIND", "WORLD"] {
                        assert!(!text.contains(left), "{file} still says {left}");
                    }
                }
                let why = write(folder.path(), *kind, "mine", *lang).unwrap_err();
                assert!(why.to_string().contains("exists"), "{why}");
                fs::remove_dir_all(mine).unwrap();
                assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
            }
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let why = write(&file, Kind::Bank, "mine", Language::Rust).unwrap_err();
        assert!(why.to_string().starts_with("cannot write "), "{why}");
    }
}
