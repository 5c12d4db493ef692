//! The names of parameters in Hugging Face's files.

use std::ops::Range;

use crate::model::config::BackboneConfig;

/// A matrix `[inputs, outputs]` of the decoder, and Hugging Face's matrices `[outputs, inputs]`
/// that form its columns.
pub(super) struct FusedMatrix {
    pub(super) inputs: usize,
    /// The names without `.weight` or `.bias`, and their columns.
    pub(super) parts: Vec<(String, Range<usize>)>,
}

impl FusedMatrix {
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

/// Returns the matrices of a layer, in the order of [`Projection`](crate::model::lora::Projection).
pub(super) fn fused_matrices(config: &BackboneConfig, layer: usize) -> [FusedMatrix; 4] {
    let (hidden, intermediate) = (config.hidden_size, config.intermediate_size);
    let queries = config.heads * config.head_dim;
    let keys = config.kv_heads * config.head_dim;
    [
        FusedMatrix::new(
            layer,
            hidden,
            &[
                ("self_attn.q_proj", queries),
                ("self_attn.k_proj", keys),
                ("self_attn.v_proj", keys),
            ],
        ),
        FusedMatrix::new(layer, queries, &[("self_attn.o_proj", hidden)]),
        FusedMatrix::new(
            layer,
            hidden,
            &[
                ("mlp.gate_proj", intermediate),
                ("mlp.up_proj", intermediate),
            ],
        ),
        FusedMatrix::new(layer, intermediate, &[("mlp.down_proj", hidden)]),
    ]
}

/// Returns the names of the norms before attention and MLP.
pub(super) fn norms(config: &BackboneConfig, layer: usize) -> [String; 2] {
    // The norm after attention is that before the MLP, unless the output has a norm.
    let mlp = match config.family.output_norms {
        true => "pre_feedforward_layernorm",
        false => "post_attention_layernorm",
    };
    ["input_layernorm", mlp].map(|name| format!("model.layers.{layer}.{name}.weight"))
}

/// Returns the names of the norms of the outputs of attention and MLP.
pub(super) fn output_norms(layer: usize) -> [String; 2] {
    ["post_attention_layernorm", "post_feedforward_layernorm"]
        .map(|name| format!("model.layers.{layer}.{name}.weight"))
}

pub(super) const EMBEDDING: &str = "model.embed_tokens.weight";
pub(super) const NORM: &str = "model.norm.weight";
pub(super) const HEAD: &str = "lm_head.weight";
/// The value head's name in TRL's files.
pub(super) const VALUE_HEAD: &str = "v_head.summary.weight";

/// Returns the names of the query and key norms.
pub(super) fn head_norms(layer: usize) -> [String; 2] {
    ["q_norm", "k_norm"].map(|name| format!("model.layers.{layer}.self_attn.{name}.weight"))
}

/// Returns the names and shapes of all weights except the value head.
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
        all.extend(norms(config, layer).map(|name| (name, vec![hidden])));
        if config.family.output_norms {
            all.extend(output_norms(layer).map(|name| (name, vec![hidden])));
        }
        if config.qk_norm {
            all.extend(head_norms(layer).map(|name| (name, vec![config.head_dim])));
        }
        for (place, joined) in fused_matrices(config, layer).into_iter().enumerate() {
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
