#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use memloom_sdk::text::word_count;
use memloom_sdk::types::{DemonstratedOperation, Turn};
use serde_json::{Value, json};

use super::*;

const MEMORY_AGENT_BENCH: &str = include_str!("../tests/memoryagentbench.jsonl");
const MEM_ALPHA: &str = include_str!("../tests/mem-alpha.jsonl");
const FILMS: &str = include_str!("../tests/entity2id.json");

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

/// A row of one source with these fields.
fn row(fields: Value) -> String {
    let mut row = json!({
        "context": "The king fell in 1066. The queen reigned.",
        "questions": ["When did the king fall?", "Who reigned?"],
        "answers": [["In 1066", "1066"], ["The queen"]],
        "metadata": {"source": "ruler_qa1_197K"},
    });
    for (name, field) in fields.as_object().unwrap() {
        row[name] = field.clone();
    }
    row.to_string()
}

/// Returns true for a name of a signature in `labels`.
fn is_name(word: &str) -> bool {
    word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// The number, subject and value of a statement such as `7. The river of Old Ford is Nesk.`
fn statement(text: &str) -> (u32, &str, &str) {
    let (number, rest) = text.split_once(". The ").unwrap();
    let (subject, value) = rest.split_once(" is ").unwrap();
    (
        number.parse().unwrap(),
        subject,
        value.strip_suffix('.').unwrap(),
    )
}

#[test]
fn in_conflicts_the_gold_is_the_value_of_the_largest_number_and_the_first_one_is_not_enough() {
    let options = r#"{"world": "conflicts", "slots": 300, "rewritten": 0.51667, "two_hop": 0,
                      "questions": 300}"#;
    for index in 0..5 {
        let mut chunks = generated(options, "held-out", index, 0);
        let told = sessions(&mut chunks).concat();
        assert_eq!(told.len(), 455);
        let (mut first, mut newest) = (BTreeMap::new(), BTreeMap::new());
        for turn in &told {
            let (number, subject, value) = statement(&turn.text);
            first.entry(subject).or_insert(value);
            let best = newest.entry(subject).or_insert((number, value));
            *best = (*best).max((number, value));
        }
        assert_eq!(first.len(), 300);
        let questions = chunks.questions().unwrap();
        assert_eq!(questions.len(), 300);
        let mut firsts = 0.0;
        for question in &questions {
            let subject = question.text.strip_prefix("What is the ").unwrap();
            let subject = subject.strip_suffix('?').unwrap();
            assert_eq!(worth(&chunks, &question.id, newest[subject].1), 1.0);
            firsts += worth(&chunks, &question.id, first[subject]);
        }
        assert!(firsts / 300.0 < 0.7, "{firsts} of 300");
    }
}

#[test]
fn a_question_over_two_facts_is_answered_by_the_newest_of_both() {
    let options = r#"{"world": "conflicts", "two_hop": 1, "numbered": false, "slots": 200}"#;
    let mut chunks = generated(options, "train", 3, 0);
    let told = sessions(&mut chunks).concat();
    let newest: BTreeMap<&str, &str> = told
        .iter()
        .map(|turn| {
            let (subject, value) = turn
                .text
                .strip_prefix("The ")
                .unwrap()
                .split_once(" is ")
                .unwrap();
            (subject, value.strip_suffix('.').unwrap())
        })
        .collect();
    let questions = chunks.questions().unwrap();
    assert_eq!(questions.len(), 20);
    for question in questions {
        assert_eq!(question.category, "conflict-resolution/two-hop");
        let text = question
            .text
            .strip_prefix("What is the ")
            .unwrap()
            .strip_suffix('?')
            .unwrap();
        let (relation, over) = text.split_once(" of the ").unwrap();
        let thing = newest[over];
        let subject = format!("{relation} of {thing}");
        assert_eq!(worth(&chunks, &question.id, newest[subject.as_str()]), 1.0);
        assert_eq!(question.evidence.len(), 2);
    }
}

