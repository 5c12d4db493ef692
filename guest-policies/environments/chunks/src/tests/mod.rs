#![allow(clippy::unwrap_used, reason = "tests")]

use memloom_sdk::types::Turn;
use serde_json::{Value, json};

use super::*;

mod files;
mod worlds;

const MEMORY_AGENT_BENCH: &str = include_str!("../../tests/memoryagentbench.jsonl");
const MEM_ALPHA: &str = include_str!("../../tests/mem-alpha.jsonl");
const FILMS: &str = include_str!("../../tests/entity2id.json");

fn file(text: &str) -> DataFile {
    DataFile {
        name: "rows.jsonl".into(),
        bytes: text.into(),
    }
}

fn load(texts: &[&str], options: &str) -> Result<(Chunks, LoadReport), Error> {
    let mut chunks = Chunks::default();
    let files = texts.iter().map(|text| file(text)).collect();
    let report = chunks.load(files, options)?;
    Ok((chunks, report))
}

fn refusal(texts: &[&str], options: &str) -> String {
    match load(texts, options).map(|(_, report)| report) {
        Err(Error::Invalid(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// Opens a row of the miniatures.
fn opened(source: &str, options: Value, horizon: u32) -> Chunks {
    let mut options = options;
    options["sources"] = json!([source]);
    let texts = [MEMORY_AGENT_BENCH, MEM_ALPHA, FILMS];
    let (mut chunks, _) = load(&texts, &options.to_string()).unwrap();
    chunks.open("held-out", 0, horizon).unwrap();
    chunks
}

/// Opens an episode of a world.
fn generated(options: &str, split: &str, index: u64, horizon: u32) -> Chunks {
    let (mut chunks, _) = load(&[], options).unwrap();
    chunks.open(split, index, horizon).unwrap();
    chunks
}

fn sessions(chunks: &mut Chunks) -> Vec<Vec<Turn>> {
    let count = chunks.opened().unwrap().sittings.len() as u32;
    let turns = (1..=count).map(|index| match chunks.session(index).unwrap() {
        SessionContent::Dialogue(session) => session.turns,
        SessionContent::Task(_) => panic!("a task"),
    });
    turns.collect()
}

fn worth(chunks: &Chunks, question: &str, text: &str) -> f32 {
    let answer = Answer {
        text: text.into(),
        citations: vec![],
    };
    chunks.score(question, &answer).unwrap().reward
}

#[test]
fn a_snapshot_carries_the_open_episode_into_an_empty_instance() {
    let worlds = [r#"{"world": "conflicts"}"#, r#"{"world": "labels"}"#];
    let mut all: Vec<Chunks> = worlds.map(|world| generated(world, "train", 5, 4)).into();
    all.push(opened("recsys_redial_full", json!({}), 0));
    for mut chunks in all {
        let bytes = chunks.snapshot();
        let mut copy = Chunks::default();
        copy.restore(&bytes).unwrap();
        assert_eq!(copy.snapshot(), bytes);
        assert_eq!(copy.questions(), chunks.questions());
        assert_eq!(copy.session(1), chunks.session(1));
        assert_eq!(
            copy.demonstrate("demonstrator", 1, 3),
            chunks.demonstrate("demonstrator", 1, 3)
        );
        let id = &chunks.questions().unwrap()[0].id;
        let said = "1. The Long Ferry";
        assert_eq!(worth(&copy, id, said), worth(&chunks, id, said));
        assert!(matches!(copy.restore(b"garbage"), Err(Error::Invalid(_))));
        assert_eq!(copy.snapshot(), bytes);
        assert_eq!(
            copy.open("train", 0, 0),
            Err(Error::Unknown(
                "chunks's split `train` has 0 episodes and none of index 0".into()
            ))
        );
    }
}

#[test]
fn what_does_not_exist_is_named() {
    let mut chunks = generated(r#"{"world": "conflicts"}"#, "train", 0, 2);
    assert_eq!(
        chunks.session(3),
        Err(Error::Unknown(
            "train/0 has no session 3: it has 1 to 2".into()
        ))
    );
    assert!(matches!(chunks.session(0), Err(Error::Unknown(_))));
    assert_eq!(
        chunks.demonstrate("nobody", 1, 0),
        Err(Error::Unknown(
            "chunks has no demonstrator `nobody`: use everything, nothing, demonstrator or expert"
                .into()
        ))
    );
    assert!(matches!(chunks.open("test", 0, 0), Err(Error::Unknown(_))));
    assert!(matches!(chunks.act("look"), Err(Error::Unsupported(_))));
    assert_eq!(
        chunks.rubric("q99"),
        Err(Error::Unknown("train/0 asks no question `q99`".into()))
    );
    assert_eq!(
        Chunks::default().questions(),
        Err(Error::Invalid(
            "no episode of chunks is open: call `open` first".into()
        ))
    );
}
