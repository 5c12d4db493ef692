//! One stage of the curriculum: LoGo-GRPO steps at one horizon.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use cpu_time::ProcessTime;
use memloom_algorithm::algorithm::Algorithm;
use memloom_algorithm::reward::Compression;
use serde::Serialize;

use crate::config::{AnchorRule, Carry, JUDGE, Learn, Stage, Watched};
use crate::env::OpenEpisode;
use crate::eval::metrics::HELD;
use crate::rng::{Purpose, derive, generator};
use crate::rollout::policy_model::Sampling;
use crate::rollout::reward::RewardFn;
use crate::rollout::{Anchor, Outcome, Plan};
use crate::run::checkpoint::{Best, Position};
use crate::run::timings::Timing;
use crate::train::batch::{Crediting, Groups, anchors, anchors_by_reward, assemble};
use crate::train::learner::Reinforcement;
use crate::train::{Trainer, greedy, value_states};
use crate::{eval, rollout};

/// A line of `metrics.jsonl` for a LoGo-GRPO step.
#[derive(Serialize)]
struct StepLine<'a> {
    kind: &'static str,
    stage: usize,
    step: u64,
    horizon: u32,
    #[serde(flatten)]
    groups: &'a Groups,
    loss: f64,
    gradient_norm: f64,
    clip_fraction: f64,
    entropy: f64,
    /// Largest |ratio - 1| before the first update: 0 but for rounding.
    first_ratio_deviation: f64,
    /// Mean log-probability lost between sampling and the first update.
    first_kl: f64,
    /// Mean divergence from the reference policy; 0 where it has no weight.
    divergence: f64,
    /// Mean over states of the value head's loss; 0 without one.
    value_loss: f64,
    learning_rate: f64,
    trained_tokens: u64,
}

/// A line of `metrics.jsonl` for a validation.
#[derive(Serialize)]
struct ValidationLine {
    kind: &'static str,
    stage: usize,
    step: u64,
    reward: f64,
    f1: f64,
    m_fail: f64,
    bank_words: f64,
    best: bool,
}

