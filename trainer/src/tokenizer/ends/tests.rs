#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::super::sample::{END_OF_TEXT, TEMPLATE, chat_ml, complaint, folder, load, saved};
use super::*;
use crate::tokenizer::Tokenizer;

const TEXT: u32 = END_OF_TEXT;
const START: u32 = END_OF_TEXT + 1;
const TURN: u32 = END_OF_TEXT + 2;

/// A ChatML model whose tokenizer ends documents with `<|endoftext|>`.
fn files(more: &[(&'static str, Value)]) -> Vec<(&'static str, Value)> {
    let config = json!({"eos_token": "<|endoftext|>", "chat_template": TEMPLATE});
    let mut files = vec![("tokenizer.json", chat_ml()), (CONFIG, config)];
    files.extend(more.iter().cloned());
    files
}

#[test]
fn the_files_of_the_model_say_what_ends_a_reply_and_the_tokenizers_end_does_too() {
    let ends = |ids: Value| json!({ "eos_token_id": ids });
    for (more, expected) in [
        (vec![], &[TEXT][..]),
        (vec![(MODEL, ends(json!([TEXT, TURN])))], &[TURN, TEXT]),
        (vec![(MODEL, ends(json!(TURN)))], &[TURN, TEXT]),
        (vec![(MODEL, ends(json!(null)))], &[TEXT]),
        // The one for generation comes first, as in transformers.
        (
            vec![(MODEL, ends(json!(START))), (GENERATION, ends(json!(TURN)))],
            &[TURN, TEXT],
        ),
        // One that says nothing of ends leaves it to the model's.
        (
            vec![
                (MODEL, ends(json!([TURN]))),
                (GENERATION, json!({"top_k": 20})),
            ],
            &[TURN, TEXT],
        ),
        (
            vec![(MODEL, ends(json!([TURN]))), (GENERATION, ends(json!([])))],
            &[TURN, TEXT],
        ),
        // The template's end of turn leads: demonstrations end with it.
        (
            vec![(GENERATION, ends(json!([TEXT, START, TURN, TEXT])))],
            &[TURN, TEXT, START],
        ),
    ] {
        let tokenizer = load(&files(&more)).unwrap();
        assert_eq!(**tokenizer.ends(), *expected, "{more:?}");
        assert_eq!(*saved(&tokenizer).ends(), *tokenizer.ends(), "{more:?}");
        assert_eq!(tokenizer.end_of_turn(), Some(TURN));
    }
}

#[test]
fn an_adapter_that_says_nothing_of_ends_has_its_models() {
    let adapter = folder(&files(&[]));
    let model = folder(&[(MODEL, json!({"eos_token_id": TURN}))]);
    let loaded = Tokenizer::load_beside(adapter.path(), model.path()).unwrap();
    assert_eq!(**loaded.ends(), [TURN, TEXT]);
    let own = folder(&files(&[(GENERATION, json!({"eos_token_id": START}))]));
    let loaded = Tokenizer::load_beside(own.path(), model.path()).unwrap();
    assert_eq!(**loaded.ends(), [START, TEXT]);
}

#[test]
fn ends_that_are_none_are_refused_by_file() {
    let of = |more: &[_]| complaint(&files(more));
    for (file, ids, said) in [
        (
            MODEL,
            json!([TURN, 4096]),
            "eos_token_id is 4096, and no token has that id",
        ),
        (
            GENERATION,
            json!(99),
            "eos_token_id is 99, and no token has that id",
        ),
        (
            MODEL,
            json!("end"),
            "eos_token_id is neither a token id nor a list of them",
        ),
        (
            GENERATION,
            json!([-1]),
            "eos_token_id is neither a token id nor a list of them",
        ),
    ] {
        let complaint = of(&[(file, json!({"eos_token_id": ids}))]);
        assert!(
            complaint.ends_with(&format!("{file}: {said}")),
            "{complaint}"
        );
    }
    let config = json!({"chat_template": TEMPLATE});
    let complaint = complaint(&[("tokenizer.json", chat_ml()), (CONFIG, config)]);
    assert!(
        complaint.contains("nothing says what ends a reply"),
        "{complaint}"
    );
}
