//! The architectures of llama.cpp, and the shape of a model in the metadata.

use serde_json::{Map, Value, json};

use crate::gguf::{Gguf, Metadata, needed};
use crate::model::config::BackboneConfig;
use crate::model::json_object::Json;
use crate::model::rope::RopeScaling;

/// The LM head, where it is not the embedding.
pub(super) const HEAD: &str = "output.weight";
/// The divisor of each frequency: llama.cpp's form of Llama 3's rotary scaling.
pub(super) const ROPE_FACTORS: &str = "rope_freqs.weight";

/// An architecture of llama.cpp.
pub(super) struct Architecture {
    /// The `general.architecture`.
    pub(super) name: &'static str,
    /// The `model_type` of Hugging Face's configuration.
    model_type: &'static str,
    /// True if the rows of queries and keys are stored in the pairs that are rotated together.
    pub(super) pairs_rows: bool,
    /// Names of norms besides those of all architectures.
    pub(super) norms: &'static [(&'static str, &'static str)],
    /// Adds what only this architecture has to the configuration.
    complete: fn(&Keys<'_>, &mut Value) -> Result<(), String>,
}

const MLP_NORM: &[(&str, &str)] = &[("post_attention_layernorm", "ffn_norm")];

pub(super) static ARCHITECTURES: [Architecture; 4] = [
    Architecture {
        name: "llama",
        model_type: "llama",
        pairs_rows: true,
        norms: MLP_NORM,
        complete: |_, _| Ok(()),
    },
    Architecture {
        name: "qwen2",
        model_type: "qwen2",
        pairs_rows: false,
        norms: MLP_NORM,
        complete: |_, _| Ok(()),
    },
    Architecture {
        name: "qwen3",
        model_type: "qwen3",
        pairs_rows: false,
        norms: MLP_NORM,
        complete: |_, _| Ok(()),
    },
    Architecture {
        name: "gemma3",
        model_type: "gemma3_text",
        pairs_rows: false,
        norms: &[
            ("post_attention_layernorm", "post_attention_norm"),
            ("pre_feedforward_layernorm", "ffn_norm"),
            ("post_feedforward_layernorm", "post_ffw_norm"),
        ],
        complete: gemma3,
    },
];

/// The number of layers of the only Gemma 3 whose scores are not scaled by the width of a head.
const LAYERS_OF_27B: u64 = 62;

fn gemma3(keys: &Keys<'_>, config: &mut Value) -> Result<(), String> {
    for key in ["attn_logit_softcapping", "final_logit_softcapping"] {
        if let Some(cap) = keys.metadata.number(&keys.name(key))? {
            return Err(format!("unsupported {} = {cap}", keys.name(key)));
        }
    }
    config["sliding_window"] = keys.count("attention.sliding_window")?.into();
    config["sliding_window_pattern"] = keys.optional("attention.sliding_window_pattern")?.into();
    let base = keys.metadata.number(&keys.name("rope.freq_base_swa"))?;
    config["rope_local_base_freq"] = base.into();
    // llama.cpp goes by the number of layers too: the metadata has no scale.
    let number = |key: &str| config[key].as_u64().unwrap_or(0);
    let scalar = match number("num_hidden_layers") {
        LAYERS_OF_27B => number("hidden_size") / number("num_attention_heads").max(1),
        _ => number("head_dim"),
    };
    config["query_pre_attn_scalar"] = scalar.into();
    Ok(())
}

impl Architecture {
    /// Reads the architecture of a file, and its shape as `config.json` would have it.
    pub(super) fn read(file: &mut Gguf) -> Result<(&'static Self, BackboneConfig), String> {
        let name = needed(
            "general.architecture",
            file.metadata().text("general.architecture")?,
        )?;
        let known = ARCHITECTURES.iter().find(|known| known.name == name);
        let architecture = known.ok_or_else(|| {
            let names: Vec<&str> = ARCHITECTURES.iter().map(|known| known.name).collect();
            format!(
                "unsupported architecture {name}; supported: {}",
                names.join(", ")
            )
        })?;
        let mut config = architecture.config(file)?;
        config.rope_scaling = match file.shape(ROPE_FACTORS) {
            None => config.rope_scaling,
            Some(_) => {
                let factors = file.values(ROPE_FACTORS).map_err(|error| error.why)?;
                Some(llama_3(&config, &factors)?)
            }
        };
        Ok((architecture, config))
    }

