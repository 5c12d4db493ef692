//! Tests of users' files.

use std::fmt::Write;

use memloom_sdk::text::word_count;

use super::*;

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
