//! `memloom new`: a project of one component, from a template that builds at once.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

/// What to begin.
#[derive(clap::Args)]
pub struct Arguments {
    /// What it is.
    #[arg(value_enum)]
    kind: Kind,
    /// Its name, and its folder's: letters, digits and `-`, all in lower case.
    name: String,
    /// The language that it is written in.
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

/// A file of a project: its path there, and what it holds.
type File = (&'static str, &'static str);

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../../../examples/templates/", $path))
    };
}

/// The contract, which every project brings along.
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
    /// In a sentence, and its world in wit/.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Bank => ("memory bank", "memory-bank"),
            Self::Environment => ("task environment", "task-environment"),
            Self::Policy => ("memory policy", "memory-policy"),
        }
    }
}

impl Language {
    /// What a project of this language has whatever its kind.
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

    /// The component's source.
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

    /// What to run before the first build.
    fn preparation(self) -> &'static str {
        match self {
            Self::Rust => "rustup target add wasm32-unknown-unknown",
            Self::Python => "python3 -m pip install -r requirements.txt",
            Self::Javascript => "npm install",
        }
    }
}

/// Writes the project into a folder of its name and says how to go on.
pub fn run(arguments: &Arguments) -> Result<String> {
    let Arguments { kind, name, lang } = arguments;
    write(Path::new("."), *kind, name, *lang)?;
    let (said, _) = kind.names();
    let source = lang.source(*kind).0;
    let preparation = lang.preparation();
    Ok(format!(
        "{name}/{source} is a {said} that works. To build and check it:\n\n  cd {name}\n  \
         {preparation}\n  sh build.sh\n  memloom check {name}.wasm\n"
    ))
}

fn write(parent: &Path, kind: Kind, name: &str, lang: Language) -> Result<()> {
    check_name(name)?;
    let folder = parent.join(name);
    ensure!(
        !folder.exists(),
        "{} exists: choose another name, or another folder to run in",
        folder.display()
    );
    // Complete before it has its name, so that nobody meets half a project.
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

/// Names that are a folder's, a crate's, a package's and a file's without further ado.
fn check_name(name: &str) -> Result<()> {
    let letters = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let parts = |part: &str| !part.is_empty() && part.chars().all(letters);
    ensure!(
        name.starts_with(|letter: char| letter.is_ascii_lowercase())
            && name.split('-').all(parts)
            && name.len() <= 64,
        "the name {name:?} will not do: give at most 64 letters a to z, digits and single `-`, \
         beginning with a letter, for instance `my-bank`"
    );
    Ok(())
}

/// A folder in the making, removed unless it gets its name.
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
            assert!(why.contains("will not do"), "{name}: {why}");
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
