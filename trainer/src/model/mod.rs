//! The backbone: a decoder of the Llama and Qwen families, and the log-probabilities of what
//! it chose.
//!
//! [`Backbone`] is the decoder (`decoder.rs`), [`BackboneConfig`] its shape;
//! [`LoraConfig`] is the shape of what can be trained in its place.
//! [`choice_logprobs`] scores completions for the loss; generation is in
//! [`crate::generate`]. Both feed tokens flat, without padding: a [`Layout`]
//! says which tokens see which. What is slow in plain tensor operations goes
//! through [`Kernels`], which has a fused implementation on the CPU.

pub mod config;
pub mod decoder;
pub mod family;
pub mod inspect;
pub mod kernels;
pub mod layout;
pub mod lora;
pub mod pack;
mod precision;
mod rope;
mod tape;
pub(crate) mod tensor_file;
pub mod weights;

pub use self::config::{BackboneConfig, ConfigError};
pub use self::decoder::{Backbone, Rewrite};
pub use self::kernels::{Kernels, Trainable};
pub use self::layout::{Layout, Segment};
pub use self::lora::LoraConfig;
pub use self::pack::{
    Choices, Row, Sequence, choice_logprobs, choice_logprobs_taped, micro_batches,
};
pub use self::precision::Precision;
pub use self::tape::Tape;

pub use self::weights::WeightsError;
