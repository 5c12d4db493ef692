//! Attention metadata of a forward pass.

use std::ops::Range;
use std::sync::Arc;

use crate::kernels::{Heads, Layout, Precision, Rope, Segment};

/// Attention metadata of a forward pass: layout, head counts, window, scale, RoPE tables.
#[derive(Clone, Debug)]
pub struct AttentionMetadata {
    /// The attention pattern.
    pub layout: Arc<Layout>,
    /// The head counts.
    pub heads: Heads,
    /// The number of keys that a query sees: the last of those that the layout lets it see, its own
    /// among them. At least 1; `None` if a query sees all.
    pub window: Option<usize>,
    /// The factor of products of queries and keys.
    pub scale: f32,
    /// The rotary tables.
    pub rope: Arc<Rope>,
    /// The precision of products. In bfloat16, fused attention rounds queries, keys and values.
    pub precision: Precision,
}

impl AttentionMetadata {
    /// Returns the keys that the query at offset `j` of a segment sees, by offset.
    pub(super) fn visible(&self, segment: &Segment, j: usize) -> Range<usize> {
        let end = segment.visible(j);
        end.saturating_sub(self.window.unwrap_or(end))..end
    }
}
