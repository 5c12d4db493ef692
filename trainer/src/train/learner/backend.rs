//! A learner on one of burn's backends.

use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use memloom_algorithm::loss::{policy_loss, value_loss};
use memloom_engine::generation::Scheduler;
use memloom_engine::kernels::Trainable;
use memloom_engine::model::Backbone;
use memloom_engine::model::packing::{
    Row, choice_logprobs, choice_logprobs_for_update, distinct_tokens, micro_batches,
    prompt_values, prompt_values_checkpointed,
};
use memloom_engine::optim::{AdamW, Gradients};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::config::RunFile;
use crate::rollout::batcher::Engine;
use crate::train::batch::ScoredRow;
use crate::train::learner::minibatch::{Minibatch, SamplerGap};
use crate::train::learner::{Learner, Reinforcement, Update, slopes};
use crate::train::value_states::State;

/// A backbone and its optimiser.
pub struct BurnLearner<B: Trainable> {
    model: Backbone<B>,
    optimizer: AdamW<B>,
    best: Option<Backbone<B>>,
    reference: Option<Backbone<B::InnerBackend>>,
    weight_decay: f64,
    max_gradient_norm: f64,
    micro_batch_tokens: usize,
    checkpoint_layers: bool,
    /// True if the loss needs a reference policy.
    refers: bool,
}

/// Names in a checkpoint: folders of weights, and the optimiser's file.
const PRESENT: &str = "present";
const BEST: &str = "best";
const REFERENCE: &str = "reference";
const MOMENTS: &str = "moments.safetensors";

impl<B: Trainable> BurnLearner<B> {
    /// Returns a learner that trains `model` by a run file, with a value head if its
    /// algorithm needs one.
    pub fn new(file: &RunFile, mut model: Backbone<B>) -> Self {
        if file.algorithm.build().needs_critic() {
            model = model.with_value_head();
        }
        Self::with(file, model)
    }

