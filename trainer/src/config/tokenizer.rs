//! `[tokenizer]` and `[embedder]`: text as tokens and as vectors.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A sentence encoder that embeds texts for banks and policies, in the run's own process.
/// Without it, and without `[servers.embedder]`, they have no embedder.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EmbedderSection {
    /// Folder of an encoder of the BERT family (MiniLM, BGE, E5, GTE) with its tokenizer, in
    /// the layout of Hugging Face and `sentence-transformers`.
    pub path: PathBuf,
}

/// The units that text is split into.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenizerKind {
    /// One token per lower-cased word, for closed vocabularies.
    Words,
    /// Byte-level BPE, for real text.
    Bytes,
}

/// The tokenizer of a new model, trained on text of the training split. A model in
/// `backbone.path` has a tokenizer of its own.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenizerSection {
    /// The units that text is split into.
    pub kind: TokenizerKind,
    /// Most tokens of the vocabulary.
    pub vocabulary: usize,
    /// Episodes of the training split whose text the tokenizer is trained on.
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