impl Trainer<'_> {
    /// Runs the stages that are left.
    pub(super) fn stages(&mut self) -> Result<()> {
        self.push_weights()?;
        self.before()?;
        while let Position::Stage(index, done) = self.progress.position {
            let Some(stage) = self.file.stages.get(index) else {
                return Ok(());
            };
            let ended = self.stage(index, stage, done)?;
            if ended != Ended::Whole {
                self.save()?;
            }
            if stage.carry == Carry::Best {
                self.learners.take_best();
                self.push_weights()?;
            }
            if ended != Ended::Whole {
                return Ok(());
            }
            self.progress.position = Position::Stage(index + 1, 0);
            self.begin_stage();
            self.save()?;
        }
        Ok(())
    }

    fn stage(&mut self, index: usize, stage: &Stage, done: u64) -> Result<Ended> {
        let name = format!("{} sessions", stage.horizon);
        let mut phase = self.console.phase(&name, stage.steps, done);
        if done == 0 && self.progress.best.is_none() {
            self.validate(index, stage, 0)?;
        }
        for step in done..stage.most_steps() {
            if step >= stage.steps && self.progress.gate_open {
                break;
            }
            if self
                .file
                .run
                .max_steps
                .is_some_and(|most| self.progress.steps >= most)
            {
                return Ok(Ended::Early);
            }
            let groups = self.step(index, stage, step)?;
            self.progress.steps += 1;
            self.progress.position = Position::Stage(index, step + 1);
            let last = [stage.steps, stage.most_steps()].contains(&(step + 1));
            if (step + 1).is_multiple_of(self.file.evaluation.every) || last {
                self.validate(index, stage, step + 1)?;
            }
            let best = self.progress.best.map_or(f64::NAN, |best| best.reward);
            phase.at(
                step + 1,
                &format!("reward {:.3}  best {best:.3}", groups.reward),
            );
            if (step + 1).is_multiple_of(self.file.run.checkpoint_every) {
                self.save()?;
            }
        }
        drop(phase);
        if let Some(gate) = stage.gate.filter(|_| !self.progress.gate_open) {
            self.console.say(&format!(
                "the curriculum ends with stage {}: its gate ({gate}) stayed shut",
                index + 1
            ));
            return Ok(Ended::Early);
        }
        Ok(Ended::Whole)
    }

    fn step(&mut self, index: usize, stage: &Stage, step: u64) -> Result<Groups> {
        let began = Instant::now();
        let processor = ProcessTime::now();
        let logo = &self.file.logo;
        let seed = self.file.run.seed;
        let mut episodes = Vec::new();
        let mut chosen: Vec<Vec<Anchor>> = Vec::new();
        for episode in 0..logo.episodes {
            let mut opened = self.env.open(
                "train",
                self.progress.steps * logo.episodes + episode,
                stage.horizon,
            )?;
            opened.judged = logo.metric == JUDGE;
            if let Some(most) = logo.questions {
                let occasion = [index as u64, step, episode];
                opened.keep_questions(most, &mut generator(seed, Purpose::Questions, &occasion));
            }
            chosen.push(anchors(
                &mut generator(seed, Purpose::Anchors, &[index as u64, step, episode]),
                opened.sessions(),
                logo.rollouts,
                logo.reroll_chance(),
                logo.reroll_from,
            ));
            episodes.push(opened);
        }
        let compression = Compression {
            penalty: stage.penalty.unwrap_or(logo.penalty),
            threshold: stage.threshold.unwrap_or(logo.threshold),
            charge: logo.charge,
        };
        // Which states rerolls may need, where rewards decide about the anchors.
        let kept: Vec<Vec<u32>> = match logo.anchors {
            AnchorRule::Uniform => Vec::new(),
            AnchorRule::LowestReward => {
                let sessions = |anchors: &Vec<Anchor>| anchors.iter().map(|a| a.session).collect();
                chosen.iter().map(sessions).collect()
            }
            AnchorRule::HighestSpread => {
                let sessions = |opened: &OpenEpisode| (1..=opened.sessions()).collect();
                episodes.iter().map(sessions).collect()
            }
        };
        let at_once = logo.anchors == AnchorRule::Uniform;
        let plan = Plan {
            grammars: &self.grammars,
            rollouts: logo.rollouts,
            anchors: if at_once { &chosen } else { &[] },
            kept: &kept,
            rerolls: logo.rerolls,
            asks: logo.metric != HELD,
            names_states: logo.algorithm == Algorithm::GroupInGroup,
            sampling: Sampling {
                seed,
                occasion: [index as u64, step],
                temperature: logo.temperature,
                top_k: logo.top_k,
                top_p: logo.top_p,
            },
        };
        let mut engine = self.engine();
        let mut outcomes = rollout::run(&plan, &episodes, &mut *engine)?;
        let mut dropped = rollout::drop_together(&mut outcomes);
        if !at_once {
            let mut anchors = Vec::new();
            for (episode, (opened, drawn)) in episodes.iter().zip(&chosen).enumerate() {
                let reward_fn = RewardFn::new(opened, &logo.metric, compression);
                let own = outcomes.iter().filter(|o| o.id.episode == episode);
                let own: Vec<&Outcome> = own.collect();
                anchors.push(anchors_by_reward(drawn, logo.anchors, &own, &reward_fn)?);
            }
            let rerolled = rollout::reroll(&plan, &episodes, &outcomes, &anchors, &mut *engine)?;
            outcomes.extend(rerolled);
            outcomes.sort_by_key(|outcome| outcome.id);
            dropped = rollout::drop_together(&mut outcomes);
        }
        drop(engine);
        let questions: usize = episodes.iter().map(|opened| opened.questions.len()).sum();
        if let Some(why) = dropped.values().next() {
            ensure!(
                dropped.len() < questions,
                "all {questions} questions of step {} of stage {} were lost: {why}",
                step + 1,
                index + 1
            );
        }
        let rolled = began.elapsed().as_secs_f64();
        let learns = self.learning_role();
        let crediting = Crediting {
            metric: &logo.metric,
            compression,
            rule: logo.rule(),
            role: learns.as_deref(),
            mask_truncated: logo.mask_truncated,
        };
        let mut states = Vec::new();
        if logo.algorithm.judges() {
            states = value_states::states(&outcomes);
            self.learners.judge(&mut states)?;
        }
        let (rows, mut groups) = assemble(&outcomes, &episodes, &crediting, &mut states)?;
        groups.dropped_questions = dropped.len() as u64;
        let (asked, unread) = (groups.steps, groups.overflows.context_overflows);
        ensure!(
            asked == 0 || unread < asked,
            "none of the {asked} prompts of step {} of stage {} fits the {} tokens that the backbone reads: raise backbone.context, or have the policy ask in fewer words",
            step + 1,
            index + 1,
            self.learners.context()
        );
        let opening = episodes.iter().map(|opened| opened.guest_seconds);
        let living = outcomes.iter().map(|outcome| outcome.result.guest_seconds);
        let guest_seconds: f64 = opening.chain(living).sum();
        let learning_rate = stage
            .learning_rate
            .unwrap_or(self.file.optimizer.learning_rate);
        let settings = Reinforcement {
            objective: logo.objective(),
            temperature: logo.temperature,
            epochs: logo.epochs,
            minibatches: logo.minibatches,
            value_weight: logo.value_weight,
            value_clip: logo.value_clip,
            noise: derive(seed, Purpose::Dropout, &[index as u64 + 1, step]),
        };
        let order = generator(seed, Purpose::Shuffle, &[index as u64, step]);
        let update = self
            .learners
            .reinforce(rows, states, &settings, learning_rate, &order)
            .with_context(|| format!("step {} of stage {index}", step + 1))?;
        self.learners.follow(logo.reference_pace);
        self.push_weights()?;
        self.progress.generated_tokens += groups.generated_tokens;
        self.progress.trained_tokens += update.tokens;
        self.metrics.write(&StepLine {
            kind: "step",
            stage: index,
            step: step + 1,
            horizon: stage.horizon,
            groups: &groups,
            loss: update.loss,
            gradient_norm: update.gradient_norm,
            clip_fraction: update.clip_fraction,
            entropy: update.entropy,
            first_ratio_deviation: update.first_ratio_deviation,
            first_kl: update.first_kl,
            divergence: update.divergence,
            value_loss: update.value_loss,
            learning_rate,
            trained_tokens: update.tokens,
        })?;
        let mut timing = Timing::new("step", self.progress.steps + 1, began);
        timing.rollout_seconds = Some(rolled);
        timing.update_seconds = Some(timing.seconds - rolled);
        timing.guest_share = Some(guest_seconds / processor.elapsed().as_secs_f64());
        timing.tokens_per_second = Some(groups.generated_tokens as f64 / rolled);
        self.time(timing)?;
        Ok(groups)
    }

    /// The role that learns in this step; none where all do.
    fn learning_role(&self) -> Option<String> {
        let mut roles = self.env.own_roles();
        match &self.file.logo.learn {
            Learn::All => None,
            Learn::Alternating => {
                let turn = self.progress.steps as usize % roles.len();
                Some(roles.swap_remove(turn))
            }
            Learn::Role(name) => Some(name.clone()),
        }
    }

    /// Greedy reward on the validation split; keeps the weights if they are the best.
    fn validate(&mut self, index: usize, stage: &Stage, step: u64) -> Result<()> {
        let began = Instant::now();
        let evaluation = &self.file.evaluation;
        let exam = self.exam(
            "validation",
            evaluation.validation_episodes,
            evaluation.horizon,
        );
        let figures = eval::examine(
            &exam,
            &self.env,
            &self.grammars,
            greedy(self.file),
            &mut *self.engine(),
            &mut |_| (),
        )?;
        let best = self
            .progress
            .best
            .is_none_or(|best| figures.reward > best.reward);
        if best {
            self.progress.best = Some(Best {
                reward: figures.reward,
                step,
            });
            self.learners.keep_best();
        }
        self.progress.gate_open = stage.gate.is_none_or(|gate| {
            gate.passes(match gate.metric {
                Watched::Reward => figures.reward,
                Watched::F1 => figures.f1,
                Watched::MFail => figures.m_fail,
            })
        });
        self.metrics.write(&ValidationLine {
            kind: "validation",
            stage: index,
            step,
            reward: figures.reward,
            f1: figures.f1,
            m_fail: figures.m_fail,
            bank_words: figures.bank_words,
            best,
        })?;
        self.time(Timing::new("validation", self.progress.steps, began))
    }
}

/// How a stage ended.
#[derive(PartialEq, Eq)]
enum Ended {
    /// All its steps are done.
    Whole,
    /// `run.max_steps` was reached, or the gate to the next stage stayed shut.
    Early,
}
