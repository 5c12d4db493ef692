//! The backbone: a decoder of the Llama and Qwen families, and the log-probabilities of what
//! it chose.
//!
//! [`Backbone`] is the decoder (`decoder.rs`), [`BackboneConfig`] its shape;
//! [`LoraConfig`] is the shape of what can be trained in its place.
//! [`choice_logprobs`] scores completions for the loss; generation is in
//! [`crate::generation`]. Both feed tokens flat, without padding: a
//! [`Layout`](crate::kernels::Layout) says which tokens see which. What is slow in plain
//! tensor operations goes through [`Kernels`](crate::kernels::Kernels), which has a fused
//! implementation on the CPU.

mod activation_checkpointing;
mod adapters;
pub mod config;
mod config_json;
mod decoder;
mod families;
pub mod inspect;
mod json_object;
pub(crate) mod kv_cache;
pub mod lora;
pub mod packing;
mod parameter_names;
mod parameters;
mod random_init;
mod rewrite;
mod weights;

pub use self::activation_checkpointing::Tape;
pub use self::config::{BackboneConfig, ConfigError, Family, RopeScaling};
pub use self::decoder::Backbone;
pub use self::lora::LoraConfig;
pub use self::packing::{
    Choices, Row, Sequence, choice_logprobs, choice_logprobs_taped, micro_batches,
};
pub use self::rewrite::Rewrite;
pub use self::weights::{ModelFileError, survey};
pub use crate::safetensors::{Stored, WeightsError};
