//! A policy with free-text outputs trains like any other. Outputs that cannot be parsed are
//! counted and change nothing in the bank.

#![allow(clippy::unwrap_used, reason = "tests")]

use memloom_tests::{TinyRun, component};

#[test]
fn output_that_is_no_json_is_counted_and_changes_nothing() {
    let mut run = TinyRun::new();
    run.settings.extend(
        [
            &format!("components.policy=\"{}\"", component("memory-r2").display()),
            "policy.options={max_chunks=1, max_tokens=48, answer_tokens=16}",
            "tokenizer.kind=bytes",
            "tokenizer.vocabulary=900",
            "backbone.context=6000",
            "stage=[{horizon=1, steps=2}]",
            "evaluation.horizon=1",
        ]
        .map(str::to_owned),
    );
    run.finish(&[]);
    let steps = run.steps();
    assert_eq!(steps.len(), 2);
    for step in steps {
        // A backbone trained for a few steps writes no JSON.
        assert!(step["malformed"].as_u64().unwrap() > 0, "{step}");
        assert_eq!(step["bank_words"], 0.0, "{step}");
    }
}
