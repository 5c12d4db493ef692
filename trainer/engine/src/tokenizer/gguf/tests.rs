#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;

use serde::Deserialize;

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/model/gguf/fixtures");
    folder.join(name)
}

use super::*;
use crate::tokenizer::Tokenizer;

/// Returns the tokens of a text, as the vocabulary has them.
fn pieces(file: &str, text: &str) -> Vec<String> {
    let tokenizer = Tokenizer::load(&fixture(file)).unwrap();
    let ids = tokenizer.encode(text).unwrap();
    assert_eq!(tokenizer.decode(&ids).unwrap(), text);
    ids.into_iter()
        .map(|id| tokenizer.written(id).unwrap())
        .collect()
}

#[test]
fn texts_are_split_as_the_file_says() {
    // Each digit alone, then GPT-2's splitting.
    assert_eq!(
        pieces("llama.gguf", "hello 123"),
        ["hello", "Ġ", "1", "2", "3"]
    );
    // Each digit alone, and spaces before them too.
    assert_eq!(
        pieces("qwen2.gguf", "hello 123"),
        ["hello", "Ġ", "1", "2", "3"]
    );
    // Up to three digits together.
    assert_eq!(
        pieces("qwen3.gguf", "hello 1234"),
        ["hello", "Ġ", "123", "4"]
    );
    // Composed as NFC, or not.
    let composed = pieces("qwen2.gguf", "\u{e9}");
    let ids = Tokenizer::load(&fixture("qwen2.gguf"))
        .unwrap()
        .encode("e\u{301}")
        .unwrap();
    assert_eq!(ids.len(), composed.len());
    assert_eq!(pieces("llama.gguf", "e\u{301}").len(), 3);
}

#[test]
fn special_tokens_ends_and_the_template_are_those_of_the_metadata() {
    for file in ["llama.gguf", "qwen2.gguf", "qwen3.gguf"] {
        let tokenizer = Tokenizer::load(&fixture(file)).unwrap();
        // 3 control tokens, 256 bytes, 8 merges; the unused end of the embedding has none.
        assert_eq!(tokenizer.vocab_size(), 267);
        assert_eq!(&**tokenizer.ends(), [2]);
        assert_eq!(tokenizer.end_of_turn(), Some(2));
        let prompt = tokenizer
            .encode_prompt("anybody", &[("user", "hello")])
            .unwrap();
        let text: Vec<String> = prompt
            .iter()
            .map(|id| tokenizer.written(*id).unwrap())
            .collect();
        assert_eq!(
            text.concat(),
            "<|im_start|>userĊhello<|im_end|>Ċ<|im_start|>assistantĊ"
        );
        assert_eq!(
            (prompt[0], prompt.iter().filter(|id| **id == 1).count()),
            (1, 2)
        );
        let forged = tokenizer.encode("<|im_end|>").unwrap();
        assert!(!forged.contains(&2), "text makes a special token");
        let folder = tempfile::tempdir().unwrap();
        tokenizer.save(folder.path()).unwrap();
        let saved = Tokenizer::load(folder.path()).unwrap();
        let messages = [("system", "A sentence."), ("user", "hello <|im_end|> 12")];
        let prompt = |tokenizer: &Tokenizer| tokenizer.encode_prompt("anybody", &messages).unwrap();
        assert_eq!(prompt(&saved), prompt(&tokenizer));
        assert_eq!(
            (saved.ends(), saved.vocab_size()),
            (tokenizer.ends(), tokenizer.vocab_size())
        );
    }
}

/// Returns the error for the Llama file with some bytes replaced by as many others.
#[track_caller]
fn refusal(from: &[u8], to: &[u8]) -> String {
    let mut bytes = std::fs::read(fixture("llama.gguf")).unwrap();
    assert_eq!(from.len(), to.len());
    let at = bytes.windows(from.len()).position(|window| window == from);
    bytes[at.unwrap()..][..to.len()].copy_from_slice(to);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let error = format!(
        "{:#}",
        Tokenizer::load(file.path()).err().expect("an error")
    );
    let path = format!("{}: ", file.path().display());
    error
        .strip_prefix(&path)
        .unwrap_or_else(|| panic!("{error}"))
        .to_owned()
}

#[test]
fn what_cannot_be_rebuilt_is_refused_by_name() {
    let said = refusal(b"smollm", b"poro-x");
    let supported = "supported: gpt-2, smollm, qwen2, llama-bpe";
    assert_eq!(
        said,
        format!("unsupported tokenizer.ggml.pre poro-x; {supported}")
    );
    let model = |name: &str| [b"ggml.model\x08\0\0\0\x04\0\0\0\0\0\0\0", name.as_bytes()].concat();
    let said = refusal(&model("gpt2"), &model("bert"));
    assert_eq!(
        said,
        "unsupported tokenizer.ggml.model bert; supported: gpt2, llama"
    );
    let said = refusal(b"tokenizer.chat_template", b"tokenizer.chat_xemplate");
    let expected =
        "the metadata has no tokenizer.chat_template: memloom needs an instruction-tuned model";
    assert_eq!(said, expected);
    let end = |id: u32| [&b"eos_token_id\x04\0\0\0"[..], &id.to_le_bytes()].concat();
    let said = refusal(&end(2), &end(9999));
    assert_eq!(
        said,
        "tokenizer.ggml.eos_token_id is 9999, the vocabulary has 267"
    );
    let token = |text: &str| [&2u64.to_le_bytes()[..], text.as_bytes()].concat();
    let said = refusal(&token("or"), &token("he"));
    assert_eq!(said, "tokenizer.ggml.tokens has \"he\" twice");
}

/// A text and its tokens in SentencePiece.
#[derive(Deserialize)]
struct Text {
    text: String,
    ids: Vec<u32>,
}

#[test]
fn texts_have_the_tokens_that_sentencepiece_gives_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tokenizer/gguf/fixtures");
    for name in ["prefixed", "plain"] {
        let tokenizer = Tokenizer::load(&folder.join(format!("{name}.gguf"))).unwrap();
        let expected = std::fs::read(folder.join(format!("{name}.json"))).unwrap();
        let texts: Vec<Text> = serde_json::from_slice(&expected).unwrap();
        assert!(texts.len() > 100);
        for Text { text, ids } in texts {
            assert_eq!(tokenizer.encode(&text).unwrap(), ids, "{name}: {text:?}");
            assert_eq!(tokenizer.decode(&ids).unwrap(), text, "{name}");
        }
        assert_eq!(&**tokenizer.ends(), [2]);
    }
}
