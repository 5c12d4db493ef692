//! Recorded episodes replay bit for bit; damage and differences are reported.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Output;

use memloom_runtime::{Edit, EpisodeSetup, Event, Trace};
use memloom_tests::replays::{Count, conversations, environments, policies, record, replay, stage};
use memloom_tests::{TinyRun, component, memloom, refusal};
use serde_json::Value;

#[test]
fn episodes_of_every_environment_replay() {
    let folder = tempfile::tempdir().unwrap();
    let data = vec![conversations(folder.path())];
    for (environment, data) in environments(data) {
        let count = replay(environment, &data, 8).unwrap();
        let all = Count {
            replayed: 8,
            mismatches: 0,
        };
        assert_eq!(count, all, "{environment}");
    }
}

#[test]
fn what_the_die_plays_changes_the_bank_and_embeds() {
    for policy in ["selector", "memory-r2"] {
        let stage = stage("chronicle", (policy, "{}"), &[]).unwrap();
        let trace = record(&stage, 4);
        let count = |like: fn(&Event) -> bool| trace.events.iter().filter(|e| like(e)).count();
        assert!(count(|e| matches!(e, Event::Apply { .. })) > 2, "{policy}");
        assert!(count(|e| matches!(e, Event::Generate { .. })) > 4);
        let embeds = count(|e| {
            matches!(
                e,
                Event::Embed {
                    result: Ok(Some(_)),
                    ..
                }
            )
        });
        assert_eq!(embeds > 0, policy == "memory-r2");
        assert!(trace.states().count() > 3);
        // Another seed must give other events, or the comparison would prove nothing.
        assert_ne!(record(&stage, 18).events, trace.events);
    }
}

#[test]
fn the_die_acts_in_every_world() {
    for environment in ["house", "office", "counsel"] {
        let policy = policies(environment)[0];
        let trace = record(&stage(environment, policy, &[]).unwrap(), 4);
        let acts = trace.events.iter().filter_map(|event| match event {
            Event::Act { action, .. } => Some(action),
            _ => None,
        });
        let acts: BTreeSet<_> = acts.collect();
        assert!(acts.len() > 4, "{environment}: {acts:?}");
    }
}

#[test]
fn every_flipped_byte_of_a_recorded_episode_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("episode.trace");
    let trace = record(&stage("chronicle", ("selector", "{}"), &[]).unwrap(), 0);
    trace.write(&path).unwrap();
    let good = std::fs::read(&path).unwrap();
    assert!(good.len() > 5_000, "{}", good.len());
    let mut bad = good.clone();
    for position in 0..good.len() {
        bad[position] ^= 1 << (position % 8);
        std::fs::write(&path, &bad).unwrap();
        assert!(Trace::read(&path).is_err(), "byte {position}");
        bad[position] = good[position];
    }
}

#[test]
fn an_edit_changes_nothing_before_it() {
    let stage = stage("chronicle", ("selector", "{}"), &[]).unwrap();
    for number in 0..4 {
        let trace = record(&stage, number * 2);
        let mut session = 0;
        for (place, event) in trace.events.iter().enumerate() {
            if let Event::Captured(_) = event {
                session += 1;
            }
            let Event::Apply { operations, .. } = event else {
                continue;
            };
            // Replacing an operation by itself changes nothing.
            let edit = |instead| Edit {
                event: place + 1,
                operation: 1,
                instead,
            };
            let same = edit(Some(operations[0].clone()));
            let outcome = trace.what_if(&stage, None, &same).unwrap();
            assert_eq!(outcome.edited.as_ref(), Some(event));
            let states = &outcome.states;
            assert!(states.iter().all(|s| s.after.as_ref() == Some(&s.before)));
            assert_eq!(outcome.to_other_prompts, 0);
            let (before, after) = outcome.rewards();
            assert_eq!(before, after);
            // Dropping an operation changes only later events.
            let outcome = trace.what_if(&stage, None, &edit(None)).unwrap();
            for state in &outcome.states[..session] {
                assert_eq!(state.after.as_ref(), Some(&state.before));
                assert!(state.entries.is_empty());
            }
        }
    }
}

/// Returns a run with traces beside its run file.
struct Desk {
    run: TinyRun,
}

