//! Runs with a policy that retrieves entries by embedding, with an encoder from a folder.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::Output;

use memloom_tests::{TinyRun, component, memloom, refusal, root};

/// Plays one episode of the policy `memory-r2`, and returns the output of its replay.
fn played(settings: &[String]) -> Result<String, Output> {
    let run = TinyRun::new();
    let trace = run.folder.path().join("one.trace");
    let policy = format!("components.policy=\"{}\"", component("memory-r2").display());
    let mut play = memloom();
    play.arg("play").arg(run.folder.path().join("run.toml"));
    for setting in settings.iter().chain([&policy]) {
        play.args(["--set", setting]);
    }
    play.args(["--demonstrator", "everything", "--trace"])
        .arg(&trace);
    let output = play.output().unwrap();
    if !output.status.success() {
        return Err(output);
    }
    let shown = memloom()
        .arg("replay")
        .arg(&trace)
        .arg("--show")
        .output()
        .unwrap();
    assert!(shown.status.success(), "{shown:?}");
    Ok(String::from_utf8(shown.stdout).unwrap())
}

fn encoder() -> String {
    let folder = root().join("trainer/engine/src/sentence_encoder/fixtures/tiny-bert");
    format!("embedder.path=\"{}\"", folder.display())
}

#[test]
fn a_policy_is_granted_the_encoder_that_the_run_file_names() {
    let without = played(&[]).unwrap();
    assert!(without.contains("no embedder"), "{without}");
    let with = played(&[encoder()]).unwrap();
    assert!(!with.contains("no embedder"), "{with}");
    assert!(with.contains("embed "), "{with}");
    // Another process must compute the same vectors, and so the same states.
    assert_eq!(played(&[encoder()]).unwrap(), with);
}

#[test]
fn a_run_trains_with_an_encoder_and_its_seed_decides() {
    let policy = format!("components.policy=\"{}\"", component("memory-r2").display());
    let [one, other] = [(); 2].map(|()| {
        let mut run = TinyRun::new();
        run.settings = [
            &*policy,
            "policy.options={max_chunks=1, max_tokens=32, answer_tokens=8}",
            "tokenizer.kind=bytes",
            "tokenizer.vocabulary=900",
            "backbone.context=6000",
            "stage=[{horizon=1, steps=1}]",
            "evaluation.horizon=1",
            &encoder(),
        ]
        .map(str::to_owned)
        .into();
        run.finish(&[]);
        run
    });
    memloom_tests::assert_same(&one, &other);
}

#[test]
fn two_embedders_or_a_folder_that_is_none_are_refused() {
    let served = "servers.embedder={url=\"http://localhost/v1\", model=\"m\"}";
    for (settings, said) in [
        (
            vec![encoder(), served.into()],
            "embedder and servers.embedder both name an embedder",
        ),
        (
            vec!["embedder.path=\"/nowhere\"".into()],
            "embedder.path: /nowhere: cannot read /nowhere/config.json",
        ),
    ] {
        let output = played(&settings).unwrap_err();
        let refusal = refusal(&output);
        assert!(refusal.contains(said), "{refusal}");
    }
}
