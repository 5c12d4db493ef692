//! The fused attention loops, compiled for each head width.

use crate::kernels::attention::backward::{SavedForward, backward};
use crate::kernels::attention::forward::{AttentionOutput, forward};
use crate::kernels::attention::key_rows::KeyRows;
use crate::kernels::attention::metadata::AttentionMetadata;

/// The fused attention loops of one head width.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernels) struct FusedAttention {
    /// Attention of rotated rows `[queries | keys | values]` to key rows.
    pub(in crate::kernels) forward: fn(&AttentionMetadata, &[f32], KeyRows<'_>) -> AttentionOutput,
    /// The gradient of the rotated rows, given the gradient of the output.
    pub(in crate::kernels) backward: fn(&AttentionMetadata, SavedForward<'_>, &[f32]) -> Vec<f32>,
}

impl FusedAttention {
    /// Returns `None` for a head width without fused loops.
    pub(in crate::kernels) fn for_head_width(width: usize) -> Option<Self> {
        match width {
            8 => Some(Self::compiled::<8>()),
            16 => Some(Self::compiled::<16>()),
            32 => Some(Self::compiled::<32>()),
            64 => Some(Self::compiled::<64>()),
            128 => Some(Self::compiled::<128>()),
            256 => Some(Self::compiled::<256>()),
            _ => None,
        }
    }

    fn compiled<const W: usize>() -> Self {
        Self {
            forward: forward::<W>,
            backward: backward::<W>,
        }
    }
}
