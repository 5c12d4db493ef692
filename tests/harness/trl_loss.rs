//! memloom's side of the comparison with TRL in `cargo xtask parity`: the GRPO loss on the
//! models and batches of a folder written by `tests/reference/trl_loss.py make`. Prints one
//! JSON object, and writes each gradient as a model folder for `trl_loss.py check`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use burn::backend::Autodiff;
use burn::tensor::Tensor;
use burn_flex::Flex;
use memloom_algorithm::loss::{
    Aggregation, Estimator, LossInputs, Objective, Ratio, policy_loss, shares,
};
use memloom_engine::kernels::floats;
use memloom_engine::model::{Backbone, Rewrite, Row, Sequence, choice_logprobs};
use serde::Deserialize;

type Training = Autodiff<Flex>;

/// The file `grpo.json` beside each model.
#[derive(Deserialize)]
struct Batch {
    ratio: Ratio,
    aggregation: Aggregation,
    kl: f32,
    estimator: Estimator,
    clip: [f32; 2],
    temperature: f32,
    fixed_length: f32,
    /// Prompts and their completions.
    groups: Vec<(Vec<u32>, Vec<Vec<u32>>)>,
    /// By completion, as in the next two fields.
    advantages: Vec<f32>,
    old: Vec<Vec<f32>>,
    reference: Vec<Vec<f32>>,
    /// TRL's loss.
    loss: f64,
}

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).context("usage: trl_loss FOLDER")?);
    let entries = std::fs::read_dir(&folder);
    let entries = entries.with_context(|| format!("cannot list {}", folder.display()))?;
    let mut worst: Option<f64> = None;
    for entry in entries {
        let folder = entry?.path();
        let off = case(&folder).with_context(|| format!("in {}", folder.display()))?;
        worst = Some(worst.unwrap_or(0.0).max(off));
    }
    let worst = worst.context("the folder is empty")?;
    println!("{}", serde_json::json!({ "grpo_loss_rel_diff": worst }));
    Ok(())
}

/// Returns the relative difference of the loss from TRL's.
fn case(folder: &Path) -> Result<f64> {
    let batch: Batch = serde_json::from_slice(&std::fs::read(folder.join("grpo.json"))?)?;
    let model = Backbone::<Training>::load(folder, &Default::default())?;
    let sequence = |tokens: &Vec<u32>| Sequence {
        tokens: tokens.clone(),
        choices: vec![None; tokens.len()],
    };
    let rows = batch.groups.iter().map(|(prompt, completions)| Row {
        prompt: prompt.as_slice().into(),
        completions: completions.iter().map(sequence).collect(),
    });
    let rows: Vec<Row> = rows.collect();
    let rows: Vec<&Row> = rows.iter().collect();
    let lengths: Vec<usize> = batch.old.iter().map(Vec::len).collect();
    let each: Vec<(usize, u64)> = lengths.iter().copied().zip(0..).collect();
    let steps = LossInputs {
        shares: shares(&each, batch.aggregation, batch.fixed_length),
        lengths,
        advantages: batch.advantages,
        sampler_logprobs: batch.old.concat(),
        pre_update_logprobs: Vec::new(),
        reference_logprobs: batch.reference.concat(),
    };
    let objective = Objective {
        ratio: batch.ratio,
        clip_low: batch.clip[0],
        clip_high: batch.clip[1],
        dual_clip: None,
        aggregation: batch.aggregation,
        fixed_length: batch.fixed_length,
        kl: batch.kl,
        estimator: batch.estimator,
        entropy: 0.0,
        importance_cap: None,
    };
    let choices = choice_logprobs(&model, &rows, batch.temperature);
    let loss = policy_loss(choices.logprobs, choices.entropies, &steps, &objective);
    let range = 1.0 - objective.clip_low..=1.0 + objective.clip_high;
    let ratios = floats(loss.ratios.inner());
    let clipped = ratios.iter().filter(|ratio| !range.contains(ratio)).count();
    ensure!(
        clipped > 0 && clipped < ratios.len(),
        "{clipped} ratios are clipped"
    );
    let own = f64::from(floats(loss.sum.clone().inner())[0]);
    let mut gradient = Gradient(loss.sum.backward());
    let gradient = model.rewrite(&mut gradient).valid();
    let saved = folder.join("gradient");
    std::fs::create_dir_all(&saved)?;
    gradient.export(&saved)?;
    Ok(((own - batch.loss) / batch.loss).abs())
}

/// Replaces parameters by their gradients.
struct Gradient(<Training as burn::tensor::backend::AutodiffBackend>::Gradients);

impl Rewrite<Training> for Gradient {
    fn rewrite<const D: usize>(
        &mut self,
        name: &str,
        parameter: Tensor<Training, D>,
    ) -> Tensor<Training, D> {
        let gradient = parameter.grad_remove(&mut self.0);
        Tensor::from_inner(gradient.unwrap_or_else(|| panic!("{name} has no gradient")))
    }
}
