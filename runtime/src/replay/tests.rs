#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use super::edit::Edit;
use super::*;
use crate::model::{Embedder, LanguageModel, ModelError, ScriptedModel};
use crate::store::snapshot::States;
use crate::testing::{self, GENERATE, GENERATE_MUST_SUCCEED, INSERT, TestComponent};
use crate::trace::record::Program;
use crate::trace::setup::{EpisodeSetup, SetupFiles};
use crate::types::Operation;

/// A policy that observes by an insertion, a request to the model and one to the
/// embedder, and inserts again if the model's output has three letters.
fn policy() -> TestComponent {
    testing::calling_policy().with(
        "observe",
        &format!(
            "{INSERT} {GENERATE} {GENERATE_MUST_SUCCEED}
             (call $embed (i32.const 64) (i32.const 1) (i32.const 2200))
             (if (i32.eq (i32.load (i32.const 2072)) (i32.const 3)) (then {INSERT}))
             (i32.const 64)"
        ),
    )
}

/// An environment with one episode of three sessions.
fn environment() -> TestComponent {
    testing::environment().with(
        "open",
        "(i32.store (i32.const 2048) (i32.const 0))
         (i32.store (i32.const 2060) (i32.const 3))
         (i32.const 2048)",
    )
}

fn load(folder: &Path, bank: &TestComponent, policy: &TestComponent) -> LoadedSetup {
    let path = |name: &str, component: &TestComponent| {
        let path = folder.join(name);
        std::fs::write(&path, component.build()).unwrap();
        path
    };
    let mut setup = EpisodeSetup::from_files(SetupFiles {
        bank: &path("flat.wasm", bank),
        environment: &path("world.wasm", &environment()),
        policy: &path("agent.wasm", policy),
        data: &[],
    })
    .unwrap();
    setup.limits.fuel = 1_000_000;
    setup.load().unwrap()
}

fn program<'a>() -> Program<'a> {
    Program {
        split: "train",
        index: 0,
        horizon: 0,
        demonstrator: None,
        from: None,
        embedder: None,
    }
}

fn record(setup: &LoadedSetup, model: impl LanguageModel + 'static) -> Trace {
    let (trace, result) = setup.record(&program(), Box::new(model), &mut |_, _| Ok(()));
    result.unwrap();
    trace
}

fn answers(words: &[&str]) -> ScriptedModel {
    ScriptedModel::new(words.to_vec())
}

#[test]
fn a_trace_replays_without_its_model() {
    let folder = tempfile::tempdir().unwrap();
    let setup = load(folder.path(), &testing::bank(), &policy());
    let trace = record(&setup, answers(&["yes", "no", "yes"]));
    let sessions: Vec<u32> = trace.states().map(|(session, _)| session).collect();
    assert_eq!(sessions, [0, 1, 2, 3]);
    let replay = trace.replay(&setup, None).unwrap();
    assert_eq!(replay.difference, None);
    assert_eq!((replay.events, replay.states), (trace.events.len(), 4));
}

#[test]
fn another_component_is_detected_at_the_first_event_that_differs() {
    let folder = tempfile::tempdir().unwrap();
    let recorded = load(folder.path(), &testing::bank(), &policy());
    let trace = record(&recorded, answers(&["no", "no", "yes"]));
    let eager = policy().with(
        "observe",
        &format!("{INSERT} {INSERT} {GENERATE} {GENERATE_MUST_SUCCEED} (i32.const 64)"),
    );
    let other = load(folder.path(), &testing::bank(), &eager);
    let found = trace.replay(&other, None).unwrap();
    let difference = found.difference.unwrap();
    // Opened, captured, applied: the fourth was a question to the model.
    assert_eq!((difference.event, found.events), (4, 3));
    assert!(matches!(difference.recorded, Some(Event::Generate { .. })));
    assert!(matches!(difference.now, Some(Event::Apply { .. })));
    // A setup whose files have changed cannot be loaded.
    let why = trace.setup.load().err().unwrap().to_string();
    assert!(
        why.contains("agent.wasm") && why.contains("was recorded"),
        "{why}"
    );
}

