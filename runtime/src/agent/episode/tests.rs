#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use super::*;
use crate::limits::Limits;
use crate::limits::Pace;
use crate::load::Sandbox;
use crate::model::{Completion, GenerateCall, ModelError, ScriptedModel};
use crate::testing::{self, GENERATE, INSERT, TestComponent};
use crate::types::{Error as Refusal, Moment, Operation};

/// A policy that observes by an insertion and a request to the model, and gives up if
/// the model fails.
fn policy() -> TestComponent {
    testing::calling_policy().with(
        "observe",
        &format!(
            "{INSERT} {GENERATE}
             (if (i32.load8_u (i32.const 2064)) (then
                (i32.store (i32.const 2100) (i32.const 1))
                (i32.store (i32.const 2104) (i32.const 1))
                (i32.store (i32.const 2108) (i32.load (i32.const 2068)))
                (i32.store (i32.const 2112) (i32.load (i32.const 2072)))
                (return (i32.const 2100))))
             (i32.const 64)"
        ),
    )
}

struct TestSetup {
    parts: AgentParts,
    environment: EnvironmentComponent,
}

fn setup(bank: &TestComponent, environment: &TestComponent, policy: &TestComponent) -> TestSetup {
    let limits = Limits {
        fuel: 1_000_000,
        ..Limits::default()
    };
    setup_with(limits, bank, environment, policy)
}

fn setup_with(
    limits: Limits,
    bank: &TestComponent,
    environment: &TestComponent,
    policy: &TestComponent,
) -> TestSetup {
    let sandbox = Sandbox::new(limits).unwrap();
    TestSetup {
        parts: AgentParts {
            bank: sandbox.bank_from_bytes("flat", &bank.build()).unwrap(),
            policy: sandbox.policy_from_bytes("agent", &policy.build()).unwrap(),
            policy_options: "{}".into(),
            lexicon: vec![],
        },
        environment: sandbox
            .environment_from_bytes("world", &environment.build())
            .unwrap(),
    }
}

fn usual() -> TestSetup {
    setup(&testing::bank(), &testing::environment(), &policy())
}

impl TestSetup {
    fn start(&self, model: impl LanguageModel + 'static) -> Episode {
        let environment = self.environment.instantiate().unwrap();
        Episode::start(&self.parts, environment, Box::new(model)).unwrap()
    }
}

fn yes() -> ScriptedModel {
    ScriptedModel::answering(|_| Ok("yes".into()))
}

fn question() -> Question {
    Question {
        id: "q1".into(),
        text: "Where does Anna live?".into(),
        category: "single-hop".into(),
        sessions: vec![1],
        evidence: vec![],
    }
}

#[test]
fn a_session_ends_once_in_the_bank() {
    let mut episode = usual().start(yes());
    episode.observe(1, None).unwrap();
    episode.observe(2, None).unwrap();
    assert_eq!(episode.snapshot().unwrap().bank(), [2, 2, 0, 0]);

    let itself = policy().with(
        "observe",
        "(call $end-session (i32.const 1) (i32.const 0) (i32.const 0)) (i32.const 64)",
    );
    let setup = setup(&testing::bank(), &testing::environment(), &itself);
    let mut episode = setup.start(yes());
    episode.observe(1, None).unwrap();
    assert_eq!(episode.snapshot().unwrap().bank(), [0, 1, 0, 0]);
}

#[test]
fn a_question_cannot_change_the_bank() {
    let mut episode = usual().start(yes());
    let before = episode.snapshot().unwrap();
    let answer = episode.answer(&question()).unwrap();
    assert_eq!(
        answer.text,
        "the bank can be changed only while a session is observed"
    );
    assert_eq!(episode.snapshot().unwrap(), before);
}

#[test]
fn a_session_cannot_end_while_a_question_is_answered() {
    let ends = policy().with(
        "answer",
        "(call $end-session (i32.const 1) (i32.const 0) (i32.const 0)) (i32.const 64)",
    );
    let setup = setup(&testing::bank(), &testing::environment(), &ends);
    assert_eq!(
        setup
            .start(yes())
            .answer(&question())
            .unwrap_err()
            .to_string(),
        "agent: end-session may not be called while no session is observed"
    );
}

