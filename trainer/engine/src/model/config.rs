//! The shape of a decoder. `config_json/` reads and writes it, `families/` fills in what each
//! family leaves out of its file.

use std::fmt;
use std::path::PathBuf;

use crate::kernels::Activation;
use crate::model::json_object::Json;
use crate::model::rope::{RopeScaling, RopeSettings};
use crate::safetensors::WeightDtype;

/// The configuration file of a model folder.
pub const FILE: &str = "config.json";

/// The maximum number of layers.
const MOST_LAYERS: usize = 4096;
/// The maximum context. Its rotary tables take 1 GiB in a model with heads of 64.
const LONGEST_CONTEXT: usize = 1 << 22;

/// The shape of a decoder.
#[derive(Clone, Debug, PartialEq)]
pub struct BackboneConfig {
    /// The family whose conventions the model's files follow.
    pub family: Family,
    /// The number of rows of the embedding, at least the tokenizer's vocabulary.
    pub vocab_size: usize,
    /// The width of the residual stream.
    pub hidden_size: usize,
    /// The number of layers.
    pub layers: usize,
    /// The number of query heads.
    pub heads: usize,
    /// The number of key and value heads. It divides `heads`.
    pub kv_heads: usize,
    /// The width of a head. It is even.
    pub head_dim: usize,
    /// The width of the gated MLP.
    pub intermediate_size: usize,
    /// True if queries, keys and values have biases.
    pub qkv_bias: bool,
    /// True if queries and keys are normalised head by head.
    pub qk_norm: bool,
    /// Base of the rotary frequencies.
    pub rope_theta: f64,
    /// The scaling of rotary frequencies for long contexts.
    pub rope_scaling: Option<RopeScaling>,
    /// The sliding window of some layers.
    pub sliding: Option<SlidingWindow>,
    /// Scores are divided by the root of this number, or of `head_dim` if it is `None`.
    pub query_pre_attn_scalar: Option<f64>,
    /// The epsilon of RMSNorm.
    pub norm_eps: f64,
    /// True if the LM head shares the embedding's weights.
    pub tie_embeddings: bool,
    /// The maximum number of tokens of a prompt and its completion together.
    pub context: usize,
    /// The type of the weights in files. In memory they are 32-bit floats.
    pub weight_dtype: WeightDtype,
}

/// The sliding window of some layers.
#[derive(Clone, Debug, PartialEq)]
pub struct SlidingWindow {
    /// The number of keys that a query sees at most: itself and those before it.
    pub size: usize,
    /// True for each layer that has the window.
    pub layers: Vec<bool>,
    /// The base of these layers' rotary frequencies, which are not scaled. `None` if they rotate
    /// as other layers do.
    pub rope_theta: Option<f64>,
}

/// A model family, the parts that all its models have, and the conventions of its files. Each family has a file in `families/`.
#[derive(Clone, Copy)]
pub struct Family {
    /// The `model_type` in `config.json`.
    pub(super) model_type: &'static str,
    /// The class that `transformers` loads the model with.
    pub(super) architecture: &'static str,
    /// The activation of the MLP.
    pub(super) activation: Activation,
    /// The number that is added to the weights of norms.
    pub(super) norm_offset: f32,
    /// True if the outputs of attention and MLP are normalised.
    pub(super) output_norms: bool,
    /// True if embeddings are scaled by the root of their width.
    pub(super) scales_embeddings: bool,
    /// Reads the rotary settings of layers without a sliding window.
    pub(super) rope: fn(&Json<'_>) -> Result<RopeSettings, String>,
    /// Fills in the fields that the family's files leave out, and rejects unsupported ones.
    pub(super) complete: fn(&mut BackboneConfig, &Json<'_>) -> Result<(), String>,
}

impl Family {
    /// Returns the `model_type` in `config.json`.
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

/// A `config.json` that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read or written.
    #[error("cannot access the model config {path}")]
    Access {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is not a JSON object.
    #[error("invalid model config {path}: expected a JSON object")]
    Format {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
    /// The file asks for something unsupported, or a key is missing.
    #[error("{path}: {why}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The key and the expected value.
        why: String,
    },
    /// The numbers do not fit together.
    #[error("invalid backbone config: {0}")]
    Shape(String),
}

impl BackboneConfig {
    /// Returns the rotary frequency of each pair of columns of a head, in radians per position.
    pub fn frequencies(&self) -> Vec<f64> {
        let width = self.head_dim as f64;
        let frequency = |pair: usize| {
            let frequency = self.rope_theta.powf(-2.0 * pair as f64 / width);
            match self.rope_scaling {
                Some(scaling) => scaling.scale(frequency),
                None => frequency,
            }
        };
        (0..self.head_dim / 2).map(frequency).collect()
    }

    /// Returns the rotary frequencies of layers with a sliding window, or `None` if they rotate as
    /// other layers do.
    pub fn sliding_frequencies(&self) -> Option<Vec<f64>> {
        let rope_theta = self.sliding.as_ref()?.rope_theta?;
        let alone = Self {
            rope_theta,
            rope_scaling: None,
            ..self.clone()
        };
        Some(alone.frequencies())
    }

    /// Returns the sliding window of a layer, if it has one.
    pub fn window(&self, layer: usize) -> Option<usize> {
        let sliding = self.sliding.as_ref();
        sliding
            .filter(|sliding| sliding.layers[layer])
            .map(|sliding| sliding.size)
    }

    /// Returns the factor of products of queries and keys.
    pub(super) fn score_scale(&self) -> f32 {
        let scalar = self.query_pre_attn_scalar.unwrap_or(self.head_dim as f64);
        1.0 / (scalar as f32).sqrt()
    }

    /// Checks that the numbers fit together.
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
        // A file must not make memloom allocate what no model has.
        let limited = [
            ("layers", self.layers, MOST_LAYERS),
            ("context", self.context, LONGEST_CONTEXT),
        ];
        for (name, value, most) in limited {
            if value > most {
                return Err(ConfigError::Shape(format!(
                    "{name} must be at most {most}, got {value}"
                )));
            }
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
        if let Some(SlidingWindow { size, layers, .. }) = &self.sliding {
            if *size == 0 {
                return Err(ConfigError::Shape(
                    "sliding_window must be at least 1".into(),
                ));
            }
            if layers.len() != self.layers {
                return Err(ConfigError::Shape(format!(
                    "layer_types has {} entries for {} layers",
                    layers.len(),
                    self.layers
                )));
            }
        }
        Ok(())
    }

    /// Returns a small shape for tests, with fused loops for its heads.
    pub fn tiny() -> Self {
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
            sliding: None,
            query_pre_attn_scalar: None,
            norm_eps: 1e-6,
            tie_embeddings: true,
            context: 64,
            weight_dtype: WeightDtype::Float32,
        }
    }

    /// Returns a small shape of Gemma 3 with a layer of each type.
    #[cfg(test)]
    pub(crate) fn tiny_gemma3() -> Self {
        Self {
            family: Family::GEMMA3,
            qk_norm: true,
            query_pre_attn_scalar: Some(12.0),
            sliding: Some(SlidingWindow {
                size: 3,
                layers: vec![true, false],
                rope_theta: Some(100.0),
            }),
            ..Self::tiny()
        }
    }
}
