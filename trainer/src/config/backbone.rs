//! `[backbone]`: a model that the run starts from, or the shape of a new one.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail, ensure};
use memloom_engine::kernels::Precision;
use memloom_engine::model::lora::config::MODULES;
use memloom_engine::model::{BackboneConfig, Family, LoraConfig, WeightDtype};
use serde::{Deserialize, Serialize};
use toml::Table;

/// `[backbone]`. Without `path` a new decoder of this shape is trained from random
/// weights, with a tokenizer of its own.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackboneSection {
    /// A folder as Hugging Face lays it out: a chat model of the families llama,
    /// qwen2 and qwen3 with its tokenizer. Its shape is its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Variables of the model's chat template, for instance `enable_thinking`.
    #[serde(skip_serializing_if = "Table::is_empty")]
    pub template: Table,
    /// Most tokens of a prompt and its completion together. Default: what the model
    /// says, or 1024. An output that reaches it is cut off there; a prompt that fills
    /// it is not read, and the policy is given an empty text. Both are counted
    /// (`context_cuts`, `context_overflows`). An empty output carries no gradient, but
    /// its rollout is rewarded like any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<usize>,
    /// What products of matrices are computed in: `float32`, or `bfloat16`, which a GPU
    /// does several times faster. Weights, gradients and moments are kept in 32 bits
    /// whatever it is.
    pub compute: Precision,
    /// Whether each role has weights, moments and updates of its own; they begin
    /// alike. Otherwise all roles share one backbone. With `lora` each role has an
    /// adapter of its own, beside one backbone.
    pub separate_roles: bool,
    /// Has an adapter trained in the place of all weights. By default there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lora: Option<LoraSection>,
    /// Width of the residual stream. Default 128.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_size: Option<usize>,
    /// Number of layers. Default 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<usize>,
    /// Query heads. Default 4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heads: Option<usize>,
    /// Key and value heads; divides `heads`. Default 4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kv_heads: Option<usize>,
    /// Width of the SwiGLU. Default 256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intermediate_size: Option<usize>,
    /// Whether the head shares the embedding's weights. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tie_embeddings: Option<bool>,
}

/// `[backbone.lora]`: what is trained are products of two narrow matrices, added to
/// some matrices of the backbone, whose own weights stay as they are (LoRA,
/// <https://arxiv.org/abs/2106.09685>). Checkpoints and `final/` hold an adapter in
/// PEFT's layout; `memloom model merge` makes a model of it and its base. An adapter
/// takes a learning rate about ten times that of all weights.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoraSection {
    /// Inner width of the products.
    pub rank: usize,
    /// Products are multiplied by `alpha` over `rank`.
    pub alpha: f64,
    /// Share of the products' inputs that an update leaves out, drawn anew for every
    /// micro-batch; below 1. Sampling and the reference policy leave nothing out: with
    /// dropout the ratio before the first update is not 1, and `first_ratio_deviation`
    /// says by how much.
    pub dropout: f64,
    /// Matrices that a product is added to, in every layer: `q_proj`, `k_proj`,
    /// `v_proj`, `o_proj`, `gate_proj`, `up_proj`, `down_proj`. Default: all of them.
    pub targets: Vec<String>,
}

impl Default for LoraSection {
    fn default() -> Self {
        Self {
            rank: 16,
            alpha: 32.0,
            dropout: 0.0,
            targets: MODULES.map(str::to_owned).into(),
        }
    }
}

impl LoraSection {
    /// The shape of adapters to the model at `base`.
    pub fn config(&self, base: String) -> LoraConfig {
        LoraConfig {
            rank: self.rank,
            alpha: self.alpha,
            dropout: self.dropout,
            targets: self.targets.clone(),
            base,
        }
    }
}

impl BackboneSection {
    /// Refuses a shape beside a model that has one; writes defaults down.
    pub(super) fn settle(&mut self) -> Result<()> {
        let shape = [
            ("hidden_size", &mut self.hidden_size, 128),
            ("layers", &mut self.layers, 3),
            ("heads", &mut self.heads, 4),
            ("kv_heads", &mut self.kv_heads, 4),
            ("intermediate_size", &mut self.intermediate_size, 256),
        ];
        for (key, value, default) in shape {
            if self.path.is_none() {
                value.get_or_insert(default);
            }
            ensure!(
                self.path.is_none() || value.is_none(),
                "backbone.path names a model with a shape of its own: leave backbone.{key} out"
            );
        }
        ensure!(
            self.path.is_none() || self.tie_embeddings.is_none(),
            "backbone.path names a model with a head of its own: leave backbone.tie_embeddings out"
        );
        ensure!(
            self.path.is_some() || self.template.is_empty(),
            "backbone.template is for a model's chat template: name the model in backbone.path"
        );
        if self.path.is_none() {
            self.tie_embeddings.get_or_insert(true);
            self.context.get_or_insert(1024);
        }
        Ok(())
    }

    pub(super) fn check(&self) -> Result<()> {
        if let Some(path) = self.path.as_ref().filter(|path| LoraConfig::is_in(path)) {
            bail!(
                "backbone.path: {} holds an adapter, not a model: make one of it and its base with `memloom model merge`",
                path.display()
            );
        }
        if let Some(lora) = &self.lora {
            let checked = lora.config(String::new()).check();
            checked.map_err(|why| anyhow!("backbone.lora.{why}"))?;
        }
        let all = [
            ("layers", self.layers),
            ("intermediate_size", self.intermediate_size),
            ("context", self.context),
        ];
        for (key, value) in all {
            ensure!(value != Some(0), "backbone.{key} = 0 must be at least 1");
        }
        if let (Some(width), Some(heads), Some(kv_heads)) =
            (self.hidden_size, self.heads, self.kv_heads)
        {
            ensure!(
                heads > 0 && width > 0 && width.is_multiple_of(2 * heads),
                "backbone.hidden_size = {width} does not divide into backbone.heads = {heads} heads of an even width"
            );
            ensure!(
                kv_heads > 0 && heads.is_multiple_of(kv_heads),
                "backbone.kv_heads = {kv_heads} does not divide backbone.heads = {heads}"
            );
        }
        Ok(())
    }

    /// The shape of a new backbone for a vocabulary.
    pub fn config(&self, vocab_size: usize) -> BackboneConfig {
        let given = |value: Option<usize>| value.unwrap_or(0);
        let (hidden_size, heads) = (given(self.hidden_size), given(self.heads));
        BackboneConfig {
            family: Family::LLAMA,
            vocab_size,
            hidden_size,
            layers: given(self.layers),
            heads,
            kv_heads: given(self.kv_heads),
            // Heads that do not divide it have no width, which is refused.
            head_dim: match hidden_size.checked_rem(heads) {
                Some(0) => hidden_size / heads,
                _ => 0,
            },
            intermediate_size: given(self.intermediate_size),
            qkv_bias: false,
            qk_norm: false,
            rope_theta: 10_000.0,
            rope_scaling: None,
            norm_eps: 1e-6,
            tie_embeddings: self.tie_embeddings.unwrap_or(true),
            context: given(self.context),
            weight_dtype: WeightDtype::Float32,
        }
    }
}
