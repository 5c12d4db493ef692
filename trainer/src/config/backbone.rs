//! `[backbone]`: a model that the run starts from, or the shape of a new one.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail, ensure};
use memloom_engine::kernels::Precision;
use memloom_engine::model::lora::config::MODULES;
use memloom_engine::model::{BackboneConfig, Family, LoraConfig, WeightDtype};
use serde::{Deserialize, Serialize};
use toml::Table;

/// The language model: one that the run starts from, or the shape of a new one. Without
/// `path`, a new decoder of this shape is trained from random weights, with a tokenizer of
/// its own.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackboneSection {
    /// Folder of a model in Hugging Face's layout, or a GGUF file (`.gguf`): a chat model of the
    /// families llama, qwen2, qwen3 or gemma3 with its tokenizer. Excludes the keys of a new model's
    /// shape. Default: a new model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Variables of the model's chat template, for instance `enable_thinking`. Needs `path`.
    /// Default: none.
    #[serde(skip_serializing_if = "Table::is_empty")]
    pub template: Table,
    /// Most tokens of a prompt and its completion together. Default: the model's own limit, or
    /// 1024 for a new model. An output that reaches the limit is cut off
    /// (counted as `context_cuts`). A prompt that fills it is not read, and the policy
    /// receives an empty text (`context_overflows`), which carries no gradient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<usize>,
    /// Precision of matrix products. Weights, gradients and moments are always kept in 32
    /// bits.
    pub compute: Precision,
    /// Gives each role weights, moments and updates of its own, with equal initial weights.
    /// With `lora`, each role has an adapter of its own on one shared backbone.
    pub separate_roles: bool,
    /// Trains a LoRA adapter instead of all weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lora: Option<LoraSection>,
    /// Width of the residual stream. A multiple of twice `heads`. New models only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_size: Option<usize>,
    /// Number of layers. At least 1. New models only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<usize>,
    /// Number of query heads. New models only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heads: Option<usize>,
    /// Number of key and value heads. Divides `heads`. New models only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kv_heads: Option<usize>,
    /// Width of the SwiGLU. At least 1. New models only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intermediate_size: Option<usize>,
    /// Shares the embedding's weights with the language-model head. New models only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tie_embeddings: Option<bool>,
}

/// A LoRA adapter (<https://arxiv.org/abs/2106.09685>): low-rank products that are added to
/// some matrices of the backbone, whose own weights are frozen. Checkpoints and `final/` hold
/// the adapter in PEFT's layout; `memloom model merge` merges it into its base model. An
/// adapter needs a learning rate about ten times that of full training.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoraSection {
    /// Inner width of the products. At least 1.
    pub rank: usize,
    /// Products are scaled by `alpha` / `rank`. Above 0.
    pub alpha: f64,
    /// Share of the products' inputs that an update drops, in [0, 1), drawn for each
    /// micro-batch. Sampling and the reference policy drop nothing, so with dropout the ratio
    /// before the first update is not 1; `first_ratio_deviation` measures the difference.
    pub dropout: f64,
    /// Matrices that have a product, in every layer. At least one of the default's.
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
    /// Returns the configuration of an adapter for the model at `base`.
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
    /// Fills in the defaults of a new model's shape; refuses a shape beside `path`.
    pub(super) fn fill_defaults(&mut self) -> Result<()> {
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
                "backbone.path names a model with a shape of its own: remove backbone.{key}"
            );
        }
        ensure!(
            self.path.is_none() || self.tie_embeddings.is_none(),
            "backbone.path names a model with a head of its own: remove backbone.tie_embeddings"
        );
        ensure!(
            self.path.is_some() || self.template.is_empty(),
            "backbone.template needs a model with a chat template: set backbone.path"
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
                "backbone.path: {} holds an adapter, not a model: merge it into its base with `memloom model merge`",
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
            ensure!(value != Some(0), "backbone.{key} must be at least 1, got 0");
        }
        if let (Some(width), Some(heads), Some(kv_heads)) =
            (self.hidden_size, self.heads, self.kv_heads)
        {
            ensure!(
                heads > 0 && width > 0 && width.is_multiple_of(2 * heads),
                "backbone.hidden_size must be a multiple of twice backbone.heads ({heads}), got {width}"
            );
            ensure!(
                kv_heads > 0 && heads.is_multiple_of(kv_heads),
                "backbone.kv_heads must divide backbone.heads ({heads}), got {kv_heads}"
            );
        }
        Ok(())
    }

    /// Returns the configuration of a new backbone with a vocabulary of this size.
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
            // BackboneConfig refuses a width of 0.
            head_dim: match hidden_size.checked_rem(heads) {
                Some(0) => hidden_size / heads,
                _ => 0,
            },
            intermediate_size: given(self.intermediate_size),
            qkv_bias: false,
            qk_norm: false,
            rope_theta: 10_000.0,
            rope_scaling: None,
            sliding: None,
            query_pre_attn_scalar: None,
            norm_eps: 1e-6,
            tie_embeddings: self.tie_embeddings.unwrap_or(true),
            context: given(self.context),
            weight_dtype: WeightDtype::Float32,
        }
    }
}
