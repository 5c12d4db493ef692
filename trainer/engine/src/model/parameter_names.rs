//! Hugging Face's names of a backbone's parameters.

use std::ops::Range;

use crate::model::config::BackboneConfig;

/// A matrix of ours, [inputs, outputs], and the ones of Hugging Face's,
/// [outputs, inputs], that its columns are made of.
pub(super) struct Joined {
    pub(super) inputs: usize,
    /// Names without what they end with: `.weight` or `.bias`.
    pub(super) parts: Vec<(String, Range<usize>)>,
}

impl Joined {
    fn new(layer: usize, inputs: usize, parts: &[(&str, usize)]) -> Self {
        let mut start = 0;
        let parts = parts.iter().map(|(name, outputs)| {
            start += outputs;
            (
                format!("model.layers.{layer}.{name}"),
                start - outputs..start,
            )
        });
        Self {
            inputs,
            parts: parts.collect(),
        }
    }

    pub(super) fn outputs(&self) -> usize {
        self.parts.last().map_or(0, |(_, columns)| columns.end)
    }
}

/// The matrices of a layer, in the order of its fields.
pub(super) fn matrices(config: &BackboneConfig, layer: usize) -> [Joined; 4] {
    let (hidden, intermediate) = (config.hidden_size, config.intermediate_size);
    let queries = config.heads * config.head_dim;
    let keys = config.kv_heads * config.head_dim;
    [
        Joined::new(
            layer,
            hidden,
            &[
                ("self_attn.q_proj", queries),
                ("self_attn.k_proj", keys),
                ("self_attn.v_proj", keys),
            ],
        ),
        Joined::new(layer, queries, &[("self_attn.o_proj", hidden)]),
        Joined::new(
            layer,
            hidden,
            &[
                ("mlp.gate_proj", intermediate),
                ("mlp.up_proj", intermediate),
            ],
        ),
        Joined::new(layer, intermediate, &[("mlp.down_proj", hidden)]),
    ]
}

pub(super) fn norms(layer: usize) -> [String; 2] {
    ["input_layernorm", "post_attention_layernorm"]
        .map(|name| format!("model.layers.{layer}.{name}.weight"))
}

pub(super) const EMBEDDING: &str = "model.embed_tokens.weight";
pub(super) const NORM: &str = "model.norm.weight";
pub(super) const HEAD: &str = "lm_head.weight";
/// TRL's name; others leave it out.
pub(super) const VALUE_HEAD: &str = "v_head.summary.weight";

/// Norms of heads, of queries and of keys.
pub(super) fn head_norms(layer: usize) -> [String; 2] {
    ["q_norm", "k_norm"].map(|name| format!("model.layers.{layer}.self_attn.{name}.weight"))
}

/// Names and shapes of all weights but a value head's.
pub(super) fn all(config: &BackboneConfig) -> Vec<(String, Vec<usize>)> {
    let hidden = config.hidden_size;
    let embedding = vec![config.vocab_size, hidden];
    let mut all = vec![
        (EMBEDDING.to_owned(), embedding.clone()),
        (NORM.to_owned(), vec![hidden]),
    ];
    if !config.tie_embeddings {
        all.push((HEAD.to_owned(), embedding));
    }
    for layer in 0..config.layers {
        all.extend(norms(layer).map(|name| (name, vec![hidden])));
        if config.qk_norm {
            all.extend(head_norms(layer).map(|name| (name, vec![config.head_dim])));
        }
        for (place, joined) in matrices(config, layer).into_iter().enumerate() {
            for (name, part) in joined.parts {
                if place == 0 && config.qkv_bias {
                    all.push((format!("{name}.bias"), vec![part.len()]));
                }
                all.push((format!("{name}.weight"), vec![part.len(), joined.inputs]));
            }
        }
    }
    all
}
