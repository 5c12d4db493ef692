//! Runs that train adapters: files, resumption, and the use of a trained adapter.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Output;

use memloom_tests::{TinyRun, assert_same, memloom, refusal};
use serde_json::Value;

fn adapted(settings: &[&str]) -> TinyRun {
    let mut run = TinyRun::new();
    for setting in [
        &["backbone.lora.rank=4", "optimizer.learning_rate=3e-3"],
        settings,
    ]
    .concat()
    {
        run.settings.push(setting.into());
    }
    run
}

fn read(path: impl AsRef<Path>) -> Vec<u8> {
    std::fs::read(path.as_ref())
        .unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

fn json(path: impl AsRef<Path>) -> Value {
    serde_json::from_slice(&read(path)).unwrap()
}

/// Returns the metrics of weights on the run's held-out episodes.
fn eval(run: &TinyRun, weights: &Path) -> Value {
    let output = memloom()
        .arg("eval")
        .arg(run.folder.path().join("run.toml"))
        .arg("--weights")
        .arg(weights)
        .arg("--json")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn merge(adapter: &Path, out: &Path) -> Output {
    let mut command = memloom();
    command.args(["model", "merge"]).args([adapter, out]);
    command.output().unwrap()
}

#[test]
fn only_the_adapter_is_trained_and_saved_and_a_reference_holds_it() {
    let settings = ["algorithm.kl=0.1", "algorithm.reference_pace=0.1"];
    let [one, other] = [(); 2].map(|()| adapted(&settings));
    one.finish(&[]);
    other.finish(&[]);
    assert_same(&one, &other);
    let steps = one.steps();
    assert!(
        steps
            .iter()
            .any(|step| step["divergence"].as_f64() > Some(0.0))
    );
    for step in &steps {
        assert!(
            step["first_ratio_deviation"].as_f64() < Some(1e-5),
            "{step}"
        );
    }
    let first = adapted(&settings);
    first.finish(&["--set", "run.max_steps=1"]);
    let last = |run: &TinyRun, file: &str| read(run.out().join("final").join(file));
    let weights = "adapter_model.safetensors";
    assert!(last(&one, weights) != last(&first, weights));
    assert!(last(&one, "base/model.safetensors") == last(&first, "base/model.safetensors"));
    let config = json(one.out().join("final/adapter_config.json"));
    assert_eq!(
        (&config["peft_type"], &config["r"]),
        (&"LORA".into(), &4.into())
    );
    assert_eq!(config["base_model_name_or_path"], "base");
    assert!(!one.out().join("final/model.safetensors").exists());
    let checkpoints = std::fs::read_dir(one.out().join("checkpoints")).unwrap();
    let newest = checkpoints
        .map(|entry| entry.unwrap().path())
        .max()
        .unwrap();
    for part in ["present", "reference"] {
        let files = std::fs::read_dir(newest.join(part)).unwrap().count();
        assert_eq!(files, 2, "an adapter and its configuration");
        assert!(newest.join(part).join(weights).exists());
    }
}

#[test]
fn adapters_by_role_with_value_heads_and_dropout_are_resumed_as_they_were() {
    let settings = [
        "backbone.separate_roles=true",
        "backbone.lora.dropout=0.2",
        "backbone.lora.targets=[\"q_proj\", \"v_proj\", \"down_proj\"]",
        "algorithm.name=ppo",
        "algorithm.kl=0.1",
    ];
    let [whole, parts] = [(); 2].map(|()| adapted(&settings));
    whole.finish(&[]);
    parts.finish(&["--set", "run.max_steps=3"]);
    parts.finish(&["--resume"]);
    assert_same(&whole, &parts);
    let weights = |role: &str| {
        read(
            whole
                .out()
                .join("final")
                .join(role)
                .join("adapter_model.safetensors"),
        )
    };
    assert!(weights("extractor") != weights("manager"));
    let config = json(whole.out().join("final/manager/adapter_config.json"));
    assert_eq!(config["base_model_name_or_path"], "../base");
    // Dropout also changes the probabilities of the first update's ratio.
    let deviation = |step: &Value| step["first_ratio_deviation"].as_f64().unwrap();
    assert!(whole.steps().iter().any(|step| deviation(step) > 1e-4));
    let after = &json(whole.out().join("summary.json"))["held_out"]["after"];
    assert_eq!(
        eval(&whole, &whole.out().join("final"))["reward"],
        after["reward"]
    );
}

#[test]
fn an_adapter_is_evaluated_merged_and_moved() {
    let run = adapted(&[]);
    run.finish(&[]);
    let last = run.out().join("final");
    let after = &json(run.out().join("summary.json"))["held_out"]["after"];
    let figures = eval(&run, &last);
    for key in ["reward", "f1", "bank_words"] {
        assert_eq!(figures[key], after[key], "{key}");
    }
    let merged = run.folder.path().join("merged");
    let output = merge(&last, &merged);
    assert!(output.status.success(), "{output:?}");
    assert!(!merged.join("adapter_config.json").exists());
    assert!(eval(&run, &merged)["episodes"] == 2);
    let again = refusal(&merge(&last, &merged));
    assert!(again.contains("merged exists"), "{again}");

    // Without the base model beside it, as adapters are usually passed on.
    let alone = run.folder.path().join("alone");
    std::fs::create_dir(&alone).unwrap();
    for file in ["adapter_config.json", "adapter_model.safetensors"] {
        std::fs::copy(last.join(file), alone.join(file)).unwrap();
    }
    let lost = refusal(&merge(&alone, &run.folder.path().join("lost")));
    for part in ["alone/adapter_config.json", "\"base\"", "--base"] {
        assert!(lost.contains(part), "no {part:?} in: {lost}");
    }
    assert!(!run.folder.path().join("lost").exists());
    let found = run.folder.path().join("found");
    let output = memloom()
        .args(["model", "merge", "--base"])
        .args([&last.join("base"), &alone, &found])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    for file in ["model.safetensors", "config.json", "tokenizer.json"] {
        assert!(read(found.join(file)) == read(merged.join(file)), "{file}");
    }
}

#[test]
fn a_run_starts_from_a_model_and_its_adapter_names_it() {
    let maker = TinyRun::new();
    maker.finish(&["--set", "run.max_steps=1"]);
    let model = maker.out().join("final");
    let mut run = TinyRun::new();
    let text = std::fs::read_to_string(run.folder.path().join("run.toml")).unwrap();
    let (before, rest) = text.split_once("[backbone]").unwrap();
    let (_, after) = rest.split_once("[warm_start]").unwrap();
    let backbone = format!("[backbone]\npath = \"{}\"\n[warm_start]", model.display());
    std::fs::write(
        run.folder.path().join("run.toml"),
        [before, &backbone, after].concat(),
    )
    .unwrap();
    run.settings.push("backbone.lora={rank=2, alpha=4}".into());
    run.finish(&[]);
    let last = run.out().join("final");
    assert!(!last.join("base").exists());
    let config = json(last.join("adapter_config.json"));
    assert_eq!(
        config["base_model_name_or_path"],
        model.display().to_string()
    );
    let after = &json(run.out().join("summary.json"))["held_out"]["after"];
    assert_eq!(eval(&run, &last)["reward"], after["reward"]);

    let mut again = TinyRun::new();
    let path = format!("backbone={{path=\"{}\"}}", last.display());
    again.settings.push(path);
    let said = again.refusal(&[]);
    assert!(said.contains("holds an adapter, not a model"), "{said}");
}
