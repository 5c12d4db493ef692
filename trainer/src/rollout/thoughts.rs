//! The text of sampled tokens, with the tags around thoughts and calls of tools.

use anyhow::Result;
use memloom_engine::tokenizer::Tokenizer;
use memloom_text::thoughts::{self, left_open};

use crate::tool_calls;

/// Number of tokens at a prompt's end that are searched for the tag of an open thought.
const TAIL: usize = 16;

/// Returns the text of a reply's tokens. It begins with the tag of a thought that
/// the prompt leaves open, so that the reply holds the whole thought.
pub fn reply(tokenizer: &Tokenizer, prompt: &[u32], tokens: &[u32]) -> Result<String> {
    if !tokenizer.chats() {
        return tokenizer.decode(tokens);
    }
    let tail = text(tokenizer, &prompt[prompt.len().saturating_sub(TAIL)..])?;
    let text = text(tokenizer, tokens)?;
    Ok(match left_open(&tail) {
        Some(open) => format!("{open}{text}"),
        None => text,
    })
}

/// Returns the text of tokens, with tags of thoughts and calls that are special tokens,
/// which decoding leaves out.
fn text(tokenizer: &Tokenizer, tokens: &[u32]) -> Result<String> {
    let mut text = String::new();
    let mut rest = tokens;
    let tags = tokens.iter().enumerate().filter_map(|(at, id)| {
        let written = tokenizer
            .written(*id)
            .filter(|written| thoughts::is_tag(written) || tool_calls::is_tag(written))?;
        Some((at, written))
    });
    for (at, tag) in tags {
        if !tokenizer.decode(&tokens[at..=at])?.is_empty() {
            continue;
        }
        let before = rest.len() - (tokens.len() - at);
        text += &tokenizer.decode(&rest[..before])?;
        text += &tag;
        rest = &rest[before + 1..];
    }
    Ok(text + &tokenizer.decode(rest)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::{Map, Value, json};
    use tokenizers::pre_tokenizers::byte_level::ByteLevel;

    use super::*;

    /// A byte-level chat model's tokenizer, whose tags are special tokens or not.
    fn tokenizer(special: bool) -> Tokenizer {
        let added = ["<|end|>", "<think>", "</think>"];
        let mut letters: Vec<String> = ByteLevel::alphabet()
            .into_iter()
            .map(String::from)
            .collect();
        letters.sort();
        let tokens = added.map(String::from).into_iter().chain(letters);
        let vocabulary: Map<String, Value> = tokens
            .enumerate()
            .map(|(id, token)| (token, id.into()))
            .collect();
        let added = (0..).zip(added).map(|(id, content)| {
            json!({"id": id, "content": content, "special": special || id == 0, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false})
        });
        let bytes = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true});
        let file = json!({
            "added_tokens": added.collect::<Vec<_>>(),
            "pre_tokenizer": bytes,
            "decoder": bytes,
            "model": {"type": "BPE", "vocab": vocabulary, "merges": []},
        });
        let config = json!({"eos_token": "<|end|>", "chat_template": "{{ messages[0].content }}"});
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("tokenizer.json"), file.to_string()).unwrap();
        std::fs::write(path("tokenizer_config.json"), config.to_string()).unwrap();
        Tokenizer::load(folder.path()).unwrap()
    }

    fn ids(tokenizer: &Tokenizer, parts: &[&str]) -> Vec<u32> {
        let ids = parts.iter().flat_map(|part| match tokenizer.id(part) {
            Some(id) => vec![id],
            None => tokenizer.encode(part).unwrap(),
        });
        ids.collect()
    }

    #[test]
    fn tags_are_written_out_whether_their_tokens_are_special_or_not() {
        for special in [false, true] {
            let tokenizer = tokenizer(special);
            let parts = ["<think>", "Rome é?", "</think>", " Oslo", "<|end|>"];
            let text = reply(&tokenizer, &[], &ids(&tokenizer, &parts));
            assert_eq!(text.unwrap(), "<think>Rome é?</think> Oslo");
            let text = reply(&tokenizer, &[], &ids(&tokenizer, &["Oslo"]));
            assert_eq!(text.unwrap(), "Oslo");
        }
    }

    #[test]
    fn a_thought_that_the_prompt_leaves_open_begins_the_reply() {
        for special in [false, true] {
            let tokenizer = tokenizer(special);
            let open = ids(&tokenizer, &["Where?", "<think>", "\n"]);
            let closed = ids(&tokenizer, &["Where?", "<think>", "\n\n", "</think>", "\n"]);
            let cut_off = ids(&tokenizer, &["Oslo?"]);
            let text = |prompt| reply(&tokenizer, prompt, &cut_off).unwrap();
            assert_eq!(text(&open), "<think>Oslo?");
            assert_eq!(text(&closed), "Oslo?");
        }
    }
}
