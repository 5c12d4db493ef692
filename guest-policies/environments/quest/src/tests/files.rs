//! The user's files: made-up miniatures of both formats.

use std::collections::BTreeSet;

use super::*;

/// A miniature of HotpotQA's format: 60 questions with two paragraphs each.
fn hotpot() -> DataFile {
    let items = (0..60).map(|number| {
        serde_json::json!({
            "_id": format!("q{number}"),
            "question": format!("Which river runs\nthrough town {number}?"),
            "answer": format!("the Blue{number} River"),
            "type": "bridge",
            "context": [
                [format!("Town {number}"), [
                    format!("Town {number} lies in the hills."),
                    format!(" The Blue{number} River runs through it."),
                ]],
                [format!("Hill {number}"), [format!("Hill {number} is steep.")]],
            ],
        })
    });
    file(
        "hotpot.json",
        serde_json::Value::from_iter(items).to_string(),
    )
}

/// A miniature of a corpus: 60 documents in the forms of titles.
fn corpus() -> DataFile {
    let lines = (0..60).map(|number| {
        let line = match number % 2 {
            0 => serde_json::json!({
                "id": number, "title": format!("Code {number}"),
                "contents": format!("Its code is K{number}."),
            }),
            _ => serde_json::json!({
                "id": number.to_string(),
                "contents": format!("\"Code {number}\"\nIts code is K{number}."),
            }),
        };
        format!("{line}\n")
    });
    file("corpus.jsonl", lines.collect())
}

/// A miniature of questions about it.
fn questions() -> DataFile {
    let lines = (0..60).map(|number| {
        let key = if number % 2 == 0 {
            "answers"
        } else {
            "golden_answers"
        };
        let line = serde_json::json!({
            "question": format!("What is code {number}?"),
            key: [format!("K{number}"), format!("code K{number}")],
        });
        format!("{line}\n")
    });
    file(
        "questions.jsonl",
        format!("\n{}", lines.collect::<String>()),
    )
}

fn file(name: &str, text: String) -> DataFile {
    DataFile {
        name: name.into(),
        bytes: text.into(),
    }
}

fn loaded(files: Vec<DataFile>, options: &str) -> (Quest, LoadReport) {
    let mut quest = Quest::default();
    let report = quest.load(files, options).unwrap();
    (quest, report)
}

#[test]
fn questions_are_dealt_to_splits_and_each_is_in_one() {
    for files in [vec![hotpot()], vec![corpus(), questions()]] {
        let (mut quest, report) = loaded(files, "{}");
        let counts: Vec<u64> = report
            .splits
            .iter()
            .map(|it| it.episodes.unwrap())
            .collect();
        assert!(
            counts[0] > 15 && counts[1..].iter().all(|it| *it > 0),
            "{counts:?}"
        );
        let mut asked = BTreeSet::new();
        for (split, count) in report.splits.iter().zip(counts) {
            for index in 0..count {
                quest.open(&split.name, index, 0).unwrap();
                let instruction = task(&mut quest, 1).instruction;
                let first = instruction.lines().next().unwrap();
                asked.extend(first.split("; ").map(String::from));
                assert_eq!(quest.questions().unwrap()[0].category, "file");
            }
            let name = &split.name;
            assert_eq!(
                quest.open(name, count, 0),
                Err(Error::Unknown(format!(
                    "quest's split `{name}` has {count} episodes and none of index {count}"
                )))
            );
        }
        assert_eq!(asked.len(), 60);
    }
}

#[test]
fn an_expert_finds_the_answers_among_the_documents_of_an_episode() {
    for files in [vec![hotpot()], vec![corpus(), questions()]] {
        let options = r#"{"documents": 30, "notes": true}"#;
        let (mut quest, report) = loaded(files, options);
        for index in 0..report.splits[0].episodes.unwrap() {
            quest.open("train", index, 0).unwrap();
            let instruction = task(&mut quest, 1).instruction;
            let questions = instruction.lines().next().unwrap().split("; ").count();
            let actions = follow(&mut quest, "expert", 1);
            assert_eq!(score(&quest, 1).reward, 1.0, "{actions:?}");
            let notes = actions.last().unwrap().lines().count() - 1;
            assert_eq!(notes, questions, "{actions:?}");
        }
    }
}

#[test]
fn a_document_is_shown_with_its_title_in_either_form() {
    let (mut quest, _) = loaded(
        vec![questions(), corpus()],
        r#"{"documents": 60, "top": 1}"#,
    );
    quest.open("train", 0, 0).unwrap();
    task(&mut quest, 1);
    for number in [6, 7] {
        let seen = quest.act(&format!("search: code K{number}")).unwrap().text;
        let shown = format!(" (Code {number})\nIts code is K{number}.");
        assert!(seen.ends_with(&shown), "{seen}");
    }
}

#[test]
fn the_documents_are_the_same_whatever_the_horizon() {
    let (mut quest, _) = loaded(vec![hotpot()], r#"{"tasks": 3, "documents": 20}"#);
    let mut seen = [0, 1].map(|horizon| {
        quest.open("train", 1, horizon).unwrap();
        task(&mut quest, 1);
        quest.act("search: town hill steep").unwrap().text
    });
    seen.sort();
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].contains("is steep."));
}

#[test]
fn a_fault_of_a_file_is_named_with_its_place() {
    let question = r#"{"question": "Who?", "answers": ["A"]}"#;
    for (text, why) in [
        (
            "",
            "data: neither HotpotQA's list of questions nor JSON lines",
        ),
        (
            r#"[{"question": "Who?"}]"#,
            "data: missing field `answer` at line 1 column 21",
        ),
        (
            r#"[{"question": " ", "answer": "A", "context": []}]"#,
            "data, question 1: the question is empty",
        ),
        (
            r#"{"title": "A"}"#,
            "data, line 1: neither `contents` of a document nor `question` and `answers`",
        ),
        (
            "\n{\"question\": \"Who?\", \"answers\": []}",
            "data, line 2: there is no answer",
        ),
        (
            question,
            "quest: the files have no document: add a file of lines with `contents`",
        ),
        (
            r#"{"contents": "A."}"#,
            "quest: the files have no question: add a file of lines with `question` and `answers`",
        ),
    ] {
        let result = Quest::default().load(vec![file("data", text.into())], "{}");
        assert_eq!(result, Err(Error::Invalid(why.into())));
    }
    assert_eq!(
        Quest::default().load(vec![hotpot()], r#"{"actions": "listed"}"#),
        Err(Error::Invalid(
            "quest lists the actions of made-up worlds alone: set `actions` to `open` for files"
                .into()
        ))
    );
}

#[test]
fn an_episode_of_a_file_goes_on_without_the_file() {
    let (mut quest, _) = loaded(vec![hotpot()], "{}");
    quest.open("train", 0, 0).unwrap();
    task(&mut quest, 1);
    let before = quest.snapshot();
    let mut other = Quest::default();
    other.restore(&before).unwrap();
    assert_eq!(other.snapshot(), before);
    assert_eq!(other.act("search: hill"), quest.act("search: hill"));
    assert_eq!(
        other.open("train", 1, 0),
        Err(Error::Invalid(
            "quest: a restored snapshot has no files: call `load` first".into()
        ))
    );
    quest.restore(&before).unwrap();
    assert!(quest.open("train", 1, 0).is_ok());
}
