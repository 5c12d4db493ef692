//! The fused attention loops, compiled for each head width.

use crate::kernels::Precision;
use crate::kernels::attention::backward::{SavedForward, backward};
#[cfg(target_arch = "x86_64")]
use crate::kernels::attention::bfloat16_products::BFloat16;
use crate::kernels::attention::forward::{AttentionOutput, forward};
use crate::kernels::attention::key_rows::KeyRows;
use crate::kernels::attention::metadata::AttentionMetadata;
use crate::kernels::attention::products::{Float32, GradientProducts};
#[cfg(target_arch = "x86_64")]
use crate::kernels::bfloat16::Instructions;

/// The fused attention loops of one head width.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernels) struct FusedAttention {
    /// Attention of rotated rows `[queries | keys | values]` to key rows.
    pub(in crate::kernels) forward: fn(&AttentionMetadata, &[f32], KeyRows<'_>) -> AttentionOutput,
    /// The gradient of the rotated rows, given the gradient of the output.
    pub(in crate::kernels) backward: fn(&AttentionMetadata, SavedForward<'_>, &[f32]) -> Vec<f32>,
}

impl FusedAttention {
    /// Returns the loops for a pass, or `None` for a head width without fused loops.
    pub(in crate::kernels) fn of(metadata: &AttentionMetadata) -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        if metadata.precision == Precision::BFloat16 && Instructions::available().next().is_some() {
            return match metadata.heads.width {
                32 => Some(Self::compiled::<32, BFloat16>()),
                64 => Some(Self::compiled::<64, BFloat16>()),
                128 => Some(Self::compiled::<128, BFloat16>()),
                256 => Some(Self::compiled::<256, BFloat16>()),
                _ => Self::float32(metadata.heads.width),
            };
        }
        Self::float32(metadata.heads.width)
    }

    fn float32(width: usize) -> Option<Self> {
        match width {
            8 => Some(Self::compiled::<8, Float32>()),
            16 => Some(Self::compiled::<16, Float32>()),
            32 => Some(Self::compiled::<32, Float32>()),
            64 => Some(Self::compiled::<64, Float32>()),
            128 => Some(Self::compiled::<128, Float32>()),
            256 => Some(Self::compiled::<256, Float32>()),
            _ => None,
        }
    }

    fn compiled<const W: usize, P: GradientProducts<W>>() -> Self {
        Self {
            forward: forward::<W, P>,
            backward: backward::<W, P>,
        }
    }
}
