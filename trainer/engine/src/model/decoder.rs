//! The decoder that Llama, Qwen2 and Qwen3 share: RMSNorm, rotary positions,
//! grouped-query attention, SwiGLU, tied or untied head; with the biases of the one
//! or the query and key norms of the other where the configuration says so.
//!
//! Matrices are [inputs, outputs], the transpose of Hugging Face's; queries,
//! keys and values are one matrix, gate and up another, so that each is one
//! product.

use std::sync::Arc;

use burn::tensor::{Int, Tensor};

use crate::kernels::{Heads, Kernels, Layout, Plan, Precision, Rope, Sight, Trainable, indices};
use crate::model::config::BackboneConfig;
use crate::model::kv_cache::Cache;
use crate::model::lora::{Lora, Place};
use crate::model::rewrite::Rewrite;

/// A decoder's weights.
#[derive(Clone, Debug)]
pub struct Backbone<B: Kernels> {
    pub(super) config: BackboneConfig,
    /// Most tokens of a prompt and its completion together.
    pub(super) context: usize,
    pub(super) precision: Precision,
    pub(super) rope: Arc<Rope>,
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

impl<B: Kernels> Backbone<B> {
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
