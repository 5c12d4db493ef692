//! The bytes that a vocabulary can write one by one.
//!
//! A vocabulary of a model may lack some: bytes that begin no character in its training text.

use serde_json::Value;

/// The set of bytes that are a token of their own.
pub(super) struct SingleBytes([bool; 256]);

impl SingleBytes {
    /// Returns the set for tokens with these bytes.
    pub(super) fn of(tokens: &[Vec<u8>]) -> Self {
        let mut single = [false; 256];
        for token in tokens {
            if let [byte] = token[..] {
                single[usize::from(byte)] = true;
            }
        }
        Self(single)
    }

    /// Returns whether a byte is a token.
    pub(super) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }

    /// Returns whether a text can go on after a token: the token ends with a whole character, or
    /// single bytes complete the last one.
    pub(super) fn can_go_on_after(&self, token: &[u8]) -> bool {
        // Only the beginning of a character is valid UTF-8 up to where the text ends.
        let first = token.iter().rposition(|byte| *byte & 0xc0 != 0x80);
        let last = &token[first.unwrap_or(token.len())..];
        match last.first() {
            Some(lead) if *lead >= 0xc0 => self.completes(last),
            _ => true,
        }
    }

    /// Returns whether single bytes complete the beginning of a character.
    fn completes(&self, begun: &[u8]) -> bool {
        match std::str::from_utf8(begun) {
            Ok(_) => true,
            // No error length: the text ends inside a character that is valid so far.
            Err(error) if error.valid_up_to() == 0 && error.error_len().is_none() => (0x80..=0xbf)
                .filter(|byte| self.has(*byte))
                .any(|byte| self.completes(&[begun, &[byte]].concat())),
            Err(_) => false,
        }
    }

    /// Returns the reason if a text in a schema has a byte that is no token. Texts in a schema are
    /// keys, values and patterns, which an output has to repeat.
    pub(super) fn first_unwritable(&self, schema: &Value) -> Option<String> {
        match schema {
            Value::String(text) => {
                let lacking = |letter: &char| {
                    let mut bytes = [0; 4];
                    let bytes = letter.encode_utf8(&mut bytes).bytes();
                    !letter.is_ascii() && !bytes.into_iter().all(|byte| self.has(byte))
                };
                let letter = text.chars().find(lacking)?;
                Some(format!(
                    "the tokenizer cannot write the character {letter:?} (U+{:04X}) of {text:?}: it has no tokens for its bytes",
                    u32::from(letter)
                ))
            }
            Value::Array(items) => items.iter().find_map(|item| self.first_unwritable(item)),
            Value::Object(object) => object.iter().find_map(|(key, value)| {
                self.first_unwritable(&Value::String(key.clone()))
                    .or_else(|| self.first_unwritable(value))
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Returns the set of all bytes except these.
    fn all_but(missing: &[u8]) -> SingleBytes {
        let kept = (0..=255u8).filter(|byte| !missing.contains(byte));
        SingleBytes::of(&kept.map(|byte| vec![byte]).collect::<Vec<_>>())
    }

    #[test]
    fn a_text_can_go_on_where_the_last_character_is_whole_or_can_be_completed() {
        let single = all_but(&[0xf1, 0xf2]);
        for token in [
            &b"a"[..],
            b"",
            "é".as_bytes(),
            b"x\xc3",
            b"\xf0\x9f",
            b"\x99",
            b"\x9f\x99\x82",
        ] {
            assert!(single.can_go_on_after(token), "{token:x?}");
        }
        let few: Vec<u8> = (0x81..=0xbf).collect();
        let single = all_but(&few);
        assert!(single.can_go_on_after(b"\xc3"));
        // 0xe0 is followed by 0xa0 and more, 0xf0 by 0x90 and more.
        assert!(!single.can_go_on_after(b"\xe0"));
        assert!(!single.can_go_on_after(b"ab\xf0"));
        assert!(single.can_go_on_after(b"\xe0\xa0"));
        assert!(!single.can_go_on_after(b"\xc3\x28\xff"));
    }

    #[test]
    fn a_schemas_texts_need_their_bytes() {
        let single = all_but(&[0xf1, 0xa9]);
        let schema = |text: &str| json!({"properties": {"a": {"enum": ["x", text]}}});
        assert_eq!(single.first_unwritable(&schema("Zoë")), None);
        let reason = single.first_unwritable(&schema("René"));
        assert_eq!(
            reason.as_deref(),
            Some(
                "the tokenizer cannot write the character 'é' (U+00E9) of \"René\": it has no tokens for its bytes"
            )
        );
        assert!(single.first_unwritable(&json!({"\u{40000}": 1})).is_some());
    }
}
