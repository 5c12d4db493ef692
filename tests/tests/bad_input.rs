//! Bad input ends in one clear message that names the input, and loses no data.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

use memloom_tests::{TinyRun, component, memloom, refusal};

fn refused(setting: &str) -> String {
    let mut run = TinyRun::new();
    run.settings.push(setting.into());
    run.refusal(&[])
}

#[track_caller]
fn assert_names(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "no {part:?} in: {message}");
    }
}

#[test]
fn a_missing_run_file() {
    let output = memloom().args(["train", "nowhere.toml"]).output().unwrap();
    assert_names(&refusal(&output), &["nowhere.toml", "No such file"]);
}

#[test]
fn a_malformed_run_file() {
    let run = TinyRun::new();
    std::fs::write(run.folder.path().join("run.toml"), "[run\nout = 3").unwrap();
    assert_names(&run.refusal(&[]), &["run.toml", "TOML"]);
}

#[test]
fn a_key_that_does_not_exist() {
    assert_names(&refused("algorithm.rolouts=4"), &["rolouts"]);
}

#[test]
fn a_value_that_makes_no_sense() {
    assert_names(
        &refused("algorithm.local_probability=1.5"),
        &["local_probability", "1.5"],
    );
    assert_names(&refused("backbone.heads=3"), &["backbone.heads (3)"]);
}

#[test]
fn a_device_that_is_not_there() {
    assert_names(&refused("run.device=gpu"), &["\"gpu\"", "cuda:0"]);
    let run = TinyRun::new();
    assert_names(
        &run.refusal(&["--device", "cuda:0"]),
        &["device cuda:0", "without CUDA", "--features"],
    );
    assert!(!run.out().exists());
}

#[test]
fn a_missing_component() {
    assert_names(
        &refused("components.bank=\"nowhere.wasm\""),
        &["nowhere.wasm"],
    );
}

#[test]
fn a_component_of_the_wrong_world() {
    let setting = format!("components.bank=\"{}\"", component("selector").display());
    assert_names(&refused(&setting), &["selector.wasm", "bank"]);
}

#[test]
fn a_file_that_is_no_component() {
    let run = TinyRun::new();
    let path = run.folder.path().join("junk.wasm");
    std::fs::write(&path, b"not wasm at all").unwrap();
    let message = run.refusal(&[
        "--set",
        &format!("components.policy=\"{}\"", path.display()),
    ]);
    assert_names(&message, &["junk.wasm"]);
}

#[test]
fn options_that_a_component_refuses() {
    assert_names(&refused("policy.options.chunk_turn=3"), &["chunk_turn"]);
    assert_names(&refused("environment.options.peple=3"), &["peple"]);
}

fn locomo(run: &mut TinyRun, json: &str) {
    let path = run.folder.path().join("data.json");
    std::fs::write(&path, json).unwrap();
    run.settings.extend([
        format!(
            "components.environment=\"{}\"",
            component("locomo").display()
        ),
        format!("environment.data=[\"{}\"]", path.display()),
        "environment.options={train=[\"c1\"], validation=[\"c2\"], held-out=[\"c3\"]}".into(),
        "algorithm.metric=held-evidence".into(),
        "tokenizer.kind=bytes".into(),
        "stage.1.horizon=0".into(),
    ]);
}

/// Returns three conversations; `evidence` is that of the first question of the first.
fn conversations(evidence: &str) -> String {
    let one = |id: &str, evidence: &str| {
        CONVERSATION
            .replace("NAME", id)
            .replace("EVIDENCE", evidence)
    };
    let sound = r#"["D1:1"]"#;
    format!(
        "[{}, {}, {}]",
        one("c1", evidence),
        one("c2", sound),
        one("c3", sound)
    )
}

const CONVERSATION: &str = r#"{"sample_id": "NAME", "conversation": {
    "speaker_a": "Ann", "speaker_b": "Bo",
    "session_1_date_time": "1:56 pm on 8 May, 2023",
    "session_1": [
        {"speaker": "Ann", "dia_id": "D1:1", "text": "I adopted a dog named Rex."},
        {"speaker": "Bo", "dia_id": "D1:2", "text": "Nice! How are you?"}],
    "session_2_date_time": "2:00 pm on 9 June, 2023",
    "session_2": [
        {"speaker": "Bo", "dia_id": "D2:1", "text": "I moved to Oslo for a job."},
        {"speaker": "Ann", "dia_id": "D2:2", "text": "Great news!"}]},
  "qa": [
    {"question": "What is Ann's dog called?", "answer": "Rex", "evidence": EVIDENCE, "category": 4},
    {"question": "Where did Bo move?", "answer": "Oslo", "evidence": ["D2:1"], "category": 4}]}"#;

