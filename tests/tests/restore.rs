//! The real guests' `restore` on at least 100 000 damaged states, most of them real states with
//! random changes. A guest either refuses and keeps its state, or takes on a state that it can
//! snapshot and restore again; it never traps.
#![allow(clippy::unwrap_used, reason = "tests")]

use memloom_runtime::types::DataFile;
use memloom_runtime::{
    AgentParts, DemonstrationModel, Environment, Episode, Error, Limits, Sandbox, Snapshot,
};
use memloom_tests::component;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

const INPUTS_EACH: u32 = 20_000;

/// A guest with a state.
trait Restores {
    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error>;
    fn snapshot(&mut self) -> Vec<u8>;
}

impl Restores for memloom_runtime::Bank {
    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        Self::restore(self, bytes)
    }

    fn snapshot(&mut self) -> Vec<u8> {
        Self::snapshot(self).unwrap()
    }
}

impl Restores for Environment {
    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        Self::restore(self, bytes)
    }

    fn snapshot(&mut self) -> Vec<u8> {
        Self::snapshot(self).unwrap()
    }
}

/// The policy of an episode.
impl Restores for Episode {
    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let now = Self::snapshot(self)?;
        let (bank, environment) = (now.bank().to_vec(), now.environment().to_vec());
        Self::restore(self, &Snapshot::new(bank, bytes.to_vec(), environment))
    }

    fn snapshot(&mut self) -> Vec<u8> {
        Self::snapshot(self).unwrap().policy().to_vec()
    }
}

/// A change of a state.
#[derive(Clone, Debug)]
enum Damage {
    Set(Index, u8),
    Cut(Index),
    Remove(Index, usize),
    Repeat(Index, usize),
    Insert(Index, Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    // Wrong lengths, in the common encodings.
    let long = prop_oneof![
        Just(vec![0xff, 0xff, 0xff, 0xff, 0x0f]),
        Just(vec![0xff, 0xff, 0xff, 0xff]),
        prop::collection::vec(any::<u8>(), 1..9),
    ];
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        1 => any::<Index>().prop_map(Damage::Cut),
        1 => (any::<Index>(), 1..20usize).prop_map(|(at, count)| Damage::Remove(at, count)),
        1 => (any::<Index>(), 1..20usize).prop_map(|(at, count)| Damage::Repeat(at, count)),
        2 => (any::<Index>(), long).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
    ]
}

fn broken(mut state: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        if state.is_empty() {
            break;
        }
        let length = state.len();
        let end = |start: usize, count: usize| (start + count).min(length);
        match damage {
            Damage::Set(at, byte) => state[at.index(length)] = *byte,
            Damage::Cut(at) => state.truncate(at.index(length)),
            Damage::Remove(at, count) => {
                let start = at.index(length);
                state.drain(start..end(start, *count));
            }
            Damage::Repeat(at, count) => {
                let start = at.index(length);
                let again = state[start..end(start, *count)].to_vec();
                state.splice(start..start, again);
            }
            Damage::Insert(at, bytes) => {
                let start = at.index(length);
                state.splice(start..start, bytes.iter().copied());
            }
        }
    }
    state
}

/// Returns damaged states: real states with changes, mostly behind the header, or random bytes.
fn garbage(states: Vec<Vec<u8>>, header: usize) -> impl Strategy<Value = Vec<u8>> {
    let damaged = move |from: usize| {
        let damages = prop::collection::vec(damage(), 1..6);
        (prop::sample::select(states.clone()), damages).prop_map(move |(state, damages)| {
            let (head, tail) = state.split_at(from);
            [head, &broken(tail.to_vec(), &damages)].concat()
        })
    };
    prop_oneof![
        7 => damaged(header),
        2 => damaged(0),
        1 => prop::collection::vec(any::<u8>(), 0..300),
    ]
}

