//! The decoder that Llama, Qwen2 and Qwen3 share: RMSNorm, rotary positions,
//! grouped-query attention, SwiGLU, tied or untied head; with the biases of the one
//! or the query and key norms of the other where the configuration says so.
//!
//! Matrices are [inputs, outputs], the transpose of Hugging Face's; queries,
//! keys and values are one matrix, gate and up another, so that each is one
//! product.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::tensor::{Int, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::kernels::Layout;
use crate::kernels::Precision;
use crate::kernels::{Heads, Kernels, Plan, Rope, Sight, Trainable, indices};
use crate::model::config::{BackboneConfig, ConfigError};
use crate::model::lora::{Lora, Place};

/// A decoder's weights.
#[derive(Clone, Debug)]
pub struct Backbone<B: Kernels> {
    pub(super) config: BackboneConfig,
    /// Most tokens of a prompt and its completion together.
    context: usize,
    pub(super) precision: Precision,
    rope: Arc<Rope>,
    /// [vocabulary, hidden].
    pub(super) embedding: Tensor<B, 2>,
    pub(super) layers: Vec<Layer<B>>,
    /// [hidden].
    pub(super) norm: Tensor<B, 1>,
    /// [hidden, vocabulary]; None where the embedding is the head.
    pub(super) head: Option<Tensor<B, 2>>,
    /// [hidden, 1]; None where nothing is judged.
    pub(super) value_head: Option<Tensor<B, 2>>,
    /// What is trained in the place of all but the value head, if it is not all.
    pub(super) lora: Option<Lora<B>>,
}

/// A layer's weights.
#[derive(Clone, Debug)]
pub(super) struct Layer<B: Kernels> {
    /// [hidden].
    pub(super) attention_norm: Tensor<B, 1>,
    /// [hidden, queries | keys | values].
    pub(super) qkv: Tensor<B, 2>,
    /// [queries | keys | values]; None but in Qwen2.
    pub(super) qkv_bias: Option<Tensor<B, 1>>,
    /// Of each head's queries and keys, [head width]; None but in Qwen3.
    pub(super) head_norms: Option<[Tensor<B, 1>; 2]>,
    /// [query heads * head width, hidden].
    pub(super) attention_out: Tensor<B, 2>,
    /// [hidden].
    pub(super) mlp_norm: Tensor<B, 1>,
    /// [hidden, gate | up].
    pub(super) gate_up: Tensor<B, 2>,
    /// [intermediate, hidden].
    pub(super) down: Tensor<B, 2>,
}

/// Keys and values of a generation: for each layer [slots, keys | values].
#[derive(Debug)]
pub struct Cache<B: Kernels>(Vec<Tensor<B, 2>>);

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

/// What turns every parameter that is trained into another of the same shape.
pub trait Rewrite<B: Kernels> {
    /// The new parameter. `name` tells it from all others; the order of calls is
    /// fixed.
    fn rewrite<const D: usize>(&mut self, name: &str, parameter: Tensor<B, D>) -> Tensor<B, D>;
}

