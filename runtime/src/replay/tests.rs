#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use super::*;
use crate::model::{Embedder, LanguageModel, ModelError, ScriptedModel};
use crate::record::Program;
use crate::trace::setup::{Files, Setting};
use crate::store::snapshot::States;
use crate::testing::{self as stand_in, StandIn};
use crate::types::Operation;

/// Inserts an empty entry.
const INSERT: &str = "(call $apply (i32.const 1) (i32.const 0) (i32.const 0)
    (i32.const 64) (i32.const 1) (i32.const 2048))";
/// Asks the model as nobody: a result at 2064, its text at (2068).
const ASK: &str = "(call $generate (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
    (i32.const 9) (i32.const 0) (i32.const 0) (i32.const 0)
    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 2064))
    (if (i32.load8_u (i32.const 2064)) (then unreachable))";

/// Observes by an insertion, and a second one where the model says a word of
/// three letters; then again as often as the bank has entries asks the model.
fn policy() -> StandIn {
    stand_in::policy()
        .importing("bank", "apply", "(param i32 i32 i32 i32 i32 i32)")
        .importing("bank", "get-stats", "(param i32)")
        .importing("embedder", "embed", "(param i32 i32 i32)")
        .importing(
            "model",
            "generate",
            "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)",
        )
        .with(
            "observe",
            &format!(
                "{INSERT} {ASK}
                 (call $embed (i32.const 64) (i32.const 1) (i32.const 2200))
                 (if (i32.eq (i32.load (i32.const 2072)) (i32.const 3)) (then {INSERT}))
                 (i32.const 64)"
            ),
        )
}

/// An environment with one episode of three sessions.
fn environment() -> StandIn {
    stand_in::environment().with(
        "open",
        "(i32.store (i32.const 2048) (i32.const 0))
         (i32.store (i32.const 2060) (i32.const 3))
         (i32.const 2048)",
    )
}

fn stage(folder: &Path, bank: &StandIn, policy: &StandIn) -> Stage {
    let path = |name: &str, stand_in: &StandIn| {
        let path = folder.join(name);
        std::fs::write(&path, stand_in.build()).unwrap();
        path
    };
    let mut setting = Setting::of(Files {
        bank: &path("flat.wasm", bank),
        environment: &path("world.wasm", &environment()),
        policy: &path("agent.wasm", policy),
        data: &[],
    })
    .unwrap();
    setting.limits.fuel = 1_000_000;
    setting.stage().unwrap()
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

fn record(stage: &Stage, model: impl LanguageModel + 'static) -> Trace {
    let (trace, result) = stage.record(&program(), Box::new(model), &mut |_, _| Ok(()));
    result.unwrap();
    trace
}

fn answers(words: &[&str]) -> ScriptedModel {
    ScriptedModel::new(words.to_vec())
}

#[test]
fn a_trace_replays_without_its_model() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(folder.path(), &stand_in::bank(), &policy());
    let trace = record(&stage, answers(&["yes", "no", "yes"]));
    let sessions: Vec<u32> = trace.states().map(|(session, _)| session).collect();
    assert_eq!(sessions, [0, 1, 2, 3]);
    let replay = trace.replay(&stage, None).unwrap();
    assert_eq!(replay.difference, None);
    assert_eq!((replay.events, replay.states), (trace.events.len(), 4));
}

#[test]
fn another_component_is_found_out_at_the_first_event_that_differs() {
    let folder = tempfile::tempdir().unwrap();
    let recorded = stage(folder.path(), &stand_in::bank(), &policy());
    let trace = record(&recorded, answers(&["no", "no", "yes"]));
    let eager = policy().with(
        "observe",
        &format!("{INSERT} {INSERT} {ASK} (i32.const 64)"),
    );
    let other = stage(folder.path(), &stand_in::bank(), &eager);
    let found = trace.replay(&other, None).unwrap();
    let difference = found.difference.unwrap();
    // Opened, captured, applied: the fourth was a question to the model.
    assert_eq!((difference.event, found.events), (4, 3));
    assert!(matches!(difference.recorded, Some(Event::Generate { .. })));
    assert!(matches!(difference.now, Some(Event::Apply { .. })));
    // A setting whose files have changed is not even set up.
    let why = trace.setting.stage().err().unwrap().to_string();
    assert!(
        why.contains("agent.wasm") && why.contains("was recorded"),
        "{why}"
    );
}

#[test]
fn an_episode_that_failed_fails_again_in_the_same_words() {
    let folder = tempfile::tempdir().unwrap();
    let spins = policy().with(
        "observe",
        "(if (i32.eq (local.get 1) (i32.const 2)) (then (loop (br 0)))) (i32.const 64)",
    );
    let stage = stage(folder.path(), &stand_in::bank(), &spins);
    let mut spoken = answers(&[]);
    let (trace, result) = stage.record(&program(), Box::new(spoken), &mut |_, _| Ok(()));
    let why = result.unwrap_err().to_string();
    assert!(why.contains("exceeded the limit fuel"), "{why}");
    let Some(Event::Observed { result, .. }) = trace.events.last() else {
        panic!("the trace ends with the failure");
    };
    assert_eq!(result.as_ref().unwrap_err(), &why);
    assert_eq!(trace.replay(&stage, None).unwrap().difference, None);

    // So does one whose model failed.
    let stage = self::stage(folder.path(), &stand_in::bank(), &policy());
    spoken = answers(&["yes"]);
    let (trace, result) = stage.record(&program(), Box::new(spoken), &mut |_, _| Ok(()));
    assert!(result.is_err());
    assert_eq!(trace.replay(&stage, None).unwrap().difference, None);
}

