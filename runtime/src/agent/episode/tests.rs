#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use super::*;
use crate::model::{Completion, GenerateCall, ModelError, ScriptedModel};
use crate::testing::{self as stand_in, StandIn};
use crate::types::{Error as Refusal, Moment, Operation};
use crate::{Limits, Pace, Sandbox};

/// Inserts an empty entry: results at 2048, with one result at (2048).
const INSERT: &str = "(call $apply (i32.const 1) (i32.const 0) (i32.const 0)
    (i32.const 64) (i32.const 1) (i32.const 2048))";
/// Asks the model as nobody: a result at 2064.
const ASK: &str = "(call $generate (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
    (i32.const 9) (i32.const 0) (i32.const 0) (i32.const 0)
    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 2064))";

/// Observes by an insertion and a question to the model, and answers by the
/// words with which an insertion was refused.
fn policy() -> StandIn {
    stand_in::policy()
        .importing("bank", "apply", "(param i32 i32 i32 i32 i32 i32)")
        .importing("bank", "end-session", "(param i32 i32 i32)")
        .importing("bank", "get-stats", "(param i32)")
        .importing("acting", "act", "(param i32 i32 i32)")
        .importing(
            "model",
            "generate",
            "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)",
        )
        .with(
            "observe",
            &format!(
                "{INSERT} {ASK}
                 (if (i32.load8_u (i32.const 2064)) (then
                    (i32.store (i32.const 2100) (i32.const 1))
                    (i32.store (i32.const 2104) (i32.const 1))
                    (i32.store (i32.const 2108) (i32.load (i32.const 2068)))
                    (i32.store (i32.const 2112) (i32.load (i32.const 2072)))
                    (return (i32.const 2100))))
                 (i32.const 64)"
            ),
        )
        .with(
            "answer",
            &format!(
                "(local $result i32) {INSERT}
                 (local.set $result (i32.load (i32.const 2048)))
                 (i32.store (i32.const 2100) (i32.const 0))
                 (i32.store (i32.const 2104) (i32.load offset=8 (local.get $result)))
                 (i32.store (i32.const 2108) (i32.load offset=12 (local.get $result)))
                 (i32.store (i32.const 2112) (i32.const 0))
                 (i32.store (i32.const 2116) (i32.const 0))
                 (i32.const 2100)"
            ),
        )
}

struct Setting {
    parts: EpisodeParts,
    environment: EnvironmentComponent,
}

fn setting(bank: &StandIn, environment: &StandIn, policy: &StandIn) -> Setting {
    let limits = Limits {
        fuel: 1_000_000,
        ..Limits::default()
    };
    setting_with(limits, bank, environment, policy)
}

