//! A learner on one of burn's backends.

use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use memloom_algorithm::loss::{LossInputs, Objective, policy_loss, shares, value_loss};
use memloom_engine::generation::Scheduler;
use memloom_engine::kernels::Trainable;
use memloom_engine::model::Backbone;
use memloom_engine::model::packing::{
    Row, choice_logprobs, choice_logprobs_for_update, micro_batches, prompt_values,
    prompt_values_checkpointed,
};
use memloom_engine::optim::{AdamW, Gradients};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::config::RunFile;
use crate::rollout::batcher::Engine;
use crate::train::batch::ScoredRow;
use crate::train::learner::{Learner, Reinforcement, Update};
use crate::train::value_states::State;

/// A backbone and what changes its weights.
pub struct BurnLearner<B: Trainable> {
    model: Backbone<B>,
    optimizer: AdamW<B>,
    best: Option<Backbone<B>>,
    reference: Option<Backbone<B::InnerBackend>>,
    weight_decay: f64,
    max_gradient_norm: f64,
    micro_batch_tokens: usize,
    checkpoint_layers: bool,
    divergence: bool,
}

/// Names in a checkpoint: folders of weights, and the optimiser's file.
const PRESENT: &str = "present";
const BEST: &str = "best";
const REFERENCE: &str = "reference";
const MOMENTS: &str = "moments.safetensors";

impl<B: Trainable> BurnLearner<B> {
    /// Trains `model` as a run file says.
    pub fn new(file: &RunFile, mut model: Backbone<B>) -> Self {
        if file.algorithm.build().needs_critic() {
            model = model.with_value_head();
        }
        Self::with(file, model)
    }

    /// Speaks with `model`, and may train it.
    pub fn with(file: &RunFile, model: Backbone<B>) -> Self {
        let settings = &file.optimizer;
        Self {
            model: model
                .within(file.backbone.context.unwrap_or(usize::MAX))
                .with_precision(file.backbone.compute),
            optimizer: AdamW::new(settings.weight_decay, settings.max_gradient_norm),
            best: None,
            reference: None,
            weight_decay: settings.weight_decay,
            max_gradient_norm: settings.max_gradient_norm,
            micro_batch_tokens: settings.micro_batch_tokens,
            checkpoint_layers: settings.checkpoint_layers,
            divergence: file.algorithm.kl > 0.0,
        }
    }

    /// A row that is longer than a micro-batch takes more memory than any of those: it
    /// comes first, so that too little shows at once.
    fn longest_first(&self, order: &mut [usize], rows: &[ScoredRow]) {
        let tokens = |at: &usize| rows[*at].row.tokens();
        if let Some(longest) = (0..order.len()).max_by_key(|place| tokens(&order[*place]))
            && tokens(&order[longest]) > self.micro_batch_tokens
        {
            order.swap(0, longest);
        }
    }

    /// Gathers the gradients of the value head's loss over a minibatch's states.
    fn value_gradients(
        &self,
        states: &[&State],
        settings: &Reinforcement,
        noise: &mut ChaCha8Rng,
        gradients: &mut Gradients<B>,
        update: &mut Update,
    ) -> Result<()> {
        let rows: Vec<Row> = states.iter().map(|state| state.row.clone()).collect();
        for batch in micro_batches(&rows, self.micro_batch_tokens) {
            let members: Vec<&Row> = batch.iter().map(|index| &rows[*index]).collect();
            update.tokens += fed(&members);
            let vector = |of: fn(&State) -> f64| -> Tensor<B, 1> {
                let values: Vec<f32> = batch.iter().map(|at| of(states[*at]) as f32).collect();
                let count = values.len();
                Tensor::from_data(TensorData::new(values, [count]), &self.model.device())
            };
            let model = self.model.with_dropout(noise.next_u64());
            let (values, tape) = match self.checkpoint_layers {
                true => {
                    let (values, tape) = prompt_values_checkpointed(&model, &members);
                    (values, Some(tape))
                }
                false => (prompt_values(&model, &members), None),
            };
            let (old, targets) = (vector(|state| state.value), vector(|state| state.target));
            let loss = value_loss(values, old, targets, settings.value_clip);
            let loss = loss.div_scalar(states.len() as f64);
            let sum = f64::from(floats(loss.clone().inner())?[0]);
            ensure!(
                sum.is_finite(),
                "the value head's loss is {sum}: lower optimizer.learning_rate"
            );
            update.value_loss += sum;
            let weighted = loss.mul_scalar(settings.value_weight);
            gradients.add_checkpointed(&model, weighted.backward(), tape);
        }
        Ok(())
    }

