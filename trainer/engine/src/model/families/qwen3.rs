//! Qwen3: queries and keys are normalised per head, and the head width is independent of the hidden
//! size.

use crate::kernels::Activation;
use crate::model::config::{BackboneConfig, Family};
use crate::model::families::sliding_window;
use crate::model::json_object::Json;
use crate::model::rope;

/// The default of `transformers`.
const HEAD_DIM: usize = 128;

impl Family {
    /// The dense models of Qwen3.
    pub const QWEN3: Self = Self {
        model_type: "qwen3",
        architecture: "Qwen3ForCausalLM",
        activation: Activation::Silu,
        norm_offset: 0.0,
        output_norms: false,
        scales_embeddings: false,
        rope: rope::read,
        complete,
    };
}

fn complete(config: &mut BackboneConfig, file: &Json<'_>) -> Result<(), String> {
    config.qk_norm = true;
    config.head_dim = file.count_or("head_dim", HEAD_DIM)?;
    file.refuse("attention_bias")?;
    sliding_window::read(config, file)
}
