//! Shapes of published models.

use memloom_engine::model::{BackboneConfig, Family, WeightDtype};

/// Returns the shape of Qwen2.5-0.5B with a number of layers; the original has 24.
pub fn half_b(layers: usize) -> BackboneConfig {
    BackboneConfig {
        family: Family::QWEN2,
        vocab_size: 151_936,
        hidden_size: 896,
        layers,
        heads: 14,
        kv_heads: 2,
        head_dim: 64,
        intermediate_size: 4864,
        qkv_bias: true,
        qk_norm: false,
        rope_theta: 1e6,
        rope_scaling: None,
        sliding: None,
        query_pre_attn_scalar: None,
        norm_eps: 1e-6,
        tie_embeddings: true,
        context: 32_768,
        weight_dtype: WeightDtype::Float32,
    }
}