    /// Log-probabilities of each row's free tokens under the present weights.
    fn current_logprobs(&self, rows: &[ScoredRow], temperature: f32) -> Result<Vec<Vec<f32>>> {
        let plain: Vec<Row> = rows.iter().map(|scored| scored.row.clone()).collect();
        let model = self.model.valid();
        let mut current_logprobs = vec![Vec::new(); rows.len()];
        for batch in micro_batches(&plain, self.micro_batch_tokens) {
            let members: Vec<&Row> = batch.iter().map(|index| &plain[*index]).collect();
            let mut all = floats(choice_logprobs(&model, &members, temperature).logprobs)?;
            for &index in batch.iter().rev() {
                let own: usize = rows[index]
                    .scored
                    .iter()
                    .map(|s| s.sampler_logprobs.len())
                    .sum();
                current_logprobs[index] = all.split_off(all.len() - own);
            }
        }
        Ok(current_logprobs)
    }

    /// One AdamW step along the gathered gradients times `scale`; their norm.
    fn optimizer_step(
        &mut self,
        gradients: Gradients<B>,
        scale: f64,
        learning_rate: f64,
    ) -> Result<f64> {
        let model = self.model.clone();
        let (model, norm) = self
            .optimizer
            .step(model, gradients.scaled(scale), learning_rate);
        ensure!(
            norm.is_finite(),
            "the gradient's norm is {norm}: lower optimizer.learning_rate"
        );
        self.model = model;
        Ok(norm)
    }
}

impl<B: Trainable> Learner for BurnLearner<B> {
    fn context(&self) -> usize {
        self.model.context()
    }

    fn vocabulary(&self) -> usize {
        self.model.config().vocab_size
    }

    fn engine(&self) -> Box<dyn Engine> {
        Box::new(Scheduler::new(self.model.valid().with_rounded_weights()))
    }

    fn values(&self, rows: &[Row]) -> Result<Vec<f32>> {
        let model = self.model.valid();
        let mut values = vec![0.0; rows.len()];
        for batch in micro_batches(rows, self.micro_batch_tokens) {
            let members: Vec<&Row> = batch.iter().map(|index| &rows[*index]).collect();
            for (index, value) in batch.iter().zip(floats(prompt_values(&model, &members))?) {
                ensure!(
                    value.is_finite(),
                    "the value head predicts {value} for a state: lower optimizer.learning_rate"
                );
                values[*index] = value;
            }
        }
        Ok(values)
    }

    fn follow(&mut self, pace: f64) {
        if let Some(reference) = self.reference.take_if(|_| pace > 0.0) {
            self.reference = Some(reference.lerp(&self.model.valid(), pace as f32));
        }
    }

    fn begin_stage(&mut self) {
        self.optimizer = AdamW::new(self.weight_decay, self.max_gradient_norm);
        self.reference = self.divergence.then(|| self.model.valid());
        self.best = None;
    }

    fn keep_best(&mut self) {
        self.best = Some(self.model.clone());
    }

    fn take_best(&mut self) {
        if let Some(best) = self.best.take() {
            self.model = best;
        }
    }

    fn imitate(&mut self, rows: &[Row], learning_rate: f64, noise: u64) -> Result<Update> {
        let mut update = Update::default();
        let mut noise = ChaCha8Rng::seed_from_u64(noise);
        let mut gradients = Gradients::new();
        let mut count = 0usize;
        for batch in micro_batches(rows, self.micro_batch_tokens) {
            let rows: Vec<&Row> = batch.iter().map(|index| &rows[*index]).collect();
            let model = self.model.with_dropout(noise.next_u64());
            let (choices, tape) =
                choice_logprobs_for_update(&model, &rows, 1.0, self.checkpoint_layers);
            let tokens = choices.logprobs.dims()[0];
            update.tokens += fed(&rows);
            if tokens == 0 {
                continue;
            }
            count += tokens;
            let loss = choices.logprobs.neg().sum();
            let sum = f64::from(floats(loss.clone().inner())?[0]);
            ensure!(
                sum.is_finite(),
                "the loss of the warm start is {sum}: lower warm_start.learning_rate"
            );
            update.loss += sum;
            gradients.add_checkpointed(&model, loss.backward(), tape);
        }
        let share = 1.0 / count.max(1) as f64;
        update.free_tokens = count as u64;
        update.loss *= share;
        update.gradient_norm = self.optimizer_step(gradients, share, learning_rate)?;
        Ok(update)
    }

