//! Llama: neither biases nor norms of queries and keys.

use crate::kernels::Activation;
use crate::model::config::{BackboneConfig, Family};
use crate::model::json_object::Json;
use crate::model::rope;

impl Family {
    /// Llama 2 and 3, and memloom's own small models.
    pub const LLAMA: Self = Self {
        model_type: "llama",
        architecture: "LlamaForCausalLM",
        activation: Activation::Silu,
        norm_offset: 0.0,
        output_norms: false,
        scales_embeddings: false,
        rope: rope::read,
        complete,
    };
}

fn complete(_: &mut BackboneConfig, file: &Json<'_>) -> Result<(), String> {
    file.refuse("attention_bias")?;
    file.refuse("mlp_bias")
}