#[test]
fn acting_needs_a_task() {
    let acts = policy().with(
        "observe",
        "(call $act (i32.const 0) (i32.const 0) (i32.const 2064))
         (if (i32.load8_u (i32.const 2064)) (then unreachable))
         (i32.const 64)",
    );
    let task = testing::environment().with(
        "get-session",
        "(i32.store (i32.const 2052) (i32.const 1))
         (i32.store (i32.const 2056) (local.get 0))
         (i32.const 2048)",
    );
    let in_task = setup(&testing::bank(), &task, &acts);
    in_task.start(yes()).observe(1, None).unwrap();
    let in_dialogue = setup(&testing::bank(), &testing::environment(), &acts);
    let mut episode = in_dialogue.start(yes());
    episode.record();
    assert!(episode.observe(1, None).is_err());
    let refusal = "there is no task to act in: the policy does not observe a task session";
    assert_eq!(
        episode.take_events()[..1],
        [Event::Act {
            action: String::new(),
            result: Err(Refusal::Unsupported(refusal.into())),
        }]
    );
}

#[test]
fn a_bank_that_fails_inside_a_policy_is_named() {
    let spins = testing::bank().with("apply", "(loop (br 0)) (i32.const 64)");
    let setup = setup(&spins, &testing::environment(), &policy());
    let mut episode = setup.start(yes());
    assert_eq!(
        episode.observe(1, None).unwrap_err().to_string(),
        "flat: apply exceeded its fuel limit (1000000); \
         fix the component or raise `limits.fuel`"
    );
    assert_eq!(
        episode.observe(2, None).unwrap_err().to_string(),
        "agent: cannot call observe: this instance stopped in observe and is unusable; create a new one"
    );
    assert_eq!(
        episode.entries().unwrap_err().to_string(),
        "flat: cannot call entries: this instance stopped in apply and is unusable; create a new one"
    );
}

#[test]
fn a_model_that_fails_is_named_with_role_and_call() {
    let mut episode = usual().start(ScriptedModel::new(Vec::<String>::new()));
    assert_eq!(
        episode.observe(3, None).unwrap_err().to_string(),
        "the model failed as  (session 3, call 0): \
         the script has 0 outputs, none for  at call 0 of session 3"
    );
    let mut episode = usual().start(ScriptedModel::new(["yes"]));
    episode.observe(1, None).unwrap();
}

#[test]
fn an_unreachable_model_is_known_also_if_the_policy_goes_on() {
    let tolerant = policy().with("answer", &format!("{GENERATE} (i32.const 64)"));
    let setup = setup(&testing::bank(), &testing::environment(), &tolerant);
    let mut down = true;
    let mut episode = setup.start(ScriptedModel::answering(move |_| {
        match std::mem::replace(&mut down, false) {
            true => Err(ModelError::unavailable("down")),
            false => Ok("yes".into()),
        }
    }));
    episode.answer(&question()).unwrap();
    let Some(Error::Model { error, .. }) = episode.model_failure() else {
        panic!("the model has not failed");
    };
    assert!(error.is_unavailable());
    episode.answer(&question()).unwrap();
    assert!(episode.model_failure().is_none());
}

struct ContextRecorder(std::sync::mpsc::Sender<(u32, u32, Option<String>)>);

impl LanguageModel for ContextRecorder {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let context = (call.session, call.step, call.question.clone());
        self.0.send(context).unwrap();
        Ok(Completion::of_text("yes"))
    }
}

#[test]
fn every_call_of_the_model_has_a_unique_context() {
    let asks = policy()
        .with("observe", &format!("{GENERATE} {GENERATE} (i32.const 64)"))
        .with("answer", &format!("{GENERATE} (i32.const 64)"));
    let setup = setup(&testing::bank(), &testing::environment(), &asks);
    let (sender, contexts) = std::sync::mpsc::channel();
    let mut episode = setup.start(ContextRecorder(sender));
    episode.observe(1, None).unwrap();
    episode.observe(2, None).unwrap();
    episode.answer(&question()).unwrap();
    let meter = episode.meter();
    assert_eq!((meter.host_calls, meter.generate_calls), (5, 5));
    assert!(meter.guest_seconds() > 0.0);
    drop(episode);
    let asked = Some("q1".to_owned());
    assert_eq!(
        contexts.into_iter().collect::<Vec<_>>(),
        [
            (1, 0, None),
            (1, 1, None),
            (2, 0, None),
            (2, 1, None),
            (0, 0, asked)
        ]
    );
}

