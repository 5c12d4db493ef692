//! Qwen2 and Qwen2.5: queries, keys and values have biases.

use crate::model::config::BackboneConfig;
use crate::model::families::Json;

pub(super) fn complete(config: &mut BackboneConfig, file: &Json<'_>) -> Result<(), String> {
    config.qkv_bias = true;
    file.refuse("use_sliding_window")
}