fn setting_with(
    limits: Limits,
    bank: &StandIn,
    environment: &StandIn,
    policy: &StandIn,
) -> Setting {
    let sandbox = Sandbox::new(limits).unwrap();
    Setting {
        parts: EpisodeParts {
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

fn usual() -> Setting {
    setting(&stand_in::bank(), &stand_in::environment(), &policy())
}

impl Setting {
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
    let setting = setting(&stand_in::bank(), &stand_in::environment(), &itself);
    let mut episode = setting.start(yes());
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
    let setting = setting(&stand_in::bank(), &stand_in::environment(), &ends);
    assert_eq!(
        setting
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
    let task = stand_in::environment().with(
        "get-session",
        "(i32.store (i32.const 2052) (i32.const 1))
         (i32.store (i32.const 2056) (local.get 0))
         (i32.const 2048)",
    );
    let in_task = setting(&stand_in::bank(), &task, &acts);
    in_task.start(yes()).observe(1, None).unwrap();
    let in_dialogue = setting(&stand_in::bank(), &stand_in::environment(), &acts);
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
fn a_bank_that_fails_inside_a_policy_is_the_one_that_is_named() {
    let spins = stand_in::bank().with("apply", "(loop (br 0)) (i32.const 64)");
    let setting = setting(&spins, &stand_in::environment(), &policy());
    let mut episode = setting.start(yes());
    assert_eq!(
        episode.observe(1, None).unwrap_err().to_string(),
        "flat: apply exceeded the limit fuel (1000000): \
         mend the component or raise Limits::fuel"
    );
    assert_eq!(
        episode.observe(2, None).unwrap_err().to_string(),
        "agent: observe cannot be called, since observe stopped this instance; make another"
    );
    assert_eq!(
        episode.entries().unwrap_err().to_string(),
        "flat: entries cannot be called, since apply stopped this instance; make another"
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
fn that_a_model_could_not_be_had_is_known_also_where_the_policy_copes() {
    let copes = policy().with("answer", &format!("{ASK} (i32.const 64)"));
    let setting = setting(&stand_in::bank(), &stand_in::environment(), &copes);
    let mut down = true;
    let mut episode = setting.start(ScriptedModel::answering(move |_| {
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

struct Places(std::sync::mpsc::Sender<(u32, u32, Option<String>)>);

impl LanguageModel for Places {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let place = (call.session, call.step, call.question.clone());
        self.0.send(place).unwrap();
        Ok(Completion::of_text("yes"))
    }
}

#[test]
fn every_call_of_the_model_has_a_place_of_its_own() {
    let asks = policy()
        .with("observe", &format!("{ASK} {ASK} (i32.const 64)"))
        .with("answer", &format!("{ASK} (i32.const 64)"));
    let setting = setting(&stand_in::bank(), &stand_in::environment(), &asks);
    let (sender, places) = std::sync::mpsc::channel();
    let mut episode = setting.start(Places(sender));
    episode.observe(1, None).unwrap();
    episode.observe(2, None).unwrap();
    episode.answer(&question()).unwrap();
    let meter = episode.meter();
    assert_eq!((meter.host_calls, meter.generate_calls), (5, 5));
    assert!(meter.guest_seconds() > 0.0);
    drop(episode);
    let asked = Some("q1".to_owned());
    assert_eq!(
        places.into_iter().collect::<Vec<_>>(),
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
fn a_fork_starts_from_the_same_state_and_goes_its_own_way() {
    let setting = usual();
    let mut episode = setting.start(yes());
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
    let setting = usual();
    let mut episode = setting.start(yes());
    episode.observe(1, None).unwrap();
    let stored = postcard::to_stdvec(&episode.snapshot().unwrap()).unwrap();
    episode.observe(2, None).unwrap();
    let end = episode.snapshot().unwrap();

    let snapshot: Snapshot = postcard::from_bytes(&stored).unwrap();
    let model = Box::new(yes());
    let mut again =
        Episode::resume(&setting.parts, &setting.environment, &snapshot, model).unwrap();
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
    assert_eq!((call.session, call.request.max_tokens), (2, 9));
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
    let setting = usual();
    assert_eq!(setting.parts.policy.describe().unwrap().name, "");
    let nosy = policy().with(
        "describe",
        "(call $get-stats (i32.const 2048)) (i32.const 64)",
    );
    let nosy = self::setting(&stand_in::bank(), &stand_in::environment(), &nosy);
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
fn an_embedder_that_forgets_a_text_is_found_out() {
    let embeds = policy()
        .importing("embedder", "embed", "(param i32 i32 i32)")
        .with(
            "observe",
            "(call $embed (i32.const 64) (i32.const 3) (i32.const 2064)) (i32.const 64)",
        );
    let setting = setting(&stand_in::bank(), &stand_in::environment(), &embeds);
    let mut episode = setting.start(yes());
    episode.observe(1, None).unwrap();
    episode.set_embedder(Arc::new(Lengths));
    assert_eq!(
        episode.observe(2, None).unwrap_err().to_string(),
        "the embedder failed: 2 vectors for 3 texts"
    );
}

/// A bank that burns some 100 000 of fuel over an operation.
fn toiling() -> StandIn {
    stand_in::bank().with(
        "apply",
        "(memory.fill (i32.const 4096) (i32.const 0) (i32.const 50000))
         (memory.fill (i32.const 4096) (i32.const 0) (i32.const 50000))
         (i32.store (i32.const 2048) (i32.const 64))
         (i32.store (i32.const 2052) (local.get 4))
         (i32.const 2048)",
    )
}

/// A policy that inserts so often while it observes.
fn inserting(times: u32) -> StandIn {
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
fn what_a_bank_burns_for_a_policy_is_the_policys() {
    let observe = |times| {
        let mut episode =
            setting(&toiling(), &stand_in::environment(), &inserting(times)).start(yes());
        episode.observe(1, None)?;
        // The host's own calls have their own.
        let bank = &mut episode.agent.surroundings().bank;
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
        "flat: apply exceeded the limit fuel (1000000): \
         mend the component or raise Limits::fuel"
    );
}

#[test]
fn what_a_policy_waits_for_the_model_is_not_its_time() {
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
    let observe = |policy: &StandIn| {
        let (bank, environment) = (stand_in::bank(), stand_in::environment());
        let setting = setting_with(limits.clone(), &bank, &environment, policy);
        setting.start(slow()).observe(1, None).map(drop)
    };
    observe(&policy()).unwrap();
    let busy = policy().with("observe", &format!("{ASK} (loop (br 0)) (i32.const 64)"));
    assert_eq!(
        observe(&busy).unwrap_err().to_string(),
        "agent: observe exceeded the limit call_ms (400): \
         mend the component or raise Limits::call_ms"
    );
}

#[test]
fn what_a_policy_gets_from_the_host_is_weighed() {
    let limits = Limits {
        host_bytes: 100,
        ..Limits::default()
    };
    let talkative = ScriptedModel::answering(|_| Ok("yes ".repeat(100)));
    let (bank, environment) = (stand_in::bank(), stand_in::environment());
    let setting = setting_with(limits, &bank, &environment, &policy());
    let why = setting.start(talkative).observe(1, None).unwrap_err();
    assert_eq!(
        why.to_string(),
        "agent: observe exceeded the limit host_bytes (100): \
         mend the component or raise Limits::host_bytes"
    );
}
