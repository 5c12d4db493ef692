//! The configuration of a sentence encoder.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The `config.json` of a BERT model.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct EncoderConfig {
    model_type: String,
    pub(super) vocab_size: usize,
    pub(super) hidden_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) intermediate_size: usize,
    hidden_act: String,
    pub(super) max_position_embeddings: usize,
    pub(super) type_vocab_size: usize,
    pub(super) layer_norm_eps: f64,
    position_embedding_type: Option<String>,
}

impl EncoderConfig {
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("config.json");
        let config: Self = read(&path)?;
        config
            .check()
            .with_context(|| format!("unsupported encoder in {}", path.display()))?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        ensure!(
            self.model_type == "bert",
            "model_type is {:?}; supported: \"bert\" (MiniLM, BGE, E5 and GTE use it)",
            self.model_type
        );
        ensure!(
            self.hidden_act == "gelu",
            "hidden_act is {:?}; supported: \"gelu\"",
            self.hidden_act
        );
        let positions = self.position_embedding_type.as_deref();
        ensure!(
            positions.is_none_or(|kind| kind == "absolute"),
            "position_embedding_type is {positions:?}; supported: \"absolute\""
        );
        let counts = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("type_vocab_size", self.type_vocab_size),
        ];
        for (key, count) in counts {
            ensure!(count > 0, "{key} must be above 0");
        }
        ensure!(
            self.hidden_size.is_multiple_of(self.num_attention_heads),
            "hidden_size {} does not divide into {} heads",
            self.hidden_size,
            self.num_attention_heads
        );
        Ok(())
    }
}

/// Returns the maximum number of tokens of a text: the setting of `sentence-transformers`, but at
/// most the number of positions.
pub(super) fn longest(folder: &Path, config: &EncoderConfig) -> Result<usize> {
    #[derive(Deserialize)]
    struct Wrapping {
        max_seq_length: Option<usize>,
    }
    let path = folder.join("sentence_bert_config.json");
    let said = match path.exists() {
        true => read::<Wrapping>(&path)?.max_seq_length,
        false => None,
    };
    let longest = said.map_or(config.max_position_embeddings, |said| {
        said.min(config.max_position_embeddings)
    });
    ensure!(
        longest > 2,
        "{}: a limit of {longest} tokens leaves no room for text",
        folder.display()
    );
    Ok(longest)
}

/// Reads a JSON file.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("invalid {}", path.display()))
}
