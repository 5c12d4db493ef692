//! The description of a model.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use crate::model::weights::{Survey, survey};
use crate::tokenizer::Tokenizer;

/// The description of a model folder or of a GGUF file. Displays as a few lines.
#[derive(Debug, Serialize)]
pub struct Inspection {
    /// The folder or the file.
    pub folder: PathBuf,
    /// The `model_type` of the configuration.
    pub family: &'static str,
    /// The number of parameters; tied weights count once.
    pub parameters: u64,
    /// The types of the weights in the files.
    pub stored: String,
    /// The width of the residual stream.
    pub hidden_size: usize,
    /// The number of layers.
    pub layers: usize,
    /// The number of query heads.
    pub heads: usize,
    /// The number of key and value heads.
    pub kv_heads: usize,
    /// The width of a head.
    pub head_dim: usize,
    /// The width of the gated MLP.
    pub intermediate_size: usize,
    /// The number of rows of the embedding.
    pub vocab_size: usize,
    /// The maximum number of tokens.
    pub context: usize,
    /// The sliding window in tokens, of the number of layers after it.
    pub sliding_window: Option<(usize, usize)>,
    /// True if the LM head shares the embedding's weights.
    pub tie_embeddings: bool,
    /// The number of tokens of the tokenizer.
    pub tokens: usize,
    /// True if the tokenizer has a chat template.
    pub chat: bool,
    /// The tokens that end a completion, as text.
    pub ends: Vec<String>,
    /// Problems that do not keep a run from starting, a line each.
    pub warnings: Vec<String>,
}

impl Inspection {
    /// Checks every tensor's name, shape and type, reads the tokenizer, and renders a few chats
    /// with its template.
    ///
    /// # Errors
    /// Fails if a run could not start from the folder.
    pub fn of(folder: &Path) -> Result<Self> {
        let Survey {
            config,
            stored,
            parameters,
            unused,
        } = survey(folder)?;
        let tokenizer = Tokenizer::load(folder)?;
        ensure!(
            tokenizer.vocab_size() <= config.vocab_size,
            "{}: the tokenizer has {} tokens, the embedding {} rows: they belong to different models",
            folder.display(),
            tokenizer.vocab_size(),
            config.vocab_size
        );
        let refusals = tokenizer.render_trial_chats();
        let refusals = refusals.with_context(|| folder.display().to_string())?;
        let written = |id: &u32| tokenizer.written(*id).unwrap_or_else(|| id.to_string());
        let mut warnings: Vec<String> = unused.into_iter().chain(refusals).collect();
        if let Some(turn) = tokenizer.end_of_turn()
            && !tokenizer.ends().contains(&turn)
        {
            warnings.push(format!(
                "the chat template ends a turn with {}, but no reply ends there: \
                 add {turn} to eos_token_id in generation_config.json",
                written(&turn)
            ));
        }
        Ok(Self {
            folder: folder.into(),
            family: config.family.model_type(),
            parameters,
            stored,
            hidden_size: config.hidden_size,
            layers: config.layers,
            heads: config.heads,
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            intermediate_size: config.intermediate_size,
            vocab_size: config.vocab_size,
            context: config.context,
            sliding_window: config.sliding.as_ref().map(|sliding| {
                let layers = sliding.layers.iter().filter(|slides| **slides);
                (sliding.size, layers.count())
            }),
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
            "  layers      {} of width {}, MLP {}",
            self.layers, self.hidden_size, self.intermediate_size
        )?;
        writeln!(
            f,
            "  heads       {} queries, {} keys, width {}",
            self.heads, self.kv_heads, self.head_dim
        )?;
        if let Some((size, layers)) = self.sliding_window {
            writeln!(f, "  window      {size} tokens in {layers} layers")?;
        }
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