#[test]
fn a_failure_is_replayed_with_the_same_message() {
    let folder = tempfile::tempdir().unwrap();
    let spins = policy().with(
        "observe",
        "(if (i32.eq (local.get 1) (i32.const 2)) (then (loop (br 0)))) (i32.const 64)",
    );
    let setup = load(folder.path(), &testing::bank(), &spins);
    let mut model = answers(&[]);
    let (trace, result) = setup.record(&program(), Box::new(model), &mut |_, _| Ok(()));
    let why = result.unwrap_err().to_string();
    assert!(why.contains("exceeded its fuel limit"), "{why}");
    let Some(Event::Observed { result, .. }) = trace.events.last() else {
        panic!("the trace ends with the failure");
    };
    assert_eq!(result.as_ref().unwrap_err(), &why);
    assert_eq!(trace.replay(&setup, None).unwrap().difference, None);

    // So does one whose model failed.
    let setup = load(folder.path(), &testing::bank(), &policy());
    model = answers(&["yes"]);
    let (trace, result) = setup.record(&program(), Box::new(model), &mut |_, _| Ok(()));
    assert!(result.is_err());
    assert_eq!(trace.replay(&setup, None).unwrap().difference, None);
}

struct TestEmbedder(u32);

impl Embedder for TestEmbedder {
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        match self.0 {
            0 => Err(ModelError::new("out of order")),
            _ => Ok(texts.iter().map(|_| vec![f32::NAN, 0.5]).collect()),
        }
    }
}

#[test]
fn an_embedder_is_replayed_with_its_failures_and_nan() {
    let folder = tempfile::tempdir().unwrap();
    let setup = load(folder.path(), &testing::bank(), &policy());
    for works in [0, 1] {
        let program = Program {
            embedder: Some(std::sync::Arc::new(TestEmbedder(works))),
            ..program()
        };
        let model = Box::new(answers(&["yes", "no", "yes"]));
        let (trace, result) = setup.record(&program, model, &mut |_, _| Ok(()));
        assert_eq!(result.is_ok(), works == 1);
        let is_embed = |event: &&Event| matches!(event, Event::Embed { .. });
        assert!(trace.events.iter().any(|event| is_embed(&event)));
        assert_eq!(trace.replay(&setup, None).unwrap().difference, None);
    }
}

#[test]
fn an_episode_from_a_stored_state_needs_its_store() {
    let folder = tempfile::tempdir().unwrap();
    let setup = load(folder.path(), &testing::bank(), &policy());
    let store = SnapshotStore::open(folder.path().join("states")).unwrap();
    let model = Box::new(answers(&["yes", "no", "yes"]));
    let (whole, result) = setup.record(&program(), model, &mut |_, snapshot| {
        store.save(snapshot).map(drop)
    });
    result.unwrap();
    let (_, after_two) = whole.states().nth(2).unwrap();
    let snapshot = store.load(&after_two.name()).unwrap();
    let program = Program {
        from: Some((&snapshot, 2)),
        ..program()
    };
    let (rest, result) = setup.record(&program, Box::new(answers(&["yes"])), &mut |_, _| Ok(()));
    result.unwrap();
    let states = |trace: &Trace| -> Vec<(u32, States)> {
        let states = trace.states();
        states.map(|(at, states)| (at, states.clone())).collect()
    };
    assert_eq!(states(&rest), states(&whole)[2..]);
    assert_eq!(rest.replay(&setup, Some(&store)).unwrap().difference, None);
    let why = rest.replay(&setup, None).unwrap_err().to_string();
    assert!(
        why.starts_with("cannot replay: the episode begins from the state"),
        "{why}"
    );
    std::fs::remove_dir_all(store.folder()).unwrap();
    let why = rest.replay(&setup, Some(&store)).unwrap_err().to_string();
    assert!(why.ends_with("it does not exist"), "{why}");
}

#[test]
fn a_trace_that_ends_in_the_middle_of_a_call_does_not_replay() {
    let folder = tempfile::tempdir().unwrap();
    let setup = load(folder.path(), &testing::bank(), &policy());
    let mut trace = record(&setup, answers(&["yes", "no", "yes"]));
    trace.events.truncate(4);
    let difference = trace.replay(&setup, None).unwrap().difference.unwrap();
    assert_eq!((difference.event, difference.now), (3, None));
}

