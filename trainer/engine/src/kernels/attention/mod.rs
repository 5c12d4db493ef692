//! Fused attention over segments: no padding, no mask, nothing kept for the
//! backward pass but one number a head and query.
//!
//! Scores exist for a [`Block`] of queries and keys at a time, so that memory
//! grows with the length and not with its square. The work on a block is matrix
//! products of a few hundred by a few hundred by the width of a head: too small
//! for a general matrix library to pay, so they go through one register tile,
//! [`Tile::add`].

mod backward;
mod blocks;
pub(super) mod chunked;
mod chunks;
mod forward;
mod fused;
mod key_rows;
mod metadata;
mod plan;
mod tile;

pub(super) use self::backward::Remembered;
pub(super) use self::fused::Loops;
pub(super) use self::key_rows::KeyRows;
pub use self::metadata::Sight;
pub use self::plan::Plan;
