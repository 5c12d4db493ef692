//! Byte-level BPE, which GGUF files name `gpt2`. A file names its splitting of texts by one word.

use serde_json::{Value, json};

use crate::gguf::{Metadata, needed};
use crate::tokenizer::gguf::vocabulary::Vocabulary;

const PRE: &str = "tokenizer.ggml.pre";
const MERGES: &str = "tokenizer.ggml.merges";

/// The splitting of texts before the merges.
struct Splitting {
    name: &'static str,
    normalises: bool,
    /// True if a piece that is a token is not split further.
    whole_tokens: bool,
    steps: fn() -> Value,
}

static SPLITTINGS: [Splitting; 4] = [
    Splitting {
        name: "gpt-2",
        normalises: false,
        whole_tokens: false,
        steps: || byte_level(true),
    },
    Splitting {
        name: "smollm",
        normalises: false,
        whole_tokens: false,
        steps: || {
            sequence([
                json!({"type": "Digits", "individual_digits": true}),
                byte_level(true),
            ])
        },
    },
    Splitting {
        name: "qwen2",
        normalises: true,
        whole_tokens: false,
        steps: || sequence([split(r"\p{N}"), byte_level(false)]),
    },
    Splitting {
        name: "llama-bpe",
        normalises: false,
        whole_tokens: true,
        steps: || sequence([split(r"\p{N}{1,3}"), byte_level(false)]),
    },
];

/// Returns the `tokenizer.json`, without added tokens.
pub(super) fn tokenizer(metadata: &Metadata, vocabulary: &Vocabulary<'_>) -> Result<Value, String> {
    let name = needed(PRE, metadata.text(PRE)?)?;
    let known = SPLITTINGS.iter().find(|known| known.name == name);
    let splitting = known.ok_or_else(|| {
        let names: Vec<&str> = SPLITTINGS.iter().map(|known| known.name).collect();
        format!("unsupported {PRE} {name}; supported: {}", names.join(", "))
    })?;
    let merges = metadata.texts(MERGES)?;
    let pair = |merge: &&str| {
        // Either part may begin with a space, and none is empty.
        let first = merge.chars().next()?.len_utf8();
        let space = first + merge[first..].find(' ')?;
        Some(json!([merge[..space], merge[space + 1..]]))
    };
    let merges: Option<Vec<Value>> = merges.iter().map(pair).collect();
    let merges = merges.ok_or_else(|| format!("{MERGES} has an entry without two parts"))?;
    Ok(json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "normalizer": splitting.normalises.then(|| json!({"type": "NFC"})),
        "pre_tokenizer": (splitting.steps)(),
        "post_processor": null,
        "decoder": byte_level(true),
        "model": {
            "type": "BPE",
            "dropout": null,
            "unk_token": null,
            "continuing_subword_prefix": null,
            "end_of_word_suffix": null,
            "fuse_unk": false,
            "byte_fallback": false,
            "ignore_merges": splitting.whole_tokens,
            "vocab": vocabulary.by_token(),
            "merges": merges,
        },
    }))
}

fn sequence(steps: [Value; 2]) -> Value {
    json!({"type": "Sequence", "pretokenizers": steps})
}

/// Returns the step that writes bytes as characters, and splits as GPT-2 does if `splits`.
fn byte_level(splits: bool) -> Value {
    json!({
        "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": splits,
    })
}

/// Returns the splitting of Llama 3 and Qwen 2, which differ in their runs of digits.
fn split(digits: &str) -> Value {
    let pattern = format!(
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|{digits}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    );
    json!({
        "type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false,
    })
}