    fn config(&self, file: &Gguf) -> Result<BackboneConfig, String> {
        let keys = Keys {
            architecture: self.name,
            metadata: file.metadata(),
        };
        let embedding = file.shape("token_embd.weight");
        let [rows, hidden] = embedding.ok_or("has no tensor token_embd.weight")? else {
            return Err("token_embd.weight is not a matrix".into());
        };
        let heads = keys.count("attention.head_count")?;
        let mut config = json!({
            "model_type": self.model_type,
            "vocab_size": rows,
            "hidden_size": hidden,
            "num_hidden_layers": keys.count("block_count")?,
            "num_attention_heads": heads,
            "num_key_value_heads": keys.optional("attention.head_count_kv")?.unwrap_or(heads),
            "intermediate_size": keys.count("feed_forward_length")?,
            "max_position_embeddings": keys.count("context_length")?,
            "rms_norm_eps": keys.number("attention.layer_norm_rms_epsilon")?,
            "rope_theta": keys.metadata.number(&keys.name("rope.freq_base"))?,
            "tie_word_embeddings": file.shape(HEAD).is_none(),
        });
        let head = match keys.optional("attention.key_length")? {
            None => hidden.checked_div(heads).unwrap_or(0),
            Some(width) => width,
        };
        config["head_dim"] = head.into();
        for key in ["attention.value_length", "rope.dimension_count"] {
            if let Some(width) = keys.optional(key)?.filter(|width| *width != head) {
                return Err(format!(
                    "unsupported {} = {width}; supported: {head}, the width of a head",
                    keys.name(key)
                ));
            }
        }
        keys.scaling(&mut config)?;
        (self.complete)(&keys, &mut config)?;
        let map: Map<String, Value> = config.as_object().cloned().unwrap_or_default();
        let config = BackboneConfig::from_json(&Json(&map))?;
        config.check().map_err(|error| error.to_string())?;
        Ok(config)
    }
}

/// The metadata of an architecture.
struct Keys<'a> {
    architecture: &'static str,
    metadata: &'a Metadata,
}

impl Keys<'_> {
    fn name(&self, key: &str) -> String {
        format!("{}.{key}", self.architecture)
    }

    fn optional(&self, key: &str) -> Result<Option<usize>, String> {
        self.metadata.count(&self.name(key))
    }

    fn count(&self, key: &str) -> Result<usize, String> {
        needed(&self.name(key), self.optional(key)?)
    }

    fn number(&self, key: &str) -> Result<f64, String> {
        let name = self.name(key);
        needed(&name, self.metadata.number(&name)?)
    }

    /// Adds the scaling of rotary frequencies to a configuration.
    fn scaling(&self, config: &mut Value) -> Result<(), String> {
        let key = self.name("rope.scaling.type");
        match self.metadata.text(&key)? {
            None | Some("none") => {}
            Some("linear") => {
                let factor = self.number("rope.scaling.factor")?;
                config["rope_scaling"] = RopeScaling::Linear { factor }.to_json();
            }
            Some(other) => {
                return Err(format!(
                    "unsupported {key} = {other}; supported: none, linear"
                ));
            }
        }
        Ok(())
    }
}

/// Returns the scaling of Llama 3.1 or 3.2 that has these divisors of frequencies. The metadata
/// says nothing of it.
fn llama_3(config: &BackboneConfig, divisors: &[f32]) -> Result<RopeScaling, String> {
    if divisors.len() != config.head_dim / 2 {
        return Err(format!(
            "{ROPE_FACTORS} has {} values, expected {}, half the width of a head",
            divisors.len(),
            config.head_dim / 2
        ));
    }
    let plain = BackboneConfig {
        rope_scaling: None,
        ..config.clone()
    };
    let known = [8.0, 32.0].map(|factor| RopeScaling::Llama3 {
        factor,
        low_factor: 1.0,
        high_factor: 4.0,
        original_context: 8192.0,
    });
    let frequencies = plain.frequencies();
    let fits = |scaling: &RopeScaling| {
        frequencies
            .iter()
            .zip(divisors)
            .all(|(frequency, divisor)| {
                let expected = frequency / scaling.scale(*frequency);
                (expected - f64::from(*divisor)).abs() < 1e-3 * expected
            })
    };
    let mut known = known.into_iter();
    known
        .find(fits)
        .ok_or_else(|| format!("unsupported {ROPE_FACTORS}; supported: those of Llama 3.1 and 3.2"))
}
