//! One training step of LoGo-GRPO or of another algorithm: the five parts of
//! [`Trainer::rl_step`].

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use cpu_time::ProcessTime;
use memloom_algorithm::algorithm::Algorithm;
use memloom_algorithm::loss::LogRatioLoss;
use memloom_algorithm::reward::Compression;
use memloom_engine::optim::lr_schedule;
use serde::Serialize;

use crate::config::{AlgorithmSection, AnchorRule, JUDGE, Learn, RunFile, Stage, needs_answers};
use crate::env::OpenEpisode;
use crate::rng::{Purpose, derive, generator};
use crate::rollout;
use crate::rollout::policy_model::Sampling;
use crate::rollout::reward::{RewardFn, mean};
use crate::rollout::{Anchor, Outcome, Plan};
use crate::run::timings::Timing;
use crate::train::batch::{Choosing, ScoredRow, rows};
use crate::train::credit::{Bonuses, Crediting, credit};
use crate::train::draw;
use crate::train::group_metrics::GroupMetrics;
use crate::train::intrinsic;
use crate::train::learner::{Reinforcement, Update};
use crate::train::reroll_plan::{anchors_by_reward, draw_anchors, kept_sessions};
use crate::train::trainer::Trainer;
use crate::train::value_states;
use crate::train::value_states::State;

/// Least return of a rollout that solved its episode, but for rounding.
const SOLVED: f64 = 1.0 - 1e-9;

/// A step's place in the curriculum, and the clocks that started with it.
struct StepAt<'a> {
    /// Number of the stage, from 0.
    index: usize,
    stage: &'a Stage,
    /// Number within the stage, from 0.
    step: u64,
    began: Instant,
    processor: ProcessTime,
}

/// The episodes of a step, and the sessions of each that are drawn for rerolls.
struct Opened {
    episodes: Vec<OpenEpisode>,
    /// Their indices in the training split.
    indices: Vec<u64>,
    /// Their instructions; empty without `[instructions]`.
    instructions: Vec<usize>,
    anchors: Vec<Vec<Anchor>>,
}

/// The rollouts and rerolls of a step, in the order of their ids.
struct RolledOut {
    outcomes: Vec<Outcome>,
    /// Questions that were dropped for the whole group.
    dropped_questions: u64,
    /// Seconds since the step began.
    seconds: f64,
}

/// The rows and value states that a step learns from, and its metrics.
struct Credited {
    rows: Vec<ScoredRow>,
    states: Vec<State>,
    metrics: GroupMetrics,
}

/// A training step.
#[derive(Serialize)]
struct StepLine<'a> {
    /// `step`.
    kind: &'static str,
    /// Stage, from 0.
    stage: usize,
    /// Training step of the stage, from 1.
    step: u64,
    /// Sessions of each episode; 0 is all.
    horizon: u32,
    /// Metrics of the rollouts and their groups.
    #[serde(flatten)]
    groups: &'a GroupMetrics,
    /// Mean loss over minibatches.
    loss: f64,
    /// Mean gradient norm over minibatches, before clipping.
    gradient_norm: f64,
    /// Share of free tokens whose probability ratio left the clipping range.
    clip_fraction: f64,
    /// Mean entropy of free tokens, in nats.
    entropy: f64,
    /// Largest |ratio - 1| before the first update: 0 except for rounding.
    first_ratio_deviation: f64,
    /// Mean log-probability of free tokens at sampling minus that before the first update,
    /// in nats.
    first_kl: f64,
    /// Mean KL divergence from the reference policy; 0 if `algorithm.kl` is 0.
    divergence: f64,
    /// Mean value loss over states; 0 without a value head.
    value_loss: f64,
    /// Learning rate of the step.
    learning_rate: f64,
    /// Tokens fed to the backbone in the update. A beginning that prompts share counts once.
    trained_tokens: u64,
}

