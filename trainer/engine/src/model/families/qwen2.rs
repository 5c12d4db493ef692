//! Qwen2 and Qwen2.5: queries, keys and values have biases.

use crate::kernels::Activation;
use crate::model::config::{BackboneConfig, Family};
use crate::model::families::sliding_window;
use crate::model::json_object::Json;
use crate::model::rope;

impl Family {
    /// Qwen2 and Qwen2.5.
    pub const QWEN2: Self = Self {
        model_type: "qwen2",
        architecture: "Qwen2ForCausalLM",
        activation: Activation::Silu,
        norm_offset: 0.0,
        output_norms: false,
        scales_embeddings: false,
        rope: rope::read,
        complete,
    };
}

fn complete(config: &mut BackboneConfig, file: &Json<'_>) -> Result<(), String> {
    config.qkv_bias = true;
    sliding_window::read(config, file)
}
