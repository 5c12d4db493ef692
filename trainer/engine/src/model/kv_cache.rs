//! Keys and values of a generation.

use burn::tensor::Tensor;

use crate::kernels::Kernels;

/// Keys and values of a generation: for each layer [slots, keys | values].
#[derive(Debug)]
pub struct Cache<B: Kernels>(pub(super) Vec<Tensor<B, 2>>);

impl<B: Kernels> Cache<B> {
    /// Adds slots until there are so many.
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
