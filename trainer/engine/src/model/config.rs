//! The backbone's shape, and the `config.json` that it is read from and written to.
//! What a file leaves out and how its family words things is in `family/`.

use std::fmt;
use std::path::PathBuf;

use crate::model::json_object::Json;
use crate::safetensors::Stored;

/// The file of a shape, beside its weights.
pub const FILE: &str = "config.json";

/// Shape of a decoder.
#[derive(Clone, Debug, PartialEq)]
pub struct BackboneConfig {
    /// Whose conventions its files follow.
    pub family: Family,
    /// Rows of the embedding: at least the tokenizer's vocabulary.
    pub vocab_size: usize,
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Number of layers.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    pub kv_heads: usize,
    /// Width of a head; even.
    pub head_dim: usize,
    /// Width of the SwiGLU.
    pub intermediate_size: usize,
    /// Whether queries, keys and values have biases.
    pub qkv_bias: bool,
    /// Whether queries and keys are normalised head by head.
    pub qk_norm: bool,
    /// Base of the rotary frequencies.
    pub rope_theta: f64,
    /// How rotary frequencies are stretched for long contexts.
    pub rope_scaling: Option<RopeScaling>,
    /// Added to the mean square in RMSNorm.
    pub norm_eps: f64,
    /// Whether the head shares the embedding's weights.
    pub tie_embeddings: bool,
    /// Most tokens of a prompt and its completion together.
    pub context: usize,
    /// Type of the weights in files. In memory they are 32-bit floats.
    pub stored: Stored,
}

/// Whose conventions a model's files follow. Each family is in a file of its own in
/// `families/`.
#[derive(Clone, Copy)]
pub struct Family {
    /// `model_type` of a `config.json`.
    pub(super) model_type: &'static str,
    /// The class that `transformers` loads it with.
    pub(super) architecture: &'static str,
    /// Fills in what is the family's own.
    pub(super) complete: fn(&mut BackboneConfig, &Json<'_>) -> Result<(), String>,
}

impl Family {
    /// `model_type` of a `config.json`.
    pub fn model_type(self) -> &'static str {
        self.model_type
    }
}

impl PartialEq for Family {
    fn eq(&self, other: &Self) -> bool {
        self.model_type == other.model_type
    }
}

impl Eq for Family {}

impl fmt::Debug for Family {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.model_type)
    }
}

/// Llama 3.1's: low frequencies are divided by `factor`, high ones stay, and those
/// between go from one to the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RopeScaling {
    /// What low frequencies are divided by.
    pub factor: f64,
    /// Wavelengths above `original_context` over this are low frequencies.
    pub low_factor: f64,
    /// Wavelengths below `original_context` over this are high frequencies.
    pub high_factor: f64,
    /// Tokens that the model was first trained on.
    pub original_context: f64,
}

impl RopeScaling {
    /// A frequency as it is used.
    fn stretch(&self, frequency: f64) -> f64 {
        let turns = self.original_context * frequency / std::f64::consts::TAU;
        let share = (turns - self.low_factor) / (self.high_factor - self.low_factor);
        let share = share.clamp(0.0, 1.0);
        frequency * (share + (1.0 - share) / self.factor)
    }
}

/// A `config.json` that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read or written.
    #[error("cannot access the backbone's configuration {path}")]
    Access {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no configuration.
    #[error("{path} is not a backbone configuration")]
    Format {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The file asks for what memloom cannot do, or leaves out what it must say.
    #[error("{path}: {why}")]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// Which key, and what is expected.
        why: String,
    },
    /// The numbers do not fit together.
    #[error("the backbone configuration does not add up: {0}")]
    Shape(String),
}

impl BackboneConfig {
    /// Frequencies by which pairs of columns of a head turn from one position to the
    /// next, in radians.
    pub fn frequencies(&self) -> Vec<f64> {
        let width = self.head_dim as f64;
        let frequency = |pair: usize| {
            let frequency = self.rope_theta.powf(-2.0 * pair as f64 / width);
            match self.rope_scaling {
                Some(scaling) => scaling.stretch(frequency),
                None => frequency,
            }
        };
        (0..self.head_dim / 2).map(frequency).collect()
    }

    /// Errors where the numbers do not fit together.
    pub fn check(&self) -> Result<(), ConfigError> {
        let positive = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("layers", self.layers),
            ("heads", self.heads),
            ("kv_heads", self.kv_heads),
            ("intermediate_size", self.intermediate_size),
            ("context", self.context),
        ];
        if let Some((name, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError::Shape(format!("{name} must be at least 1")));
        }
        if self.head_dim == 0 || !self.head_dim.is_multiple_of(2) {
            return Err(ConfigError::Shape(format!(
                "hidden_size {} does not divide into {} heads of an even width",
                self.hidden_size, self.heads
            )));
        }
        if !self.heads.is_multiple_of(self.kv_heads) {
            return Err(ConfigError::Shape(format!(
                "{} kv_heads do not divide {} heads",
                self.kv_heads, self.heads
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
impl BackboneConfig {
    /// For tests: small, and with fused loops for its heads.
    pub(crate) fn tiny() -> Self {
        Self {
            family: Family::LLAMA,
            vocab_size: 11,
            hidden_size: 32,
            layers: 2,
            heads: 4,
            kv_heads: 2,
            head_dim: 8,
            intermediate_size: 24,
            qkv_bias: false,
            qk_norm: false,
            rope_theta: 10_000.0,
            rope_scaling: None,
            norm_eps: 1e-6,
            tie_embeddings: true,
            context: 64,
            stored: Stored::Float32,
        }
    }
}
