//! The tokens in the metadata of a GGUF file.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::gguf::Metadata;

/// Types of tokens, by their numbers in files.
const NORMAL: i128 = 1;
const UNKNOWN: i128 = 2;
const CONTROL: i128 = 3;
const USER_DEFINED: i128 = 4;
const UNUSED: i128 = 5;

/// The tokens of a model, by id.
pub(super) struct Vocabulary<'a> {
    pub(super) tokens: Vec<&'a str>,
    types: Vec<i128>,
}

impl<'a> Vocabulary<'a> {
    /// Reads the tokens, without those behind the last that is used: they fill up the embedding.
    pub(super) fn read(metadata: &'a Metadata) -> Result<Self, String> {
        let mut tokens = metadata.texts("tokenizer.ggml.tokens")?;
        let mut types = metadata.integers("tokenizer.ggml.token_type")?;
        if types.len() != tokens.len() {
            return Err(format!(
                "tokenizer.ggml.token_type has {} entries, tokenizer.ggml.tokens {}",
                types.len(),
                tokens.len()
            ));
        }
        let used = types.iter().rposition(|kind| *kind != UNUSED);
        let used = used.map_or(0, |last| last + 1);
        tokens.truncate(used);
        types.truncate(used);
        let mut seen = BTreeSet::new();
        match tokens.iter().find(|token| !seen.insert(**token)) {
            Some(token) => Err(format!("tokenizer.ggml.tokens has {token:?} twice")),
            None => Ok(Self { tokens, types }),
        }
    }

    /// Returns the token with the id under a key.
    pub(super) fn token(&self, key: &str, id: usize) -> Result<&'a str, String> {
        let token = self.tokens.get(id).copied();
        token.ok_or_else(|| format!("{key} is {id}, the vocabulary has {}", self.tokens.len()))
    }

    /// Returns whether merges may make a token.
    pub(super) fn is_made_of_others(&self, id: usize) -> bool {
        [NORMAL, USER_DEFINED].contains(&self.types[id])
    }

    /// Returns `tokenizer.json`'s map of tokens to ids.
    pub(super) fn by_token(&self) -> Map<String, Value> {
        let ids = self.tokens.iter().enumerate();
        ids.map(|(id, token)| ((*token).to_owned(), id.into()))
            .collect()
    }

    /// Returns the tokens that are found in texts before the model splits them.
    pub(super) fn added(&self) -> Vec<Value> {
        let all = self.tokens.iter().zip(&self.types).enumerate();
        let added = all.filter(|(_, (_, kind))| [UNKNOWN, CONTROL, USER_DEFINED].contains(*kind));
        let entry = |(id, (token, kind)): (usize, (&&str, &i128))| {
            json!({
                "id": id, "content": token, "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": *kind != USER_DEFINED,
            })
        };
        added.map(entry).collect()
    }
}