#[test]
fn label_numbers_are_drawn_anew_and_only_examples_tell_them() {
    let options = r#"{"world": "labels", "classes": 24, "questions": 200}"#;
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for index in 0..20 {
        let mut chunks = generated(options, "train", index, 0);
        for turn in sessions(&mut chunks).concat() {
            let (text, label) = turn.text.split_once("\nlabel: ").unwrap();
            for word in text.split(' ').filter(|word| is_name(word)) {
                seen.entry(word.into()).or_default().insert(label.into());
            }
        }
    }
    let names = seen.values().filter(|labels| labels.len() > 5).count();
    assert!(names >= 140, "{names}");
}

#[test]
fn a_new_text_is_no_example_and_has_names_that_were_shown() {
    for options in [
        r#"{"world": "labels"}"#,
        r#"{"world": "labels", "classes": 2, "examples": 2, "questions": 50}"#,
    ] {
        for horizon in [1, 0] {
            let mut chunks = generated(options, "held-out", 4, horizon);
            let told = sessions(&mut chunks).concat();
            let questions = chunks.questions().unwrap();
            assert!(questions.len() > 5, "{}", questions.len());
            for question in questions {
                let text = question.text.rsplit(": ").next().unwrap();
                assert!(
                    told.iter()
                        .all(|turn| !turn.text.starts_with(&format!("{text}\n")))
                );
                let evidence = told
                    .iter()
                    .filter(|turn| question.evidence.contains(&turn.id));
                let shown: Vec<&str> = evidence.map(|turn| turn.text.as_str()).collect();
                let labels: BTreeSet<&str> = shown
                    .iter()
                    .map(|text| text.rsplit(": ").next().unwrap())
                    .collect();
                assert_eq!(labels.len(), 1);
                assert_eq!(worth(&chunks, &question.id, labels.first().unwrap()), 1.0);
            }
        }
    }
}

#[test]
fn a_longer_horizon_continues_a_shorter_one() {
    for options in [r#"{"world": "conflicts"}"#, r#"{"world": "labels"}"#] {
        let mut long = generated(options, "train", 2, 0);
        let mut short = generated(options, "train", 2, 3);
        let all = sessions(&mut long);
        assert!(all.len() > 5, "{}", all.len());
        assert_eq!(sessions(&mut short), all[..3]);
        for turns in all {
            let words: usize = turns.iter().map(|turn| word_count(&turn.text)).sum();
            assert!(words <= 60, "{words}");
        }
        for question in short.questions().unwrap() {
            assert!(question.sessions.iter().all(|session| *session <= 3));
        }
    }
}

#[test]
fn worlds_of_splits_and_seeds_differ_and_repeat() {
    let text = |options: &str, split: &str, index: u64| {
        let mut chunks = generated(options, split, index, 0);
        (format!("{:?}", sessions(&mut chunks)), chunks.snapshot())
    };
    for world in ["conflicts", "labels"] {
        let options = format!("{{\"world\": \"{world}\"}}");
        let one = text(&options, "train", 1);
        assert_eq!(text(&options, "train", 1), one);
        assert_ne!(text(&options, "train", 2).0, one.0);
        assert_ne!(text(&options, "held-out", 1).0, one.0);
        let seeded = format!("{{\"world\": \"{world}\", \"seed\": 2}}");
        assert_ne!(text(&seeded, "train", 1).0, one.0);
    }
}

