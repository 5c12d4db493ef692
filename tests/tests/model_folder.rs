//! Model folders with a fault: every command that reads one prints one message that names the file
//! and the tensor, and writes nothing.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use memloom_tests::{TinyRun, memloom, refusal};
use serde_json::{Value, json};

/// A run that starts from the trained model in `model/` beside it.
fn run() -> (TinyRun, PathBuf) {
    let run = TinyRun::new();
    run.finish(&["--set", "run.max_steps=0", "--set", "warm_start.steps=1"]);
    let model = run.folder.path().join("model");
    std::fs::rename(run.out().join("final"), &model).unwrap();
    std::fs::remove_dir_all(run.out()).unwrap();
    let path = run.folder.path().join("run.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, shape) = text.split_once("hidden_size").unwrap();
    let (_, after) = shape.split_once("intermediate_size = 32").unwrap();
    let text = format!("{before}path = \"{}\"{after}", model.display());
    std::fs::write(&path, text).unwrap();
    (run, model)
}

/// Returns the errors of `memloom model inspect` and `memloom train`.
#[track_caller]
fn assert_refused(run: &TinyRun, model: &Path, parts: &[&str]) {
    let mut inspect = memloom();
    inspect.args(["model", "inspect"]).arg(model);
    let said = [refusal(&inspect.output().unwrap()), run.refusal(&[])];
    for said in said {
        for part in parts {
            assert!(said.contains(part), "no {part:?} in: {said}");
        }
    }
    assert!(!run.out().exists(), "the run has written something");
}

fn change(path: &Path, by: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    by(&mut value);
    std::fs::write(path, value.to_string()).unwrap();
}

#[test]
fn a_file_that_it_needs_is_missing() {
    let (run, model) = run();
    for name in ["config.json", "model.safetensors", "tokenizer.json"] {
        let aside = model.join("aside");
        std::fs::rename(model.join(name), &aside).unwrap();
        assert_refused(&run, &model, &[&model.display().to_string(), name]);
        std::fs::rename(&aside, model.join(name)).unwrap();
    }
    let mut inspect = memloom();
    inspect.args(["model", "inspect"]).arg(&model);
    assert!(inspect.output().unwrap().status.success());
}

#[test]
fn weights_that_are_cut_short() {
    let (run, model) = run();
    let path = model.join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let found = format!("{} bytes", bytes.len() - 1);
    assert_refused(&run, &model, &["model.safetensors", &found, "truncated"]);
}

#[test]
fn a_tensor_of_another_type_or_shape() {
    let (run, model) = run();
    let path = model.join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let tensor = "model.norm.weight";
    for (from, to, said) in [
        (
            "\"F32\"",
            "\"I32\"",
            "has the unsupported type I32; supported: F32, F16, BF16",
        ),
        ("[16]", "[ 4,4]", "has shape [4, 4], expected [16]"),
    ] {
        // Headers are padded with spaces, so a replacement may be shorter.
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let header = String::from_utf8(bytes[8..8 + length].to_vec()).unwrap();
        let (before, after) = header.split_once(tensor).unwrap();
        let changed = format!("{before}{tensor}{}", after.replacen(from, to, 1));
        let mut file = (changed.len() as u64).to_le_bytes().to_vec();
        file.extend(changed.bytes());
        file.extend(&bytes[8 + length..]);
        std::fs::write(&path, file).unwrap();
        assert_refused(&run, &model, &["model.safetensors", tensor, said]);
    }
}

#[test]
fn an_architecture_that_is_not_known() {
    let (run, model) = run();
    change(&model.join("config.json"), |config| {
        config["model_type"] = json!("mamba");
    });
    let said = "unsupported model_type mamba; supported: llama, qwen2, qwen3, gemma3_text";
    assert_refused(&run, &model, &["config.json", said]);
}

#[test]
fn a_vocabulary_larger_than_the_embedding() {
    let (run, model) = run();
    change(&model.join("tokenizer.json"), |tokenizer| {
        let more = json!({
            "id": 5000, "content": "<more>", "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false, "special": true,
        });
        tokenizer["added_tokens"].as_array_mut().unwrap().push(more);
    });
    let model = &model;
    assert_refused(
        &run,
        model,
        &[
            &model.display().to_string(),
            "they belong to different models",
        ],
    );
}

#[test]
fn a_template_that_is_none_or_raises() {
    let (run, model) = run();
    change(&model.join("tokenizer.json"), |_| {});
    let config = json!({"eos_token": "<end>"}).to_string();
    std::fs::write(model.join("tokenizer_config.json"), config).unwrap();
    assert_refused(&run, &model, &["no chat template in"]);
    let template = model.join("chat_template.jinja");
    std::fs::write(&template, "\n{% if messages %}").unwrap();
    assert_refused(
        &run,
        &model,
        &["invalid Jinja chat template", "chat_template.jinja:2"],
    );
    std::fs::write(&template, "{{ raise_exception('no system messages') }}").unwrap();
    let said = run.refusal(&[]);
    for part in ["chat_template.jinja:1", "no system messages"] {
        assert!(said.contains(part), "no {part:?} in: {said}");
    }
}
