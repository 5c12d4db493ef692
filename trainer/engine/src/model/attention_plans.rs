//! The attention plans of a pass: layers with a sliding window have one of their own.

use std::sync::Arc;

use crate::kernels::{AttentionMetadata, AttentionPlan, Kernels, Layout, Rope};
use crate::model::config::SlidingWindow;

/// The attention plans of a pass.
pub(crate) struct AttentionPlans<B: Kernels> {
    /// The plan of layers whose queries see all keys.
    full: AttentionPlan<B>,
    /// The plan of layers with a window, and true for each of these layers.
    sliding: Option<(AttentionPlan<B>, Vec<bool>)>,
}

impl<B: Kernels> AttentionPlans<B> {
    /// Returns the plans of layers without a window, and of those with one, whose rotary tables are
    /// `sliding_rope`.
    pub(crate) fn new(
        full: AttentionMetadata,
        sliding: Option<&SlidingWindow>,
        sliding_rope: &Arc<Rope>,
        device: &B::Device,
    ) -> Self {
        let sliding = sliding.map(|SlidingWindow { size, layers, .. }| {
            let metadata = AttentionMetadata {
                window: Some(*size),
                rope: sliding_rope.clone(),
                ..full.clone()
            };
            (AttentionPlan::new(metadata, device.clone()), layers.clone())
        });
        Self {
            full: AttentionPlan::new(full, device.clone()),
            sliding,
        }
    }

    /// Returns the plan of a layer.
    pub(crate) fn of(&self, layer: usize) -> &AttentionPlan<B> {
        match &self.sliding {
            Some((plan, layers)) if layers[layer] => plan,
            _ => &self.full,
        }
    }

    /// Returns the attention pattern of layers whose queries see all keys.
    pub(crate) fn layout(&self) -> &Layout {
        self.full.layout()
    }

    /// Returns the device.
    pub(crate) fn device(&self) -> &B::Device {
        self.full.device()
    }
}
