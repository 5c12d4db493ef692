#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::limits::Limits;
use crate::load::Sandbox;
use crate::model::{GenerateCall, ModelError, ScriptedModel};
use crate::testing::{self, GENERATE, GENERATE_MUST_SUCCEED, INSERT, TestComponent};
use crate::types::Error as Refusal;

/// A policy that observes by an insertion, an action and a request to the model, and
/// counts sessions in its state.
fn policy() -> TestComponent {
    testing::calling_policy().with(
        "observe",
        &format!(
            "{INSERT}
             (call $act (i32.const 0) (i32.const 0) (i32.const 2064))
             (if (i32.eqz (i32.load8_u (i32.const 2064))) (then unreachable))
             {GENERATE} {GENERATE_MUST_SUCCEED}
             (i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (i32.const 1)))
             (i32.const 64)"
        ),
    )
}

fn parts() -> AgentParts {
    let sandbox = Sandbox::new(Limits::default()).unwrap();
    let bank = testing::bank().build();
    AgentParts {
        bank: sandbox.bank_from_bytes("flat", &bank).unwrap(),
        policy: sandbox
            .policy_from_bytes("agent", &policy().build())
            .unwrap(),
        policy_options: "{}".into(),
        lexicon: vec![],
    }
}

fn start(parts: &AgentParts) -> Agent {
    Agent::start(
        parts,
        Box::new(ScriptedModel::answering(|_| Ok("yes".into()))),
    )
    .unwrap()
}

#[test]
fn sessions_are_counted_and_end_in_the_bank_and_actions_are_refused() {
    let mut agent = start(&parts());
    for session in 1..=3 {
        agent.observe("now", vec![]).unwrap();
        assert_eq!(agent.sessions(), session);
    }
    let memory = agent.memory().unwrap();
    assert_eq!(memory.bank(), [3, 3, 0, 0]);
    assert_eq!(memory.policy(), [3, 0, 0, 0]);
    assert_eq!(memory.sessions(), 3);
    let meter = agent.meter();
    assert_eq!((meter.host_calls, meter.generate_calls), (9, 3));
}

#[test]
fn a_question_changes_nothing() {
    let mut agent = start(&parts());
    agent.observe("now", vec![]).unwrap();
    let before = agent.memory().unwrap();
    assert_eq!(
        agent.answer("Where?").unwrap().text,
        "the bank can be changed only while a session is observed"
    );
    assert_eq!(agent.memory().unwrap(), before);
}

#[test]
fn an_agent_with_a_memory_continues_as_the_original() {
    let parts = parts();
    let mut agent = start(&parts);
    agent.observe("now", vec![]).unwrap();
    let memory = agent.memory().unwrap();
    agent.observe("then", vec![]).unwrap();

    let model = Box::new(ScriptedModel::new(["yes"]));
    let mut other = Agent::resume(&parts, &memory, model).unwrap();
    assert_eq!(other.memory().unwrap().name(), memory.name());
    other.observe("then", vec![]).unwrap();
    assert_eq!(other.memory().unwrap(), agent.memory().unwrap());

    other.restore(&memory).unwrap();
    assert_eq!(other.memory().unwrap(), memory);
}

#[test]
fn calls_of_the_model_name_their_session_or_question() {
    let asks = policy().with("answer", &format!("{GENERATE} (i32.const 64)"));
    let sandbox = Sandbox::new(Limits::default()).unwrap();
    let parts = AgentParts {
        policy: sandbox.policy_from_bytes("agent", &asks.build()).unwrap(),
        ..parts()
    };
    let (sender, contexts) = std::sync::mpsc::channel();
    let model = ScriptedModel::answering(move |call: &GenerateCall| {
        sender.send((call.session, call.question.clone())).unwrap();
        Ok("yes".into())
    });
    let mut agent = Agent::start(&parts, Box::new(model)).unwrap();
    agent.observe("now", vec![]).unwrap();
    agent.observe("then", vec![]).unwrap();
    agent.answer("Where?").unwrap();
    drop(agent);
    assert_eq!(
        contexts.into_iter().collect::<Vec<_>>(),
        [(1, None), (2, None), (0, Some("Where?".into()))]
    );
}

#[test]
fn a_session_that_fails_is_not_counted() {
    let model = ScriptedModel::answering(|_| Err(ModelError::new("away")));
    let mut agent = Agent::start(&parts(), Box::new(model)).unwrap();
    let error = agent.observe("now", vec![]).unwrap_err();
    assert!(
        error.to_string().starts_with("agent: observe trapped"),
        "{error}"
    );
    assert_eq!(agent.sessions(), 0);
}

#[test]
fn a_fork_goes_on_from_its_moment_and_leaves_the_first_agent_alone() {
    let mut agent = start(&parts());
    agent.observe("now", vec![]).unwrap();
    let then = agent.memory().unwrap();
    let point = agent.fork_point().unwrap();
    agent.observe("then", vec![]).unwrap();
    let after = agent.memory().unwrap();

    let mut fork = point.fork(Box::new(ScriptedModel::new(["yes"]))).unwrap();
    assert_eq!(fork.sessions(), 1);
    assert_eq!(fork.memory().unwrap(), then);
    fork.observe("then", vec![]).unwrap();
    assert_eq!(fork.memory().unwrap(), after);
    drop(fork);
    assert_eq!(agent.memory().unwrap(), after);
    drop(agent);
    let mut again = point.fork(Box::new(ScriptedModel::new([""; 0]))).unwrap();
    assert_eq!(again.memory().unwrap(), then);
}

#[test]
fn a_watcher_is_told_each_call_in_order_and_forks_have_none() {
    let mut agent = start(&parts());
    let (tell, told) = std::sync::mpsc::channel();
    agent.watch(move |event| drop(tell.send(event.to_string())));
    agent.observe("now", vec![]).unwrap();
    let lines: Vec<String> = told.try_iter().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("insert"), "{lines:?}");
    assert!(lines[1].starts_with("act"), "{lines:?}");
    assert!(lines[2].ends_with("-> \"yes\""), "{lines:?}");
    let model = Box::new(ScriptedModel::new(["yes"]));
    let mut fork = agent.fork_point().unwrap().fork(model).unwrap();
    fork.observe("then", vec![]).unwrap();
    assert!(told.try_recv().is_err());
}

#[test]
fn a_task_is_done_in_the_world_that_a_service_gives() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    let mut agent = start(&parts());
    let asked = Arc::new(AtomicU32::new(0));
    let own = asked.clone();
    let world = move |_: &str| {
        own.fetch_add(1, Ordering::Relaxed);
        Err(Refusal::Invalid("not now".into()))
    };
    let task = Task {
        index: 7,
        time: "now".into(),
        instruction: "open the door".into(),
        actions: vec![],
        steps: 0,
    };
    agent.perform(task, world).unwrap();
    assert_eq!(agent.sessions(), 1);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    // The world is gone with the task.
    assert_eq!(Arc::strong_count(&asked), 1);
    agent.observe("later", vec![]).unwrap();
    assert_eq!((agent.sessions(), asked.load(Ordering::Relaxed)), (2, 1));
}
