//! The backbone's shape, in the words of a Hugging Face `config.json`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Shape of a decoder. Serialises under Hugging Face's names.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct BackboneConfig {
    /// Tokens in the vocabulary.
    pub vocab_size: usize,
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Number of layers.
    #[serde(rename = "num_hidden_layers")]
    pub layers: usize,
    /// Query heads; `hidden_size / heads` is the width of one and is even.
    #[serde(rename = "num_attention_heads")]
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    #[serde(rename = "num_key_value_heads")]
    pub kv_heads: usize,
    /// Width of the SwiGLU.
    pub intermediate_size: usize,
    /// Base of the rotary frequencies.
    pub rope_theta: f64,
    /// Added to the mean square in RMSNorm.
    #[serde(rename = "rms_norm_eps")]
    pub norm_eps: f64,
    /// Whether the head shares the embedding's weights.
    #[serde(rename = "tie_word_embeddings")]
    pub tie_embeddings: bool,
    /// Most tokens of a prompt and its completion together.
    #[serde(rename = "max_position_embeddings")]
    pub context: usize,
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
    /// The numbers do not fit together.
    #[error("the backbone configuration does not add up: {0}")]
    Shape(String),
}

/// What Hugging Face's loaders want to read besides the shape: without biases
/// and without norms of queries and keys, a Qwen decoder is a Llama.
#[derive(Serialize)]
struct HuggingFace<'a> {
    architectures: [&'static str; 1],
    model_type: &'static str,
    hidden_act: &'static str,
    torch_dtype: &'static str,
    #[serde(flatten)]
    shape: &'a BackboneConfig,
}

impl BackboneConfig {
    /// Width of a head.
    pub fn head_dim(&self) -> usize {
        self.hidden_size / self.heads
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
        if !self.hidden_size.is_multiple_of(2 * self.heads) {
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
        let bytes = std::fs::read(path).map_err(|source| ConfigError::Access {
            path: path.into(),
            source,
        })?;
        let config: Self =
            serde_json::from_slice(&bytes).map_err(|source| ConfigError::Format {
                path: path.into(),
                source,
            })?;
        config.check()?;
        Ok(config)
    }

    /// Writes a `config.json` that Hugging Face's `transformers` can load.
    pub fn write(&self, path: &Path) -> Result<(), ConfigError> {
        let file = HuggingFace {
            architectures: ["LlamaForCausalLM"],
            model_type: "llama",
            hidden_act: "silu",
            torch_dtype: "float32",
            shape: self,
        };
        let mut text =
            serde_json::to_string_pretty(&file).map_err(|source| ConfigError::Format {
                path: path.into(),
                source,
            })?;
        text.push('\n');
        std::fs::write(path, text).map_err(|source| ConfigError::Access {
            path: path.into(),
            source,
        })
    }
}

#[cfg(test)]
impl BackboneConfig {
    /// For tests: small, and with fused loops for its heads.
    pub(crate) fn tiny() -> Self {
        Self {
            vocab_size: 11,
            hidden_size: 32,
            layers: 2,
            heads: 4,
            kv_heads: 2,
            intermediate_size: 24,
            rope_theta: 10_000.0,
            norm_eps: 1e-6,
            tie_embeddings: true,
            context: 64,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_written_configuration_reads_back_under_hugging_faces_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        BackboneConfig::tiny().write(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"num_key_value_heads\": 2"));
        assert!(text.contains("\"model_type\": \"llama\""));
        assert_eq!(BackboneConfig::read(&path).unwrap(), BackboneConfig::tiny());
    }

    #[test]
    fn complaints_name_the_numbers_and_the_file() {
        let mut odd = BackboneConfig::tiny();
        odd.heads = 3;
        assert_eq!(
            odd.check().unwrap_err().to_string(),
            "the backbone configuration does not add up: \
             hidden_size 32 does not divide into 3 heads of an even width"
        );
        let missing = Path::new("/nowhere/config.json");
        let complaint = BackboneConfig::read(missing).unwrap_err().to_string();
        assert!(complaint.contains("/nowhere/config.json"));
    }
}
