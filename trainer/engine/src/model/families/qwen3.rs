//! Qwen3: queries and keys are normalised head by head, and heads have a width of
//! their own.

use crate::model::config::{BackboneConfig, Family};
use crate::model::json_object::Json;

/// What `transformers` takes where a file does not say it.
const HEAD_DIM: usize = 128;

impl Family {
    /// Qwen3's dense models.
    pub const QWEN3: Self = Self {
        model_type: "qwen3",
        architecture: "Qwen3ForCausalLM",
        complete,
    };
}

fn complete(config: &mut BackboneConfig, file: &Json<'_>) -> Result<(), String> {
    config.qk_norm = true;
    config.head_dim = file.count_or("head_dim", HEAD_DIM)?;
    file.refuse("attention_bias")?;
    file.refuse("use_sliding_window")
}