/// Restores damaged states, and prints the number of refusals.
fn fuzz(name: &str, subject: &mut dyn Restores, states: Vec<Vec<u8>>) {
    // The SDK's header: a mark, a name with its length, a version.
    let header = 4 + 1 + name.len() + 1;
    assert!(states.iter().all(|state| state.len() > header));
    let config = Config {
        cases: INPUTS_EACH,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let subject = std::cell::RefCell::new(subject);
    let refused = std::cell::Cell::new(0);
    let result = runner.run(&garbage(states, header), |bytes| {
        let mut subject = subject.borrow_mut();
        let before = subject.snapshot();
        match subject.restore(&bytes) {
            Err(Error::Guest { .. }) => {
                refused.set(refused.get() + 1);
                prop_assert_eq!(subject.snapshot(), before, "a refused state changed it");
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
            Ok(()) => {
                let taken = subject.snapshot();
                subject
                    .restore(&taken)
                    .map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert_eq!(subject.snapshot(), taken, "a state does not restore itself");
            }
        }
        Ok(())
    });
    match result {
        Ok(()) => println!("{name}: {INPUTS_EACH} inputs, {} refused", refused.get()),
        Err(TestError::Fail(why, bytes)) => panic!("{name}: {why}: {bytes:?}"),
        Err(other) => panic!("{name}: {other}"),
    }
    assert!(refused.get() > 0, "{name} refuses nothing");
}

/// Returns an episode of this policy after two of three sessions.
fn episode(sandbox: &Sandbox, policy: &str) -> Episode {
    let mut environment = chronicle(sandbox);
    let parts = AgentParts {
        bank: sandbox.bank(component("flat")).unwrap(),
        policy: sandbox.policy(component(policy)).unwrap(),
        policy_options: "{}".into(),
        lexicon: environment.describe().unwrap().lexicon,
    };
    let mut episode = Episode::start(&parts, environment, Box::new(DemonstrationModel)).unwrap();
    for session in 1..=2 {
        episode.observe(session, Some(("demonstrator", 1))).unwrap();
    }
    episode
}

fn chronicle(sandbox: &Sandbox) -> Environment {
    let component = sandbox.environment(component("chronicle")).unwrap();
    let mut environment = component.instantiate().unwrap();
    environment.load(&[], "{}").unwrap();
    environment.open("train", 1, 3).unwrap();
    environment
}

fn sandbox() -> Sandbox {
    Sandbox::new(Limits::default()).unwrap()
}

#[test]
fn flat_restores_or_refuses() {
    let sandbox = sandbox();
    let full = episode(&sandbox, "selector")
        .snapshot()
        .unwrap()
        .bank()
        .to_vec();
    let mut bank = sandbox
        .bank(component("flat"))
        .unwrap()
        .instantiate()
        .unwrap();
    let empty = bank.snapshot().unwrap();
    fuzz("flat", &mut bank, vec![empty, full]);
}

#[test]
fn chronicle_restores_or_refuses() {
    let mut environment = chronicle(&sandbox());
    let open = environment.snapshot().unwrap();
    fuzz("chronicle", &mut environment, vec![open]);
}

#[test]
fn locomo_restores_or_refuses() {
    let component = sandbox().environment(component("locomo")).unwrap();
    let mut environment = component.instantiate().unwrap();
    let file = DataFile {
        name: "data.json".into(),
        bytes: CONVERSATION.into(),
    };
    let options = r#"{"train": ["c1"], "validation": [], "held-out": []}"#;
    environment.load(&[file], options).unwrap();
    environment.open("train", 0, 0).unwrap();
    let open = environment.snapshot().unwrap();
    fuzz("locomo", &mut environment, vec![open]);
}

const CONVERSATION: &str = r#"[{"sample_id": "c1", "conversation": {
    "speaker_a": "Ann", "speaker_b": "Bo",
    "session_1_date_time": "1:56 pm on 8 May, 2023",
    "session_1": [
        {"speaker": "Ann", "dia_id": "D1:1", "text": "I adopted a dog named Rex."},
        {"speaker": "Bo", "dia_id": "D1:2", "text": "Nice! How are you?"}]},
  "qa": [
    {"question": "What is Ann's dog called?", "answer": "Rex", "evidence": ["D1:1"], "category": 4}]}]"#;

#[test]
fn selector_restores_or_refuses() {
    let mut episode = episode(&sandbox(), "selector");
    let state = Restores::snapshot(&mut episode);
    fuzz("selector", &mut episode, vec![state]);
}

#[test]
fn memory_r2_restores_or_refuses() {
    let mut episode = episode(&sandbox(), "memory-r2");
    let state = Restores::snapshot(&mut episode);
    fuzz("memory-r2", &mut episode, vec![state]);
}
