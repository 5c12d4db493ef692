//! The attention plans of a pass: layers with a sliding window have one of their own.

use std::sync::Arc;

use crate::kernels::{AttentionMetadata, AttentionPlan, Heads, Kernels, Layout};
use crate::model::config::SlidingWindow;
use crate::model::decoder::Backbone;

/// The attention plans of a pass.
pub(crate) struct AttentionPlans<B: Kernels> {
    /// The plan of layers whose queries see all keys.
    full: AttentionPlan<B>,
    /// The plan of layers with a window, and true for each of these layers.
    sliding: Option<(AttentionPlan<B>, Vec<bool>)>,
}

impl<B: Kernels> AttentionPlans<B> {
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

impl<B: Kernels> Backbone<B> {
    /// Returns the attention plans of a pass over `layout`.
    pub(crate) fn plans(&self, layout: Layout) -> AttentionPlans<B> {
        let config = &self.config;
        let full = AttentionMetadata {
            layout: Arc::new(layout),
            heads: Heads {
                queries: config.heads,
                keys: config.kv_heads,
                width: config.head_dim,
            },
            window: None,
            scale: config.score_scale(),
            rope: self.rope.clone(),
            precision: self.precision,
        };
        let sliding = config.sliding.as_ref().map(|sliding| {
            let SlidingWindow { size, layers, .. } = sliding;
            let metadata = AttentionMetadata {
                window: Some(*size),
                rope: self.sliding_rope.clone(),
                ..full.clone()
            };
            (AttentionPlan::new(metadata, self.device()), layers.clone())
        });
        AttentionPlans {
            full: AttentionPlan::new(full, self.device()),
            sliding,
        }
    }
}
