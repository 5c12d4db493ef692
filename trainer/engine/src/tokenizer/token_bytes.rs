//! The bytes of tokens.

use std::collections::HashMap;

use tokenizers::decoders::DecoderWrapper;
use tokenizers::models::ModelWrapper;

/// The space of SentencePiece tokenizers.
const SPACE: &str = "\u{2581}";

/// Returns the bytes of each token, by id. Special tokens have none. No token has any if the model
/// is word-level or the decoder is of an unknown kind.
pub(super) fn bytes(tokenizer: &tokenizers::Tokenizer) -> Vec<Vec<u8>> {
    let vocabulary = tokenizer.get_vocab(true);
    let count = vocabulary
        .values()
        .max()
        .map_or(0, |last| *last as usize + 1);
    let mut bytes = vec![Vec::new(); count];
    let kind = tokenizer.get_decoder().and_then(kind);
    let (Some(kind), false) = (
        kind,
        matches!(tokenizer.get_model(), ModelWrapper::WordLevel(_)),
    ) else {
        return bytes;
    };
    let added = tokenizer.get_added_tokens_decoder();
    for (token, id) in vocabulary {
        bytes[id as usize] = match added.get(&id) {
            Some(added) if added.special => Vec::new(),
            _ => kind.bytes(&token),
        };
    }
    bytes
}

/// The encoding of bytes in a vocabulary.
enum Kind {
    /// One character per byte.
    ByteLevel(HashMap<char, u8>),
    /// Plain text, with other bytes as `<0xE2>`.
    Characters,
}

fn kind(decoder: &DecoderWrapper) -> Option<Kind> {
    match decoder {
        DecoderWrapper::ByteLevel(_) => Some(Kind::ByteLevel(letters())),
        DecoderWrapper::ByteFallback(_) => Some(Kind::Characters),
        DecoderWrapper::Sequence(sequence) => sequence.get_decoders().iter().find_map(kind),
        _ => None,
    }
}

impl Kind {
    fn bytes(&self, token: &str) -> Vec<u8> {
        match self {
            Self::ByteLevel(letters) => {
                let bytes = token.chars().map(|letter| letters.get(&letter).copied());
                let bytes: Option<Vec<u8>> = bytes.collect();
                bytes.unwrap_or_else(|| token.into())
            }
            Self::Characters => {
                let hex = token.strip_prefix("<0x").and_then(|t| t.strip_suffix('>'));
                let byte = hex.filter(|hex| hex.len() == 2);
                match byte.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                    Some(byte) => vec![byte],
                    None => token.replace(SPACE, " ").into_bytes(),
                }
            }
        }
    }
}

/// Returns the characters of GPT-2's byte-level vocabularies: printable characters stand for
/// themselves, and the others follow from U+0100 on.
fn letters() -> HashMap<char, u8> {
    let seen = |byte: &u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let (seen, unseen): (Vec<u8>, Vec<u8>) = (0..=u8::MAX).partition(seen);
    let seen = seen.into_iter().map(|byte| (char::from(byte), byte));
    let others = ('\u{100}'..).zip(unseen);
    seen.chain(others).collect()
}
