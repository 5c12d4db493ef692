//! The files of a small chat model, for tests.

#![allow(clippy::unwrap_used, reason = "tests")]

use anyhow::Result;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::tokenizer::Tokenizer;

/// The template of ChatML.
pub(super) const TEMPLATE: &str = "{% for message in messages %}\
    {{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}\
    {% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/// The id of ChatML's `<|endoftext|>`. The ids of `<|im_start|>` and `<|im_end|>` follow.
pub(super) const END_OF_TEXT: u32 = 96;

/// Returns a token as `tokenizer.json` and `added_tokens_decoder` have it.
pub(super) fn token(content: &str) -> Value {
    json!({
        "content": content, "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true,
    })
}

/// Returns a `tokenizer.json` with one token for each printable ASCII character and for the line
/// feed, in their order from 0 on, then the special tokens.
pub(super) fn tokenizer(special: &[&str]) -> Value {
    let letters = ('\n'..='\n').chain(' '..='~');
    let vocabulary: Map<String, Value> = letters
        .enumerate()
        .map(|(id, letter)| (letter.to_string(), id.into()))
        .collect();
    let added = special.iter().enumerate().map(|(index, content)| {
        let mut token = token(content);
        token["id"] = (vocabulary.len() + index).into();
        token
    });
    json!({
        "version": "1.0", "added_tokens": added.collect::<Vec<_>>(), "decoder": {"type": "Fuse"},
        "model": {"type": "BPE", "vocab": vocabulary, "merges": []},
    })
}

/// Returns a `tokenizer.json` with the tokens of ChatML.
pub(super) fn chat_ml() -> Value {
    tokenizer(&["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
}

/// Writes files into a folder.
pub(super) fn folder(files: &[(&str, Value)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in files {
        let text = match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Loads a folder of these files.
pub(super) fn load(files: &[(&str, Value)]) -> Result<Tokenizer> {
    Tokenizer::load(folder(files).path())
}

/// Returns the error for a folder of these files, with its causes.
pub(super) fn complaint(files: &[(&str, Value)]) -> String {
    let error = load(files).err().expect("an error");
    format!("{error:#}")
}

/// Saves a tokenizer and loads it again.
pub(super) fn saved(tokenizer: &Tokenizer) -> Tokenizer {
    let folder = tempfile::tempdir().unwrap();
    tokenizer.save(folder.path()).unwrap();
    assert!(
        !folder.path().join("config.json").exists(),
        "config.json belongs to the weights"
    );
    Tokenizer::load(folder.path()).unwrap()
}
