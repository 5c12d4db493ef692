//! The decoder, its adapters, its files and its log-probabilities.
//!
//! [`Backbone`] is a decoder of the Llama, Qwen and Gemma families, [`BackboneConfig`] its shape,
//! and [`LoraConfig`] the shape of an adapter. [`choice_logprobs`] scores completions for the loss;
//! [`crate::generation`] samples them. Both feed tokens flat, without padding: a
//! [`Layout`](crate::kernels::Layout) tells which tokens attend to which. Operations that decide
//! the speed go through [`Kernels`](crate::kernels::Kernels).

mod activation_checkpointing;
mod adapters;
mod attention_plans;
pub mod config;
mod config_json;
mod decoder;
mod families;
mod gguf;
pub mod inspect;
mod json_object;
pub(crate) mod kv_cache;
pub mod lora;
pub mod packing;
mod parameter_names;
mod parameters;
mod random_init;
mod rewrite;
mod right_factors;
mod rope;
mod weights;

pub use self::activation_checkpointing::CheckpointedPass;
pub use self::config::{BackboneConfig, ConfigError, Family, SlidingWindow};
pub use self::decoder::Backbone;
pub use self::lora::LoraConfig;
pub use self::packing::{
    ChoiceScores, Row, Sequence, choice_logprobs, choice_logprobs_checkpointed, micro_batches,
};
pub use self::rewrite::Rewrite;
pub use self::rope::RopeScaling;
pub use self::weights::{ModelFileError, Survey, survey};
pub use crate::safetensors::{WeightDtype, WeightsError};
