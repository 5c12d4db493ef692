//! From a vector for each token to one for the text.

use std::path::Path;

use anyhow::{Context, Result, bail};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use serde::Deserialize;

use crate::sentence_encoder::bert::{mask, numbers};
use crate::sentence_encoder::config::read;

/// How `sentence-transformers` pools.
pub(super) struct Pooling {
    of: Of,
    /// Whether vectors are brought to length 1.
    normalises: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// The mean over the text's tokens, special ones included.
    Mean,
    /// The first token.
    First,
}

#[derive(Deserialize)]
#[serde(default)]
struct Modes {
    pooling_mode: Option<String>,
    pooling_mode_cls_token: bool,
    pooling_mode_mean_tokens: bool,
    pooling_mode_max_tokens: bool,
    pooling_mode_mean_sqrt_len_tokens: bool,
    pooling_mode_weightedmean_tokens: bool,
    pooling_mode_lasttoken: bool,
}

impl Default for Modes {
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

impl Modes {
    fn of(&self) -> Result<Of> {
        match self.pooling_mode.as_deref() {
            Some("mean") => return Ok(Of::Mean),
            Some("cls") => return Ok(Of::First),
            Some(other) => bail!("it pools by {other}; mean and cls are known"),
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
            (true, false, false) => Ok(Of::Mean),
            (false, true, false) => Ok(Of::First),
            _ => bail!("it pools neither by the mean nor by the first token alone"),
        }
    }
}

impl Pooling {
    /// As `1_Pooling/config.json` and `modules.json` say; the mean without them.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        struct Module {
            #[serde(rename = "type")]
            kind: String,
        }
        let path = folder.join("1_Pooling/config.json");
        let modes = match path.exists() {
            true => read(&path)?,
            false => Modes::default(),
        };
        let of = modes
            .of()
            .with_context(|| format!("{} cannot be used", path.display()))?;
        let path = folder.join("modules.json");
        let modules: Vec<Module> = match path.exists() {
            true => read(&path)?,
            false => Vec::new(),
        };
        let mut normalises = false;
        for module in modules {
            match module.kind.rsplit('.').next().unwrap_or_default() {
                "Transformer" | "Pooling" => (),
                "Normalize" => normalises = true,
                other => bail!(
                    "{} has a module {other}; Transformer, Pooling and Normalize are known",
                    path.display()
                ),
            }
        }
        Ok(Self { of, normalises })
    }

    /// A vector for each of the batch's texts, from [texts, longest, hidden].
    pub(super) fn pool<B: Backend>(
        &self,
        encoded: Tensor<B, 3>,
        texts: &[&[u32]],
    ) -> Vec<Vec<f32>> {
        let [count, longest, hidden] = encoded.dims();
        let pooled: Tensor<B, 2> = match self.of {
            Of::First => encoded.slice([0..count, 0..1]).reshape([count, hidden]),
            Of::Mean => {
                let present = mask::<B>(texts, longest, &encoded.device());
                let lengths = present.clone().sum_dim(1);
                let sums = encoded * present.unsqueeze_dim::<3>(2);
                sums.sum_dim(1).reshape([count, hidden]) / lengths
            }
        };
        let pooled = match self.normalises {
            true => {
                let length = pooled.clone().powi_scalar(2).sum_dim(1).sqrt();
                pooled / length.clamp_min(1e-12)
            }
            false => pooled,
        };
        let rows = numbers(pooled);
        rows.chunks_exact(hidden).map(<[f32]>::to_vec).collect()
    }
}
