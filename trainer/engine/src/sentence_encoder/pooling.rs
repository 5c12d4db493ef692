//! Pooling token vectors into one vector per text.

use std::path::Path;

use anyhow::{Context, Result, bail};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use serde::Deserialize;

use crate::sentence_encoder::bert::{mask, to_vec};
use crate::sentence_encoder::config::read;

/// A pooling mode of `sentence-transformers`.
pub(super) struct Pooling {
    mode: Mode,
    /// True if vectors are scaled to length 1.
    normalize: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The mean over the text's tokens, special tokens included.
    Mean,
    /// The first token.
    First,
}

#[derive(Deserialize)]
#[serde(default)]
struct PoolingConfig {
    pooling_mode: Option<String>,
    pooling_mode_cls_token: bool,
    pooling_mode_mean_tokens: bool,
    pooling_mode_max_tokens: bool,
    pooling_mode_mean_sqrt_len_tokens: bool,
    pooling_mode_weightedmean_tokens: bool,
    pooling_mode_lasttoken: bool,
}

impl Default for PoolingConfig {
    fn default() -> Self {
        Self {
            pooling_mode: None,
            pooling_mode_cls_token: false,
            pooling_mode_mean_tokens: true,
            pooling_mode_max_tokens: false,
            pooling_mode_mean_sqrt_len_tokens: false,
            pooling_mode_weightedmean_tokens: false,
            pooling_mode_lasttoken: false,
        }
    }
}

impl PoolingConfig {
    fn mode(&self) -> Result<Mode> {
        match self.pooling_mode.as_deref() {
            Some("mean") => return Ok(Mode::Mean),
            Some("cls") => return Ok(Mode::First),
            Some(other) => bail!("unsupported pooling_mode {other}; supported: mean, cls"),
            None => (),
        }
        let others = [
            self.pooling_mode_max_tokens,
            self.pooling_mode_mean_sqrt_len_tokens,
            self.pooling_mode_weightedmean_tokens,
            self.pooling_mode_lasttoken,
        ];
        match (
            self.pooling_mode_mean_tokens,
            self.pooling_mode_cls_token,
            others.contains(&true),
        ) {
            (true, false, false) => Ok(Mode::Mean),
            (false, true, false) => Ok(Mode::First),
            _ => bail!("unsupported pooling; supported: the mean alone, the cls token alone"),
        }
    }
}

impl Pooling {
    /// Reads `1_Pooling/config.json` and `modules.json`. The default is the mean.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        struct Module {
            #[serde(rename = "type")]
            kind: String,
        }
        let path = folder.join("1_Pooling/config.json");
        let modes = match path.exists() {
            true => read(&path)?,
            false => PoolingConfig::default(),
        };
        let mode = modes
            .mode()
            .with_context(|| format!("cannot use {}", path.display()))?;
        let path = folder.join("modules.json");
        let modules: Vec<Module> = match path.exists() {
            true => read(&path)?,
            false => Vec::new(),
        };
        let mut normalize = false;
        for module in modules {
            match module.kind.rsplit('.').next().unwrap_or_default() {
                "Transformer" | "Pooling" => (),
                "Normalize" => normalize = true,
                other => bail!(
                    "{}: unsupported module {other}; supported: Transformer, Pooling, Normalize",
                    path.display()
                ),
            }
        }
        Ok(Self { mode, normalize })
    }

    /// Returns one vector per text, from `[texts, longest, hidden]`.
    pub(super) fn pool<B: Backend>(
        &self,
        encoded: Tensor<B, 3>,
        texts: &[&[u32]],
    ) -> Vec<Vec<f32>> {
        let [count, longest, hidden] = encoded.dims();
        let pooled: Tensor<B, 2> = match self.mode {
            Mode::First => encoded.slice([0..count, 0..1]).reshape([count, hidden]),
            Mode::Mean => {
                let present = mask::<B>(texts, longest, &encoded.device());
                let lengths = present.clone().sum_dim(1);
                let sums = encoded * present.unsqueeze_dim::<3>(2);
                sums.sum_dim(1).reshape([count, hidden]) / lengths
            }
        };
        let pooled = match self.normalize {
            true => {
                let length = pooled.clone().powi_scalar(2).sum_dim(1).sqrt();
                pooled / length.clamp_min(1e-12)
            }
            false => pooled,
        };
        let rows = to_vec(pooled);
        rows.chunks_exact(hidden).map(<[f32]>::to_vec).collect()
    }
}
