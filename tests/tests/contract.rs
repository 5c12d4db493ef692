//! The contract in `wit/` and its frozen copies.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use memloom_runtime::types::{Error as Refusal, Insertion, Moment, Operation, Query};
use memloom_runtime::{AgentParts, DemonstrationModel, Episode, Limits, Sandbox};
use memloom_tests::component;

/// The `.wit` files of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "wit"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect()
}

#[test]
fn the_present_contract_is_the_frozen_one_of_its_version() {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let present = files(&wit);
    let declared = present["types.wit"]
        .lines()
        .find_map(|line| line.strip_prefix("package memloom:agent@"))
        .and_then(|rest| rest.strip_suffix(';'))
        .expect("types.wit names the package and its version");
    let frozen = files(&wit.join(declared));
    assert!(!frozen.is_empty(), "wit/{declared} has no files");
    assert_eq!(present, frozen, "wit/ and wit/{declared} differ");
}

/// Returns a component that was built against 0.1.0: a template of that version.
fn old(kind: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/v0.1.0");
    folder.join(kind).with_extension("wasm")
}

/// Plays two sessions and all questions of an environment that needs no files. Returns the shares
/// of answers that cite anything, and that cite their evidence.
fn play(bank: &Path, environment: &Path, policy: &Path) -> [f32; 2] {
    let sandbox = Sandbox::new(Limits::default()).unwrap();
    let mut environment = sandbox
        .environment(environment)
        .unwrap()
        .instantiate()
        .unwrap();
    environment.load(&[], "{}").unwrap();
    environment.open("train", 3, 2).unwrap();
    let parts = AgentParts {
        bank: sandbox.bank(bank).unwrap(),
        policy: sandbox.policy(policy).unwrap(),
        policy_options: "{}".into(),
        lexicon: environment.describe().unwrap().lexicon,
    };
    let mut episode = Episode::start(&parts, environment, Box::new(DemonstrationModel)).unwrap();
    episode.observe(1, Some(("expert", 1))).unwrap();
    let point = episode.fork_point().unwrap();
    episode.observe(2, Some(("expert", 1))).unwrap();
    let mut fork = point.fork(Box::new(DemonstrationModel)).unwrap();
    fork.observe(2, Some(("expert", 1))).unwrap();
    let state = episode.snapshot().unwrap();
    assert_eq!(state.name(), fork.snapshot().unwrap().name());
    episode.restore(&state).unwrap();
    let questions = episode.questions().unwrap();
    let with_evidence = questions
        .iter()
        .filter(|question| !question.evidence.is_empty());
    let cited = with_evidence.map(|question| {
        let (answer, _) = episode.answer_and_score(question).unwrap();
        let mut evidence = question.evidence.iter();
        let right = evidence.any(|turn| answer.citations.contains(turn));
        [!answer.citations.is_empty(), right]
    });
    let cited: Vec<[bool; 2]> = cited.collect();
    assert!(!cited.is_empty());
    [0, 1].map(|which| {
        let count = cited.iter().filter(|cited| cited[which]).count();
        count as f32 / cited.len() as f32
    })
}

#[test]
fn components_of_the_first_version_go_on_working() {
    let [cited, _] = play(&old("bank"), &old("environment"), &old("policy"));
    assert_eq!(cited, 1.0);
}

#[test]
fn components_of_both_versions_work_together() {
    let (flat, chronicle, selector) = (
        component("flat"),
        component("chronicle"),
        component("selector"),
    );
    assert_eq!(play(&flat, &chronicle, &selector), [1.0; 2]);
    assert_eq!(play(&old("bank"), &chronicle, &selector)[0], 1.0);
    assert_eq!(play(&flat, &old("environment"), &selector), [1.0; 2]);
    assert_eq!(play(&flat, &old("environment"), &old("policy"))[0], 1.0);
}

#[test]
fn a_bank_of_the_first_version_refuses_what_it_has_no_room_for() {
    let sandbox = Sandbox::new(Limits::default()).unwrap();
    let component = sandbox.bank(old("bank")).unwrap();
    let options = component.clone().with_options(r#"{"capacity": 3}"#);
    let why = options.instantiate().err().unwrap().to_string();
    assert!(why.contains("memloom:agent@0.1.0"), "{why}");

    let mut bank = component.instantiate().unwrap();
    let at = Moment {
        session: 1,
        time: "day 1".into(),
    };
    let with_field = Operation::Insert(Insertion {
        fields: vec![("kind".into(), "fact".into())],
        ..Insertion::new("Ann has a cat.", "Ann", vec![])
    });
    let plain = Operation::insert("Ann has a dog.", "Ann", vec![]);
    let results = bank.apply(&at, &[with_field, plain]).unwrap();
    assert!(matches!(&results[0], Err(Refusal::Unsupported(why)) if why.contains("`kind`")));
    assert!(results[1].is_ok());
    let query = Query {
        options: r#"{"by": "value"}"#.into(),
        ..Query::new("dog", 3)
    };
    assert!(bank.retrieve(&query).is_err());
    assert_eq!(bank.retrieve(&Query::new("dog", 3)).unwrap().len(), 1);
}