fn edit(event: usize, operation: usize, instead: Option<Operation>) -> Edit {
    Edit {
        event,
        operation,
        instead,
    }
}

#[test]
fn an_edit_changes_later_states_and_no_earlier_one() {
    let folder = tempfile::tempdir().unwrap();
    let setup = load(folder.path(), &testing::bank(), &policy());
    let trace = record(&setup, answers(&["no", "yes", "no"]));
    let event_of = |number: usize| {
        let applied = |(_, event): &(usize, &Event)| matches!(event, Event::Apply { .. });
        let mut events = trace.events.iter().enumerate().filter(applied);
        events.nth(number).unwrap().0 + 1
    };
    // The second session's first operation.
    let outcome = trace
        .what_if(&setup, None, &edit(event_of(1), 1, None))
        .unwrap();
    let same: Vec<bool> = outcome
        .states
        .iter()
        .map(|state| state.after.as_ref() == Some(&state.before))
        .collect();
    assert_eq!(same, [true, true, false, false]);
    assert!(
        matches!(&outcome.edited, Some(Event::Apply { operations, .. }) if operations.is_empty())
    );
    assert_eq!(
        (outcome.outputs, outcome.to_other_prompts, outcome.unsaid),
        (3, 0, 0)
    );
    assert_eq!(outcome.stopped, None);
    // Another operation in its place counts as one for this bank.
    let instead = Some(Operation::Delete("m1".into()));
    let outcome = trace
        .what_if(&setup, None, &edit(event_of(1), 1, instead.clone()))
        .unwrap();
    assert!(
        matches!(&outcome.edited, Some(Event::Apply { operations, .. })
        if operations[..] == [instead.clone().unwrap()])
    );
    assert!(
        outcome
            .states
            .iter()
            .all(|state| state.after.as_ref() == Some(&state.before))
    );
}

#[test]
fn a_policy_that_requests_more_outputs_stops_the_edited_episode() {
    let folder = tempfile::tempdir().unwrap();
    // A policy that asks twice if the bank has no entries.
    let bank = testing::bank().with(
        "get-stats",
        "(i32.store (i32.const 2048) (i32.load8_u (i32.const 1024))) (i32.const 2048)",
    );
    let curious = policy().with(
        "observe",
        &format!(
            "{INSERT} {GENERATE} {GENERATE_MUST_SUCCEED} (call $get-stats (i32.const 2304))
             (if (i32.eqz (i32.load (i32.const 2304))) (then {GENERATE} {GENERATE_MUST_SUCCEED}))
             (i32.const 64)"
        ),
    );
    let setup = load(folder.path(), &bank, &curious);
    let trace = record(&setup, answers(&["one", "two", "three"]));
    let outcome = trace.what_if(&setup, None, &edit(3, 1, None)).unwrap();
    let stopped = outcome.stopped.unwrap();
    assert!(stopped.starts_with("session 1: "), "{stopped}");
    assert_eq!((outcome.outputs, outcome.unanswered), (1, 1));
    let after = outcome.states.iter().map(|state| state.after.is_some());
    assert_eq!(after.collect::<Vec<_>>(), [true, false, false, false]);
}

#[test]
fn an_edit_of_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let setup = load(folder.path(), &testing::bank(), &policy());
    let trace = record(&setup, answers(&["no", "yes", "no"]));
    for (event, operation, message) in [
        (0, 1, "there is no event 0 to edit: the trace has 1 to"),
        (99, 1, "there is no event 99 to edit: the trace has 1 to"),
        (2, 1, "event 2 applies no operations: STATE"),
        (
            3,
            0,
            "event 3 has 1 operations, counted from 1: there is no 3.0",
        ),
        (
            3,
            2,
            "event 3 has 1 operations, counted from 1: there is no 3.2",
        ),
    ] {
        let edit = edit(event, operation, None);
        let why = trace.what_if(&setup, None, &edit).unwrap_err().to_string();
        assert!(why.contains(message), "{why}");
    }
}
