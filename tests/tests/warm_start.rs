//! The warm start: its measurements, demonstrated answers, and recorded demonstrations of a
//! served model.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Output;

use memloom_tests::server::{Asked, Reply, Server};
use memloom_tests::{TinyRun, assert_same, component, memloom, refusal};
use serde_json::{Value, json};

/// Returns a run of the policy `memory-r2` with a small model.
fn run(settings: &[&str]) -> TinyRun {
    let mut run = TinyRun::new();
    run.settings = [
        &format!("components.policy=\"{}\"", component("memory-r2").display()),
        "policy.options={max_chunks=1, max_tokens=48, answer_tokens=8}",
        "tokenizer.kind=bytes",
        "tokenizer.vocabulary=900",
        "backbone.context=6000",
        "stage=[{horizon=2, steps=1}]",
        "evaluation.horizon=1",
        "warm_start.steps=4",
        "warm_start.check_episodes=2",
    ]
    .map(str::to_owned)
    .into();
    run.settings.extend(settings.iter().map(|s| (*s).into()));
    run
}

/// Returns the lines of `metrics.jsonl` of a kind.
fn lines(run: &TinyRun, kind: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(run.out().join("metrics.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.filter(|line: &Value| line["kind"] == kind).collect()
}

#[test]
fn the_malformed_share_is_measured_up_to_the_end_and_printed() {
    let whole = run(&["warm_start.checks=2"]);
    let output = whole.finish(&[]);
    let checks = lines(&whole, "warm-start-check");
    let steps: Vec<u64> = checks.iter().map(|c| c["step"].as_u64().unwrap()).collect();
    assert_eq!(steps, [2, 4]);
    for check in &checks {
        let count = |key: &str| check[key].as_u64().unwrap();
        // Two episodes of two sessions, of one chunk each: an output of the extractor in each.
        assert!(count("outputs") >= 4, "{check}");
        let share = count("malformed") as f64 / count("outputs") as f64;
        assert_eq!(check["malformed_share"].as_f64(), Some(share));
    }
    // A model that has barely learnt writes no JSON.
    assert_eq!(checks[1]["malformed_share"], 1.0);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let outputs = &checks[1]["outputs"];
    let line = format!("{outputs} of {outputs} held-out outputs malformed (100.0 %)\n");
    assert!(said.contains(&line), "{line} in\n{said}");

    let again = run(&["warm_start.checks=2"]);
    again.finish(&[]);
    assert_same(&whole, &again);
    let none = run(&["warm_start.checks=0"]);
    none.finish(&[]);
    assert!(lines(&none, "warm-start-check").is_empty());
    assert_eq!(lines(&none, "warm-start"), lines(&whole, "warm-start"));
}

#[test]
fn without_a_warm_start_nothing_is_called_one_and_one_checkpoint_is_left() {
    let plain = run(&["warm_start.steps=0"]);
    let output = plain.finish(&[]);
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        table.contains("  untrained ") && table.contains("  trained "),
        "{table}"
    );
    assert!(!(table + &said).contains("warm start"));
    assert!(lines(&plain, "warm-start-check").is_empty());
    let warm = run(&[]);
    let table = String::from_utf8_lossy(&warm.finish(&[]).stdout).into_owned();
    assert!(
        table.contains("  warm start ") && !table.contains("untrained"),
        "{table}"
    );
    assert!(
        table.contains("outputs an episode were malformed"),
        "{table}"
    );
    for run in [plain, warm] {
        let checkpoints = std::fs::read_dir(run.out().join("checkpoints")).unwrap();
        assert_eq!(checkpoints.count(), 1);
    }
}

#[test]
fn adapters_have_a_warm_start_too() {
    let adapted = run(&["backbone.lora.rank=4", "warm_start.learning_rate=1e-2"]);
    adapted.finish(&["--set", "warm_start.steps=12"]);
    let steps = lines(&adapted, "warm-start");
    let loss = |step: &Value| step["loss"].as_f64().unwrap();
    assert!(loss(&steps[11]) < loss(&steps[0]), "{steps:?}");
    assert_eq!(lines(&adapted, "warm-start-check").len(), 4);
    assert!(
        adapted
            .out()
            .join("final/adapter_model.safetensors")
            .exists()
    );
}

#[test]
fn answers_are_demonstrated_where_the_environment_scores_them() {
    let rows = |settings: &[&str]| -> u64 {
        let run = run(settings);
        run.finish(&["--set", "warm_start.demonstrator=expert"]);
        let rows = lines(&run, "warm-start");
        rows.iter().map(|line| line["rows"].as_u64().unwrap()).sum()
    };
    let without = rows(&["warm_start.questions=0"]);
    let with = rows(&["warm_start.questions=3"]);
    // At most three answers of each of the four episodes.
    assert!(with > without && with <= without + 12, "{with} {without}");
    // A served answerer is not asked, and not imitated.
    let server = Server::start(|_, _| Reply::chat("<answer>Rome</answer>"));
    let served = format!(
        "servers.answerer={{url=\"{}/v1\", model=\"reader\"}}",
        server.url()
    );
    assert_eq!(rows(&["warm_start.questions=3", &served]), without);
}

/// Returns the user's last message as the policy's JSON object.
fn input(asked: &Asked) -> (String, Value) {
    let messages = asked.body["messages"].as_array().unwrap();
    let last = messages.last().unwrap()["content"].as_str().unwrap();
    let json = &last[last.find("{\"").unwrap()..];
    (last.to_owned(), serde_json::from_str(json).unwrap())
}

/// A model that notes every turn, after a thought.
fn note(asked: &Asked) -> Reply {
    let (_, input) = input(asked);
    let reply = if let Some(turns) = input["turns"].as_array() {
        let facts: Vec<Value> = turns
            .iter()
            .map(|turn| json!({"speaker": turn["speaker"], "dia_id": turn["dia_id"], "fact": turn["text"]}))
            .collect();
        json!({ "facts": facts }).to_string()
    } else if let Some(facts) = input["facts"].as_array() {
        let operations: Vec<Value> = facts
            .iter()
            .map(|fact| {
                json!({"operation": "INSERT", "speaker": fact["speaker"], "content": fact["fact"], "dia_id": fact["dia_id"]})
            })
            .collect();
        json!({ "operations": operations }).to_string()
    } else {
        "<answer>Rome</answer>".to_owned()
    };
    Reply::chat(&format!("<think>Hm.</think>{reply}"))
}

struct Desk {
    run: TinyRun,
}

impl Desk {
    fn new() -> Self {
        let metric = ["algorithm.metric=held-evidence", "algorithm.penalty=0"];
        Self { run: run(&metric) }
    }

    fn file(&self) -> PathBuf {
        self.run.folder.path().join("demonstrations.jsonl")
    }

    fn demonstrate(&self, server: &str, arguments: &[&str]) -> Output {
        let mut command = memloom();
        command
            .arg("demonstrate")
            .arg(self.run.folder.path().join("run.toml"));
        for setting in &self.run.settings {
            command.args(["--set", setting]);
        }
        command.args(["--server", server, "--out"]).arg(self.file());
        command.args(arguments).output().unwrap()
    }

    fn train(&self, settings: &[&str]) -> Vec<String> {
        let mut arguments = Vec::new();
        let file = format!("warm_start.demonstrations={:?}", self.file());
        for setting in [&[&*file], settings].concat() {
            arguments.extend(["--set".to_owned(), setting.to_owned()]);
        }
        arguments
    }

    fn finish(&self, settings: &[&str]) {
        let arguments = self.train(settings);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.run.finish(&arguments);
    }

    fn refused(&self, settings: &[&str]) -> String {
        let arguments = self.train(settings);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.run.refusal(&arguments)
    }
}

fn samples(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().skip(1);
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_served_model_is_recorded_with_its_rewards_and_its_best_samples_are_imitated() {
    // One reply in five notes nothing.
    let server = Server::start(|number, asked| match number % 5 {
        0 => Reply::chat("{\"facts\": []}"),
        _ => note(asked),
    });
    let desk = Desk::new();
    let url = format!("{}/v1", server.url());
    let arguments = [
        "--model",
        "teacher",
        "--episodes",
        "3",
        "--samples",
        "2",
        "--json",
    ];
    let output = desk.demonstrate(&url, &arguments);
    assert!(output.status.success(), "{output:?}");
    let totals: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&totals["samples"], &totals["new"]), (&6.into(), &6.into()));
    assert!(totals["abstaining"].as_f64() < totals["kept_reward"].as_f64());
    assert_eq!(
        totals["usage"]["requests"].as_u64().unwrap() as usize,
        server.asked().len()
    );
    assert!(server.asked().iter().all(|a| a.body["model"] == "teacher"));

    let recorded = samples(&desk.file());
    let places: Vec<(u64, u64)> = recorded
        .iter()
        .map(|s| {
            (
                s["episode"].as_u64().unwrap(),
                s["sample"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(places, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]);
    let mut sound = 0;
    for step in recorded.iter().flat_map(|s| s["steps"].as_array().unwrap()) {
        let reply = step["reply"].as_str().unwrap();
        assert!(!reply.contains("think"), "{reply}");
        assert!(step["messages"][0]["content"].as_str().unwrap().len() > 100);
        sound += u64::from(step["sound"] == true);
    }
    assert!(sound > 0);

    // A file that a kill has cut goes on where it was.
    let whole = std::fs::read_to_string(desk.file()).unwrap();
    let cut = whole.trim_end().rfind('\n').unwrap() + 20;
    std::fs::write(desk.file(), &whole[..cut]).unwrap();
    let again = desk.demonstrate(&url, &arguments);
    let totals: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((&totals["samples"], &totals["new"]), (&6.into(), &1.into()));
    assert_eq!(samples(&desk.file()).len(), 6);
    let other = desk.demonstrate(&url, &["--model", "pupil"]);
    assert!(refusal(&other).contains("was recorded with another model"));

    desk.finish(&["warm_start.keep=0.5"]);
    let rows = lines(&desk.run, "warm-start");
    assert!(
        rows.iter().all(|line| line["rows"].as_u64() > Some(1)),
        "{rows:?}"
    );
    assert!(rows.iter().all(|line| line["loss"].as_f64() > Some(0.0)));
    // Prompts of another policy's options would not be those of this run.
    let other = Desk {
        run: run(&["policy.options.max_chunks=2"]),
    };
    std::fs::copy(desk.file(), other.file()).unwrap();
    assert!(
        other
            .refused(&[])
            .contains("another policy or other policy.options")
    );
}

#[test]
fn the_servers_only_model_is_found() {
    let server = Server::start(|_, asked| match &*asked.path {
        "/v1/models" => Reply::json(&json!({"data": [{"id": "alone"}]})),
        _ => note(asked),
    });
    let desk = Desk::new();
    let url = format!("{}/v1", server.url());
    let output = desk.demonstrate(&url, &["--episodes", "1", "--samples", "1"]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("1 samples, 1 of them new; 0 of "), "{said}");
    assert!(
        server
            .asked()
            .iter()
            .skip(1)
            .all(|a| a.body["model"] == "alone")
    );
}

#[test]
fn a_server_that_demonstrates_rubbish_teaches_nothing() {
    let desk = Desk::new();
    let babble = Server::start(|_, _| Reply::chat("As a language model, I love sessions!"));
    let url = format!("{}/v1", babble.url());
    let arguments = ["--model", "parrot", "--episodes", "40", "--samples", "1"];
    let said = refusal(&desk.demonstrate(&url, &arguments));
    assert!(
        said.contains("outputs of parrot in 8 samples were malformed"),
        "{said}"
    );
    // It stops as soon as that is plain, and the run refuses what there is.
    assert_eq!(samples(&desk.file()).len(), 8);
    let said = desk.refused(&[]);
    assert!(
        said.contains("were malformed: it does not follow"),
        "{said}"
    );
    assert!(!desk.run.out().join("final").exists());

    let desk = Desk::new();
    let idle = Server::start(|_, asked| match asked.body["messages"].to_string() {
        text if text.contains("<answer>") => Reply::chat("<answer></answer>"),
        _ => Reply::chat("{\"facts\": []}"),
    });
    let url = format!("{}/v1", idle.url());
    let said = refusal(&desk.demonstrate(&url, &["--model", "idle", "--episodes", "2"]));
    assert!(
        said.contains("no sample of idle among 8 earned more than an empty memory"),
        "{said}"
    );
    assert!(
        desk.refused(&[])
            .contains("earned more than an empty memory")
    );
}

#[test]
fn bad_demonstrations_and_servers_are_refused_in_one_line() {
    let desk = Desk::new();
    let nowhere = Server::nowhere();
    let said = refusal(&desk.demonstrate(&nowhere, &[]));
    assert!(
        said.contains("does not list the server's models: name one with --model"),
        "{said}"
    );
    assert!(!desk.file().exists());
    let said = desk.refused(&[]);
    assert!(said.contains("cannot read"), "{said}");
    std::fs::write(desk.file(), "{\"some\": 1}\n").unwrap();
    assert!(desk.refused(&[]).contains("holds no demonstrations"));
    assert!(
        desk.refused(&["warm_start.keep=0"])
            .contains("warm_start.keep must be in (0, 1], got 0")
    );
    // Words are a grammar that no server follows.
    let server = Server::start(|_, _| Reply::chat("t1 keep"));
    let url = format!("{}/v1", server.url());
    let mut words = Desk {
        run: TinyRun::new(),
    };
    words.run.settings = Vec::new();
    let said = refusal(&words.demonstrate(&url, &["--model", "m", "--episodes", "1"]));
    assert!(
        said.contains("an output grammar of words, which servers do not follow"),
        "{said}"
    );
    assert!(server.asked().is_empty());
}

#[test]
fn demonstrations_may_come_from_an_environment_of_their_own() {
    let [default, own] = ["{}", "{ turns = 2 }"].map(|options| {
        let mut run = TinyRun::new();
        run.settings = vec![
            format!("warm_start.environment={options}"),
            "run.max_steps=0".into(),
        ];
        run.finish(&[]);
        run
    });
    let read = |run: &TinyRun, name: &str| std::fs::read(run.out().join(name)).unwrap();
    assert_ne!(read(&default, "metrics.jsonl"), read(&own, "metrics.jsonl"));
    assert_eq!(
        read(&default, "baselines.json"),
        read(&own, "baselines.json")
    );
    let mut refused = TinyRun::new();
    refused.settings = vec!["warm_start.environment={ days = 2 }".into()];
    let said = refused.refusal(&["--dry-run"]);
    assert!(
        said.contains("warm_start.environment") && said.contains("days"),
        "{said}"
    );
}
