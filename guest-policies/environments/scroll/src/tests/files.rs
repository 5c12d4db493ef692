//! The user's files: made-up miniatures of both formats.

use super::*;

/// A miniature of HotpotQA's format: 60 questions with two paragraphs each.
fn hotpot() -> DataFile {
    let items = (0..60).map(|number| {
        serde_json::json!({
            "_id": format!("q{number}"),
            "question": format!("Which river runs\nthrough town {number}?"),
            "answer": format!("the Blue{number} River"),
            "type": "bridge",
            "supporting_facts": [[format!("Town {number}"), 0]],
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

/// A miniature of MemAgent's format: 60 lines.
fn lines() -> DataFile {
    let lines = (0..60).map(|number| {
        let line = serde_json::json!({
            "context": format!("Filler. The code of {number} is K{number}. More filler."),
            "input": format!("What is the code of {number}?"),
            "answers": [format!("K{number}"), format!("code K{number}")],
            "num_docs": 1,
        });
        format!("{line}\n")
    });
    file("lines.jsonl", format!("\n{}", lines.collect::<String>()))
}

fn file(name: &str, text: String) -> DataFile {
    DataFile {
        name: name.into(),
        bytes: text.into(),
    }
}

fn loaded(file: DataFile, options: &str) -> (Scroll, LoadReport) {
    let mut scroll = Scroll::default();
    let report = scroll.load(vec![file], options).unwrap();
    (scroll, report)
}

#[test]
fn questions_are_dealt_to_splits_and_each_is_in_one() {
    for file in [hotpot(), lines()] {
        let (mut scroll, report) = loaded(file, r#"{"documents": 6}"#);
        let counts: Vec<u64> = report
            .splits
            .iter()
            .map(|it| it.episodes.unwrap())
            .collect();
        assert_eq!(counts.iter().sum::<u64>(), 60);
        assert!(
            counts[0] > 30 && counts[1..].iter().all(|count| *count > 0),
            "{counts:?}"
        );
        let mut questions = std::collections::BTreeSet::new();
        for (split, count) in report.splits.iter().zip(counts) {
            for index in 0..count {
                scroll.open(&split.name, index, 0).unwrap();
                questions.insert(task(&mut scroll, 1).instruction);
                assert_eq!(scroll.questions().unwrap()[0].category, "file");
            }
            let beyond = scroll.open(&split.name, count, 0);
            let name = &split.name;
            assert_eq!(
                beyond,
                Err(Error::Unknown(format!(
                    "scroll's split `{name}` has {count} episodes and none of index {count}"
                )))
            );
        }
        assert_eq!(questions.len(), 60);
    }
}

#[test]
fn paragraphs_of_others_are_mixed_in_at_drawn_places() {
    let (mut scroll, _) = loaded(hotpot(), r#"{"documents": 8, "section_words": 200}"#);
    let mut places = std::collections::BTreeSet::new();
    for index in 0..10 {
        scroll.open("train", index, 0).unwrap();
        let text = scroll.open.as_ref().unwrap().texts[0].clone();
        let documents: Vec<&str> = text.sections[0].split("\n\n").collect();
        assert_eq!(documents.len(), 8);
        assert!(documents[0].starts_with("Document 1: "));
        let river = &text.problem.answers[0][4..];
        places.insert(documents.iter().position(|it| it.contains(river)).unwrap());
        assert!(
            text.problem
                .question
                .starts_with("Which river runs through town ")
        );
    }
    assert!(places.len() > 3, "{places:?}");
}

#[test]
fn any_of_the_answers_is_right() {
    let (mut scroll, _) = loaded(lines(), r#"{"metric": "contains", "tasks": 3}"#);
    assert_eq!(scroll.open("train", 0, 2).unwrap().sessions, 2);
    let answers = scroll.open.as_ref().unwrap().texts[1]
        .problem
        .answers
        .clone();
    for right in answers {
        task(&mut scroll, 2);
        scroll.act(&format!("answer: {right}, I think")).unwrap();
        assert_eq!(came_to(&scroll, 2), 1.0);
    }
}

#[test]
fn an_expert_keeps_the_sentences_with_the_answer() {
    for (file, begins, ends) in [
        (hotpot(), "answer: The Blue", "River}"),
        (lines(), "answer: The code of ", "}"),
    ] {
        let options = r#"{"documents": 8, "section_words": 40}"#;
        let (mut scroll, report) = loaded(file, options);
        for index in 0..report.splits[0].episodes.unwrap() {
            scroll.open("train", index, 0).unwrap();
            task(&mut scroll, 1);
            let said = follow(&mut scroll, "expert").pop().unwrap();
            assert!(said.starts_with(begins) && said.ends_with(ends), "{said}");
            assert_eq!(came_to(&scroll, 1), 1.0);
        }
    }
}

#[test]
fn a_fault_of_a_file_is_named_with_its_place() {
    for (text, why) in [
        (
            "",
            "data: neither HotpotQA's list of questions nor MemAgent's JSON lines",
        ),
        (
            "[{\"question\": \"Who?\"}]",
            "data: missing field `answer` at line 1 column 21",
        ),
        (
            "[{\"question\": \" \", \"answer\": \"A\", \"context\": []}]",
            "data, question 1: the question is empty",
        ),
        (
            "{}",
            "data, line 1: missing field `context` at line 1 column 2",
        ),
        (
            "{\"context\": \"A.\", \"input\": \"Who?\", \"answers\": []}",
            "data, question 1: there is no answer",
        ),
    ] {
        let result = Scroll::default().load(vec![file("data", text.into())], "{}");
        assert_eq!(result, Err(Error::Invalid(why.into())));
    }
}

#[test]
fn an_episode_of_a_file_goes_on_without_the_file() {
    let (mut scroll, _) = loaded(lines(), "{}");
    scroll.open("train", 0, 0).unwrap();
    task(&mut scroll, 1);
    let mut other = Scroll::default();
    other.restore(&scroll.snapshot()).unwrap();
    assert_eq!(other.snapshot(), scroll.snapshot());
    assert_eq!(other.act("next"), scroll.act("next"));
    assert_eq!(
        other.open("train", 1, 0),
        Err(Error::Invalid(
            "scroll: a restored snapshot has no files: call `load` first".into()
        ))
    );
    let before = scroll.snapshot();
    scroll.restore(&before).unwrap();
    assert!(scroll.open("train", 1, 0).is_ok());
}
