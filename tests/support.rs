//! Helpers shared by the whole-system tests: they drive the binary as a user
//! would.

pub mod hostile;
pub mod memory;
pub mod replays;
pub mod server;
pub mod soak;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A component that `cargo xtask guests` has built.
///
/// # Panics
/// Where it has not been built.
pub fn component(name: &str) -> PathBuf {
    let path = root()
        .join("target/components")
        .join(format!("{name}.wasm"));
    assert!(
        path.exists(),
        "{} is not there: run the tests with `cargo xtask test`",
        path.display()
    );
    path
}

/// The component of an example in Python or JavaScript; none where their packages
/// could not be had, which `cargo xtask test` has said.
pub fn example(name: &str) -> Option<PathBuf> {
    let path = root()
        .join("target/components")
        .join(format!("{name}.wasm"));
    path.exists().then_some(path)
}

/// The `memloom` binary beside this test's.
///
/// # Panics
/// Where it has not been built.
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
        "{} is not there: run the tests with `cargo xtask test`",
        binary.display()
    );
    let mut command = Command::new(binary);
    command.current_dir(root());
    command
}

/// A project that `memloom new` writes in a folder.
///
/// # Panics
/// Where it does not.
pub fn project(folder: &Path, kind: &str, name: &str, language: &str) -> PathBuf {
    let output = memloom()
        .args(["new", kind, name, "--lang", language])
        .current_dir(folder)
        .output()
        .expect("memloom starts");
    assert!(output.status.success(), "{output:?}");
    folder.join(name)
}

/// Builds a project in Rust by the way that `cargo xtask guests` builds, and
/// returns the folder of its core modules.
///
/// # Panics
/// Where it cannot be built.
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

/// A run small enough for a test, and the folder that it lives in.
pub struct TinyRun {
    /// Removed when the test ends.
    pub folder: tempfile::TempDir,
    /// Keys to set on the command line.
    pub settings: Vec<String>,
}

impl Default for TinyRun {
    fn default() -> Self {
        Self::new()
    }
}

impl TinyRun {
    /// A run file over the real components; everything that takes time is small.
    ///
    /// # Panics
    /// Where the disk cannot be written.
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

    /// The run's folder.
    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// `memloom train` on this run.
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
    /// Where training fails.
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

    /// Trains, fails, and returns the one message that says why.
    ///
    /// # Panics
    /// Where training succeeds, or says more or less than one error.
    pub fn refusal(&self, arguments: &[&str]) -> String {
        let output = self
            .train()
            .args(arguments)
            .output()
            .expect("memloom starts");
        refusal(&output)
    }

    /// The lines of `metrics.jsonl` that are LoGo-GRPO steps.
    ///
    /// # Panics
    /// Where there is no such file.
    pub fn steps(&self) -> Vec<serde_json::Value> {
        let path = self.out().join("metrics.jsonl");
        let metrics = std::fs::read_to_string(path).expect("a run writes metrics");
        metrics
            .lines()
            .map(|line| serde_json::from_str(line).expect("every line is JSON"))
            .filter(|line: &serde_json::Value| line["kind"] == "step")
            .collect()
    }

    /// The weights in one of the run's folders.
    ///
    /// # Panics
    /// Where there are none.
    pub fn weights(&self, folder: &str) -> Vec<u8> {
        let path = self.out().join(folder).join("model.safetensors");
        std::fs::read(path).expect("weights")
    }

    /// What two runs of one seed must agree on.
    ///
    /// # Panics
    /// Where the run has not ended.
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

/// Names of the files below a folder of `root`, in order.
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

/// The one error that a failed command prints.
///
/// # Panics
/// Where it did not fail, or said more or less than one error.
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
/// Where they did not.
pub fn assert_same(one: &TinyRun, other: &TinyRun) {
    let (one, other) = (one.result(), other.result());
    assert_eq!(one.len(), other.len());
    for ((name, a), (other, b)) in one.into_iter().zip(other) {
        assert_eq!(name, other);
        assert!(a == b, "{name} differs between two runs of one seed");
    }
}
