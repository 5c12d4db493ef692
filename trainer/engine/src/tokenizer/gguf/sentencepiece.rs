//! BPE as SentencePiece trains it, which GGUF files name `llama`: scores of tokens in the place of
//! merges, and bytes for characters without a token.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::gguf::Metadata;
use crate::tokenizer::gguf::vocabulary::Vocabulary;

const SCORES: &str = "tokenizer.ggml.scores";
const PREFIX: &str = "tokenizer.ggml.add_space_prefix";

/// Returns the `tokenizer.json`, without added tokens.
pub(super) fn tokenizer(
    metadata: &Metadata,
    vocabulary: &Vocabulary<'_>,
    unknown: Option<&str>,
) -> Result<Value, String> {
    let scores = metadata.numbers(SCORES)?;
    if scores.len() < vocabulary.tokens.len() {
        return Err(format!(
            "{SCORES} has {} entries for {} tokens",
            scores.len(),
            vocabulary.tokens.len()
        ));
    }
    let prefix = metadata.flag(PREFIX)?.unwrap_or(true);
    let mut normalizers = vec![replace(" ", "▁")];
    let mut decoders = vec![
        replace("▁", " "),
        json!({"type": "ByteFallback"}),
        json!({"type": "Fuse"}),
    ];
    if prefix {
        normalizers.insert(0, json!({"type": "Prepend", "prepend": "▁"}));
        decoders.push(json!({"type": "Strip", "content": " ", "start": 1, "stop": 0}));
    }
    Ok(json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "normalizer": {"type": "Sequence", "normalizers": normalizers},
        "pre_tokenizer": null,
        "post_processor": null,
        "decoder": {"type": "Sequence", "decoders": decoders},
        "model": {
            "type": "BPE",
            "dropout": null,
            "unk_token": unknown,
            "continuing_subword_prefix": null,
            "end_of_word_suffix": null,
            "fuse_unk": true,
            "byte_fallback": true,
            "ignore_merges": false,
            "vocab": vocabulary.by_token(),
            "merges": merges(vocabulary, &scores),
        },
    }))
}

fn replace(from: &str, to: &str) -> Value {
    json!({"type": "Replace", "pattern": {"String": from}, "content": to})
}

/// Returns the pairs that join to a token, the token with the highest score first.
fn merges<'a>(vocabulary: &Vocabulary<'a>, scores: &[f64]) -> Vec<[&'a str; 2]> {
    let ids = vocabulary.tokens.iter().enumerate();
    let ids: HashMap<&str, usize> = ids.map(|(id, token)| (*token, id)).collect();
    let mut merges = Vec::new();
    for (id, token) in vocabulary.tokens.iter().enumerate() {
        if !vocabulary.is_made_of_others(id) {
            continue;
        }
        for (place, _) in token.char_indices().skip(1) {
            let (first, second) = token.split_at(place);
            if let (Some(left), Some(right)) = (ids.get(first), ids.get(second)) {
                merges.push((scores[id], *left, *right));
            }
        }
    }
    merges.sort_by(|a, b| {
        let order = b.0.total_cmp(&a.0);
        order.then_with(|| (a.1, a.2).cmp(&(b.1, b.2)))
    });
    let pairs = merges.into_iter();
    let pairs = pairs.map(|(_, left, right)| [vocabulary.tokens[left], vocabulary.tokens[right]]);
    pairs.collect()
}
