//! The key-value cache of a decoder.

use burn::tensor::Tensor;

use crate::kernels::Kernels;

/// Keys and values by cache slot: for each layer `[slots, keys | values]`.
#[derive(Debug)]
pub struct KvCache<B: Kernels>(pub(super) Vec<Tensor<B, 2>>);

impl<B: Kernels> KvCache<B> {
    /// Grows the cache to `slots` slots.
    pub(crate) fn grow(&mut self, slots: usize) {
        for keys in &mut self.0 {
            let [present, width] = keys.dims();
            if slots > present {
                let new = Tensor::zeros([slots - present, width], &keys.device());
                *keys = match present {
                    0 => new,
                    _ => Tensor::cat(vec![keys.clone(), new], 0),
                };
            }
        }
    }
}
