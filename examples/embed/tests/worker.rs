//! A tokio runtime of one thread goes on while a guest does not end.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::pin::pin;
use std::sync::mpsc::channel;
use std::time::Duration;

use memloom_runtime::{
    Agent, AgentParts, Error, Limit, Limits, ModelError, Sandbox, ScriptedModel, Worker,
};
use memloom_tests::component;
use memloom_tests::hostile::complete;
use tokio::sync::mpsc::unbounded_channel;

/// Observes without end, and asks the model every million rounds or so.
const SPINS: &str = r#"(module
    (import "memloom:agent/model@0.2.0" "generate" (func $generate (param i32 i32)))
    (func (export "memloom:agent/policy@0.2.0#observe")
        (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
        (local $round i32)
        (i32.store (i32.const 3024) (i32.const 9)) ;; max-tokens of the request at 3000
        (loop
            (local.set $round (i32.add (local.get $round) (i32.const 1)))
            (if (i32.eqz (i32.and (local.get $round) (i32.const 0xfffff))) (then
                (call $generate (i32.const 3000) (i32.const 2064))))
            (br 0))
        (unreachable)))"#;

/// Returns the number of times that the runtime let the guest go on, until its fuel was out.
///
/// The guest stops at each of its questions until a task of the runtime has
/// answered: if the guest held the runtime's only thread, nobody would, and the
/// model would give up.
fn answered_while_spinning() -> usize {
    let limits = Limits {
        fuel: 100_000_000,
        ..Limits::default()
    };
    let sandbox = Sandbox::new(limits.clone()).unwrap();
    let policy = complete(SPINS, "memory-policy");
    let parts = AgentParts {
        bank: sandbox.bank(component("flat")).unwrap(),
        policy: sandbox.policy_from_bytes("spins", &policy).unwrap(),
        policy_options: "{}".into(),
        lexicon: vec![],
    };
    let (ask, mut asked) = unbounded_channel();
    let (answer, answers) = channel();
    let model = ScriptedModel::answering(move |_| {
        ask.send(())
            .map_err(|_| ModelError::new("nobody listens"))?;
        let answer = answers.recv_timeout(Duration::from_secs(60));
        answer.map_err(|_| ModelError::new("the runtime stands still"))
    });

    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let start = move || Agent::start(&parts, Box::new(model));
        let worker = Worker::start(&limits, start).await.unwrap();
        let mut spins = pin!(worker.call(|agent| agent.observe("now", vec![])));
        let mut answered = 0;
        let error = loop {
            tokio::select! {
                outcome = &mut spins => break outcome.unwrap_err(),
                Some(()) = asked.recv() => {
                    answer.send("go on".to_owned()).unwrap();
                    answered += 1;
                }
            }
        };
        let out_of_fuel = matches!(
            error,
            Error::LimitExceeded {
                limit: Limit::Fuel,
                ..
            }
        );
        assert!(out_of_fuel, "{error}");
        answered
    })
}

#[test]
fn a_runtime_of_one_thread_goes_on_while_a_guest_runs_until_its_fuel_is_out() {
    let answered = answered_while_spinning();
    assert!(answered >= 5, "{answered}");
    assert_eq!(answered_while_spinning(), answered);
}