#[test]
fn the_language_of_worlds_is_closed_and_the_same_in_all_splits() {
    let words = |options: &str, split: &str| -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        for index in 0..60 {
            let mut chunks = generated(options, split, index, 0);
            let questions = chunks.questions().unwrap();
            let told = sessions(&mut chunks).concat();
            let texts = told.iter().map(|turn| &turn.text);
            for text in texts.chain(questions.iter().map(|question| &question.text)) {
                words.extend(memloom_sdk::text::lower_words(text));
            }
        }
        words
    };
    for (options, most) in [
        (r#"{"world": "conflicts", "numbered": false}"#, 190),
        (r#"{"world": "labels"}"#, 220),
    ] {
        let train = words(options, "train");
        assert!((150..=most).contains(&train.len()), "{}", train.len());
        assert_eq!(words(options, "validation"), train);
        assert_eq!(words(options, "held-out"), train);
    }
}

#[test]
fn worlds_read_no_file() {
    assert_eq!(
        refusal(&[MEM_ALPHA], r#"{"world": "labels"}"#),
        "chunks generates its episodes and reads no file: remove `rows.jsonl`"
    );
}

#[test]
fn both_published_formats_are_read_row_by_row() {
    let (mut chunks, report) = load(&[MEMORY_AGENT_BENCH, FILMS, MEM_ALPHA], "{}").unwrap();
    assert_eq!(report.splits[2].episodes, Some(13));
    assert_eq!(
        report.warnings,
        ["the evidence of a question is a guess: the chunks that contain an answer"]
    );
    let known = chunks.describe().categories;
    let mut ids = Vec::new();
    for index in 0..13 {
        let episode = chunks.open("held-out", index, 0).unwrap();
        ids.push(episode.id);
        for question in chunks.questions().unwrap() {
            assert!(known.contains(&question.category), "{}", question.category);
        }
    }
    assert_eq!(
        ids,
        [
            "ruler_qa1_197K/0",
            "eventqa_65536/0",
            "factconsolidation_sh_6k/0",
            "factconsolidation_mh_6k/0",
            "icl_trec_coarse_6600shot_balance/0",
            "recsys_redial_full/0",
            "detective_qa/0",
            "infbench_sum_eng_shots2/0",
            "longmemeval_s*/0",
            "squad/0",
            "perltqa/0",
            "pubmed-rct/0",
            "booksum/0"
        ]
    );
}

#[test]
fn a_row_is_cut_into_chunks_and_a_chunk_with_an_answer_is_evidence() {
    let mut chunks = opened("factconsolidation_sh_6k", json!({"chunk_words": 30}), 0);
    let told = sessions(&mut chunks);
    assert!(told.len() > 2 && told.iter().all(|turns| turns.len() == 1));
    assert_eq!(told[1][0].id, "C2:1");
    assert_eq!(told[1][0].speaker, "user");
    let questions = chunks.questions().unwrap();
    assert_eq!(questions.len(), 4);
    for (question, gold) in questions
        .iter()
        .zip(["Vim", "Kirsi Holt", "Grey Shore", "Tann"])
    {
        let having: Vec<String> = told
            .iter()
            .map(|turns| &turns[0])
            .filter(|turn| turn.text.contains(gold))
            .map(|turn| turn.id.clone())
            .collect();
        assert_eq!(question.evidence, having, "{}", question.text);
    }
    assert!(
        questions[0]
            .text
            .contains("the one with the larger number holds")
    );
    assert!(
        questions[0]
            .text
            .ends_with("\n\nWhat is the capital of Norland?")
    );
}

#[test]
fn a_question_whose_answer_no_chunk_has_is_about_all_of_them() {
    let chunks = opened("infbench_sum_eng_shots2", json!({"chunk_words": 40}), 0);
    let question = &chunks.questions().unwrap()[0];
    assert_eq!(
        question.sessions.len(),
        chunks.opened().unwrap().sittings.len()
    );
    assert!(question.evidence.is_empty());
    let cut = opened("infbench_sum_eng_shots2", json!({"chunk_words": 40}), 1);
    assert!(cut.questions().unwrap().is_empty());
}

#[test]
fn a_question_belongs_to_a_horizon_with_a_chunk_that_has_its_answer() {
    let asked = |horizon| {
        let chunks = opened("longmemeval_s*", json!({"chunk_words": 20}), horizon);
        let questions = chunks.questions().unwrap();
        questions
            .into_iter()
            .map(|question| question.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(asked(1), ["q1"]);
    assert_eq!(asked(0), ["q1", "q2"]);
}

#[test]
fn chunks_of_mem_alpha_stay_as_they_are() {
    let mut chunks = opened("squad", json!({"chunk_words": 3}), 0);
    let told = sessions(&mut chunks);
    assert_eq!(told.len(), 2);
    assert!(
        told[0][0]
            .text
            .starts_with("The Brask Observatory opened in 1911.")
    );
    assert_eq!(worth(&chunks, "q2", "It moved to Mount Tiel."), 1.0);
}

#[test]
fn questions_and_sources_limit_what_is_asked() {
    let chunks = opened("factconsolidation_sh_6k", json!({"questions": 2}), 0);
    assert_eq!(chunks.questions().unwrap().len(), 2);
    let (_, report) = load(&[MEM_ALPHA], r#"{"sources": ["squad", "booksum"]}"#).unwrap();
    assert_eq!(report.splits[2].episodes, Some(2));
}

#[test]
fn rows_are_split_by_source_or_by_hash() {
    let options = r#"{"train": ["squad"], "validation": ["booksum"]}"#;
    let (mut chunks, report) = load(&[MEM_ALPHA], options).unwrap();
    let counts = report.splits.iter().map(|split| split.episodes.unwrap());
    assert_eq!(counts.collect::<Vec<u64>>(), [1, 1, 2]);
    assert_eq!(chunks.open("train", 0, 0).unwrap().id, "squad/0");
    let rows: Vec<String> = (0..200).map(|_| row(json!({}))).collect();
    let (_, report) = load(&[&rows.join("\n")], r#"{"split": [50, 10, 40]}"#).unwrap();
    let counts = report.splits.iter().map(|split| split.episodes.unwrap());
    let counts: Vec<u64> = counts.collect();
    assert!(
        (80..120).contains(&counts[0]) && (60..100).contains(&counts[2]),
        "{counts:?}"
    );
}

#[test]
fn an_option_that_names_no_source_is_refused() {
    let refused = load(&[&row(json!({}))], r#"{"train": ["squad"]}"#);
    assert_eq!(
        refused.map(|_| ()),
        Err(Error::Unknown(
            "chunks's `train` has `squad`, but the files have ruler_qa1_197K".into()
        ))
    );
}

#[test]
fn an_answer_that_is_a_string_instead_of_a_list_is_accepted_with_one_warning_a_file() {
    let text = [
        row(json!({"answers": ["1066", ["The queen"]]})),
        row(json!({"answers": ["In 1066", "The queen"]})),
    ];
    let (mut chunks, report) = load(&[&text.join("\n")], "{}").unwrap();
    assert_eq!(
        report.warnings[0],
        "rows.jsonl: 3 answers without a list of candidates taken as the candidates"
    );
    assert_eq!(report.warnings.len(), 2);
    chunks.open("held-out", 0, 0).unwrap();
    assert_eq!(worth(&chunks, "q1", "It was 1066."), 1.0);
    assert_eq!(worth(&chunks, "q1", "1"), 0.0);
}

#[test]
fn lengths_of_questions_and_answers_that_differ_are_invalid_and_name_the_row() {
    let text = [row(json!({})), row(json!({"answers": [["1066"]]}))].join("\n");
    assert_eq!(
        refusal(&[&text], "{}"),
        "rows.jsonl, line 2: ruler_qa1_197K/1 has 2 `questions`, but 1 `answers`: give a list of \
         answers for each question"
    );
}

#[test]
fn an_unknown_source_has_the_default_scorer_and_a_warning() {
    let text = row(json!({"metadata": {"source": "my_set"}}));
    let (mut chunks, report) = load(&[&text], "{}").unwrap();
    assert_eq!(
        report.warnings[0],
        "1 row of the unknown source `my_set` scored by `contains`"
    );
    chunks.open("held-out", 0, 0).unwrap();
    assert_eq!(chunks.questions().unwrap()[0].category, "other");
    assert_eq!(worth(&chunks, "q1", "in 1066, they say"), 1.0);
}

#[test]
fn a_parquet_file_is_invalid_and_says_how_to_convert() {
    assert_eq!(
        refusal(&["PAR1\0\0PAR1"], "{}"),
        "rows.jsonl: is a Parquet file; convert it to JSON Lines as the README of `chunks` says"
    );
}

#[test]
fn of_a_row_with_one_question_answers_are_candidates_not_one_for_each_character() {
    for answers in [
        json!([["In 1066", "1066"]]),
        json!(["In 1066", "1066"]),
        json!(["1066"]),
        json!("1066"),
    ] {
        let text = row(json!({"questions": ["When did the king fall?"], "answers": answers}));
        let (mut chunks, _) = load(&[&text], "{}").unwrap();
        chunks.open("held-out", 0, 0).unwrap();
        assert_eq!(chunks.questions().unwrap().len(), 1);
        assert_eq!(worth(&chunks, "q1", "1066"), 1.0);
        assert_eq!(worth(&chunks, "q1", "6"), 0.0);
    }
}

#[test]
fn a_context_of_262k_tokens_opens() {
    let mut context = String::new();
    // Some 13 tokens a line.
    for number in 0..20_000 {
        writeln!(
            context,
            "{number}. The capital of the country {number} is the town {}.",
            number % 97
        )
        .unwrap();
    }
    let text =
        row(json!({"context": context, "metadata": {"source": "factconsolidation_sh_262k"}}));
    let (mut chunks, _) = load(&[&text], "{}").unwrap();
    let episode = chunks.open("held-out", 0, 0).unwrap();
    let told = sessions(&mut chunks).concat();
    assert_eq!(told.len(), episode.sessions as usize);
    assert!(told.iter().all(|turn| word_count(&turn.text) <= 3000));
    let lines: usize = told.iter().map(|turn| turn.text.lines().count()).sum();
    assert_eq!((told.len(), lines), (74, 20_000));
}

#[test]
fn what_cannot_be_used_is_left_out_or_refused_by_name() {
    let text = [
        row(json!({"questions": ["When?", " "], "answers": [["1066"], ["x"]]})),
        row(json!({"questions": ["When?", "Who?"], "answers": [["1066"], []]})),
        row(json!({"context": " \n"})),
    ];
    let (_, report) = load(&[&text.join("\n")], "{}").unwrap();
    assert_eq!(
        report.warnings[..2],
        [
            "2 questions without a text or an answer left out: ruler_qa1_197K/0/q2, \
             ruler_qa1_197K/1/q2",
            "1 row without a text or a question left out: ruler_qa1_197K/2",
        ]
    );
    assert_eq!(report.splits[2].episodes, Some(2));
    for (text, why) in [
        (
            "",
            "chunks has no row of its data: name a JSON Lines file of MemoryAgentBench or \
             Mem-alpha, or set `world` to \"conflicts\" or \"labels\"",
        ),
        (
            "{\"context\": 3}",
            "rows.jsonl, line 1: invalid type: integer `3`, expected a string",
        ),
        (
            "\n{}",
            "rows.jsonl, line 2: neither a row of MemoryAgentBench, with `context`, nor one of \
             Mem-alpha, with `chunks`",
        ),
        (
            "{\"chunks\": \"[1\", \"sub_source\": \"squad\"}",
            "rows.jsonl, line 1: squad/0 `chunks` is no list: give a JSON list",
        ),
        (
            "{\"context\": \"x\", \"metadata\": {\"source\": \"squad\"}}",
            "rows.jsonl, line 1: squad/0 has no `questions`",
        ),
        (
            "{\"context\": }",
            "rows.jsonl: expected value at line 1 column 13",
        ),
    ] {
        assert_eq!(refusal(&[text], "{}"), why);
    }
}

#[test]
fn no_value_in_the_place_of_another_panics() {
    let values = [
        json!(null),
        json!(3),
        json!("text"),
        json!("[1, \"x\"]"),
        json!([]),
        json!(["x", 2, null]),
        json!([["x"], ["y"]]),
        json!({"question": "Q?", "answer": {"text": "x"}}),
        json!([{"question": "Q?", "answer": ["x"]}]),
    ];
    let mut opened = 0;
    for text in MEMORY_AGENT_BENCH.lines().chain(MEM_ALPHA.lines()) {
        let whole: Value = serde_json::from_str(text).unwrap();
        let names: Vec<String> = whole.as_object().unwrap().keys().cloned().collect();
        for name in names {
            for value in &values {
                let mut row = whole.clone();
                row[&name] = value.clone();
                let Ok((mut chunks, report)) = load(&[&row.to_string(), FILMS], "{}") else {
                    continue;
                };
                for index in 0..report.splits[2].episodes.unwrap() {
                    chunks.open("held-out", index, 0).unwrap();
                    opened += 1;
                }
            }
        }
    }
    assert!(opened > 100, "{opened}");
}

#[test]
fn films_are_scored_by_their_names_and_refused_without_them() {
    let chunks = opened("recsys_redial_full", json!({}), 0);
    assert_eq!(
        worth(&chunks, "q2", "1. Tall Tailor\n2. Winter in Brask"),
        0.5
    );
    assert_eq!(chunks.questions().unwrap()[1].evidence, ["C1:1"]);
    assert_eq!(
        refusal(&[MEMORY_AGENT_BENCH], "{}"),
        "chunks needs entity2id.json, the names of films, for `recsys_redial_full`: name the \
         file, or leave the source out of `sources`"
    );
}

#[test]
fn flexible_reads_a_label_behind_its_word() {
    let source = "icl_trec_coarse_6600shot_balance";
    let strict = opened(source, json!({}), 0);
    assert_eq!(worth(&strict, "q1", "label: 43"), 0.0);
    let flexible = opened(source, json!({"flexible": true}), 0);
    assert_eq!(worth(&flexible, "q1", "label: 43"), 1.0);
}

#[test]
fn a_rubric_has_the_right_answers_and_the_key_points_of_a_summary() {
    let summary = opened("infbench_sum_eng_shots2", json!({}), 0);
    let rubric = summary.rubric("q1").unwrap().unwrap();
    assert!(rubric.contains("- Per saves a ship in a storm.\n"));
    let brief = opened("longmemeval_s*", json!({}), 0);
    let rubric = brief.rubric("q2").unwrap().unwrap();
    assert!(rubric.contains("- 9\n- nine\n"));
    let text = &brief.questions().unwrap()[1].text;
    assert!(text.ends_with("How many blossoms had it? (asked on 2023/05/02 (Tue) 09:00)"));
    assert!(matches!(brief.rubric("q9"), Err(Error::Unknown(_))));
}

#[test]
fn the_expert_keeps_what_is_asked_and_updates_it() {
    let options = r#"{"world": "conflicts", "slots": 30, "rewritten": 2, "questions": 10}"#;
    let mut chunks = generated(options, "train", 0, 0);
    let told: BTreeMap<String, String> = sessions(&mut chunks)
        .concat()
        .into_iter()
        .map(|turn| (turn.id, turn.text))
        .collect();
    let count = chunks.opened().unwrap().sittings.len() as u32;
    let subject = |turn: &str| statement(&told[turn]).1.to_owned();
    let mut kept: BTreeMap<String, String> = BTreeMap::new();
    let (mut updates, mut insertions) = (0, 0);
    for index in 1..=count {
        for hint in chunks.demonstrate("expert", index, 0).unwrap() {
            match hint.operation {
                DemonstratedOperation::Insert => insertions += 1,
                DemonstratedOperation::Update(before) => {
                    updates += 1;
                    assert_eq!(kept[&subject(&hint.turn)], before);
                }
                other => panic!("{other:?}"),
            }
            kept.insert(subject(&hint.turn), hint.turn);
        }
    }
    assert_eq!(insertions, kept.len());
    assert!(updates > 10 && kept.len() < 16, "{updates} {}", kept.len());
    let evidence: BTreeSet<String> = chunks
        .questions()
        .unwrap()
        .into_iter()
        .flat_map(|one| one.evidence)
        .collect();
    assert_eq!(kept.into_values().collect::<BTreeSet<String>>(), evidence);
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