#[test]
fn a_fork_starts_from_the_same_state_and_changes_on_its_own() {
    let setup = usual();
    let mut episode = setup.start(yes());
    episode.observe(1, None).unwrap();
    let name = episode.snapshot().unwrap().name();
    let mut fork = episode.fork(Box::new(yes())).unwrap();
    assert_eq!(fork.snapshot().unwrap().name(), name);
    fork.observe(2, None).unwrap();
    assert_ne!(fork.snapshot().unwrap().name(), name);
    assert_eq!(episode.snapshot().unwrap().name(), name);
    episode.observe(2, None).unwrap();
    assert_eq!(episode.snapshot().unwrap(), fork.snapshot().unwrap());
}

#[test]
fn an_episode_goes_on_from_a_snapshot_that_was_stored() {
    let setup = usual();
    let mut episode = setup.start(yes());
    episode.observe(1, None).unwrap();
    let stored = postcard::to_stdvec(&episode.snapshot().unwrap()).unwrap();
    episode.observe(2, None).unwrap();
    let end = episode.snapshot().unwrap();

    let snapshot: Snapshot = postcard::from_bytes(&stored).unwrap();
    let model = Box::new(yes());
    let mut again = Episode::resume(&setup.parts, &setup.environment, &snapshot, model).unwrap();
    again.observe(2, None).unwrap();
    assert_eq!(again.snapshot().unwrap(), end);

    again.restore(&snapshot).unwrap();
    assert_eq!(again.snapshot().unwrap(), snapshot);
    again.observe(2, None).unwrap();
    assert_eq!(again.snapshot().unwrap(), end);
}

#[test]
fn a_trace_holds_every_call_with_its_result() {
    let mut episode = usual().start(yes());
    episode.observe(1, None).unwrap();
    assert!(episode.take_events().is_empty());
    episode.record();
    let report = episode.observe(2, Some(("expert", 7))).unwrap();
    let answer = episode.answer(&question()).unwrap();
    let score = episode.score(&question(), &answer).unwrap();
    let [
        Event::Apply {
            at,
            operations,
            results,
        },
        Event::Generate { call, result },
        observed,
        Event::Apply {
            results: refused, ..
        },
        answered,
        scored,
    ] = <[Event; 6]>::try_from(episode.take_events()).unwrap()
    else {
        panic!("other events");
    };
    assert_eq!(at.session, 1);
    assert!(matches!(operations[..], [Operation::Insert(_)]));
    assert_eq!(results, [Ok(String::new())]);
    assert_eq!((call.session, call.request.max_tokens), (2, 0));
    assert_eq!(result, Ok(Completion::of_text("yes")));
    let demonstrator = Some(("expert".to_owned(), 7));
    let session = 2;
    assert_eq!(
        observed,
        Event::Observed {
            session,
            demonstrator,
            result: Ok(report)
        }
    );
    assert!(refused[0].is_err());
    let question = "q1".to_owned();
    assert_eq!(
        answered,
        Event::Answered {
            question: question.clone(),
            result: Ok(answer.clone())
        }
    );
    assert_eq!(
        scored,
        Event::Scored {
            question,
            answer,
            result: Ok(score)
        }
    );
    assert!(episode.take_events().is_empty());
}

#[test]
fn a_policy_describes_itself_without_an_episode_but_cannot_call_the_host() {
    let setup = usual();
    assert_eq!(setup.parts.policy.describe().unwrap().name, "");
    let nosy = policy().with(
        "describe",
        "(call $get-stats (i32.const 2048)) (i32.const 64)",
    );
    let nosy = self::setup(&testing::bank(), &testing::environment(), &nosy);
    assert_eq!(
        nosy.parts.policy.describe().unwrap_err().to_string(),
        "agent: get-stats may not be called outside an episode"
    );
}