struct Halves(u32);

impl Embedder for Halves {
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        match self.0 {
            0 => Err(ModelError::new("out of order")),
            _ => Ok(texts.iter().map(|_| vec![f32::NAN, 0.5]).collect()),
        }
    }
}

#[test]
fn an_embedder_is_replayed_too_with_its_failures_and_what_is_no_number() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(folder.path(), &stand_in::bank(), &policy());
    for works in [0, 1] {
        let program = Program {
            embedder: Some(std::sync::Arc::new(Halves(works))),
            ..program()
        };
        let model = Box::new(answers(&["yes", "no", "yes"]));
        let (trace, result) = stage.record(&program, model, &mut |_, _| Ok(()));
        assert_eq!(result.is_ok(), works == 1);
        let is_embed = |event: &&Event| matches!(event, Event::Embed { .. });
        assert!(trace.events.iter().any(|event| is_embed(&event)));
        assert_eq!(trace.replay(&stage, None).unwrap().difference, None);
    }
}

#[test]
fn an_episode_from_a_stored_state_needs_its_store() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(folder.path(), &stand_in::bank(), &policy());
    let store = SnapshotStore::open(folder.path().join("states")).unwrap();
    let model = Box::new(answers(&["yes", "no", "yes"]));
    let (whole, result) = stage.record(&program(), model, &mut |_, snapshot| {
        store.save(snapshot).map(drop)
    });
    result.unwrap();
    let (_, after_two) = whole.states().nth(2).unwrap();
    let snapshot = store.load(&after_two.name()).unwrap();
    let program = Program {
        from: Some((&snapshot, 2)),
        ..program()
    };
    let (rest, result) = stage.record(&program, Box::new(answers(&["yes"])), &mut |_, _| Ok(()));
    result.unwrap();
    let states = |trace: &Trace| -> Vec<(u32, States)> {
        let states = trace.states();
        states.map(|(at, states)| (at, states.clone())).collect()
    };
    assert_eq!(states(&rest), states(&whole)[2..]);
    assert_eq!(rest.replay(&stage, Some(&store)).unwrap().difference, None);
    let why = rest.replay(&stage, None).unwrap_err().to_string();
    assert!(
        why.starts_with("cannot replay: the episode begins from the state"),
        "{why}"
    );
    std::fs::remove_dir_all(store.folder()).unwrap();
    let why = rest.replay(&stage, Some(&store)).unwrap_err().to_string();
    assert!(why.ends_with("it is not there"), "{why}");
}

#[test]
fn a_trace_that_ends_in_the_middle_of_a_call_does_not_replay() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(folder.path(), &stand_in::bank(), &policy());
    let mut trace = record(&stage, answers(&["yes", "no", "yes"]));
    trace.events.truncate(4);
    let difference = trace.replay(&stage, None).unwrap().difference.unwrap();
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
    let stage = stage(folder.path(), &stand_in::bank(), &policy());
    let trace = record(&stage, answers(&["no", "yes", "no"]));
    let place = |number: usize| {
        let applied = |(_, event): &(usize, &Event)| matches!(event, Event::Apply { .. });
        let mut events = trace.events.iter().enumerate().filter(applied);
        events.nth(number).unwrap().0 + 1
    };
    // The second session's first operation.
    let outcome = trace
        .what_if(&stage, None, &edit(place(1), 1, None))
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
        .what_if(&stage, None, &edit(place(1), 1, instead.clone()))
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
fn a_policy_that_asks_for_more_than_was_recorded_stops_the_edited_episode() {
    let folder = tempfile::tempdir().unwrap();
    // Asks twice where the bank refuses nothing and has no more than one entry.
    let bank = stand_in::bank().with(
        "get-stats",
        "(i32.store (i32.const 2048) (i32.load8_u (i32.const 1024))) (i32.const 2048)",
    );
    let curious = policy().with(
        "observe",
        &format!(
            "{INSERT} {ASK} (call $get-stats (i32.const 2304))
             (if (i32.eqz (i32.load (i32.const 2304))) (then {ASK}))
             (i32.const 64)"
        ),
    );
    let stage = stage(folder.path(), &bank, &curious);
    let trace = record(&stage, answers(&["one", "two", "three"]));
    let outcome = trace.what_if(&stage, None, &edit(3, 1, None)).unwrap();
    let stopped = outcome.stopped.unwrap();
    assert!(stopped.starts_with("session 1: "), "{stopped}");
    assert_eq!((outcome.outputs, outcome.unanswered), (1, 1));
    let after = outcome.states.iter().map(|state| state.after.is_some());
    assert_eq!(after.collect::<Vec<_>>(), [true, false, false, false]);
}

#[test]
fn an_edit_of_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(folder.path(), &stand_in::bank(), &policy());
    let trace = record(&stage, answers(&["no", "yes", "no"]));
    for (event, operation, message) in [
        (0, 1, "there is no event 0 to edit: the trace has 1 to"),
        (99, 1, "there is no event 99 to edit: the trace has 1 to"),
        (2, 1, "event 2 changes nothing in the bank: STATE"),
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
        let why = trace.what_if(&stage, None, &edit).unwrap_err().to_string();
        assert!(why.contains(message), "{why}");
    }
}
