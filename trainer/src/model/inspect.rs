//! What a folder holds that a run could start from, for people and machines.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::weights::{Survey, survey};
use crate::tokenizer::Tokenizer;

/// A model's folder. Displays as a few lines.
#[derive(Debug, Serialize)]
pub struct Inspection {
    /// The folder.
    pub folder: PathBuf,
    /// `model_type` of its configuration.
    pub family: &'static str,
    /// Weights, each once.
    pub parameters: u64,
    /// Type of the weights in its files.
    pub stored: &'static str,
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Number of layers.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads.
    pub kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Width of the SwiGLU.
    pub intermediate_size: usize,
    /// Rows of the embedding.
    pub vocab_size: usize,
    /// Most tokens that it reads.
    pub context: usize,
    /// Whether the head is the embedding.
    pub tie_embeddings: bool,
    /// Tokens of its tokenizer.
    pub tokens: usize,
    /// Whether prompts are worded by a chat template.
    pub chat: bool,
    /// Tokens that end a completion, as they are written.
    pub ends: Vec<String>,
    /// Faults that keep no run from starting, a line each.
    pub warnings: Vec<String>,
}

impl Inspection {
    /// Looks at every tensor's name, shape and type, reads the tokenizer, and has its
    /// template word a few chats.
    ///
    /// # Errors
    /// Whatever would keep a run from starting from the folder.
    pub fn of(folder: &Path) -> Result<Self> {
        let Survey {
            config,
            parameters,
            unused,
        } = survey(folder)?;
        let tokenizer = Tokenizer::load(folder)?;
        ensure!(
            tokenizer.vocab_size() <= config.vocab_size,
            "{}: the tokenizer has {} tokens, the embedding {} rows: they are not of one model",
            folder.display(),
            tokenizer.vocab_size(),
            config.vocab_size
        );
        let trial = tokenizer.trial();
        let trial = trial.with_context(|| folder.display().to_string())?;
        let written = |id: &u32| tokenizer.written(*id).unwrap_or_else(|| id.to_string());
        let mut warnings: Vec<String> = unused.into_iter().chain(trial).collect();
        if let Some(turn) = tokenizer.end_of_turn()
            && !tokenizer.ends().contains(&turn)
        {
            warnings.push(format!(
                "the chat template ends a turn with {}, at which no reply ends: \
                 add {turn} to eos_token_id in generation_config.json",
                written(&turn)
            ));
        }
        Ok(Self {
            folder: folder.into(),
            family: config.family.model_type(),
            parameters,
            stored: config.stored.name(),
            hidden_size: config.hidden_size,
            layers: config.layers,
            heads: config.heads,
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            intermediate_size: config.intermediate_size,
            vocab_size: config.vocab_size,
            context: config.context,
            tie_embeddings: config.tie_embeddings,
            tokens: tokenizer.vocab_size(),
            chat: tokenizer.chats(),
            ends: tokenizer.ends().iter().map(written).collect(),
            warnings,
        })
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = if self.tie_embeddings {
            "the embedding"
        } else {
            "of its own"
        };
        let wording = if self.chat {
            "chat template"
        } else {
            "memloom's own"
        };
        writeln!(f, "{}", self.folder.display())?;
        writeln!(f, "  family      {}", self.family)?;
        writeln!(f, "  parameters  {} ({})", self.parameters, self.stored)?;
        writeln!(
            f,
            "  layers      {} of width {}, SwiGLU {}",
            self.layers, self.hidden_size, self.intermediate_size
        )?;
        writeln!(
            f,
            "  heads       {} queries, {} keys, width {}",
            self.heads, self.kv_heads, self.head_dim
        )?;
        writeln!(
            f,
            "  vocabulary  {} rows, {} tokens, head {head}",
            self.vocab_size, self.tokens
        )?;
        writeln!(f, "  context     {} tokens", self.context)?;
        writeln!(
            f,
            "  prompts     {wording}; replies end with {}",
            self.ends.join(" or ")
        )?;
        for warning in &self.warnings {
            writeln!(f, "  warning     {warning}")?;
        }
        Ok(())
    }
}
