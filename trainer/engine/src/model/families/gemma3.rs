//! The language models of Gemma 3: sliding windows with rotary frequencies of their own, scaled
//! embeddings, norms of outputs, norms whose weight is 1 + w, and GELU.

use crate::kernels::Activation;
use crate::model::config::{BackboneConfig, Family, SlidingWindow};
use crate::model::families::sliding_window;
use crate::model::json_object::Json;
use crate::model::rope::{by_layer_type, positive};

/// The defaults of `transformers`.
const HEADS_OF_KEYS: usize = 4;
const HEAD_DIM: usize = 256;
const QUERY_PRE_ATTN_SCALAR: f64 = 256.0;
const SLIDING_WINDOW: usize = 4096;
const SLIDING_WINDOW_PATTERN: usize = 6;

impl Family {
    /// The language models of Gemma 3.
    pub const GEMMA3: Self = Self {
        model_type: "gemma3_text",
        architecture: "Gemma3ForCausalLM",
        activation: Activation::GeluTanh,
        norm_offset: 1.0,
        output_norms: true,
        scales_embeddings: true,
        rope: by_layer_type::read,
        complete,
    };
}

fn complete(config: &mut BackboneConfig, file: &Json<'_>) -> Result<(), String> {
    file.refuse("attention_bias")?;
    file.refuse("use_bidirectional_attention")?;
    file.refuse_set("attn_logit_softcapping")?;
    file.refuse_set("final_logit_softcapping")?;
    config.qk_norm = true;
    config.head_dim = file.count_or("head_dim", HEAD_DIM)?;
    config.kv_heads = file.count_or("num_key_value_heads", HEADS_OF_KEYS)?;
    config.tie_embeddings = file.flag("tie_word_embeddings")?.unwrap_or(true);
    let scalar = positive(file, "query_pre_attn_scalar")?;
    config.query_pre_attn_scalar = Some(scalar.unwrap_or(QUERY_PRE_ATTN_SCALAR));
    let layers = match sliding_window::layer_types(file)? {
        Some(layers) => layers,
        None => {
            let pattern = file.count_or("sliding_window_pattern", SLIDING_WINDOW_PATTERN)?;
            let slides = |layer: usize| pattern == 0 || !(layer + 1).is_multiple_of(pattern);
            (0..config.layers).map(slides).collect()
        }
    };
    if file.is_null("sliding_window") {
        return Err("sliding_window is null, expected a number of tokens".into());
    }
    config.sliding = Some(SlidingWindow {
        size: file.count_or("sliding_window", SLIDING_WINDOW)?,
        layers,
        rope_theta: Some(by_layer_type::sliding_theta(file)?),
    });
    Ok(())
}
