//! The fused loops, compiled for each width of a head.

use crate::kernels::attention::backward::{Remembered, backward};
use crate::kernels::attention::forward::{Attended, forward};
use crate::kernels::attention::key_rows::KeyRows;
use crate::kernels::attention::metadata::Sight;

/// The loops for one width of a head.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernels) struct Loops {
    /// Attention of rotated rows [queries | keys | values] to key rows.
    pub(in crate::kernels) forward: fn(&Sight, &[f32], KeyRows<'_>) -> Attended,
    /// Gradient of the rotated rows, given that of the means.
    pub(in crate::kernels) backward: fn(&Sight, Remembered<'_>, &[f32]) -> Vec<f32>,
}

impl Loops {
    /// None for a width that has no fused loops.
    pub(in crate::kernels) fn of(width: usize) -> Option<Self> {
        match width {
            8 => Some(Self::compiled::<8>()),
            16 => Some(Self::compiled::<16>()),
            32 => Some(Self::compiled::<32>()),
            64 => Some(Self::compiled::<64>()),
            128 => Some(Self::compiled::<128>()),
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
