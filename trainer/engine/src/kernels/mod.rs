//! The operations that decide the model's speed, behind the [`Kernels`] trait.
//!
//! The default methods use plain tensor operations (`reference.rs`, `attention/chunked.rs`) and run
//! on any backend. The CPU backend overrides them with fused loops over the flat tokens
//! (`rms_norm.rs`, `gate.rs`, `rope.rs`, `attention/`, `masked_softmax.rs`) and hand-written
//! gradients (`autodiff.rs`). On two cores a plain decoder spends most of its time in small passes
//! over memory, and padding is work too.
//!
//! Attention scores and the logits of a large vocabulary grow faster than the number of tokens.
//! Neither is materialised: both are computed block by block, and again in the backward pass
//! (`attention/` and `lm_head.rs`), as custom autodiff operations (`custom_op.rs`).

mod activation;
mod adamw;
mod attention;
mod autodiff;
mod awake;
mod backend;
#[cfg(target_arch = "x86_64")]
mod bfloat16;
mod choice;
mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
mod custom_op;
mod flex_tensors;
mod gate;
mod heads;
mod layout;
mod lm_head;
mod masked_softmax;
mod precision;
mod primitives;
mod reference;
mod right_factor;
mod rms_norm;
mod rope;
mod simd;
mod softmax_block;
mod tensors;
mod transpose;
mod zeros;

pub use self::activation::Activation;
pub use self::adamw::{AdamWState, AdamWStep};
pub use self::attention::{AttentionMetadata, AttentionPlan};
pub use self::backend::{Kernels, Trainable};
pub use self::choice::Choice;
pub use self::heads::Heads;
pub use self::layout::{Layout, Segment};
pub use self::precision::Precision;
pub use self::primitives::Primitives;
pub use self::right_factor::RightFactor;
pub use self::rope::Rope;
pub use self::softmax_block::{SoftmaxBlock, SoftmaxGradient};
pub use self::tensors::floats;
pub(crate) use self::tensors::indices;

#[cfg(test)]
mod tests;
