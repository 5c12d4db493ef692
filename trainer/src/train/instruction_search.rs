//! The search for instructions while the policy learns: the draw, what rewards do to it, and new ones
//! that are tested.

use anyhow::{Context, Result, anyhow};
use memloom_runtime::GenerateCall;
use rand::Rng;
use rand::seq::IndexedRandom;
use serde::Serialize;
use toml::Table;

use crate::config::{REFLECTOR, Stage};
use crate::env::TrainingEnv;
use crate::eval;
use crate::rng::{Purpose, generator};
use crate::rollout::Outcome;
use crate::rollout::policy_model::Sampling;
use crate::rollout::reward::mean;
use crate::rollout::single::run_single;
use crate::train::instructions::{Failure, proposed, request};
use crate::train::trainer::Trainer;

/// Failures that one request for an instruction shows.
const SHOWN: usize = 3;

/// A time at which new instructions were written.
#[derive(Serialize)]
struct InstructionsLine<'a> {
    /// `instructions`.
    kind: &'static str,
    /// Stage, from 0.
    stage: usize,
    /// Training steps of the stage before it.
    step: u64,
    /// New ones that were empty, too long, or copies.
    refused: u64,
    /// New ones that did better than the worst.
    admitted: u64,
    /// The instructions after it.
    texts: Vec<&'a str>,
    /// The probability of each.
    shares: Vec<f64>,
}

impl Trainer<'_> {
    /// Makes the environments in which a stage's episodes are lived, one for each instruction.
    pub(super) fn instruct(&mut self, stage: &Stage) -> Result<()> {
        let members = self.instructions.population.members.iter();
        let envs = members.map(|member| self.env_with(&member.text, &stage.environment));
        self.instructed = envs.collect::<Result<_>>()?;
        Ok(())
    }

    fn env_with(&self, text: &str, own: &Table) -> Result<TrainingEnv> {
        let env = self.env.with_policy(&self.file.instructed(text), own);
        env.context("instructions")
    }

    /// Makes evaluations take the best instruction.
    pub(super) fn take_best_instruction(&mut self) -> Result<()> {
        if self.file.instructions.used() && self.evaluated != self.instructions.best() {
            let best = self.instructions.best().to_owned();
            self.env = self.env_with(&best, &Table::new())?;
            self.evaluated = best;
        }
        Ok(())
    }

    /// Writes the instructions into the run's folder, if there is a population.
    pub(super) fn write_instructions(&self) -> Result<()> {
        match self.file.instructions.used() {
            true => self.instructions.save(&self.file.run.out),
            false => Ok(()),
        }
    }

    /// Draws an episode's instruction; none if there is no population.
    pub(super) fn draw_instruction(&self, occasion: &[u64]) -> Option<usize> {
        let section = &self.file.instructions;
        let mut random = generator(self.file.run.seed, Purpose::Instruction, occasion);
        let population = &self.instructions.population;
        section
            .used()
            .then(|| population.draw(section.temperature, random.random()))
    }

    /// Counts the returns of a step's rollouts, given by episode as (outcome, return), and remembers
    /// the worst of each. `drawn` is each episode's instruction.
    pub(super) fn reward_instructions(
        &mut self,
        drawn: &[usize],
        returns: &[Vec<(&Outcome, f64)>],
    ) -> Result<()> {
        let mut rewards = Vec::new();
        for (instruction, own) in drawn.iter().zip(returns) {
            rewards.push((*instruction, mean(own.iter().map(|(_, worth)| *worth))));
            let worst = own.iter().min_by(|one, other| one.1.total_cmp(&other.1));
            let last = worst.and_then(|(outcome, worth)| Some((outcome.steps.last()?, worth)));
            if let Some((step, worth)) = last {
                let tokenizer = self.grammars.tokenizer();
                let prompt = tokenizer.decode(&step.prompt)?;
                let output = tokenizer.decode(&step.sample.tokens)?;
                self.instructions
                    .remember(*worth, format!("{prompt}{output}"));
            }
        }
        let momentum = self.file.instructions.momentum;
        self.instructions.population.reward(&rewards, momentum);
        Ok(())
    }

    /// Has new instructions written, if it is time, and admits those that do better than the worst.
    /// `done` is the number of done steps of the stage.
    pub(super) fn reflect(&mut self, index: usize, stage: &Stage, done: u64) -> Result<()> {
        let section = &self.file.instructions;
        let is_time = section.every > 0 && self.progress.steps.is_multiple_of(section.every.max(1));
        if !section.used() || !is_time || self.instructions.failures.is_empty() {
            return Ok(());
        }
        let (mut refused, mut admitted) = (0, 0);
        // The worst instruction and its reward.
        let mut tested: Option<(String, f64)> = None;
        for number in 0..section.candidates {
            let Some(text) = self.write_instruction(number as u64)? else {
                refused += 1;
                continue;
            };
            let population = &self.instructions.population;
            let worst = population.members[population.worst()].text.clone();
            let known = tested.take().filter(|(own, _)| *own == worst);
            let bar = match known {
                Some((_, reward)) => reward,
                None => self.verified(&worst)?,
            };
            tested = Some((worst, bar));
            if self.verified(&text)? > bar {
                self.instructions.population.admit(text, section.population);
                admitted += 1;
            }
        }
        if admitted > 0 {
            self.instruct(stage)?;
        }
        let population = &self.instructions.population;
        self.metrics.write(&InstructionsLine {
            kind: "instructions",
            stage: index,
            step: done,
            refused,
            admitted,
            texts: population
                .members
                .iter()
                .map(|it| it.text.as_str())
                .collect(),
            shares: population.shares(section.temperature),
        })
    }

    /// Returns a new instruction, or none if the model wrote none that can be used.
    fn write_instruction(&self, number: u64) -> Result<Option<String>> {
        let section = &self.file.instructions;
        let occasion = [self.progress.steps, number];
        let mut random = generator(self.file.run.seed, Purpose::Instruction, &occasion);
        let failures: Vec<&Failure> = self
            .instructions
            .failures
            .choose_multiple(&mut random, SHOWN)
            .collect();
        let call = GenerateCall {
            request: request(self.instructions.best(), &failures, section.max_tokens),
            session: 0,
            step: number as u32,
            question: None,
        };
        let sampling = Sampling {
            temperature: 1.0,
            occasion: [self.progress.steps, u64::MAX],
            ..Sampling::greedy(self.file.run.seed)
        };
        let servers = self.env.servers.clone();
        let reply = run_single(&self.grammars, sampling, &mut *self.engine(), |model| {
            let reply = servers.route(model).generate(&call);
            reply.map_err(|error| anyhow!("[instructions]: the {REFLECTOR} failed: {error}"))
        })?;
        Ok(proposed(&reply, &self.instructions.population))
    }

    /// Returns the greedy reward on validation episodes under an instruction.
    fn verified(&self, text: &str) -> Result<f64> {
        let env = self.env_with(text, &Table::new())?;
        let horizon = self.file.evaluation.horizon;
        let exam = self.exam("validation", self.file.instructions.verify, horizon);
        let sampling = Sampling::greedy(self.file.run.seed);
        let engine = &mut *self.engine();
        let figures = eval::evaluate(&exam, &env, &self.grammars, sampling, engine, &mut |_| ())?;
        Ok(figures.reward)
    }
}
