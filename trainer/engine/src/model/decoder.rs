//! The decoder shared by Llama, Qwen2, Qwen3 and Gemma 3: RMSNorm, rotary positions, grouped-query
//! attention and a gated MLP. The configuration switches on the biases of Qwen2, the query and key
//! norms of Qwen3 and Gemma 3, sliding windows, and an untied LM head. The family says the rest:
//! the gate's activation, and Gemma 3's scaled embeddings, norms of outputs, and norms whose weight
//! is 1 + w.
//!
//! Matrices are `[inputs, outputs]`, the transpose of Hugging Face's. Queries, keys and values are
//! one matrix, and gate and up are another, so each is one product.

use std::sync::Arc;

use burn::tensor::{Int, Tensor};

use crate::kernels::{
    AttentionMetadata, Heads, Kernels, Layout, Precision, Rope, Trainable, indices,
};
use crate::model::attention_plans::AttentionPlans;
use crate::model::config::BackboneConfig;
use crate::model::kv_cache::KvCache;
use crate::model::lora::{Lora, Projection};
use crate::model::rewrite::Rewrite;
use crate::model::right_factors::RightFactors;

/// A decoder and its weights.
#[derive(Clone, Debug)]
pub struct Backbone<B: Kernels> {
    pub(super) config: BackboneConfig,
    /// The maximum number of tokens of a prompt and its completion together.
    pub(super) context: usize,
    pub(super) precision: Precision,
    pub(super) rope: Arc<Rope>,
    /// The rotary tables of layers with a sliding window.
    pub(super) sliding_rope: Arc<Rope>,
    /// `[vocabulary, hidden]`.
    pub(super) embedding: Tensor<B, 2>,
    pub(super) layers: Vec<Layer<B>>,
    /// `[hidden]`.
    pub(super) norm: Tensor<B, 1>,
    /// `[hidden, vocabulary]`, or `None` if the embedding is the LM head.
    pub(super) head: Option<Tensor<B, 2>>,
    /// `[hidden, 1]`, or `None` without a value head.
    pub(super) value_head: Option<Tensor<B, 2>>,
    /// The adapter. With an adapter, only it and the value head are trained.
    pub(super) lora: Option<Lora<B>>,
    /// The matrices again, in a model that samples.
    pub(super) right_factors: Option<RightFactors<B>>,
}

/// The weights of a layer.
#[derive(Clone, Debug)]
pub(super) struct Layer<B: Kernels> {
    /// `[hidden]`.
    pub(super) attention_norm: Tensor<B, 1>,
    /// `[hidden, queries | keys | values]`.
    pub(super) qkv: Tensor<B, 2>,
    /// `[queries | keys | values]`, in Qwen2.
    pub(super) qkv_bias: Option<Tensor<B, 1>>,
    /// The norms of each head's queries and keys, `[head width]`, in Qwen3 and Gemma 3.
    pub(super) head_norms: Option<[Tensor<B, 1>; 2]>,
    /// `[query heads * head width, hidden]`.
    pub(super) attention_out: Tensor<B, 2>,
    /// `[hidden]`.
    pub(super) mlp_norm: Tensor<B, 1>,
    /// `[hidden, gate | up]`.
    pub(super) gate_up: Tensor<B, 2>,
    /// `[intermediate, hidden]`.
    pub(super) down: Tensor<B, 2>,
    /// The norms of the outputs of attention and MLP, `[hidden]`, in Gemma 3.
    pub(super) output_norms: Option<[Tensor<B, 1>; 2]>,
}

impl<B: Kernels> Layer<B> {
    /// Returns the matrix of a projection.
    pub(super) fn matrix(&self, projection: Projection) -> &Tensor<B, 2> {
        match projection {
            Projection::Qkv => &self.qkv,
            Projection::AttentionOut => &self.attention_out,
            Projection::GateUp => &self.gate_up,
            Projection::Down => &self.down,
        }
    }
}

impl<B: Kernels> Backbone<B> {
    /// Adds a value head that predicts 0.
    pub fn with_value_head(mut self) -> Self {
        let zeros = Tensor::zeros([self.config.hidden_size, 1], &self.device());
        self.value_head = Some(zeros.require_grad());
        self
    }

    /// Removes the value head.
    pub fn without_value_head(mut self) -> Self {
        self.value_head = None;
        self
    }

    /// Builds a decoder from tensors. Each becomes a leaf that collects gradients if the backend
    /// has them.
    pub(super) fn from_parts(
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
        let rope = Arc::new(Rope::new(config.context, &config.frequencies()));
        let sliding_rope = match config.sliding_frequencies() {
            Some(frequencies) => Arc::new(Rope::new(config.context, &frequencies)),
            None => rope.clone(),
        };
        let backbone = Self {
            config: config.clone(),
            context: config.context,
            precision: Precision::default(),
            rope,
            sliding_rope,
            embedding,
            layers,
            norm,
            head,
            value_head,
            lora: None,
            right_factors: None,
        };
        backbone.rewrite(&mut Leaf)
    }

