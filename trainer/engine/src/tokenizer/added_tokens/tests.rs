#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;
use crate::tokenizer::chat_fixture::{
    END_OF_TEXT, TEMPLATE, complaint, load, saved, token, tokenizer,
};
use crate::tokenizer::file::SPECIAL_TOKENS;
use crate::tokenizer::{Tokenizer, Wording};

const TEXT: &str = "<|im_start|>a<|im_end|> <think>b";

/// Returns the files of a folder whose `tokenizer.json` has only `<|endoftext|>`.
fn files(config: &Value, more: &[(&'static str, Value)]) -> Vec<(&'static str, Value)> {
    let mut config = config.clone();
    config["chat_template"] = "{{ messages[0].content }}".into();
    if config.get("eos_token").is_none() {
        config["eos_token"] = "<|endoftext|>".into();
    }
    let mut files = vec![
        ("tokenizer.json", tokenizer(&["<|endoftext|>"])),
        (CONFIG, config),
    ];
    files.extend(more.iter().cloned());
    files
}

fn other(content: &str, key: &str, flag: bool) -> Value {
    let mut token = token(content);
    token[key] = flag.into();
    token
}

/// Returns the ids of [`TEXT`] in a rendered template.
fn ids(tokenizer: &Tokenizer) -> Vec<u32> {
    let Wording::Chat(chat) = &tokenizer.wording else {
        panic!("it has a template");
    };
    let encoding = chat.marked.encode_fast(TEXT, false).unwrap();
    encoding.get_ids().to_vec()
}

/// `AutoTokenizer.from_pretrained(…)(TEXT)` of transformers 5.24.0 over the same files;
/// 4.57.1 gives the same where it knows the key.
#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn tokens_missing_in_tokenizer_json_get_the_ids_of_transformers() {
    const THINK: [u32; 7] = [29, 85, 73, 74, 79, 76, 31];
    const START: [u32; 12] = [29, 93, 74, 78, 64, 84, 85, 66, 83, 85, 93, 31];
    let text =
        |start: &[u32], end: u32, think: &[u32]| [start, &[66, end, 1], think, &[67]].concat();
    let all = text(&[97], 98, &[99]);
    let swapped = text(&[98], 97, &[99]);
    for (name, config, more, expected) in [
        (
            "a list",
            json!({"added_tokens_decoder": {
                "96": token("<|endoftext|>"), "97": token("<|im_start|>"),
                "98": token("<|im_end|>"), "99": other("<think>", "special", false),
            }}),
            vec![],
            all.clone(),
        ),
        (
            "a list in another order",
            json!({"added_tokens_decoder": {
                "99": other("<think>", "special", false), "98": token("<|im_end|>"),
                "97": token("<|im_start|>"),
            }}),
            vec![],
            all.clone(),
        ),
        (
            "a list with ids beyond the last",
            json!({"added_tokens_decoder": {
                "200": token("<|im_start|>"), "300": token("<|im_end|>"),
            }}),
            vec![],
            text(&[97], 98, &THINK),
        ),
        (
            "a token that swallows spaces",
            json!({"added_tokens_decoder": {
                "97": token("<|im_start|>"), "98": other("<|im_end|>", "rstrip", true),
            }}),
            vec![],
            [&[97, 66, 98][..], &THINK, &[67]].concat(),
        ),
        (
            "names alone",
            json!({"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}),
            vec![],
            text(&[97], 98, &THINK),
        ),
        (
            "a padding token among the names",
            json!({"pad_token": "<pad>", "eos_token": "<|im_end|>", "cls_token": "<think>"}),
            vec![],
            text(&START, 97, &[99]),
        ),
        (
            "a named token that the list does not call special",
            json!({
                "eos_token": "<|im_end|>",
                "added_tokens_decoder": {"97": other("<|im_end|>", "special", false)},
            }),
            vec![],
            text(&START, 97, &THINK),
        ),
        (
            "additional tokens",
            json!({
                "eos_token": "<|im_end|>",
                "additional_special_tokens": ["<|im_start|>", "<think>"],
            }),
            vec![],
            swapped.clone(),
        ),
        (
            "extra tokens",
            json!({
                "eos_token": "<|im_end|>", "extra_special_tokens": ["<|im_start|>", "<think>"],
            }),
            vec![],
            swapped.clone(),
        ),
        (
            "extra tokens with names",
            json!({
                "eos_token": "<|im_end|>",
                "extra_special_tokens": {"start_token": "<|im_start|>", "t_token": "<think>"},
            }),
            vec![],
            swapped,
        ),
        (
            "a name of the model's own",
            json!({"eos_token": "<|im_end|>", "start_token": "<|im_start|>"}),
            vec![],
            text(&[98], 97, &THINK),
        ),
        (
            "an older folder",
            json!({}),
            vec![
                (
                    ADDED_TOKENS,
                    json!({"<|im_end|>": 98, "<|im_start|>": 97, "<think>": 99}),
                ),
                (
                    SPECIAL_TOKENS,
                    json!({
                        "eos_token": "<|im_end|>", "additional_special_tokens": ["<|im_start|>"],
                    }),
                ),
            ],
            all,
        ),
        (
            "an older folder without ids",
            json!({"eos_token": "<|endoftext|>"}),
            vec![(
                SPECIAL_TOKENS,
                json!({
                    "eos_token": token("<|im_end|>"),
                    "bos_token": {
                        "content": "<|im_start|>", "lstrip": false, "rstrip": true,
                        "normalized": false, "single_word": false,
                    },
                }),
            )],
            text(&[97], 98, &THINK),
        ),
        (
            "an object",
            json!({"eos_token": other("<|im_end|>", "__type", true)}),
            vec![],
            text(&START, 97, &THINK),
        ),
    ] {
        let loaded = load(&files(&config, &more)).unwrap();
        assert_eq!(ids(&loaded), expected, "{name}");
        assert_eq!(ids(&saved(&loaded)), expected, "{name}, saved");
    }
}

#[test]
fn a_list_of_tokens_replaces_the_older_files() {
    let list = json!({"added_tokens_decoder": {"96": token("<|endoftext|>")}});
    let more = [
        (
            SPECIAL_TOKENS,
            json!({"eos_token": "<|im_end|>", "additional_special_tokens": ["<|im_start|>"]}),
        ),
        (ADDED_TOKENS, json!({"<think>": 97})),
    ];
    let tokenizer = load(&files(&list, &more)).unwrap();
    assert_eq!(tokenizer.vocab_size(), 97);
    assert_eq!(**tokenizer.ends(), [END_OF_TEXT]);
}

#[test]
fn text_cannot_inject_a_token_missing_in_tokenizer_json() {
    let config = json!({
        "eos_token": "<|im_end|>", "additional_special_tokens": ["<|im_start|>"],
    });
    let mut files = files(&config, &[]);
    files.push(("chat_template.jinja", TEMPLATE.into()));
    let tokenizer = load(&files).unwrap();
    let prompt = tokenizer
        .encode_prompt("anybody", &[("user", TEXT)])
        .unwrap();
    // The template's own: two beginnings of turns and one end.
    assert_eq!(prompt.iter().filter(|id| **id > END_OF_TEXT).count(), 3);
}

#[test]
fn a_padding_token_that_comes_last_takes_no_id() {
    let config = json!({"pad_token": "<pad>", "eos_token": "<|endoftext|>"});
    assert_eq!(load(&files(&config, &[])).unwrap().vocab_size(), 97);
}

#[test]
fn invalid_lists_of_tokens_are_refused_by_file_and_key() {
    for (config, more, said) in [
        (
            json!({"added_tokens_decoder": {"ninety": token("x")}}),
            vec![],
            "tokenizer_config.json: added_tokens_decoder must map ids to token objects",
        ),
        (
            json!({"added_tokens_decoder": {"97": "x"}}),
            vec![],
            "tokenizer_config.json: added_tokens_decoder must map ids to token objects",
        ),
        (
            json!({}),
            vec![(ADDED_TOKENS, json!({"x": "97"}))],
            "added_tokens.json: the id of \"x\" must be a number",
        ),
    ] {
        let complaint = complaint(&files(&config, &more));
        assert!(complaint.ends_with(said), "{complaint}");
    }
}