struct Lengths;

impl Embedder for Lengths {
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        Ok(texts
            .iter()
            .skip(1)
            .map(|text| vec![text.len() as f32])
            .collect())
    }
}

#[test]
fn an_embedder_that_omits_a_text_is_an_error() {
    let embeds = policy().with(
        "observe",
        "(call $embed (i32.const 64) (i32.const 3) (i32.const 2064)) (i32.const 64)",
    );
    let setup = setup(&testing::bank(), &testing::environment(), &embeds);
    let mut episode = setup.start(yes());
    episode.observe(1, None).unwrap();
    episode.set_embedder(Arc::new(Lengths));
    assert_eq!(
        episode.observe(2, None).unwrap_err().to_string(),
        "the embedder failed: 2 vectors for 3 texts"
    );
}

/// A bank that burns some 100 000 of fuel for an operation.
fn expensive() -> TestComponent {
    testing::bank().with(
        "apply",
        "(memory.fill (i32.const 4096) (i32.const 0) (i32.const 50000))
         (memory.fill (i32.const 4096) (i32.const 0) (i32.const 50000))
         (i32.store (i32.const 2048) (i32.const 64))
         (i32.store (i32.const 2052) (local.get 4))
         (i32.const 2048)",
    )
}

/// A policy that inserts this many times in each session.
fn inserting(times: u32) -> TestComponent {
    policy().with(
        "observe",
        &format!(
            "(local $i i32)
             (loop {INSERT}
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if 0 (i32.lt_u (local.get $i) (i32.const {times}))))
             (i32.const 64)"
        ),
    )
}

#[test]
fn a_bank_burns_the_fuel_of_the_policy_that_calls_it() {
    let observe = |times| {
        let mut episode =
            setup(&expensive(), &testing::environment(), &inserting(times)).start(yes());
        episode.observe(1, None)?;
        // The host's own calls have fuel of their own.
        let bank = &mut episode.agent.host().bank;
        let at = Moment {
            session: 1,
            time: String::new(),
        };
        (0..20).try_for_each(|_| bank.apply(&at, &[]).map(drop))
    };
    observe(9).unwrap();
    let why = observe(11).unwrap_err();
    assert_eq!(
        why.to_string(),
        "flat: apply exceeded its fuel limit (1000000); \
         fix the component or raise `limits.fuel`"
    );
}

#[test]
fn waiting_for_the_model_does_not_count_as_a_policys_time() {
    let limits = Limits {
        pace: Pace::Time,
        call_ms: 400,
        ..Limits::default()
    };
    let slow = || {
        ScriptedModel::answering(|_| {
            std::thread::sleep(Duration::from_millis(500));
            Ok("yes".into())
        })
    };
    let observe = |policy: &TestComponent| {
        let (bank, environment) = (testing::bank(), testing::environment());
        let setup = setup_with(limits.clone(), &bank, &environment, policy);
        setup.start(slow()).observe(1, None).map(drop)
    };
    observe(&policy()).unwrap();
    let busy = policy().with(
        "observe",
        &format!("{GENERATE} (loop (br 0)) (i32.const 64)"),
    );
    assert_eq!(
        observe(&busy).unwrap_err().to_string(),
        "agent: observe exceeded its call_ms limit (400); \
         fix the component or raise `limits.call_ms`"
    );
}

#[test]
fn results_of_the_host_count_towards_the_policys_budget() {
    let limits = Limits {
        host_bytes: 100,
        ..Limits::default()
    };
    let verbose = ScriptedModel::answering(|_| Ok("yes ".repeat(100)));
    let (bank, environment) = (testing::bank(), testing::environment());
    let setup = setup_with(limits, &bank, &environment, &policy());
    let why = setup.start(verbose).observe(1, None).unwrap_err();
    assert_eq!(
        why.to_string(),
        "agent: observe exceeded its host_bytes limit (100); \
         fix the component or raise `limits.host_bytes`"
    );
}
