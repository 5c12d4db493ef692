//! Qwen2 and Qwen2.5: queries, keys and values have biases.

use crate::model::config::{BackboneConfig, Family};
use crate::model::json_object::Json;

impl Family {
    /// Qwen2 and Qwen2.5.
    pub const QWEN2: Self = Self {
        model_type: "qwen2",
        architecture: "Qwen2ForCausalLM",
        complete,
    };
}

fn complete(config: &mut BackboneConfig, file: &Json<'_>) -> Result<(), String> {
    config.qkv_bias = true;
    file.refuse("use_sliding_window")
}
