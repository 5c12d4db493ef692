//! What a backend derives from a pass once.

use std::sync::{Arc, OnceLock};

use burn::tensor::backend::Backend;

use crate::kernels::Layout;
use crate::kernels::attention::chunks::Sighted;
use crate::kernels::attention::metadata::Sight;

/// A [`Sight`] with what a backend derives from it once a pass.
#[derive(Debug)]
pub struct Plan<B: Backend> {
    pub(in crate::kernels) sight: Arc<Sight>,
    device: B::Device,
    chunked: OnceLock<Sighted<B>>,
}

impl<B: Backend> Plan<B> {
    /// A plan for tensors on `device`.
    pub fn new(sight: Sight, device: B::Device) -> Self {
        Self {
            sight: Arc::new(sight),
            device,
            chunked: OnceLock::new(),
        }
    }

    /// Who sees whom.
    pub fn layout(&self) -> &Layout {
        &self.sight.layout
    }

    /// Where the tensors are.
    pub fn device(&self) -> &B::Device {
        &self.device
    }

    /// The layout in chunks on the device, made on first use.
    pub(super) fn chunks(&self) -> &Sighted<B> {
        self.chunked
            .get_or_init(|| Sighted::new(&self.sight, &self.device))
    }
}
