//! Attention metadata of a forward pass.

use std::sync::Arc;

use crate::kernels::{Heads, Layout, Precision, Rope};

/// Attention metadata of a forward pass: layout, head counts, RoPE tables.
#[derive(Clone, Debug)]
pub struct AttentionMetadata {
    /// The attention pattern.
    pub layout: Layout,
    /// The head counts.
    pub heads: Heads,
    /// The rotary tables.
    pub rope: Arc<Rope>,
    /// The precision of products. In bfloat16, fused attention rounds queries, keys and values.
    pub precision: Precision,
}
