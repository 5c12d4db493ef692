//! Reading and writing `config.json`.

use std::path::Path;

use serde_json::{Map, Value};

use crate::kernels::Activation;
use crate::model::config::{BackboneConfig, ConfigError, Family};
use crate::model::families::{FAMILIES, sliding_window};
use crate::model::json_object::Json;
use crate::safetensors::WeightDtype;

impl BackboneConfig {
    /// Reads and checks a `config.json`.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let config = read_json(path, Self::from_json)?;
        config.check()?;
        Ok(config)
    }

    pub(super) fn from_json(file: &Json<'_>) -> Result<Self, String> {
        let family = family_of(file)?;
        let hidden_size = file.count("hidden_size")?;
        let heads = file.count("num_attention_heads")?;
        let (key, expected) = activation(family);
        if let Some(other) = file.text(key)?.filter(|name| *name != expected) {
            return Err(format!("unsupported {key} {other}; supported: {expected}"));
        }
        let (rope_theta, rope_scaling) = (family.rope)(file)?;
        let dtype = match file.text("dtype")? {
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
            sliding: None,
            query_pre_attn_scalar: None,
            norm_eps: file.number("rms_norm_eps")?.unwrap_or(1e-6),
            tie_embeddings: file.flag("tie_word_embeddings")?.unwrap_or(false),
            context: file.count("max_position_embeddings")?,
            weight_dtype: match dtype {
                None => WeightDtype::Float32,
                Some(name) => WeightDtype::ALL
                    .into_iter()
                    .find(|dtype| dtype.name() == name)
                    .ok_or_else(|| {
                        format!("unsupported dtype {name}; supported: float32, float16, bfloat16")
                    })?,
            },
        };
        (family.complete)(&mut config, file)?;
        Ok(config)
    }

    /// Writes a `config.json` that Hugging Face's `transformers` can load.
    pub fn write(&self, path: &Path) -> Result<(), ConfigError> {
        write_json(path, &self.to_json())
    }

    fn to_json(&self) -> Value {
        let mut file = serde_json::json!({
            "architectures": [self.family.architecture],
            "model_type": self.family.model_type,
            "torch_dtype": self.weight_dtype.name(),
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
        let (key, activation) = activation(self.family);
        file[key] = activation.into();
        if let Some(scaling) = self.rope_scaling {
            file["rope_scaling"] = scaling.to_json();
        }
        if let Some(scalar) = self.query_pre_attn_scalar {
            file["query_pre_attn_scalar"] = whole(scalar);
        }
        if let Some(sliding) = &self.sliding {
            file["sliding_window"] = sliding.size.into();
            file["layer_types"] = sliding_window::to_json(&sliding.layers);
            match sliding.rope_theta {
                Some(theta) => file["rope_local_base_freq"] = theta.into(),
                None => file["use_sliding_window"] = true.into(),
            }
        }
        file
    }
}

/// Returns the key and the name of the activation in a family's files.
fn activation(family: Family) -> (&'static str, &'static str) {
    match family.activation {
        Activation::Silu => ("hidden_act", "silu"),
        Activation::GeluTanh => ("hidden_activation", "gelu_pytorch_tanh"),
    }
}

/// Returns a number as an integer if it is one: `transformers` refuses 256.0.
fn whole(number: f64) -> Value {
    match number.fract() == 0.0 {
        true => (number as i64).into(),
        false => number.into(),
    }
}

/// Returns the family that a file names.
fn family_of(file: &Json<'_>) -> Result<Family, String> {
    let name = file.text("model_type")?.ok_or("missing model_type")?;
    let mut all = FAMILIES.into_iter();
    all.find(|family| family.model_type == name).ok_or_else(|| {
        let known = FAMILIES.map(Family::model_type).join(", ");
        let parts = match file.0.contains_key("text_config") {
            true => ", a model of more than text",
            false => "",
        };
        format!("unsupported model_type {name}{parts}; supported: {known}")
    })
}

/// Reads a JSON object and converts it with `of`, whose error names the key.
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

/// Writes an indented configuration file.
pub(super) fn write_json(path: &Path, file: &Value) -> Result<(), ConfigError> {
    std::fs::write(path, format!("{file:#}\n")).map_err(|source| ConfigError::Access {
        path: path.into(),
        source,
    })
}

#[cfg(test)]
mod tests;