impl<B: Kernels> Backbone<B> {
    /// Random weights: the same for the same seed, whatever the backend.
    ///
    /// Matrices are normal with standard deviation 0.5 / sqrt(inputs), the two
    /// that write into the residual stream 1 / sqrt(2 layers) of that (GPT-2's
    /// scheme, its 0.02 being 0.55 / sqrt(768)); embeddings are as the head's
    /// matrix; norms are 1.
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
        let ones = || Tensor::ones([hidden], device);
        let embedding = normal(config.vocab_size, hidden, deviation(hidden));
        let layers = (0..config.layers)
            .map(|_| Layer {
                attention_norm: ones(),
                qkv: normal(hidden, queries + 2 * keys, deviation(hidden)),
                qkv_bias: (config.qkv_bias).then(|| Tensor::zeros([queries + 2 * keys], device)),
                head_norms: (config.qk_norm)
                    .then(|| [(); 2].map(|()| Tensor::ones([config.head_dim], device))),
                attention_out: normal(queries, hidden, residual * deviation(queries)),
                mlp_norm: ones(),
                gate_up: normal(hidden, 2 * intermediate, deviation(hidden)),
                down: normal(intermediate, hidden, residual * deviation(intermediate)),
            })
            .collect();
        let head =
            (!config.tie_embeddings).then(|| normal(hidden, config.vocab_size, deviation(hidden)));
        Ok(Self::assemble(
            config,
            embedding,
            layers,
            ones(),
            head,
            None,
        ))
    }

    /// With a value head that judges everything to be worth 0.
    pub fn with_value_head(mut self) -> Self {
        let zeros = Tensor::zeros([self.config.hidden_size, 1], &self.device());
        self.value_head = Some(zeros.require_grad());
        self
    }

    /// The policy alone.
    pub fn without_value_head(mut self) -> Self {
        self.value_head = None;
        self
    }

    /// From tensors, each of which becomes a leaf that collects a gradient where
    /// the backend has gradients.
    pub(super) fn assemble(
        config: &BackboneConfig,
        embedding: Tensor<B, 2>,
        layers: Vec<Layer<B>>,
        norm: Tensor<B, 1>,
        head: Option<Tensor<B, 2>>,
        value_head: Option<Tensor<B, 2>>,
    ) -> Self {
        struct Leaf;
        impl<B: Kernels> Rewrite<B> for Leaf {
            fn rewrite<const D: usize>(&mut self, _: &str, leaf: Tensor<B, D>) -> Tensor<B, D> {
                leaf.require_grad()
            }
        }
        let rope = Rope::new(config.context, &config.frequencies());
        let backbone = Self {
            config: config.clone(),
            context: config.context,
            precision: Precision::default(),
            rope: Arc::new(rope),
            embedding,
            layers,
            norm,
            head,
            value_head,
            lora: None,
        };
        backbone.rewrite(&mut Leaf)
    }

    /// The shape.
    pub fn config(&self) -> &BackboneConfig {
        &self.config
    }

    /// Most tokens of a prompt and its completion together.
    pub fn context(&self) -> usize {
        self.context
    }

    /// The same, reading at most `context` tokens.
    pub fn within(mut self, context: usize) -> Self {
        self.context = self.context.min(context);
        self
    }

    /// The same, with products computed in `precision`. By default it is 32 bits.
    pub fn computing_in(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// The same, its matrices rounded once to what products round them to.
    pub fn rounded(mut self) -> Self {
        let precision = self.precision;
        if precision == Precision::Float32 {
            return self;
        }
        self.head = Some(precision.rounded(self.words()).transpose());
        for layer in &mut self.layers {
            let Layer {
                qkv,
                attention_out,
                gate_up,
                down,
                ..
            } = layer;
            for matrix in [qkv, attention_out, gate_up, down] {
                *matrix = precision.rounded(matrix.clone());
            }
        }
        self
    }

    /// Where the weights are.
    pub fn device(&self) -> B::Device {
        self.embedding.device()
    }

    /// Number of parameters that are trained.
    pub fn parameters(&self) -> usize {
        struct Count(usize);
        impl<B: Kernels> Rewrite<B> for Count {
            fn rewrite<const D: usize>(
                &mut self,
                _: &str,
                parameter: Tensor<B, D>,
            ) -> Tensor<B, D> {
                self.0 += parameter.shape().num_elements();
                parameter
            }
        }
        let mut count = Count(0);
        self.clone().rewrite(&mut count);
        count.0
    }

    /// Every parameter that is trained replaced: all of them, or, where there is an
    /// adapter, its own and the value head.
    pub fn rewrite(self, by: &mut impl Rewrite<B>) -> Self {
        if self.lora.is_some() {
            return Self {
                lora: self.lora.map(|lora| lora.rewrite(by)),
                value_head: self.value_head.map(|head| by.rewrite("value_head", head)),
                ..self
            };
        }
        let layer = |(index, layer): (usize, Layer<B>)| {
            let mut matrix =
                |name: &str, x: Tensor<B, 2>| by.rewrite(&format!("layers.{index}.{name}"), x);
            let qkv = matrix("qkv", layer.qkv);
            let attention_out = matrix("attention_out", layer.attention_out);
            let gate_up = matrix("gate_up", layer.gate_up);
            let down = matrix("down", layer.down);
            let mut vector =
                |name: &str, x: Tensor<B, 1>| by.rewrite(&format!("layers.{index}.{name}"), x);
            Layer {
                attention_norm: vector("attention_norm", layer.attention_norm),
                qkv,
                qkv_bias: layer.qkv_bias.map(|bias| vector("qkv_bias", bias)),
                head_norms: layer.head_norms.map(|[queries, keys]| {
                    [vector("query_norm", queries), vector("key_norm", keys)]
                }),
                attention_out,
                mlp_norm: vector("mlp_norm", layer.mlp_norm),
                gate_up,
                down,
            }
        };
        let layers = self.layers.into_iter().enumerate().map(layer).collect();
        Self {
            layers,
            embedding: by.rewrite("embedding", self.embedding),
            norm: by.rewrite("norm", self.norm),
            head: self.head.map(|head| by.rewrite("head", head)),
            value_head: self.value_head.map(|head| by.rewrite("value_head", head)),
            ..self
        }
    }

    /// Every parameter that is trained a share of the way towards another backbone's.
    pub fn towards(self, other: &Self, share: f32) -> Self {
        struct All(BTreeMap<String, TensorData>);
        impl<B: Kernels> Rewrite<B> for All {
            fn rewrite<const D: usize>(&mut self, name: &str, of: Tensor<B, D>) -> Tensor<B, D> {
                self.0.insert(name.to_owned(), of.to_data());
                of
            }
        }
        struct Towards(All, f32);
        impl<B: Kernels> Rewrite<B> for Towards {
            fn rewrite<const D: usize>(&mut self, name: &str, from: Tensor<B, D>) -> Tensor<B, D> {
                let Self(All(others), share) = self;
                let to = others.remove(name).expect("backbones of one shape");
                let to = Tensor::from_data(to, &from.device());
                from * (1.0 - *share) + to * *share
            }
        }
        let mut all = All(BTreeMap::new());
        other.clone().rewrite(&mut all);
        self.rewrite(&mut Towards(all, share))
    }

    /// What a pass over `layout` needs.
    pub(crate) fn plan(&self, layout: Layout) -> Plan<B> {
        let sight = Sight {
            layout,
            heads: Heads {
                queries: self.config.heads,
                keys: self.config.kv_heads,
                width: self.config.head_dim,
            },
            rope: self.rope.clone(),
        };
        Plan::new(sight, self.device())
    }

    /// Logits of what follows the tokens `at`, [at, vocabulary], of a pass whose
    /// keys are its own tokens.
    pub fn logits(&self, layout: Layout, at: &[usize]) -> Tensor<B, 2> {
        self.predict(self.hidden(layout, at))
    }

    /// What the value head thinks of what it reads, [at].
    ///
    /// # Panics
    /// Without a value head.
    pub(super) fn judged(&self, hidden: Tensor<B, 2>) -> Tensor<B, 1> {
        let head = self.value_head.clone().expect("a value head");
        hidden.matmul(head).squeeze_dim(1)
    }

    /// What the heads read of the tokens `at`, [at, hidden], of a pass whose keys
    /// are its own tokens.
    pub(super) fn hidden(&self, layout: Layout, at: &[usize]) -> Tensor<B, 2> {
        let plan = self.plan(layout);
        self.pass(&plan, at, |_, qkv| B::attend(qkv, &plan))
    }

    /// Logits from what the head reads.
    fn predict(&self, hidden: Tensor<B, 2>) -> Tensor<B, 2> {
        self.precision.product(hidden, self.words().transpose())
    }

    /// What the head multiplies with, [vocabulary, hidden].
    pub(super) fn words(&self) -> Tensor<B, 2> {
        match &self.head {
            Some(head) => head.clone().transpose(),
            None => self.embedding.clone(),
        }
    }

    /// A cache without slots.
    pub(crate) fn cache(&self) -> Cache<B> {
        let width = 2 * self.config.kv_heads * self.config.head_dim;
        let layers = 0..self.config.layers;
        Cache(
            layers
                .map(|_| Tensor::zeros([0, width], &self.device()))
                .collect(),
        )
    }

    /// Logits of what follows the tokens `at`, [at, vocabulary], of a pass whose
    /// keys are in `cache` or go there.
    pub(crate) fn logits_cached(
        &self,
        layout: Layout,
        at: &[usize],
        cache: &mut Cache<B>,
    ) -> Tensor<B, 2> {
        let plan = self.plan(layout);
        let hidden = self.pass(&plan, at, |layer, qkv| {
            // Moved through the kernel, so that it holds the only handle and can
            // write in place.
            let keys = std::mem::replace(&mut cache.0[layer], Tensor::empty([1, 1], plan.device()));
            let (attended, keys) = B::attend_cached(qkv, keys, &plan);
            cache.0[layer] = keys;
            attended
        });
        self.predict(hidden)
    }

    /// `x` times one of a layer's matrices, with what an adapter adds to it.
    fn product(&self, layer: usize, place: Place, x: Tensor<B, 2>) -> Tensor<B, 2> {
        let weights = &self.layers[layer];
        let matrix = match place {
            Place::Qkv => &weights.qkv,
            Place::AttentionOut => &weights.attention_out,
            Place::GateUp => &weights.gate_up,
            Place::Down => &weights.down,
        };
        match &self.lora {
            Some(lora) => lora.product(layer, place, x, matrix.clone(), self.precision),
            None => self.precision.product(x, matrix.clone()),
        }
    }

    /// Queries, keys and values, [tokens, queries | keys | values].
    fn project(&self, index: usize, normed: Tensor<B, 2>) -> Tensor<B, 2> {
        let layer = &self.layers[index];
        let mut qkv = self.product(index, Place::Qkv, normed);
        if let Some(bias) = &layer.qkv_bias {
            qkv = qkv + bias.clone().unsqueeze();
        }
        let Some(norms) = &layer.head_norms else {
            return qkv;
        };
        let width = self.config.head_dim;
        let [tokens, columns] = qkv.dims();
        let mut start = 0;
        let heads = [self.config.heads, self.config.kv_heads];
        let mut parts: Vec<Tensor<B, 2>> = Vec::with_capacity(3);
        for (norm, heads) in norms.iter().zip(heads) {
            let end = start + heads * width;
            let part = qkv.clone().slice([0..tokens, start..end]);
            let rows = part.reshape([tokens * heads, width]);
            let rows = B::rms_norm(rows, norm.clone(), self.config.norm_eps as f32);
            parts.push(rows.reshape([tokens, heads * width]));
            start = end;
        }
        parts.push(qkv.slice([0..tokens, start..columns]));
        Tensor::cat(parts, 1)
    }

    fn pass(
        &self,
        plan: &Plan<B>,
        at: &[usize],
        mut attend: impl FnMut(usize, Tensor<B, 2>) -> Tensor<B, 2>,
    ) -> Tensor<B, 2> {
        let at = indices::<B>(at.iter().copied(), plan.device());
        let mut x = self.embed(plan);
        for index in 0..self.layers.len() {
            x = self.layer(index, x, &at, |qkv| attend(index, qkv));
        }
        self.end(x)
    }

    /// What the first layer reads of a pass's tokens, [tokens, hidden].
    pub(super) fn embed(&self, plan: &Plan<B>) -> Tensor<B, 2> {
        let tokens = plan.layout().tokens.iter().map(|token| *token as usize);
        let tokens = indices::<B>(tokens, plan.device());
        B::embed(self.embedding.clone(), tokens)
    }

    /// A layer's output, [tokens, hidden]; of the last one only for the tokens `at`,
    /// since nothing after the last attention mixes tokens.
    pub(super) fn layer(
        &self,
        index: usize,
        mut x: Tensor<B, 2>,
        at: &Tensor<B, 1, Int>,
        attend: impl FnOnce(Tensor<B, 2>) -> Tensor<B, 2>,
    ) -> Tensor<B, 2> {
        let epsilon = self.config.norm_eps as f32;
        let layer = &self.layers[index];
        let normed = B::rms_norm(x.clone(), layer.attention_norm.clone(), epsilon);
        let mut attended = attend(self.project(index, normed));
        if index + 1 == self.layers.len() {
            attended = attended.select(0, at.clone());
            x = x.select(0, at.clone());
        }
        x = x + self.product(index, Place::AttentionOut, attended);
        let normed = B::rms_norm(x.clone(), layer.mlp_norm.clone(), epsilon);
        let gated = B::swiglu(self.product(index, Place::GateUp, normed));
        x + self.product(index, Place::Down, gated)
    }

    /// What the heads read, from the last layer's output.
    pub(super) fn end(&self, x: Tensor<B, 2>) -> Tensor<B, 2> {
        B::rms_norm(x, self.norm.clone(), self.config.norm_eps as f32)
    }
}

