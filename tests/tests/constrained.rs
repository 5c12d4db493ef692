//! A run with roles whose outputs are constrained to JSON schemas.

#![allow(clippy::unwrap_used, reason = "tests")]

use memloom_tests::{TinyRun, assert_same, component, memloom};

fn run(settings: &[&str]) -> TinyRun {
    let mut run = TinyRun::new();
    run.settings = [
        &format!("components.policy=\"{}\"", component("memory-r2").display()),
        "policy.options={constrained=true, max_chunks=1, max_tokens=200, answer_tokens=8}",
        "tokenizer.kind=bytes",
        "tokenizer.vocabulary=900",
        "backbone.context=6000",
        "stage=[{horizon=2, steps=2}]",
        "evaluation.horizon=1",
    ]
    .map(str::to_owned)
    .into();
    run.settings.extend(settings.iter().map(|s| (*s).into()));
    run
}

#[test]
fn demonstrations_are_of_the_schema_and_what_is_sampled_is_what_the_loss_sees() {
    let (one, other) = (run(&[]), run(&[]));
    one.finish(&[]);
    other.finish(&[]);
    assert_same(&one, &other);
    for step in one.steps() {
        let deviation = step["first_ratio_deviation"].as_f64();
        assert!(deviation < Some(1e-5), "{step}");
        assert!(
            step["malformed"].as_u64() <= step["truncated_steps"].as_u64(),
            "{step}"
        );
    }
}

#[test]
fn the_policy_passes_its_check_with_schemas() {
    let run = TinyRun::new();
    let file = run.folder.path().join("run.toml");
    let mut text = std::fs::read_to_string(&file).unwrap();
    text += "\n[policy]\noptions = { constrained = true }\n";
    std::fs::write(&file, text).unwrap();
    let mut check = memloom();
    check.arg("check").arg(component("memory-r2"));
    let output = check.arg("--config").arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
}

#[test]
fn words_cannot_be_constrained_to_json() {
    let refusal = run(&["tokenizer.kind=words"]).refusal(&[]);
    assert!(
        refusal.contains("unsupported JSON schema in request.grammar: the tokenizer has no token"),
        "{refusal}"
    );
}
