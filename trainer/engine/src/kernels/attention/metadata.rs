//! Attention metadata of a forward pass.

use std::sync::Arc;

use crate::kernels::{Heads, Layout, Rope};

/// Attention metadata of a forward pass: layout, head counts, RoPE tables.
#[derive(Clone, Debug)]
pub struct AttentionMetadata {
    /// The attention pattern.
    pub layout: Layout,
    /// The head counts.
    pub heads: Heads,
    /// The rotary tables.
    pub rope: Arc<Rope>,
}