    /// Returns a learner for `model` as it is.
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
            refers: file.algorithm.kl > 0.0 || file.algorithm.build().log_ratio_loss().is_some(),
        }
    }

    /// Puts a row that is longer than a micro-batch first. It needs the most memory, and too
    /// little memory fails at once.
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
        run: &mut PolicyUpdate<'_>,
        states: &[&State],
        gradients: &mut Gradients<B>,
    ) -> Result<()> {
        let PolicyUpdate {
            settings,
            noise,
            update,
            ..
        } = run;
        let rows: Vec<Row> = states.iter().map(|state| state.row.clone()).collect();
        for batch in micro_batches(&rows, self.micro_batch_tokens) {
            let members: Vec<&Row> = batch.iter().map(|index| &rows[*index]).collect();
            update.tokens += distinct_tokens(&members) as u64;
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

    /// Makes one AdamW step along the gradients of a minibatch and of the value head's
    /// states that belong to it.
    fn minibatch_step(
        &mut self,
        run: &mut PolicyUpdate<'_>,
        minibatch: &Minibatch<'_>,
        states: Option<&[&State]>,
    ) -> Result<()> {
        let mut gradients = Gradients::new();
        for places in micro_batches(&minibatch.plain, self.micro_batch_tokens) {
            self.policy_gradients(run, minibatch, &places, &mut gradients)?;
        }
        if let Some(states) = states {
            self.value_gradients(run, states, &mut gradients)?;
        }
        run.minibatches += 1;
        run.update.gradient_norm += self.optimizer_step(gradients, 1.0, run.learning_rate)?;
        Ok(())
    }

    /// Gathers the gradients of the policy's loss over a micro-batch: the rows at `places`
    /// of a minibatch.
    fn policy_gradients(
        &self,
        run: &mut PolicyUpdate<'_>,
        minibatch: &Minibatch<'_>,
        places: &[usize],
        gradients: &mut Gradients<B>,
    ) -> Result<()> {
        let settings = run.settings;
        let objective = &settings.objective;
        let rows: Vec<&Row> = places.iter().map(|at| &minibatch.plain[*at]).collect();
        run.update.tokens += distinct_tokens(&rows) as u64;
        let model = self.model.with_dropout(run.noise.next_u64());
        let (choices, tape) =
            choice_logprobs_for_update(&model, &rows, settings.temperature, self.checkpoint_layers);
        let mut inputs = minibatch.loss_inputs(places, run.before.as_deref());
        if let Some(reference) = self.reference.as_ref().filter(|_| objective.kl > 0.0) {
            let logprobs = choice_logprobs(reference, &rows, settings.temperature).logprobs;
            inputs.reference_logprobs = floats(logprobs)?;
        }
        if run.minibatches == 0 && settings.log_ratios.is_none() {
            let logprobs = floats(choices.logprobs.clone().inner())?;
            run.gap.add(&logprobs, &inputs);
        }
        let entropies = floats(choices.entropies.clone().inner())?;
        run.update.free_tokens += entropies.len() as u64;
        run.update.entropy += entropies.iter().map(|e| f64::from(*e)).sum::<f64>();
        let loss = policy_loss(choices.logprobs, choices.entropies, &inputs, objective);
        let range = 1.0 - objective.clip_low..=1.0 + objective.clip_high;
        let ratios = floats(loss.ratios.inner())?;
        run.clipped += ratios.iter().filter(|ratio| !range.contains(ratio)).count();
        run.update.divergence += f64::from(floats(loss.divergence.inner())?[0]);
        let sum = f64::from(floats(loss.sum.clone().inner())?[0]);
        ensure!(
            sum.is_finite(),
            "the loss is {sum}: lower optimizer.learning_rate"
        );
        if settings.log_ratios.is_none() {
            run.update.loss += sum;
        }
        gradients.add_checkpointed(&model, loss.sum.backward(), tape);
        Ok(())
    }

    /// Returns the rows for the next AdamW step of a loss of log-ratios, and adds that loss to the
    /// sums. None for the clipped objective.
    fn weighed(
        &self,
        run: &mut PolicyUpdate<'_>,
        rows: &[ScoredRow],
    ) -> Result<Option<Vec<ScoredRow>>> {
        let (Some(loss), Some(reference)) = (run.settings.log_ratios, &run.reference) else {
            return Ok(None);
        };
        let present = self.logprobs(rows, run.settings.temperature)?;
        if run.minibatches == 0 {
            let all: Vec<usize> = (0..rows.len()).collect();
            let whole = Minibatch::new(rows, &all, run.settings);
            run.gap
                .add(&present.concat(), &whole.loss_inputs(&all, None));
        }
        let (rows, loss) = slopes::weighed(rows, &present, reference, loss);
        run.update.loss += loss;
        Ok(Some(rows))
    }

    /// Gathers the gradients of the cross-entropy of rows' free tokens times `weight`. Returns the
    /// sum of their cross-entropy as the loss, and the counts of tokens.
    fn imitation_gradients(
        &self,
        rows: &[Row],
        weight: f64,
        noise: &mut ChaCha8Rng,
        gradients: &mut Gradients<B>,
    ) -> Result<Update> {
        let mut update = Update::default();
        for batch in micro_batches(rows, self.micro_batch_tokens) {
            let rows: Vec<&Row> = batch.iter().map(|index| &rows[*index]).collect();
            let model = self.model.with_dropout(noise.next_u64());
            let (choices, tape) =
                choice_logprobs_for_update(&model, &rows, 1.0, self.checkpoint_layers);
            let tokens = choices.logprobs.dims()[0];
            update.tokens += distinct_tokens(&rows) as u64;
            if tokens == 0 {
                continue;
            }
            update.free_tokens += tokens as u64;
            let loss = choices.logprobs.neg().sum();
            let sum = f64::from(floats(loss.clone().inner())?[0]);
            ensure!(
                sum.is_finite(),
                "the loss of the warm start is {sum}: lower warm_start.learning_rate"
            );
            update.loss += sum;
            let weighted = loss.mul_scalar(weight);
            gradients.add_checkpointed(&model, weighted.backward(), tape);
        }
        Ok(update)
    }

    /// Returns the log-probabilities of each row's free tokens under a model.
    fn logprobs_under(
        &self,
        model: &Backbone<B::InnerBackend>,
        rows: &[ScoredRow],
        temperature: f32,
    ) -> Result<Vec<Vec<f32>>> {
        let plain: Vec<Row> = rows.iter().map(|scored| scored.row.clone()).collect();
        let mut logprobs = vec![Vec::new(); rows.len()];
        for batch in micro_batches(&plain, self.micro_batch_tokens) {
            let members: Vec<&Row> = batch.iter().map(|index| &plain[*index]).collect();
            let mut all = floats(choice_logprobs(model, &members, temperature).logprobs)?;
            for &index in batch.iter().rev() {
                let own: usize = rows[index]
                    .scored
                    .iter()
                    .map(|s| s.sampler_logprobs.len())
                    .sum();
                logprobs[index] = all.split_off(all.len() - own);
            }
        }
        Ok(logprobs)
    }

    /// Makes one AdamW step along the gathered gradients times `scale`. Returns their norm.
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
        Box::new(Scheduler::new(self.model.valid().prepared()))
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

    fn logprobs(&self, rows: &[ScoredRow], temperature: f32) -> Result<Vec<Vec<f32>>> {
        self.logprobs_under(&self.model.valid(), rows, temperature)
    }

    fn update_reference(&mut self, pace: f64) {
        if let Some(reference) = self.reference.take_if(|_| pace > 0.0) {
            self.reference = Some(reference.lerp(&self.model.valid(), pace as f32));
        }
    }

    fn begin_stage(&mut self) {
        self.optimizer = AdamW::new(self.weight_decay, self.max_gradient_norm);
        self.reference = self.refers.then(|| self.model.valid());
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

    fn supervised_step(
        &mut self,
        outputs: &[Row],
        prompts: &[Row],
        learning_rate: f64,
        noise: u64,
    ) -> Result<Update> {
        let mut noise = ChaCha8Rng::seed_from_u64(noise);
        let mut gradients = Gradients::new();
        let mut update = self.imitation_gradients(outputs, 1.0, &mut noise, &mut gradients)?;
        let share = 1.0 / update.free_tokens.max(1) as f64;
        update.loss *= share;
        let weight = update.free_tokens as f64 / free_tokens(prompts).max(1) as f64;
        let read = self.imitation_gradients(prompts, weight, &mut noise, &mut gradients)?;
        update.tokens += read.tokens;
        update.read_loss = (read.free_tokens > 0).then(|| read.loss / read.free_tokens as f64);
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
        if rows.is_empty() {
            return Ok(Update::default());
        }
        let before = match settings.objective.importance_cap {
            Some(_) => Some(self.logprobs(rows, settings.temperature)?),
            None => None,
        };
        let reference = match (&self.reference, settings.log_ratios) {
            (Some(model), Some(_)) => {
                Some(self.logprobs_under(model, rows, settings.temperature)?)
            }
            _ => None,
        };
        let mut run = PolicyUpdate {
            settings,
            learning_rate,
            before,
            reference,
            noise: ChaCha8Rng::seed_from_u64(settings.noise),
            update: Update::default(),
            clipped: 0,
            minibatches: 0,
            gap: SamplerGap::default(),
        };
        for _ in 0..settings.epochs {
            let mut shuffled: Vec<usize> = (0..rows.len()).collect();
            shuffled.shuffle(&mut order);
            self.longest_first(&mut shuffled, rows);
            let mut states: Vec<&State> = states.iter().collect();
            states.shuffle(&mut order);
            let mut states = states.chunks(states.len().div_ceil(settings.minibatches).max(1));
            for indices in shuffled.chunks(rows.len().div_ceil(settings.minibatches)) {
                let weighed = self.weighed(&mut run, rows)?;
                let rows = weighed.as_deref().unwrap_or(rows);
                let minibatch = Minibatch::new(rows, indices, settings);
                self.minibatch_step(&mut run, &minibatch, states.next())?;
            }
        }
        Ok(run.finish())
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

/// Returns the number of free tokens of rows.
fn free_tokens(rows: &[Row]) -> usize {
    let completions = rows.iter().flat_map(|row| &row.completions);
    completions
        .map(|completion| completion.free().count())
        .sum()
}

/// A reinforcement update under way: its settings, its random numbers and its sums so far.
struct PolicyUpdate<'a> {
    settings: &'a Reinforcement,
    learning_rate: f64,
    /// Log-probabilities by row before the update; only with an importance cap.
    before: Option<Vec<Vec<f32>>>,
    /// Log-probabilities by row under the reference policy; only with a loss of log-ratios.
    reference: Option<Vec<Vec<f32>>>,
    noise: ChaCha8Rng,
    /// Sums over free tokens and minibatches. [`PolicyUpdate::finish`] divides them.
    update: Update,
    /// Free tokens with a ratio outside the clipping range.
    clipped: usize,
    /// Minibatches that are done.
    minibatches: usize,
    gap: SamplerGap,
}

impl PolicyUpdate<'_> {
    /// Turns the sums into means.
    fn finish(self) -> Update {
        let sums = self.update;
        let per_token = |sum: f64| sum / sums.free_tokens.max(1) as f64;
        let per_minibatch = |sum: f64| sum / self.minibatches as f64;
        Update {
            loss: per_minibatch(sums.loss),
            value_loss: per_minibatch(sums.value_loss),
            gradient_norm: per_minibatch(sums.gradient_norm),
            clip_fraction: per_token(self.clipped as f64),
            entropy: per_token(sums.entropy),
            divergence: per_token(sums.divergence),
            first_ratio_deviation: self.gap.ratio_deviation,
            first_kl: self.gap.lost / self.gap.tokens.max(1) as f64,
            ..sums
        }
    }
}

/// Reads a tensor's numbers.
fn floats<B: Backend>(tensor: Tensor<B, 1>) -> Result<Vec<f32>> {
    tensor
        .into_data()
        .to_vec()
        .map_err(|error| anyhow!("the backend gave no 32-bit floats: {error:?}"))
}
