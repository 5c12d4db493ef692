//! Llama: neither biases nor norms of queries and keys.

use crate::model::config::BackboneConfig;
use crate::model::families::Json;

pub(super) fn complete(_: &mut BackboneConfig, file: &Json<'_>) -> Result<(), String> {
    file.refuse("attention_bias")?;
    file.refuse("mlp_bias")
}
