//! The few operations that decide the backbone's speed, behind one trait.
//!
//! [`Kernels`] gives each of them in plain tensor operations (`composed.rs`,
//! `chunked.rs`), for any backend. The CPU backend replaces them by fused loops over
//! the flat tokens (`norm.rs`, `gate.rs`, `rotary.rs`, `attention/`, `choice.rs`), with
//! their gradients written out (`autodiff.rs`): on two cores most of a plain
//! decoder's time goes into small passes over memory, and padding is work too.
//!
//! Two things would grow faster than the number of tokens: the scores of attention,
//! and the logits of choices over a large vocabulary. Neither is ever there at once:
//! both are made block by block, and again on the way back (`attention/` and
//! `chunked.rs`; `head.rs`), as steps of the graph of our own (`graph.rs`).

mod attention;
mod autodiff;
mod backend;
mod choice;
mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
mod custom_op;
mod heads;
mod layout;
mod lm_head;
mod masked_softmax;
mod precision;
mod primitives;
mod reference;
mod rms_norm;
mod rope;
mod simd;
mod softmax_block;
mod swiglu;
mod tensors;

pub use self::attention::{Plan, Sight};
pub use self::backend::{Kernels, Trainable};
pub use self::choice::Choice;
pub use self::heads::Heads;
pub use self::layout::{Layout, Segment};
pub use self::precision::Precision;
pub use self::primitives::Primitives;
pub use self::rope::Rope;
pub use self::softmax_block::{Partial, Slope};
pub use self::tensors::floats;
pub(crate) use self::tensors::indices;

#[cfg(test)]
mod tests;
