//! `memloom train --dry-run` refuses what the first session could not do, in one line.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use memloom_tests::{TinyRun, component};
use serde_json::json;

/// A run of the policy `memory-r2` with these settings besides.
fn memory_r2(settings: &[&str]) -> TinyRun {
    let mut run = TinyRun::new();
    run.settings = vec![format!(
        "components.policy=\"{}\"",
        component("memory-r2").display()
    )];
    run.settings.extend(settings.iter().map(|s| (*s).into()));
    run
}

/// Returns the refusal of `--dry-run`, after which nothing is written.
#[track_caller]
fn refusal(run: &TinyRun) -> String {
    let said = run.refusal(&["--dry-run"]);
    assert!(!run.out().exists(), "the run has written something");
    said
}

/// Makes the final model of a run a chat model, and returns its folder's setting.
fn chat_model(run: &TinyRun, model: &Path) -> String {
    std::fs::rename(run.out().join("final"), model).unwrap();
    std::fs::remove_dir_all(run.out()).unwrap();
    let config = json!({
        "eos_token": "<end>",
        "chat_template": "{% for m in messages %}{{ m.role + ': ' + m.content + ' ' }}{% endfor %}",
    });
    std::fs::write(model.join("tokenizer_config.json"), config.to_string()).unwrap();
    format!("backbone={{path=\"{}\"}}", model.display())
}

#[test]
fn a_schema_that_the_tokenizer_cannot_follow() {
    let constrained = "policy.options={constrained=true}";
    let said = refusal(&memory_r2(&[constrained, "tokenizer.kind=words"]));
    for part in [
        "the policy memory-r2 in train/0",
        "unsupported JSON schema in request.grammar: the tokenizer has no token",
    ] {
        assert!(said.contains(part), "{said}");
    }
    memory_r2(&[constrained, "tokenizer.kind=bytes"]).finish(&["--dry-run"]);
}

#[test]
fn a_grammar_for_a_server() {
    let served = "servers.answerer={url=\"http://localhost:1\", model=\"m\"}";
    let bytes = "tokenizer.kind=bytes";
    let run = memory_r2(&["policy.options={constrained=true}", served, bytes]);
    let said = refusal(&run);
    assert!(
        said.contains("the policy gives answerer an output grammar"),
        "{said}"
    );
    let free = "policy.options={constrained=true, constrained_answers=false}";
    memory_r2(&[free, served, bytes]).finish(&["--dry-run"]);
}

#[test]
fn control_words_and_a_chat_model() {
    let run = TinyRun::new();
    run.finish(&["--set", "run.max_steps=0", "--set", "warm_start.steps=1"]);
    let mut run = run;
    let model = run.folder.path().join("model");
    let setting = chat_model(&run, &model);
    run.settings.push(setting);
    let said = refusal(&run);
    assert!(
        said.contains("the policy selector speaks in control words, which the tokenizer of backbone.path does not have"),
        "{said}"
    );
}

#[test]
fn a_context_too_small_for_the_first_prompt() {
    let mut run = memory_r2(&["tokenizer.kind=bytes", "tokenizer.vocabulary=900"]);
    let short = "backbone.context=6000";
    run.finish(&[
        "--set",
        "run.max_steps=0",
        "--set",
        "warm_start.steps=1",
        "--set",
        short,
    ]);
    let model = run.folder.path().join("model");
    let setting = chat_model(&run, &model);
    run.settings.push(setting);
    run.finish(&["--dry-run"]);
    run.settings.push("backbone.context=300".into());
    let said = refusal(&run);
    for part in [
        "the first prompt of its role extractor has",
        "the backbone reads 300",
    ] {
        assert!(said.contains(part), "{said}");
    }
}
