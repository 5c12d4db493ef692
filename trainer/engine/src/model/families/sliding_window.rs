//! The layers with a sliding window, as Qwen2 and Qwen3 name them.

use serde_json::Value;

use crate::model::config::{BackboneConfig, SlidingWindow};
use crate::model::json_object::Json;

/// The values of `layer_types`.
const SLIDING: &str = "sliding_attention";
const FULL: &str = "full_attention";
/// The defaults of `transformers`.
const SIZE: usize = 4096;
const MAX_WINDOW_LAYERS: usize = 28;

/// Reads `use_sliding_window` and the keys that it switches on.
pub(super) fn read(config: &mut BackboneConfig, file: &Json<'_>) -> Result<(), String> {
    let used = file.flag("use_sliding_window")?.unwrap_or(false) && !file.is_null("sliding_window");
    let layers = match layer_types(file)? {
        Some(layers) if !used && layers.contains(&true) => {
            return Err(format!(
                "layer_types has {SLIDING} without use_sliding_window = true"
            ));
        }
        Some(layers) => layers,
        None => {
            let full = file.count_or("max_window_layers", MAX_WINDOW_LAYERS)?;
            (0..config.layers)
                .map(|layer| used && layer >= full)
                .collect()
        }
    };
    config.sliding = match layers.contains(&true) {
        true => Some(SlidingWindow {
            size: file.count_or("sliding_window", SIZE)?,
            layers,
            rope_theta: None,
        }),
        false => None,
    };
    Ok(())
}

/// Reads `layer_types`: true for each layer with a sliding window.
pub(super) fn layer_types(file: &Json<'_>) -> Result<Option<Vec<bool>>, String> {
    let Some(types) = file.list("layer_types")? else {
        return Ok(None);
    };
    let slides = |kind: &Value| match kind.as_str() {
        Some(SLIDING) => Ok(true),
        Some(FULL) => Ok(false),
        _ => Err(format!(
            "unsupported layer_types {kind}; supported: {FULL}, {SLIDING}"
        )),
    };
    types.iter().map(slides).collect::<Result<_, _>>().map(Some)
}

/// Returns the value of `layer_types`.
pub(in crate::model) fn to_json(layers: &[bool]) -> Value {
    let names = layers
        .iter()
        .map(|slides| if *slides { SLIDING } else { FULL });
    names.collect()
}