impl Desk {
    fn new() -> Self {
        Self {
            run: TinyRun::new(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.run.folder.path().join(name)
    }

    fn play(&self, trace: &str, arguments: &[&str]) -> Output {
        memloom()
            .arg("play")
            .arg(self.path("run.toml"))
            .arg("--trace")
            .arg(self.path(trace))
            .args(arguments)
            .output()
            .unwrap()
    }

    fn replay(&self, trace: &str, arguments: &[&str]) -> Output {
        memloom()
            .arg("replay")
            .arg(self.path(trace))
            .args(arguments)
            .output()
            .unwrap()
    }
}

fn said(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "it failed:\n{errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&said(output)).unwrap()
}

#[test]
fn an_episode_of_the_trained_model_replays_without_it() {
    let desk = Desk::new();
    desk.run.finish(&["--set", "run.max_steps=1"]);
    let played = json(&desk.play("one.trace", &["--json"]));
    assert_eq!(played["states"].as_array().unwrap().len(), 4);
    // A replay needs no weights.
    std::fs::remove_dir_all(desk.run.out()).unwrap();
    let replay = json(&desk.replay("one.trace", &["--json"]));
    assert_eq!(replay["difference"], Value::Null);
    assert_eq!(replay["events"], played["events"]);
    assert_eq!(replay["reward"], played["reward"]);
    let trace = Trace::read(desk.path("one.trace")).unwrap();
    let sampled = trace.events.iter().any(|event| {
        matches!(event, Event::Generate { result: Ok(said), .. } if !said.logprobs.is_empty())
    });
    assert!(sampled, "tokens of the model are in the trace");
}

#[test]
fn a_trace_is_shown_with_the_numbers_that_edits_take() {
    let desk = Desk::new();
    said(&desk.play("one.trace", &["--demonstrator", "expert"]));
    let shown = said(&desk.replay("one.trace", &["--show"]));
    assert!(shown.lines().all(|line| line.chars().count() <= 80));
    // The policy memory-r2 writes more than fits on a line.
    let policy = format!("components.policy={:?}", component("memory-r2"));
    let arguments = ["--demonstrator", "expert", "--set", &policy];
    said(&desk.play("long.trace", &arguments));
    let full = said(&desk.replay("long.trace", &["--show", "--full"]));
    assert!(full.lines().all(|line| line.chars().count() <= 80));
    let joined: String = full.split_whitespace().collect();
    let trace = Trace::read(desk.path("long.trace")).unwrap();
    for event in &trace.events {
        if let Event::Generate {
            result: Ok(output), ..
        } = event
        {
            let output = format!("{:?}", output.text);
            let output: String = output.split_whitespace().collect();
            assert!(joined.contains(&output), "{output}");
        }
    }
    // Only operations have a number with a dot.
    let mut numbers = shown.lines().filter_map(|line| line.split(' ').next());
    let number = numbers.find(|number| number.contains('.')).unwrap();
    let outcome = said(&desk.replay("one.trace", &["--edit", &format!("{number}=drop")]));
    for words in ["DIFFERENT", "in all", "0 not requested"] {
        assert!(outcome.contains(words), "{words} in\n{outcome}");
    }
    assert!(outcome.lines().all(|line| line.chars().count() <= 80));
    let edit = format!(r#"{number}={{"insert":{{"text":"I live in Atlantis."}}}}"#);
    let outcome = json(&desk.replay("one.trace", &["--json", "--edit", &edit]));
    assert!(outcome.to_string().contains("Atlantis"));
    assert_eq!(
        refusal(&desk.replay("one.trace", &["--edit", "1=drop"])),
        "error: cannot replay: event 1 applies no operations: \
         OPENED held-out/0: held-out 0, 3 sessions"
    );
}

#[test]
fn another_component_is_refused_with_both_hashes_or_compared() {
    let desk = Desk::new();
    said(&desk.play("one.trace", &["--demonstrator", "expert"]));
    let other = component("memory-r2").display().to_string();
    let hash = |path: &Path| {
        let output = memloom().arg("inspect").arg(path).arg("--json").output();
        let value = json(&output.unwrap());
        value["blake3"].as_str().unwrap().to_owned()
    };
    let message = refusal(&desk.replay("one.trace", &["--policy", &other]));
    for part in [
        &other,
        &hash(&component("memory-r2")),
        &hash(&component("selector")),
        "--policy",
        "--other-components",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
    let arguments = ["--policy", &other, "--other-components"];
    let output = desk.replay("one.trace", &arguments);
    let message = refusal(&output);
    assert!(
        message.contains("differs from the recording from event"),
        "{message}"
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("now:"));
    // The same content at another path is accepted, and so is an equivalent bank.
    let moved = desk.path("moved.wasm");
    std::fs::copy(component("flat"), &moved).unwrap();
    said(&desk.replay("one.trace", &["--bank", &moved.display().to_string()]));
}

#[test]
fn data_is_found_by_its_content() {
    let desk = Desk::new();
    let data = conversations(desk.run.folder.path());
    let locomo = format!(
        "components.environment=\"{}\"",
        component("locomo").display()
    );
    let data_path = data.display().to_string();
    let arguments = [
        "--set",
        &locomo,
        "--data",
        &data_path,
        "--demonstrator",
        "everything",
    ];
    said(&desk.play("one.trace", &arguments));
    said(&desk.replay("one.trace", &[]));
    let moved = desk.path("elsewhere.json");
    std::fs::rename(&data, &moved).unwrap();
    let message = refusal(&desk.replay("one.trace", &[]));
    assert!(
        message.contains("conversations.json") && message.contains("--data"),
        "{message}"
    );
    let moved_path = moved.display().to_string();
    said(&desk.replay("one.trace", &["--data", &moved_path]));
    std::fs::write(&moved, "[]").unwrap();
    let message = refusal(&desk.replay("one.trace", &["--data", &moved_path]));
    assert!(
        message.contains("the trace recorded: conversations.json"),
        "{message}"
    );
}

#[test]
fn an_episode_goes_on_from_a_stored_state() {
    let desk = Desk::new();
    let states = desk.path("states").display().to_string();
    let stored = ["--json", "--states", &states, "--demonstrator"];
    let whole = json(&desk.play("one.trace", &[&stored[..], &["expert"]].concat()));
    let again = json(&desk.play("again.trace", &[&stored[..], &["expert"]].concat()));
    assert!(whole["stored"]["new"].as_u64() > Some(0));
    assert_eq!(again["stored"]["new"], 0, "equal states are stored once");
    let from = format!("{}:1", desk.path("one.trace").display());
    let from = ["--from", &from];
    let same = json(&desk.play("same.trace", &[&stored[..], &["expert"], &from].concat()));
    assert_eq!(
        same["states"].as_array().unwrap()[..],
        whole["states"].as_array().unwrap()[1..]
    );
    assert_eq!(same["reward"], whole["reward"]);
    let other = json(&desk.play("other.trace", &[&stored[..], &["nothing"], &from].concat()));
    assert_eq!(other["states"][0], whole["states"][1]);
    assert_ne!(other["states"][2], whole["states"][3]);
    said(&desk.replay("other.trace", &["--states", &states]));
    let message = refusal(&desk.replay("other.trace", &[]));
    assert!(message.contains("--states"), "{message}");
    // The error names the damaged state.
    let name = whole["states"][1]["name"].as_str().unwrap();
    let file = desk.path("states").join(&name[..2]).join(&name[2..]);
    std::fs::write(&file, b"mlstate\0\x01\0\0\0nonsense").unwrap();
    let message = refusal(&desk.play("x.trace", &[&stored[..], &["expert"], &from].concat()));
    assert!(
        message.contains(name) && message.contains("is damaged"),
        "{message}"
    );
}

#[test]
fn a_cut_trace_is_refused_with_the_byte() {
    let desk = Desk::new();
    said(&desk.play("one.trace", &["--demonstrator", "expert"]));
    let path = desk.path("one.trace");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let message = refusal(&desk.replay("one.trace", &[]));
    let end = format!("the file ends at byte {} inside a frame", bytes.len() / 2);
    assert!(
        message.contains("it is damaged at byte") && message.contains(&end),
        "{message}"
    );
}

#[test]
fn a_setting_says_what_runs() {
    let stage = stage("chronicle", ("selector", "{}"), &[]).unwrap();
    let setting: &EpisodeSetup = stage.setup();
    assert!(!setting.ran_on_other_wasmtime());
    assert_eq!(setting.bank.name, "flat.wasm");
}
