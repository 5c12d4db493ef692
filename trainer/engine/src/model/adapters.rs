//! Adding, training and merging LoRA adapters.

use burn::tensor::{Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::kernels::Kernels;
use crate::model::decoder::Backbone;
use crate::model::lora::{Lora, LoraConfig, Projection};
use crate::model::rewrite::Rewrite;

impl<B: Kernels> Backbone<B> {
    /// Adds an adapter that does not change the output yet: `lora_A` is uniform up to 1 /
    /// sqrt(inputs), as in PEFT, and `lora_B` is zero. From then on only the adapter and the value
    /// head are trained.
    pub fn with_lora(self, config: &LoraConfig, seed: u64) -> Self {
        let device = self.device();
        let mut source = ChaCha8Rng::seed_from_u64(seed);
        let lora = Lora::of(config, &self.config, |_, inputs, outputs| {
            let bound = 1.0 / (inputs as f64).sqrt();
            let mut uniform = || (source.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
            let values: Vec<f32> = (0..inputs * config.rank)
                .map(|_| (bound * (2.0 * uniform() - 1.0)) as f32)
                .collect();
            let a = Tensor::from_data(TensorData::new(values, [inputs, config.rank]), &device);
            let b = Tensor::zeros([config.rank, outputs], &device);
            Ok::<_, std::convert::Infallible>([a, b])
        });
        match lora {
            Ok(lora) => self.attach(lora),
            Err(never) => match never {},
        }
    }

    /// Freezes the backbone's own weights and makes `lora` trainable.
    pub(super) fn attach(self, lora: Lora<B>) -> Self {
        struct Leaf(bool);
        impl<B: Kernels> Rewrite<B> for Leaf {
            fn rewrite<const D: usize>(&mut self, _: &str, leaf: Tensor<B, D>) -> Tensor<B, D> {
                leaf.set_require_grad(self.0)
            }
        }
        let mut adapted = match self.lora {
            None => self.rewrite(&mut Leaf(false)),
            Some(_) => self,
        };
        adapted.lora = Some(lora.rewrite(&mut Leaf(true)));
        adapted
    }

    /// Returns the adapter's configuration, if there is an adapter.
    pub fn lora(&self) -> Option<&LoraConfig> {
        self.lora.as_ref().map(|lora| &lora.config)
    }

    /// Enables the adapter's dropout. The masks of every pass derive from `seed`.
    pub fn with_dropout(&self, seed: u64) -> Self {
        let mut model = self.clone();
        if let Some(lora) = model.lora.as_mut().filter(|lora| lora.config.dropout > 0.0) {
            lora.dropout_seed = Some(seed);
        }
        model
    }

    /// Merges the adapter into the weights.
    pub fn merged(mut self) -> Self {
        let Some(lora) = self.lora.take() else {
            return self;
        };
        self.right_factors = None;
        for (index, layer) in self.layers.iter_mut().enumerate() {
            for (projection, matrix) in [
                (Projection::Qkv, &mut layer.qkv),
                (Projection::AttentionOut, &mut layer.attention_out),
                (Projection::GateUp, &mut layer.gate_up),
                (Projection::Down, &mut layer.down),
            ] {
                let columns = matrix.dims()[1];
                if let Some(added) = lora.delta(index, projection, columns, |_, p| p.a.clone()) {
                    *matrix = matrix.clone() + added;
                }
            }
        }
        self
    }

    /// Removes the adapter.
    pub fn without_lora(mut self) -> Self {
        self.lora = None;
        self
    }
}
