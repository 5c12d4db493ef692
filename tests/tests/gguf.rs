//! GGUF files in the place of model folders.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Output;

use memloom_tests::{TinyRun, component, memloom, refusal, root};
use serde_json::Value;

/// A small model of the Qwen3 family.
fn file() -> PathBuf {
    let fixtures = root().join("trainer/engine/src/model/gguf/fixtures");
    std::fs::canonicalize(fixtures.join("qwen3.gguf")).unwrap()
}

/// A short run that starts from a model.
fn run(model: &Path) -> TinyRun {
    let mut run = TinyRun::new();
    let path = run.folder.path().join("run.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, shape) = text.split_once("hidden_size").unwrap();
    let (_, after) = shape.split_once("intermediate_size = 32").unwrap();
    let text = format!("{before}path = \"{}\"{after}", model.display());
    std::fs::write(&path, text).unwrap();
    let policy = component("memory-r2");
    run.settings = vec![
        format!("components.policy=\"{}\"", policy.display()),
        "policy.options={max_tokens=4, answer_tokens=4}".into(),
        "warm_start.steps=0".into(),
        "run.max_steps=1".into(),
        "evaluation.validation_episodes=1".into(),
        "evaluation.held_out_episodes=1".into(),
        "evaluation.horizon=1".into(),
    ];
    run
}

fn model(verb: &str, paths: &[&Path]) -> Output {
    let mut command = memloom();
    command.args(["model", verb]).args(paths);
    command.output().unwrap()
}

fn inspected(path: &Path) -> Value {
    let mut command = memloom();
    command.args(["model", "inspect", "--json"]).arg(path);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<String> = entries
        .map(|entry| name(entry).to_string_lossy().into())
        .collect();
    names.sort();
    names
}

#[test]
fn an_imported_file_is_a_model_folder_of_the_same_shape() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("model");
    let output = model("import", &[&file(), &out]);
    assert!(output.status.success(), "{output:?}");
    let expected = [
        "chat_template.jinja",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ];
    assert_eq!(names(&out), expected);
    let [mut from, mut to] = [inspected(&file()), inspected(&out)];
    assert_eq!(from["stored"], "F16, F32");
    assert_eq!(to["stored"], "float32");
    for inspection in [&mut from, &mut to] {
        let fields = inspection.as_object_mut().unwrap();
        fields.retain(|field, _| !["folder", "stored"].contains(&field.as_str()));
    }
    assert_eq!(from, to);
    let said = refusal(&model("import", &[&file(), &out]));
    assert!(said.ends_with("exists: choose another folder"), "{said}");
    let other = folder.path().join("other");
    let said = refusal(&model("import", &[&out, &other]));
    assert!(said.ends_with("is not a GGUF file"), "{said}");
    assert_eq!(names(folder.path()), ["model"]);
}

#[test]
fn a_run_starts_from_a_file_and_leaves_a_folder() {
    let run = run(&file());
    run.finish(&[]);
    let trained = inspected(&run.out().join("final"));
    assert_eq!(
        (&trained["family"], &trained["chat"]),
        (&"qwen3".into(), &true.into())
    );
    let mut eval = memloom();
    eval.arg("eval").arg(run.folder.path().join("run.toml"));
    for setting in &run.settings {
        eval.args(["--set", setting]);
    }
    let output = eval
        .args(["--json", "--weights"])
        .arg(file())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn an_adapter_of_a_file_is_merged_into_its_weights() {
    let run = run(&file());
    run.finish(&["--set", "backbone.lora.rank=2"]);
    let (adapter, merged) = (run.out().join("final"), run.folder.path().join("merged"));
    assert!(adapter.join("adapter_config.json").exists());
    let output = model("merge", &[&adapter, &merged]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        inspected(&merged)["parameters"],
        inspected(&file())["parameters"]
    );
}

#[test]
fn a_file_with_a_fault_is_refused_with_one_line_and_nothing_is_written() {
    let bytes = std::fs::read(file()).unwrap();
    let with = |from: &str, to: &str| {
        let at = bytes
            .windows(from.len())
            .position(|part| part == from.as_bytes());
        let mut changed = bytes.clone();
        changed[at.unwrap()..][..to.len()].copy_from_slice(to.as_bytes());
        changed
    };
    let cut = bytes[..bytes.len() - 1].to_vec();
    let faults = [
        (cut, "the file is truncated or damaged"),
        (b"{}".to_vec(), "not a GGUF file"),
        (
            with("qwen3", "mamba"),
            "unsupported architecture mamba; supported: ",
        ),
        (
            with("blk.0.ffn_up", "blk.0.ffn_xx"),
            "has no tensor blk.0.ffn_up.weight",
        ),
        (
            with("llama-bpe", "viking-xl"),
            "unsupported tokenizer.ggml.pre viking-xl; supported: ",
        ),
    ];
    for (bytes, part) in faults {
        let folder = tempfile::tempdir().unwrap();
        let faulty = folder.path().join("a.gguf");
        std::fs::write(&faulty, bytes).unwrap();
        let run = run(&faulty);
        let import = model("import", &[&faulty, &folder.path().join("model")]);
        for said in [refusal(&import), run.refusal(&[])] {
            assert!(said.contains(part), "no {part:?} in: {said}");
            let path = faulty.display().to_string();
            assert!(said.contains(&path), "no {path} in: {said}");
        }
        assert_eq!(names(folder.path()), ["a.gguf"]);
        assert!(!run.out().exists(), "the run has written something");
    }
}
