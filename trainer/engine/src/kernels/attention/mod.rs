//! Fused attention over segments. There is no padding and no mask, and the backward pass keeps one
//! number per head and query.
//!
//! Scores exist for one block of queries and keys at a time (`blocks.rs`), so memory grows linearly
//! with the length. The work on a block is matrix products of a few hundred by a few hundred by the
//! head width. These are too small for a general matrix library, so they run in one register tile
//! (`products.rs`, `tile.rs`), or in bfloat16 (`bfloat16_products.rs`). `chunked.rs` is the same attention in plain tensor operations.

mod backward;
#[cfg(target_arch = "x86_64")]
mod bfloat16_products;
mod blocks;
pub(super) mod chunked;
mod chunks;
mod forward;
mod fused;
mod key_rows;
mod metadata;
mod plan;
mod products;
mod tile;

pub(super) use self::backward::SavedForward;
pub(super) use self::fused::FusedAttention;
pub(super) use self::key_rows::KeyRows;
pub use self::metadata::AttentionMetadata;
pub use self::plan::AttentionPlan;
