//! Random initial weights.

use burn::tensor::{Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::kernels::Kernels;
use crate::model::config::{BackboneConfig, ConfigError};
use crate::model::decoder::{Backbone, Layer};

impl<B: Kernels> Backbone<B> {
    /// Builds a decoder with random weights. A seed gives the same weights on every backend.
    ///
    /// Matrices are normal with standard deviation 0.5 / sqrt(inputs). The two projections into the
    /// residual stream have 1 / sqrt(2 layers) of that (GPT-2's scheme, whose 0.02 is 0.55 /
    /// sqrt(768)). Embeddings are initialised as the LM head. Norms scale by 1.
    pub fn random(
        config: &BackboneConfig,
        seed: u64,
        device: &B::Device,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let mut source = ChaCha8Rng::seed_from_u64(seed);
        let mut normal = |rows: usize, columns: usize, deviation: f64| -> Tensor<B, 2> {
            let values = normals(&mut source, rows * columns, deviation);
            Tensor::from_data(TensorData::new(values, [rows, columns]), device)
        };
        let deviation = |inputs: usize| 0.5 / (inputs as f64).sqrt();
        let residual = 1.0 / (2.0 * config.layers as f64).sqrt();
        let hidden = config.hidden_size;
        let queries = config.heads * config.head_dim;
        let keys = config.kv_heads * config.head_dim;
        let intermediate = config.intermediate_size;
        let ones = |width| Tensor::ones([width], device).sub_scalar(config.family.norm_offset);
        let embedding = normal(config.vocab_size, hidden, deviation(hidden));
        let layers = (0..config.layers)
            .map(|_| Layer {
                attention_norm: ones(hidden),
                qkv: normal(hidden, queries + 2 * keys, deviation(hidden)),
                qkv_bias: (config.qkv_bias).then(|| Tensor::zeros([queries + 2 * keys], device)),
                head_norms: (config.qk_norm).then(|| [(); 2].map(|()| ones(config.head_dim))),
                attention_out: normal(queries, hidden, residual * deviation(queries)),
                mlp_norm: ones(hidden),
                gate_up: normal(hidden, 2 * intermediate, deviation(hidden)),
                down: normal(intermediate, hidden, residual * deviation(intermediate)),
                output_norms: (config.family.output_norms).then(|| [(); 2].map(|()| ones(hidden))),
            })
            .collect();
        let head =
            (!config.tie_embeddings).then(|| normal(hidden, config.vocab_size, deviation(hidden)));
        Ok(Self::from_parts(
            config,
            embedding,
            layers,
            ones(hidden),
            head,
            None,
        ))
    }
}

/// Returns normal random numbers by the Box-Muller transform.
fn normals(source: &mut ChaCha8Rng, count: usize, deviation: f64) -> Vec<f32> {
    let mut uniform = || (source.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    let mut values = Vec::with_capacity(count + 1);
    while values.len() < count {
        let radius = (-2.0 * (1.0 - uniform()).ln()).sqrt() * deviation;
        let (sin, cos) = (std::f64::consts::TAU * uniform()).sin_cos();
        values.extend([(radius * cos) as f32, (radius * sin) as f32]);
    }
    values.truncate(count);
    values
}