    fn reinforce(
        &mut self,
        rows: &[ScoredRow],
        states: &[State],
        settings: &Reinforcement,
        learning_rate: f64,
        mut order: ChaCha8Rng,
    ) -> Result<Update> {
        let mut update = Update::default();
        if rows.is_empty() {
            return Ok(update);
        }
        let objective = &settings.objective;
        let before = match objective.importance_cap {
            Some(_) => Some(self.current_logprobs(rows, settings.temperature)?),
            None => None,
        };
        let mut noise = ChaCha8Rng::seed_from_u64(settings.noise);
        let (mut free, mut clipped, mut minibatches) = (0usize, 0usize, 0usize);
        let mut entropy = 0.0f64;
        let mut first = First::default();
        for _ in 0..settings.epochs {
            let mut shuffled: Vec<usize> = (0..rows.len()).collect();
            shuffled.shuffle(&mut order);
            self.longest_first(&mut shuffled, rows);
            let mut judged: Vec<&State> = states.iter().collect();
            judged.shuffle(&mut order);
            let mut judged = judged.chunks(states.len().div_ceil(settings.minibatches).max(1));
            for minibatch in shuffled.chunks(rows.len().div_ceil(settings.minibatches)) {
                let members: Vec<&ScoredRow> =
                    minibatch.iter().map(|index| &rows[*index]).collect();
                let plain: Vec<Row> = members.iter().map(|scored| scored.row.clone()).collect();
                let mut shares = Shares::of(&members, objective);
                let mut gradients = Gradients::new();
                for batch in micro_batches(&plain, self.micro_batch_tokens) {
                    let rows: Vec<&Row> = batch.iter().map(|index| &plain[*index]).collect();
                    update.tokens += fed(&rows);
                    let model = self.model.with_dropout(noise.next_u64());
                    let (choices, tape) = choice_logprobs_for_update(
                        &model,
                        &rows,
                        settings.temperature,
                        self.checkpoint_layers,
                    );
                    let mut facts = LossInputs::default();
                    for &index in &batch {
                        for scored in &members[index].scored {
                            facts.push(scored.advantage, &scored.sampler_logprobs);
                        }
                        facts.shares.extend(shares.take(index));
                        if let Some(before) = &before {
                            facts.pre_update_logprobs.extend(&before[minibatch[index]]);
                        }
                    }
                    if let Some(reference) = &self.reference {
                        let logprobs =
                            choice_logprobs(reference, &rows, settings.temperature).logprobs;
                        facts.reference_logprobs = floats(logprobs)?;
                    }
                    if minibatches == 0 {
                        first.see(&floats(choices.logprobs.clone().inner())?, &facts);
                    }
                    let entropies = floats(choices.entropies.clone().inner())?;
                    free += entropies.len();
                    entropy += entropies.iter().map(|e| f64::from(*e)).sum::<f64>();
                    let loss = policy_loss(choices.logprobs, choices.entropies, &facts, objective);
                    let range = 1.0 - objective.clip_low..=1.0 + objective.clip_high;
                    let ratios = floats(loss.ratios.inner())?;
                    clipped += ratios.iter().filter(|ratio| !range.contains(ratio)).count();
                    update.divergence += f64::from(floats(loss.divergence.inner())?[0]);
                    let sum = f64::from(floats(loss.sum.clone().inner())?[0]);
                    ensure!(
                        sum.is_finite(),
                        "the loss is {sum}: lower optimizer.learning_rate"
                    );
                    update.loss += sum;
                    gradients.add_checkpointed(&model, loss.sum.backward(), tape);
                }
                if let Some(states) = judged.next() {
                    self.value_gradients(
                        states,
                        settings,
                        &mut noise,
                        &mut gradients,
                        &mut update,
                    )?;
                }
                minibatches += 1;
                update.gradient_norm += self.optimizer_step(gradients, 1.0, learning_rate)?;
            }
        }
        let per = |sum: f64| sum / free.max(1) as f64;
        update.free_tokens = free as u64;
        update.loss /= minibatches as f64;
        update.value_loss /= minibatches as f64;
        update.gradient_norm /= minibatches as f64;
        update.clip_fraction = per(clipped as f64);
        update.entropy = per(entropy);
        update.divergence = per(update.divergence);
        update.first_ratio_deviation = first.ratio_deviation;
        update.first_kl = first.lost / first.tokens.max(1) as f64;
        Ok(update)
    }

