#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;
use crate::tokenizer::Tokenizer;
use crate::tokenizer::chat_fixture::{
    END_OF_TEXT, TEMPLATE, chat_ml, complaint, folder, load, saved,
};

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
fn replies_end_with_the_models_end_tokens_and_the_tokenizers() {
    let ends = |ids: Value| json!({ "eos_token_id": ids });
    for (more, expected) in [
        (vec![], &[TEXT][..]),
        (vec![(MODEL, ends(json!([TEXT, TURN])))], &[TURN, TEXT]),
        (vec![(MODEL, ends(json!(TURN)))], &[TURN, TEXT]),
        (vec![(MODEL, ends(json!(null)))], &[TEXT]),
        // generation_config.json takes precedence, as in transformers.
        (
            vec![(MODEL, ends(json!(START))), (GENERATION, ends(json!(TURN)))],
            &[TURN, TEXT],
        ),
        // Without end tokens it leaves them to config.json.
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
        // The template's end of turn comes first: demonstrations end with it.
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
fn an_adapter_without_end_tokens_has_its_models() {
    let adapter = folder(&files(&[]));
    let model = folder(&[(MODEL, json!({"eos_token_id": TURN}))]);
    let loaded = Tokenizer::load_adapter(adapter.path(), model.path()).unwrap();
    assert_eq!(**loaded.ends(), [TURN, TEXT]);
    let own = folder(&files(&[(GENERATION, json!({"eos_token_id": START}))]));
    let loaded = Tokenizer::load_adapter(own.path(), model.path()).unwrap();
    assert_eq!(**loaded.ends(), [START, TEXT]);
}

#[test]
fn invalid_end_tokens_are_refused_by_file() {
    let of = |more: &[_]| complaint(&files(more));
    for (file, ids, said) in [
        (
            MODEL,
            json!([TURN, 4096]),
            "no token has the eos_token_id 4096",
        ),
        (GENERATION, json!(99), "no token has the eos_token_id 99"),
        (
            MODEL,
            json!("end"),
            "eos_token_id must be a token id or a list of token ids",
        ),
        (
            GENERATION,
            json!([-1]),
            "eos_token_id must be a token id or a list of token ids",
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
    assert!(complaint.contains("names an end token"), "{complaint}");
}