impl Trainer<'_> {
    /// Runs one training step and returns its metrics.
    ///
    /// 1. Opens the step's episodes and draws the sessions that are rerolled.
    /// 2. Rolls out: n rollouts of each episode, and m rerolls of each drawn session from
    ///    the state in which its anchor entered it.
    /// 3. Credits: scores and words become rewards, and rewards become advantages inside
    ///    groups that share an environment.
    /// 4. Updates the weights with one clipped objective over both kinds of rows.
    /// 5. Logs a line of metrics and one of timings.
    pub(super) fn rl_step(
        &mut self,
        index: usize,
        stage: &Stage,
        step: u64,
    ) -> Result<GroupMetrics> {
        let at = StepAt {
            index,
            stage,
            step,
            began: Instant::now(),
            processor: ProcessTime::now(),
        };
        let opened = self.open_episodes(&at)?;
        let rolled_out = self.roll_out(&at, &opened)?;
        let credited = self.credit(&at, &opened, &rolled_out)?;
        let metrics = credited.metrics.clone();
        self.note_returns(&at, &opened, &rolled_out)?;
        let update = self.update(&at, credited)?;
        self.log(&at, &opened, &rolled_out, &metrics, &update)?;
        Ok(metrics)
    }

    /// Opens the step's episodes, and draws their questions and anchors.
    fn open_episodes(&self, at: &StepAt<'_>) -> Result<Opened> {
        let section = &self.file.algorithm;
        let seed = self.file.run.seed;
        let mut opened = Opened {
            episodes: Vec::new(),
            indices: Vec::new(),
            instructions: Vec::new(),
            anchors: Vec::new(),
        };
        let count = self.training_env().episodes("train")?;
        for number in 0..section.episodes {
            let occasion = [at.index as u64, at.step, number];
            let next = self.progress.steps * section.episodes + number;
            let next = count.map_or(next, |count| next % count);
            let mut random = generator(seed, Purpose::Draw, &occasion);
            let index = draw::again(&self.file.draw, &self.progress.returns, &mut random);
            let index = index.unwrap_or(next);
            let instruction = self.draw_instruction(&occasion);
            let env = match instruction {
                Some(number) => &self.instructed[number],
                None => self.training_env(),
            };
            opened.instructions.extend(instruction);
            let mut episode = env.open("train", index, at.stage.horizon)?;
            episode.labelled = at.stage.metric(section) == JUDGE;
            if let Some(most) = section.questions {
                episode.keep_questions(most, &mut generator(seed, Purpose::Questions, &occasion));
            }
            opened.anchors.push(draw_anchors(
                &mut generator(seed, Purpose::Anchors, &occasion),
                episode.sessions(),
                section.rollouts(),
                section.reroll_chance(),
                section.reroll_from,
            ));
            opened.episodes.push(episode);
            opened.indices.push(index);
        }
        Ok(opened)
    }

    /// Runs all rollouts and rerolls. Rerolls start as soon as their anchor's rollout
    /// enters the session, unless rewards decide on the anchors.
    fn roll_out(&self, at: &StepAt<'_>, opened: &Opened) -> Result<RolledOut> {
        let section = &self.file.algorithm;
        let Opened {
            episodes, anchors, ..
        } = opened;
        let at_once = section.anchors == AnchorRule::Uniform;
        let sampling = Sampling {
            seed: self.file.run.seed,
            occasion: [at.index as u64, at.step],
            temperature: section.temperature,
            top_k: section.top_k,
            top_p: section.top_p,
        };
        let plan = Plan {
            anchors: if at_once { anchors } else { &[] },
            kept: &kept_sessions(section.anchors, episodes, anchors),
            rerolls: section.rerolls,
            reroll_sessions: section.reroll_sessions,
            answer_samples: section.answer_samples,
            asks: needs_answers(at.stage.metric(section)),
            variants: true,
            names_states: self.algorithm.needs_state_names(),
            lived_by: section.before(),
            shaping: section.shaping(),
            ..Plan::new(&self.grammars, section.rollouts(), sampling)
        };
        let mut engine = self.engine();
        let mut outcomes = rollout::run(&plan, episodes, &mut *engine)?;
        if !self.algorithm.needs_rollouts() {
            outcomes.retain(|outcome| outcome.id.reroll.is_some());
        }
        let mut dropped = rollout::drop_together(&mut outcomes);
        if !at_once {
            let anchors = self.anchors_by_reward(at, opened, &outcomes)?;
            let rerolled = rollout::reroll(&plan, episodes, &outcomes, &anchors, &mut *engine)?;
            outcomes.extend(rerolled);
            outcomes.sort_by_key(|outcome| outcome.id);
            dropped = rollout::drop_together(&mut outcomes);
        }
        let questions: usize = episodes.iter().map(|opened| opened.questions.len()).sum();
        if let Some(why) = dropped.values().next() {
            ensure!(
                dropped.len() < questions,
                "all {questions} questions of step {} of stage {} were lost: {why}",
                at.step + 1,
                at.index + 1
            );
        }
        Ok(RolledOut {
            outcomes,
            dropped_questions: dropped.len() as u64,
            seconds: at.began.elapsed().as_secs_f64(),
        })
    }

    /// Returns the anchors by episode, chosen by the rewards of the rollouts.
    fn anchors_by_reward(
        &self,
        at: &StepAt<'_>,
        opened: &Opened,
        outcomes: &[Outcome],
    ) -> Result<Vec<Vec<Anchor>>> {
        let section = &self.file.algorithm;
        let both = opened.episodes.iter().zip(&opened.anchors);
        let anchors = both.enumerate().map(|(number, (episode, drawn))| {
            let reward_fn = RewardFn::new(
                episode,
                at.stage.metric(section),
                compression(&self.file.algorithm, at.stage),
            );
            let own = outcomes.iter().filter(|o| o.id.episode == number);
            anchors_by_reward(drawn, section.anchors, &own.collect::<Vec<_>>(), &reward_fn)
        });
        anchors.collect()
    }

    /// Turns outcomes into rows with advantages and, for a critic, states with targets.
    fn credit(
        &mut self,
        at: &StepAt<'_>,
        opened: &Opened,
        rolled_out: &RolledOut,
    ) -> Result<Credited> {
        let section = &self.file.algorithm;
        let outcomes = &rolled_out.outcomes;
        let mut states = Vec::new();
        if self.algorithm.needs_critic() {
            states = value_states::states(outcomes, |episode, session| {
                opened.episodes[episode].is_task(session)
            });
            self.learners.predict_values(&mut states)?;
        }
        let crediting = crediting(self.file, &*self.algorithm, at.stage);
        let episodes = &opened.episodes;
        let role = self.learning_role(at.stage);
        let bonuses = match (&self.env.embedder, self.file.intrinsic.pays()) {
            (Some(embedder), true) => {
                let reader = intrinsic::Reader {
                    tokenizer: self.grammars.tokenizer(),
                    embedder: &**embedder,
                    role: role.as_deref(),
                };
                let (section, tried) = (&self.file.intrinsic, &mut self.tried);
                intrinsic::bonuses(tried, section, &reader, outcomes, episodes, &crediting)?
            }
            _ => Bonuses::new(),
        };
        let credited = credit(outcomes, episodes, &crediting, &bonuses, &mut states);
        let (given, mut metrics) = credited?;
        let choosing = Choosing {
            role: role.as_deref(),
            mask_truncated: section.mask_truncated,
            least_advantage: section.least_advantage,
            pairs: matches!(
                self.algorithm.log_ratio_loss(),
                Some(LogRatioLoss::Preference(_))
            ),
            most_steps: section.most_steps,
        };
        let place = [at.index as u64, at.step];
        let mut random = generator(self.file.run.seed, Purpose::Steps, &place);
        let mut rows = rows(outcomes, &given, choosing, &mut random)?;
        if self.file.replay.replays() {
            let (replayed, own) = self.replayed(at, opened, outcomes)?;
            self.keep_solved(at, opened, outcomes)?;
            metrics.replayed = replayed.len() as u64;
            rows.extend(replayed);
            states.extend(own);
        }
        metrics.trained_steps = rows.iter().map(|row| row.scored.len() as u64).sum();
        metrics.dropped_questions = rolled_out.dropped_questions;
        let (asked, unread) = (metrics.steps, metrics.overflows.context_overflows);
        ensure!(
            asked == 0 || unread < asked,
            "none of the {asked} prompts of step {} of stage {} fits the {} tokens that the backbone reads: raise backbone.context, or have the policy ask in fewer words",
            at.step + 1,
            at.index + 1,
            self.learners.context()
        );
        Ok(Credited {
            rows,
            states,
            metrics,
        })
    }

    /// Returns rows and states of earlier successes.
    fn replayed(
        &self,
        at: &StepAt<'_>,
        opened: &Opened,
        outcomes: &[Outcome],
    ) -> Result<(Vec<ScoredRow>, Vec<State>)> {
        let section = &self.file.replay;
        let sampled: usize = outcomes.iter().map(|outcome| outcome.steps.len()).sum();
        let place = [at.index as u64, at.step];
        let drawn = self.replay.draw(
            section,
            &opened.indices.iter().map(|own| (at.index, *own)).collect(),
            (section.share * sampled as f64) as usize,
            &mut generator(self.file.run.seed, Purpose::Replay, &place),
            |rows| {
                self.learners
                    .logprobs(rows, self.file.algorithm.temperature)
            },
        )?;
        let (mut rows, mut states) = (Vec::new(), Vec::new());
        for (trajectory, success) in (outcomes.len()..).zip(drawn) {
            let mut own = success.states(trajectory);
            self.learners.predict_values(&mut own)?;
            rows.extend(success.rows(&mut own, &*self.algorithm));
            states.extend(own);
        }
        Ok((rows, states))
    }

    /// Keeps the first rollout of each episode that solved it.
    fn keep_solved(
        &mut self,
        at: &StepAt<'_>,
        opened: &Opened,
        outcomes: &[Outcome],
    ) -> Result<()> {
        let role = self.learning_role(at.stage);
        for (number, episode) in opened.episodes.iter().enumerate() {
            let crediting = crediting(self.file, &*self.algorithm, at.stage);
            let own = outcomes
                .iter()
                .filter(|o| o.id.episode == number && o.id.reroll.is_none());
            let mut solved = None;
            for outcome in own {
                let (rewards, worth) = crediting.rewards(episode, outcome)?;
                if worth >= SOLVED {
                    solved = Some((outcome, rewards));
                    break;
                }
            }
            if let Some((outcome, rewards)) = solved {
                let place = (at.index, opened.indices[number]);
                let learns = |own: &str| role.as_deref().is_none_or(|role| role == own);
                let (section, step) = (&self.file.replay, self.progress.steps);
                self.replay
                    .keep(section, place, step, outcome, rewards, learns);
            }
        }
        Ok(())
    }

    /// Notes the mean returns of the step's episodes, if episodes are drawn again, and the rewards of
    /// their instructions.
    fn note_returns(
        &mut self,
        at: &StepAt<'_>,
        opened: &Opened,
        rolled_out: &RolledOut,
    ) -> Result<()> {
        if self.file.draw.share == 0.0 && opened.instructions.is_empty() {
            return Ok(());
        }
        let metric = at.stage.metric(&self.file.algorithm);
        let mut returns = Vec::new();
        for (number, episode) in opened.episodes.iter().enumerate() {
            let compression = compression(&self.file.algorithm, at.stage);
            let reward_fn = RewardFn::new(episode, metric, compression);
            let own = rolled_out.outcomes.iter();
            let own = own.filter(|o| o.id.episode == number && o.id.reroll.is_none());
            let own = own.map(|outcome| Ok((outcome, reward_fn.whole(&outcome.result)?)));
            returns.push(own.collect::<Result<Vec<_>>>()?);
        }
        if self.file.draw.share > 0.0 {
            for (index, own) in opened.indices.iter().zip(&returns) {
                let mean = mean(own.iter().map(|(_, worth)| *worth));
                self.progress.returns.insert(*index, mean);
            }
        }
        self.reward_instructions(&opened.instructions, &returns)
    }

    /// Updates the weights, the reference policy, and a server that samples.
    fn update(&mut self, at: &StepAt<'_>, credited: Credited) -> Result<Update> {
        let section = &self.file.algorithm;
        let seed = self.file.run.seed;
        let settings = Reinforcement {
            objective: section.objective(),
            log_ratios: self.algorithm.log_ratio_loss(),
            temperature: section.temperature,
            epochs: section.epochs,
            minibatches: section.minibatches,
            value_weight: section.value_weight,
            value_clip: section.value_clip,
            noise: derive(seed, Purpose::Dropout, &[at.index as u64 + 1, at.step]),
        };
        let order = generator(seed, Purpose::Shuffle, &[at.index as u64, at.step]);
        let Credited {
            rows,
            states,
            metrics,
        } = credited;
        let update = self
            .learners
            .reinforce(rows, states, &settings, self.learning_rate(at), &order)
            .with_context(|| format!("step {} of stage {}", at.step + 1, at.index + 1))?;
        self.learners.update_reference(section.reference_pace);
        self.push_weights()?;
        self.progress.generated_tokens += metrics.generated_tokens;
        self.progress.trained_tokens += update.tokens;
        Ok(update)
    }

    /// Writes the step's lines of `metrics.jsonl` and `timings.jsonl`.
    fn log(
        &mut self,
        at: &StepAt<'_>,
        opened: &Opened,
        rolled_out: &RolledOut,
        metrics: &GroupMetrics,
        update: &Update,
    ) -> Result<()> {
        self.metrics.write(&StepLine {
            kind: "step",
            stage: at.index,
            step: at.step + 1,
            horizon: at.stage.horizon,
            groups: metrics,
            loss: update.loss,
            gradient_norm: update.gradient_norm,
            clip_fraction: update.clip_fraction,
            entropy: update.entropy,
            first_ratio_deviation: update.first_ratio_deviation,
            first_kl: update.first_kl,
            divergence: update.divergence,
            value_loss: update.value_loss,
            learning_rate: self.learning_rate(at),
            trained_tokens: update.tokens,
        })?;
        let opening = opened.episodes.iter().map(|opened| opened.guest_seconds);
        let rollouts = rolled_out.outcomes.iter().map(|o| o.result.guest_seconds);
        let guest_seconds: f64 = opening.chain(rollouts).sum();
        let mut timing = Timing::new("step", self.progress.steps + 1, at.began);
        timing.rollout_seconds = Some(rolled_out.seconds);
        timing.update_seconds = Some(timing.seconds - rolled_out.seconds);
        timing.guest_share = Some(guest_seconds / at.processor.elapsed().as_secs_f64());
        timing.tokens_per_second = Some(metrics.generated_tokens as f64 / rolled_out.seconds);
        self.time(timing)
    }

    fn learning_rate(&self, at: &StepAt<'_>) -> f64 {
        let optimizer = &self.file.optimizer;
        let peak = at.stage.learning_rate.unwrap_or(optimizer.learning_rate);
        lr_schedule::constant(at.step, optimizer.warmup_steps, peak)
    }

    /// Returns the role that learns in this step, or None if all do.
    fn learning_role(&self, stage: &Stage) -> Option<String> {
        let mut roles = self.env.own_roles();
        match stage.learn(&self.file.algorithm) {
            Learn::All => None,
            Learn::Alternating => {
                let turn = self.progress.steps as usize % roles.len();
                Some(roles.swap_remove(turn))
            }
            Learn::Role(name) => Some(name.clone()),
        }
    }
}

fn crediting<'a>(
    file: &'a RunFile,
    algorithm: &'a dyn Algorithm,
    stage: &'a Stage,
) -> Crediting<'a> {
    let section = &file.algorithm;
    Crediting {
        metric: stage.metric(section),
        compression: compression(section, stage),
        algorithm,
        answers: section.learn_answers,
        shaping: [section.accepted, section.judged],
    }
}

fn compression(section: &AlgorithmSection, stage: &Stage) -> Compression {
    Compression {
        penalty: stage.penalty.unwrap_or(section.penalty),
        threshold: stage.threshold.unwrap_or(section.threshold),
        charge: section.charge,
    }
}
