//! The attention plan of a forward pass.

use std::sync::{Arc, OnceLock};

use burn::tensor::backend::Backend;

use crate::kernels::Layout;
use crate::kernels::attention::chunks::Chunks;
use crate::kernels::attention::metadata::AttentionMetadata;

/// [`AttentionMetadata`] and the device tensors derived from it, which are built once per pass.
#[derive(Debug)]
pub struct AttentionPlan<B: Backend> {
    pub(in crate::kernels) metadata: Arc<AttentionMetadata>,
    device: B::Device,
    chunks: OnceLock<Chunks<B>>,
}

impl<B: Backend> AttentionPlan<B> {
    /// Returns a plan for tensors on `device`.
    pub fn new(metadata: AttentionMetadata, device: B::Device) -> Self {
        Self {
            metadata: Arc::new(metadata),
            device,
            chunks: OnceLock::new(),
        }
    }

    /// Returns the attention pattern.
    pub fn layout(&self) -> &Layout {
        &self.metadata.layout
    }

    /// Returns the device.
    pub fn device(&self) -> &B::Device {
        &self.device
    }

    /// Returns the chunks on the device, built on first use.
    pub(super) fn chunks(&self) -> &Chunks<B> {
        self.chunks
            .get_or_init(|| Chunks::new(&self.metadata, &self.device))
    }
}