    /// Returns the shape.
    pub fn config(&self) -> &BackboneConfig {
        &self.config
    }

    /// Returns the maximum number of tokens of a prompt and its completion together.
    pub fn context(&self) -> usize {
        self.context
    }

    /// Limits the context to `context` tokens.
    pub fn within(mut self, context: usize) -> Self {
        self.context = self.context.min(context);
        self
    }

    /// Sets the precision of matrix products. The default is 32 bits.
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Lays the matrices out once for sampling.
    pub fn prepared(mut self) -> Self {
        let matrices = |layer: &Layer<B>| Projection::ALL.map(|of| layer.matrix(of).clone());
        let layers = self.layers.iter().map(matrices);
        let head = self.lm_head_weight().transpose();
        self.right_factors = Some(RightFactors::new(layers, head, self.precision));
        self
    }

    /// Returns the device of the weights.
    pub fn device(&self) -> B::Device {
        self.embedding.device()
    }

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
        let sliding = config.sliding.as_ref();
        AttentionPlans::new(full, sliding, &self.sliding_rope, &self.device())
    }

    /// Returns the logits after the tokens `at`, `[at, vocabulary]`. The keys are the tokens of the
    /// pass.
    pub fn logits(&self, layout: Layout, at: &[usize]) -> Tensor<B, 2> {
        self.apply_lm_head(self.hidden(layout, at))
    }

    /// Returns the value head's predictions, `[at]`.
    ///
    /// # Panics
    /// Panics without a value head.
    pub(super) fn values(&self, hidden: Tensor<B, 2>) -> Tensor<B, 1> {
        let head = self.value_head.clone().expect("a value head");
        hidden.matmul(head).squeeze_dim(1)
    }

    /// Returns the final hidden states of the tokens `at`, `[at, hidden]`. The keys are the tokens
    /// of the pass.
    pub(super) fn hidden(&self, layout: Layout, at: &[usize]) -> Tensor<B, 2> {
        let plans = self.plans(layout);
        self.pass(&plans, at, |layer, qkv| B::attend(qkv, plans.of(layer)))
    }

    /// Multiplies hidden states with the LM head.
    fn apply_lm_head(&self, hidden: Tensor<B, 2>) -> Tensor<B, 2> {
        match &self.right_factors {
            Some(factors) => factors.apply_lm_head(hidden),
            None => {
                let weight = self.lm_head_weight().transpose();
                B::product(hidden, weight, self.precision)
            }
        }
    }

    /// Returns the weight of the LM head, `[vocabulary, hidden]`.
    pub(super) fn lm_head_weight(&self) -> Tensor<B, 2> {
        match &self.head {
            Some(head) => head.clone().transpose(),
            None => self.embedding.clone(),
        }
    }

    /// Returns a key-value cache without slots.
    pub(crate) fn cache(&self) -> KvCache<B> {
        let width = 2 * self.config.kv_heads * self.config.head_dim;
        let layers = 0..self.config.layers;
        KvCache(
            layers
                .map(|_| Tensor::zeros([0, width], &self.device()))
                .collect(),
        )
    }

    /// Returns the logits after the tokens `at`, `[at, vocabulary]`. The keys are in `cache`; the
    /// new keys are written to it.
    pub(crate) fn logits_cached(
        &self,
        layout: Layout,
        at: &[usize],
        cache: &mut KvCache<B>,
    ) -> Tensor<B, 2> {
        let plans = self.plans(layout);
        let hidden = self.pass(&plans, at, |layer, qkv| {
            // Moved into the kernel, so that it holds the only handle and writes in place.
            let nothing = Tensor::empty([1, 1], plans.device());
            let keys = std::mem::replace(&mut cache.0[layer], nothing);
            let (attended, keys) = B::attend_cached(qkv, keys, plans.of(layer));
            cache.0[layer] = keys;
            attended
        });
        self.apply_lm_head(hidden)
    }

    /// Multiplies `x` with a projection of a layer and adds the adapter's output.
    fn product(&self, layer: usize, projection: Projection, x: Tensor<B, 2>) -> Tensor<B, 2> {
        let y = match &self.right_factors {
            Some(factors) => factors.project(layer, projection, x.clone()),
            None => {
                let matrix = self.layers[layer].matrix(projection);
                B::product(x.clone(), matrix.clone(), self.precision)
            }
        };
        match &self.lora {
            Some(lora) => lora.add(layer, projection, x, y),
            None => y,
        }
    }

    /// Computes queries, keys and values, `[tokens, queries | keys | values]`.
    fn project(&self, index: usize, normed: Tensor<B, 2>) -> Tensor<B, 2> {
        let layer = &self.layers[index];
        let mut qkv = self.product(index, Projection::Qkv, normed);
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
            let rows = self.rms_norm(rows, norm);
            parts.push(rows.reshape([tokens, heads * width]));
            start = end;
        }
        parts.push(qkv.slice([0..tokens, start..columns]));
        Tensor::cat(parts, 1)
    }

    fn pass(
        &self,
        plans: &AttentionPlans<B>,
        at: &[usize],
        mut attend: impl FnMut(usize, Tensor<B, 2>) -> Tensor<B, 2>,
    ) -> Tensor<B, 2> {
        let at = indices::<B>(at.iter().copied(), plans.device());
        let mut x = self.embed(plans);
        for index in 0..self.layers.len() {
            x = self.layer(index, x, &at, |qkv| attend(index, qkv));
        }
        self.final_norm(x)
    }

    /// Embeds the tokens of a pass, `[tokens, hidden]`.
    pub(super) fn embed(&self, plans: &AttentionPlans<B>) -> Tensor<B, 2> {
        let tokens = plans.layout().tokens.iter().map(|token| *token as usize);
        let tokens = indices::<B>(tokens, plans.device());
        let x = B::embed(self.embedding.clone(), tokens);
        match self.config.family.scales_embeddings {
            true => x.mul_scalar((self.config.hidden_size as f64).sqrt() as f32),
            false => x,
        }
    }

    /// Returns a layer's output, `[tokens, hidden]`. The last layer's output has only the tokens
    /// `at`, because nothing after the last attention mixes tokens.
    pub(super) fn layer(
        &self,
        index: usize,
        mut x: Tensor<B, 2>,
        at: &Tensor<B, 1, Int>,
        attend: impl FnOnce(Tensor<B, 2>) -> Tensor<B, 2>,
    ) -> Tensor<B, 2> {
        let layer = &self.layers[index];
        let output = |part: usize, y| match &layer.output_norms {
            Some(norms) => self.rms_norm(y, &norms[part]),
            None => y,
        };
        let normed = self.rms_norm(x.clone(), &layer.attention_norm);
        let mut attended = attend(self.project(index, normed));
        if index + 1 == self.layers.len() {
            attended = attended.select(0, at.clone());
            x = x.select(0, at.clone());
        }
        x = x + output(0, self.product(index, Projection::AttentionOut, attended));
        let normed = self.rms_norm(x.clone(), &layer.mlp_norm);
        let gate_up = self.product(index, Projection::GateUp, normed);
        let gated = B::gate(self.config.family.activation, gate_up);
        x + output(1, self.product(index, Projection::Down, gated))
    }

    /// Applies the final norm.
    pub(super) fn final_norm(&self, x: Tensor<B, 2>) -> Tensor<B, 2> {
        self.rms_norm(x, &self.norm)
    }

    fn rms_norm(&self, x: Tensor<B, 2>, weight: &Tensor<B, 1>) -> Tensor<B, 2> {
        let weight = match self.config.family.norm_offset {
            0.0 => weight.clone(),
            offset => weight.clone().add_scalar(offset),
        };
        B::rms_norm(x, weight, self.config.norm_eps as f32)
    }
}