    fn save(&self, folder: &Path) -> Result<()> {
        let all = [
            (PRESENT, Some(self.model.valid())),
            (BEST, self.best.as_ref().map(Backbone::valid)),
            (REFERENCE, self.reference.clone()),
        ];
        for (name, weights) in all {
            if let Some(weights) = weights {
                let folder = folder.join(name);
                std::fs::create_dir(&folder)
                    .with_context(|| format!("cannot make the folder {}", folder.display()))?;
                weights.save(&folder)?;
            }
        }
        Ok(self.optimizer.save(&folder.join(MOMENTS))?)
    }

    fn restore(&mut self, folder: &Path) -> Result<()> {
        let saved = |name: &str| Some(folder.join(name)).filter(|folder| folder.exists());
        self.model = self.model.reload(&folder.join(PRESENT))?;
        self.optimizer.load(&folder.join(MOMENTS), &self.model)?;
        self.best = saved(BEST)
            .map(|folder| self.model.reload(&folder))
            .transpose()?;
        let plain = self.model.valid();
        self.reference = saved(REFERENCE)
            .map(|folder| plain.reload(&folder))
            .transpose()?;
        Ok(())
    }

    fn export(&self, folder: &Path) -> Result<()> {
        Ok(self.model.valid().without_value_head().export(folder)?)
    }

    fn export_base(&self, folder: &Path) -> Result<()> {
        let base = self.model.valid().without_value_head().without_lora();
        Ok(base.export(folder)?)
    }
}

/// How far the trainer's log-probabilities are from the sampler's, before the
/// first update of a step.
#[derive(Default)]
struct First {
    ratio_deviation: f64,
    lost: f64,
    tokens: usize,
}

impl First {
    fn see(&mut self, logprobs: &[f32], facts: &LossInputs) {
        let mut at = 0;
        for length in &facts.lengths {
            let tokens = at..at + length;
            let pairs = facts.sampler_logprobs[tokens.clone()]
                .iter()
                .zip(&logprobs[tokens]);
            let lost: f64 = pairs
                .map(|(old, new)| f64::from(*old) - f64::from(*new))
                .sum();
            let ratio = (-lost / *length as f64).exp();
            self.ratio_deviation = self.ratio_deviation.max((ratio - 1.0).abs());
            self.lost += lost;
            at += length;
        }
        self.tokens += at;
    }
}

/// What tokens count in a minibatch's loss, by row.
struct Shares(Vec<Vec<f32>>);

impl Shares {
    fn of(rows: &[&ScoredRow], objective: &Objective) -> Self {
        let all = rows.iter().flat_map(|row| &row.scored);
        let steps: Vec<(usize, u64)> = all
            .map(|s| (s.sampler_logprobs.len(), s.trajectory))
            .collect();
        let mut shares = shares(&steps, objective.aggregation, objective.fixed_length).into_iter();
        let own = |row: &&ScoredRow| shares.by_ref().take(row.scored.len()).collect();
        Self(rows.iter().map(own).collect())
    }

    fn take(&mut self, row: usize) -> Vec<f32> {
        std::mem::take(&mut self.0[row])
    }
}

/// Tokens of rows, each prompt once.
fn fed(rows: &[&Row]) -> u64 {
    rows.iter().map(|row| row.tokens() as u64).sum()
}

fn floats<B: Backend>(tensor: Tensor<B, 1>) -> Result<Vec<f32>> {
    tensor
        .into_data()
        .to_vec()
        .map_err(|error| anyhow!("the backend gave no 32-bit floats: {error:?}"))
}