impl<B: Trainable> Backbone<B> {
    /// The same weights without gradients and without dropout: shares their memory.
    pub fn valid(&self) -> Backbone<B::InnerBackend> {
        let mut valid = self.plain();
        valid.lora = valid.lora.map(Lora::calm);
        valid
    }

    /// The same without gradients: shares memory, and draws the same dropout.
    pub(super) fn plain(&self) -> Backbone<B::InnerBackend> {
        let layers = self.layers.iter().cloned().map(|layer| Layer {
            attention_norm: layer.attention_norm.inner(),
            qkv: layer.qkv.inner(),
            qkv_bias: layer.qkv_bias.map(Tensor::inner),
            head_norms: layer.head_norms.map(|norms| norms.map(Tensor::inner)),
            attention_out: layer.attention_out.inner(),
            mlp_norm: layer.mlp_norm.inner(),
            gate_up: layer.gate_up.inner(),
            down: layer.down.inner(),
        });
        Backbone {
            config: self.config.clone(),
            context: self.context,
            precision: self.precision,
            rope: self.rope.clone(),
            embedding: self.embedding.clone().inner(),
            layers: layers.collect(),
            norm: self.norm.clone().inner(),
            head: self.head.clone().map(Tensor::inner),
            value_head: self.value_head.clone().map(Tensor::inner),
            lora: self.lora.as_ref().map(Lora::plain),
        }
    }
}

/// Normal numbers by Box and Muller's transform.
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