impl<B: Trainable> Backbone<B> {
    /// Returns the same model without gradients and without dropout. The weights share memory.
    pub fn valid(&self) -> Backbone<B::InnerBackend> {
        let mut valid = self.without_gradients();
        valid.lora = valid.lora.map(Lora::without_dropout);
        valid
    }

    /// Returns the same model without gradients, with the same dropout. The weights share memory.
    pub(super) fn without_gradients(&self) -> Backbone<B::InnerBackend> {
        let layers = self.layers.iter().cloned().map(|layer| Layer {
            attention_norm: layer.attention_norm.inner(),
            qkv: layer.qkv.inner(),
            qkv_bias: layer.qkv_bias.map(Tensor::inner),
            head_norms: layer.head_norms.map(|norms| norms.map(Tensor::inner)),
            attention_out: layer.attention_out.inner(),
            mlp_norm: layer.mlp_norm.inner(),
            gate_up: layer.gate_up.inner(),
            down: layer.down.inner(),
            output_norms: layer.output_norms.map(|norms| norms.map(Tensor::inner)),
        });
        Backbone {
            config: self.config.clone(),
            context: self.context,
            precision: self.precision,
            rope: self.rope.clone(),
            sliding_rope: self.sliding_rope.clone(),
            embedding: self.embedding.clone().inner(),
            layers: layers.collect(),
            norm: self.norm.clone().inner(),
            head: self.head.clone().map(Tensor::inner),
            value_head: self.value_head.clone().map(Tensor::inner),
            lora: self.lora.as_ref().map(Lora::without_gradients),
            right_factors: None,
        }
    }
}
