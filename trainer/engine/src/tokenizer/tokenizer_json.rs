//! Reading `tokenizer.json`.

use anyhow::{Context, Result, anyhow};
use tokenizers::Tokenizer;

use crate::tokenizer::file::FILE;
use crate::tokenizer::folder::Folder;

/// Reads a tokenizer. Drops the truncation and padding it was saved with, because a prompt is
/// encoded whole and alone.
pub(super) fn read(folder: &Folder) -> Result<Tokenizer> {
    let unreadable = || format!("cannot read the tokenizer {}", folder.path(FILE).display());
    let bytes = folder
        .read(FILE)?
        .context("no such file")
        .with_context(unreadable)?;
    let mut tokenizer = Tokenizer::from_bytes(bytes)
        .map_err(|error| anyhow!(error))
        .with_context(unreadable)?;
    tokenizer
        .with_padding(None)
        .with_truncation(None)
        .map_err(|error| anyhow!(error))?;
    Ok(tokenizer)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::{Value, json};

    use crate::tokenizer::chat_fixture::{TEMPLATE, chat_ml, load};

    #[test]
    fn saved_truncation_and_padding_change_no_prompt() {
        let prompt = |changes: Value| {
            let mut file = chat_ml();
            for (key, value) in changes.as_object().unwrap() {
                file[key] = value.clone();
            }
            let config = json!({"eos_token": "<|im_end|>", "chat_template": TEMPLATE});
            let files = [("tokenizer.json", file), ("tokenizer_config.json", config)];
            let tokenizer = load(&files).unwrap();
            let content = "A sentence of this length. ".repeat(20);
            let prompt = tokenizer
                .encode_prompt("anybody", &[("user", &content)])
                .unwrap();
            (prompt, tokenizer.encode("A few words.").unwrap())
        };
        let cut = json!({
            "direction": "Right", "max_length": 64, "strategy": "LongestFirst", "stride": 0,
        });
        let padded = json!({
            "strategy": {"Fixed": 2048}, "direction": "Left", "pad_to_multiple_of": null,
            "pad_id": 96, "pad_type_id": 0, "pad_token": "<|endoftext|>",
        });
        let whole = prompt(json!({}));
        assert!(whole.0.len() > 540 && whole.1.len() == 12, "{whole:?}");
        assert_eq!(prompt(json!({"truncation": cut})), whole);
        assert_eq!(prompt(json!({"padding": padded})), whole);
        assert_eq!(prompt(json!({"truncation": cut, "padding": padded})), whole);
    }
}
