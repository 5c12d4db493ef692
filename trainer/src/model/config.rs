//! The backbone's shape, and the `config.json` that it is read from and written to.
//! What a file leaves out and how its family words things is in `family/`.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::family::{Family, Json};
use super::rope;
pub use super::rope::RopeScaling;

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

/// Type of the weights in files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stored {
    /// 32 bits.
    #[default]
    Float32,
    /// 16 bits, 5 of them exponent.
    Float16,
    /// 16 bits, 8 of them exponent.
    Bfloat16,
}

impl Stored {
    /// All of them.
    const ALL: [Self; 3] = [Self::Float32, Self::Float16, Self::Bfloat16];

    /// As configurations call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Float16 => "float16",
            Self::Bfloat16 => "bfloat16",
        }
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

    /// Reads a `config.json` and checks it.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let config = read_json(path, Self::from_json)?;
        config.check()?;
        Ok(config)
    }

    fn from_json(file: &Json<'_>) -> Result<Self, String> {
        let family = Family::of(file)?;
        let hidden_size = file.count("hidden_size")?;
        let heads = file.count("num_attention_heads")?;
        if let Some(activation) = file.text("hidden_act")?.filter(|name| *name != "silu") {
            return Err(format!("hidden_act is {activation}, only silu is known"));
        }
        let (rope_theta, rope_scaling) = rope::read(file)?;
        let stored = match file.text("dtype")? {
            None => file.text("torch_dtype")?,
            named => named,
        };
        let mut config = Self {
            family,
            vocab_size: file.count("vocab_size")?,
            hidden_size,
            layers: file.count("num_hidden_layers")?,
            heads,
            kv_heads: file.count_or("num_key_value_heads", heads)?,
            head_dim: file.count_or("head_dim", hidden_size.checked_div(heads).unwrap_or(0))?,
            intermediate_size: file.count("intermediate_size")?,
            qkv_bias: false,
            qk_norm: false,
            rope_theta,
            rope_scaling,
            norm_eps: file.number("rms_norm_eps")?.unwrap_or(1e-6),
            tie_embeddings: file.flag("tie_word_embeddings")?.unwrap_or(false),
            context: file.count("max_position_embeddings")?,
            stored: match stored {
                None => Stored::Float32,
                Some(name) => Stored::ALL
                    .into_iter()
                    .find(|stored| stored.name() == name)
                    .ok_or_else(|| {
                        format!("dtype is {name}, known are float32, float16, bfloat16")
                    })?,
            },
        };
        family.complete(&mut config, file)?;
        Ok(config)
    }

    /// Writes a `config.json` that Hugging Face's `transformers` can load.
    pub fn write(&self, path: &Path) -> Result<(), ConfigError> {
        write_json(path, &self.to_json())
    }

    fn to_json(&self) -> Value {
        let mut file = serde_json::json!({
            "architectures": [self.family.architecture()],
            "model_type": self.family.model_type(),
            "hidden_act": "silu",
            "torch_dtype": self.stored.name(),
            "vocab_size": self.vocab_size,
            "hidden_size": self.hidden_size,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "head_dim": self.head_dim,
            "intermediate_size": self.intermediate_size,
            "rope_theta": self.rope_theta,
            "rms_norm_eps": self.norm_eps,
            "tie_word_embeddings": self.tie_embeddings,
            "max_position_embeddings": self.context,
        });
        if let Some(scaling) = self.rope_scaling {
            file["rope_scaling"] = scaling.to_json();
        }
        file
    }
}

/// Reads a configuration: an object that `of` makes something of, or says why not.
pub(super) fn read_json<T>(
    path: &Path,
    of: impl FnOnce(&Json<'_>) -> Result<T, String>,
) -> Result<T, ConfigError> {
    let bytes = std::fs::read(path).map_err(|source| ConfigError::Access {
        path: path.into(),
        source,
    })?;
    let file: Map<String, Value> =
        serde_json::from_slice(&bytes).map_err(|source| ConfigError::Format {
            path: path.into(),
            source,
        })?;
    of(&Json(&file)).map_err(|why| ConfigError::Unusable {
        path: path.into(),
        why,
    })
}

/// Writes a configuration for people to read.
pub(super) fn write_json(path: &Path, file: &Value) -> Result<(), ConfigError> {
    std::fs::write(path, format!("{file:#}\n")).map_err(|source| ConfigError::Access {
        path: path.into(),
        source,
    })
}

#[cfg(test)]
impl BackboneConfig {
    /// For tests: small, and with fused loops for its heads.
    pub(crate) fn tiny() -> Self {
        Self {
            family: Family::Llama,
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

#[cfg(test)]
mod tests;
