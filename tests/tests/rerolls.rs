//! Rerolls that begin inside a session, and what is counted of them.

#![allow(clippy::unwrap_used, reason = "tests")]

use memloom_tests::{TinyRun, component};
use serde_json::Value;

/// A run whose model has learnt nothing, so that no output can be read and the manager
/// is never asked: each output is one that is malformed.
fn rerolled_from(place: &str) -> Vec<Value> {
    let mut run = TinyRun::new();
    run.settings = [
        &format!("components.policy=\"{}\"", component("memory-r2").display()),
        "policy.options={max_chunks=6, max_tokens=4}",
        "tokenizer.kind=bytes",
        "tokenizer.vocabulary=900",
        "backbone.context=6000",
        "warm_start.steps=1",
        "stage=[{horizon=2, steps=3}]",
        "evaluation.horizon=1",
        "algorithm.local_probability=1",
        "algorithm.metric=held-evidence",
        "algorithm.rerolls=3",
        &format!("algorithm.reroll_from={place}"),
    ]
    .map(str::to_owned)
    .into();
    run.finish(&[]);
    run.steps()
}

fn count(step: &Value, key: &str) -> u64 {
    step[key]
        .as_u64()
        .unwrap_or_else(|| panic!("no {key} in {step}"))
}

#[test]
fn what_a_reroll_repeats_is_counted_once() {
    let steps = rerolled_from("chunk");
    for step in &steps {
        let (said, malformed) = (count(step, "steps"), count(step, "malformed"));
        assert!(malformed <= said, "{malformed} of {said}: {step}");
    }
    for step in rerolled_from("session") {
        let read = count(&step, "malformed") + count(&step, "repaired");
        assert_eq!(read, count(&step, "steps"), "{step}");
    }
}