#[test]
fn a_missing_data_file() {
    let mut run = TinyRun::new();
    locomo(&mut run, "[]");
    std::fs::remove_file(run.folder.path().join("data.json")).unwrap();
    assert_names(&run.refusal(&[]), &["data.json", "No such file"]);
}

#[test]
fn a_malformed_data_file() {
    let mut run = TinyRun::new();
    locomo(&mut run, "[{\"sample_id\": \"c1\",");
    assert_names(&run.refusal(&[]), &["data.json", "line 1"]);
}

#[test]
fn a_conversation_that_is_not_in_the_data() {
    let mut run = TinyRun::new();
    locomo(&mut run, &conversations(r#"["D1:1"]"#));
    run.settings.push(
        "environment.options={train=[\"c1\"], validation=[\"c9\"], held-out=[\"c3\"]}".into(),
    );
    assert_names(&run.refusal(&[]), &["c9"]);
}

#[test]
fn evidence_that_does_not_exist_is_reported_and_the_run_goes_on() {
    let mut run = TinyRun::new();
    locomo(&mut run, &conversations(r#"["D1:1", "D7:7"]"#));
    let output = run.finish(&[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_names(&said, &["D7:7"]);
}

#[test]
fn a_metric_that_the_environment_does_not_have() {
    assert_names(&refused("algorithm.metric=glory"), &["glory", "f1"]);
}

#[test]
fn a_context_too_short_for_the_prompts() {
    assert_names(&refused("backbone.context=16"), &["backbone.context", "16"]);
}

#[test]
fn a_role_that_the_policy_does_not_have() {
    assert_names(
        &refused("algorithm.learn=boss"),
        &["boss", "extractor, manager"],
    );
}

#[test]
fn a_role_that_learns_in_a_stage_and_does_not_exist() {
    assert_names(
        &refused("stage.1.learn=boss"),
        &["stage 2", "boss", "extractor, manager"],
    );
}

#[test]
fn a_data_file_beyond_a_limit_names_it_and_loads_once_it_is_raised() {
    let mut run = TinyRun::new();
    let spaces = " ".repeat(3 << 20);
    locomo(&mut run, &(conversations(r#"["D1:1"]"#) + &spaces));
    run.settings.push("limits.memory_bytes=2097152".into());
    assert_names(
        &run.refusal(&["--dry-run"]),
        &["limits.memory_bytes", "2097152"],
    );
    run.settings.push("limits.memory_bytes=67108864".into());
    run.finish(&["--dry-run"]);
}

#[test]
fn options_of_a_stage_and_of_a_variant_that_a_component_refuses() {
    assert_names(
        &refused("stage.1.environment={ peple = 3 }"),
        &["stage 2: environment", "peple"],
    );
    assert_names(
        &refused("policy.variants=[{ share = 0.5, options = { chunk_turn = 3 } }]"),
        &["policy.variants", "chunk_turn"],
    );
}

#[test]
fn a_price_for_a_role_that_no_server_speaks_for() {
    assert_names(
        &refused("algorithm.call_cost={ manager = 0.5 }"),
        &["algorithm.call_cost prices manager", "servers.manager"],
    );
}

#[test]
fn a_horizon_beyond_an_episode() {
    let mut run = TinyRun::new();
    locomo(&mut run, &conversations(r#"["D1:1"]"#));
    run.settings.push("stage.1.horizon=3".into());
    assert_names(
        &run.refusal(&[]),
        &["stage 2 has horizon = 3", "c1", "2 sessions"],
    );
}

#[test]
fn a_curriculum_that_shrinks() {
    assert_names(&refused("stage.1.horizon=1"), &["stage 2", "shorter"]);
}

#[test]
fn a_folder_that_already_holds_a_run() {
    let run = TinyRun::new();
    run.finish(&[]);
    assert_names(&run.refusal(&[]), &["--resume"]);
    assert_names(
        &run.refusal(&["--resume", "--set", "algorithm.penalty=0.1"]),
        &["another run file"],
    );
}

#[test]
fn nothing_to_resume() {
    assert_names(
        &TinyRun::new().refusal(&["--resume"]),
        &["no run to resume"],
    );
}

fn damaged(name: &str) -> String {
    let run = TinyRun::new();
    run.finish(&["--set", "run.max_steps=1"]);
    let newest = std::fs::read_dir(run.out().join("checkpoints"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .max()
        .unwrap();
    let path = match name {
        "tokenizer.json" => run.out().join(name),
        _ => newest.join(name),
    };
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    run.refusal(&["--resume"])
}

#[test]
fn a_damaged_checkpoint() {
    for name in [
        "present/model.safetensors",
        "moments.safetensors",
        "progress.json",
    ] {
        assert_names(&damaged(name), &[name]);
    }
}

#[test]
fn a_damaged_tokenizer() {
    assert_names(&damaged("tokenizer.json"), &["tokenizer.json"]);
}

#[test]
fn weights_of_another_shape() {
    let run = TinyRun::new();
    run.finish(&["--set", "run.max_steps=1"]);
    let config = run.out().join("final/config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    let wider = text.replace("\"intermediate_size\": 32", "\"intermediate_size\": 48");
    assert_ne!(text, wider);
    std::fs::write(&config, wider).unwrap();
    let output = memloom()
        .arg("eval")
        .arg(run.folder.path().join("run.toml"))
        .output()
        .unwrap();
    assert_names(&refusal(&output), &["model.safetensors", "32", "48"]);
}

/// `ulimit -f` limits the files that a process may write: the error path of a full disk, for one
/// process only. Components stay below the limit; the optimizer state of this backbone does not.
#[test]
fn a_full_disk_leaves_the_last_checkpoint_whole() {
    let wide = || {
        let mut run = TinyRun::new();
        run.settings.push("backbone.hidden_size=256".into());
        run.settings.push("backbone.layers=2".into());
        run
    };
    let run = wide();
    run.finish(&["--set", "run.max_steps=1"]);
    let train = run.train();
    let arguments: Vec<_> = train.get_args().map(|a| a.to_owned()).collect();
    let output = Command::new("bash")
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\"")
        .arg(train.get_program())
        .args(arguments)
        .arg("--resume")
        .current_dir(memloom_tests::root())
        .output()
        .unwrap();
    assert_names(&refusal(&output), &["cannot write", "checkpoints"]);
    run.finish(&["--resume"]);
    let whole = wide();
    whole.finish(&[]);
    memloom_tests::assert_same(&whole, &run);
}

#[test]
fn a_dry_run_prints_every_default_and_writes_nothing() {
    let run = TinyRun::new();
    let output = run.finish(&["--dry-run"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_names(&text, &["dual_clip = 3.0", "weight_decay"]);
    assert!(!run.out().exists());
}

#[test]
fn the_summary_has_what_it_promises() {
    let run = TinyRun::new();
    let output = run.finish(&["--json"]);
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let written: serde_json::Value =
        serde_json::from_slice(&std::fs::read(run.out().join("summary.json")).unwrap()).unwrap();
    assert_eq!(printed, written);
    for place in [
        "/held_out/before",
        "/held_out/after",
        "/baselines/keep_everything",
        "/baselines/keep_nothing",
        "/baselines/demonstrator",
        "/baselines/expert",
    ] {
        for key in ["reward", "sampled_reward", "f1", "m_fail", "bank_words"] {
            let at = format!("{place}/{key}");
            assert!(printed.pointer(&at).is_some_and(|v| v.is_number()), "{at}");
        }
    }
    for key in [
        "steps",
        "seconds",
        "generated_tokens",
        "trained_tokens",
        "peak_rss_bytes",
        "seed",
    ] {
        assert!(printed[key].as_f64().is_some_and(|v| v > 0.0), "{key}");
    }
    assert_eq!(printed["baselines"]["expert"]["f1"], 1.0);
}

#[test]
fn inspect_says_what_a_component_is() {
    for (name, kind) in [
        ("flat", "bank"),
        ("chronicle", "environment"),
        ("selector", "policy"),
    ] {
        let output = memloom()
            .arg("inspect")
            .arg(component(name))
            .arg("--json")
            .output()
            .unwrap();
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(said["kind"], kind, "{said}");
    }
    let output = memloom().args(["inspect", "Cargo.toml"]).output().unwrap();
    assert_names(&refusal(&output), &["Cargo.toml"]);
}
