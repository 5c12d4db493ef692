//! The run files of the paper, its ablations and the other algorithms: each takes two steps on a
//! tiny backbone and made-up conversations.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use memloom_tests::{TinyRun, memloom, root};

/// Returns the files below a folder that end in `.toml`.
fn run_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(run_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Returns made-up conversations under LoCoMo's names, each of 16 short sessions.
fn conversations() -> String {
    let names = [26, 30, 41, 42, 43, 44, 47, 48, 49, 50];
    let all: Vec<serde_json::Value> = names
        .iter()
        .map(|name| {
            let mut conversation = serde_json::json!({"speaker_a": "Ann", "speaker_b": "Bo"});
            for session in 1..=16 {
                conversation[format!("session_{session}_date_time")] =
                    format!("1:56 pm on {session} May, 2023").into();
                conversation[format!("session_{session}")] = serde_json::json!([
                    {"speaker": "Ann", "dia_id": format!("D{session}:1"),
                     "text": format!("I have {session} dogs.")},
                    {"speaker": "Bo", "dia_id": format!("D{session}:2"), "text": "Nice!"},
                ]);
            }
            let questions: Vec<serde_json::Value> = (1..=16)
                .map(|session| {
                    serde_json::json!({
                        "question": "How many dogs does Ann have?",
                        "answer": session.to_string(),
                        "evidence": [format!("D{session}:1")],
                        "category": 4,
                    })
                })
                .collect();
            serde_json::json!({
                "sample_id": format!("conv-{name}"), "conversation": conversation, "qa": questions,
            })
        })
        .collect();
    serde_json::to_string(&all).unwrap()
}

#[test]
fn every_recipe_of_the_paper_takes_two_steps() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.json");
    std::fs::write(&data, conversations()).unwrap();
    let files = run_files(&root().join("examples/runs/memory-r2"));
    assert!(files.len() > 10);
    for file in files {
        let out = folder.path().join(file.file_stem().unwrap());
        let mut train = memloom();
        train.arg("train").arg(&file).arg("--data").arg(&data);
        for setting in [
            &*format!("run.out={}", out.display()),
            "run.max_steps=2",
            "backbone.hidden_size=16",
            "backbone.layers=1",
            "backbone.heads=2",
            "backbone.kv_heads=1",
            "backbone.intermediate_size=32",
            "backbone.context=8192",
            "backbone.tie_embeddings=true",
            "tokenizer.vocabulary=300",
            "policy.options.max_tokens=4",
            "policy.options.answer_tokens=4",
            "algorithm.rollouts=2",
            "algorithm.rerolls=2",
            "evaluation.held_out_episodes=1",
        ] {
            train.arg("--set").arg(setting);
        }
        let output = train.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", file.display());
        let metrics = std::fs::read_to_string(out.join("metrics.jsonl")).unwrap();
        let steps = metrics
            .lines()
            .filter(|line| line.contains(r#""kind":"step""#));
        assert_eq!(steps.count(), 2, "{}", file.display());
    }
}

#[test]
fn every_switch_of_the_loss_and_of_credit_takes_two_steps() {
    for switches in [
        &["algorithm.name=session-grpo"][..],
        &["algorithm.name=grpo"],
        &["algorithm.name=rloo"],
        &["algorithm.name=reinforce++"],
        &["algorithm.name=gigpo"],
        &[
            "algorithm.name=dpo",
            "algorithm.smoothing=0.1",
            "algorithm.reference_pace=1.0",
        ],
        &["algorithm.name=webrl", "algorithm.beta=0.5"],
        &["algorithm.credit=suffix"],
        &[
            "algorithm.credit=trajectory",
            "algorithm.leave_one_out=true",
        ],
        &[
            "algorithm.anchors=lowest-reward",
            "algorithm.local_probability=1.0",
        ],
        &[
            "algorithm.anchors=highest-spread",
            "algorithm.local_probability=1.0",
        ],
        &[
            "algorithm.reroll_from=chunk",
            "algorithm.local_probability=1.0",
        ],
        &[
            "algorithm.ratio=token",
            "algorithm.aggregation=token-mean",
            "algorithm.clip_high=0.3",
        ],
        &[
            "algorithm.ratio=sequence",
            "algorithm.aggregation=fixed-length",
        ],
        &[
            "algorithm.importance_cap=2.0",
            "algorithm.aggregation=trajectory",
        ],
        &[
            "algorithm.kl=0.1",
            "algorithm.kl_estimator=k1",
            "algorithm.reference_pace=0.5",
        ],
        &[
            "algorithm.kl=0.1",
            "algorithm.kl_estimator=k2",
            "algorithm.entropy=0.01",
        ],
        &[
            "algorithm.learn=alternating",
            "algorithm.mask_truncated=true",
        ],
        &[
            "algorithm.std_normalisation=false",
            "algorithm.dual_clip=0.0",
        ],
        &["policy.options.extractor=false"],
        &["algorithm.name=ppo"],
        &["algorithm.name=ppo", "backbone.separate_roles=true"],
        &[
            "backbone.separate_roles=true",
            "algorithm.learn=alternating",
        ],
        &["algorithm.questions=1"],
    ] {
        let mut run = TinyRun::new();
        run.settings = switches.iter().map(|switch| (*switch).to_owned()).collect();
        run.settings.push("run.max_steps=2".into());
        run.finish(&[]);
        let steps = run.steps();
        assert_eq!(steps.len(), 2, "{switches:?}");
        for step in steps {
            for key in ["loss", "gradient_norm", "entropy", "reward"] {
                assert!(
                    step[key].is_number(),
                    "{switches:?}: {key} is {}",
                    step[key]
                );
            }
        }
    }
}

#[test]
fn a_gate_holds_the_curriculum_back_until_it_passes() {
    let gated = |gate: &str| {
        let mut run = TinyRun::new();
        run.settings.push(format!("stage.0.gate={gate}"));
        let output = run.finish(&[]);
        let stages: Vec<u64> = run
            .steps()
            .iter()
            .map(|step| step["stage"].as_u64().unwrap())
            .collect();
        (stages, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (stages, _) = gated(r#"{metric="reward", above=-9, most_steps=5}"#);
    assert_eq!(stages, [0, 0, 0, 1, 1, 1]);
    let (stages, said) = gated(r#"{metric="m-fail", below=-1, most_steps=5}"#);
    assert_eq!(stages, [0, 0, 0, 0, 0]);
    assert!(
        said.contains("its gate (m-fail below -1) did not open"),
        "{said}"
    );
}
