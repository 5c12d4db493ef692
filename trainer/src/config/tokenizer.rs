//! `[tokenizer]` and `[embedder]`: text as tokens and as vectors.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[embedder]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EmbedderSection {
    /// A folder as Hugging Face and `sentence-transformers` lay it out: an encoder of
    /// the BERT family (MiniLM, BGE, E5, GTE) with its tokenizer.
    pub path: PathBuf,
}

/// How text is cut into tokens.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenizerKind {
    /// One token a word, lower-cased: for closed languages.
    Words,
    /// Byte-level BPE: for real text.
    Bytes,
}

/// `[tokenizer]`: trained on the text of the training split.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenizerSection {
    /// `words` or `bytes`.
    pub kind: TokenizerKind,
    /// Most tokens in the vocabulary.
    pub vocabulary: usize,
    /// Episodes of the training split whose text is read.
    pub episodes: u64,
}

impl Default for TokenizerSection {
    fn default() -> Self {
        Self {
            kind: TokenizerKind::Words,
            vocabulary: 2048,
            episodes: 200,
        }
    }
}
