//! Evaluation of a policy on episodes that it was not trained on.

pub mod entry_history;
pub mod eval_set;
pub mod evidence_baselines;
pub mod metrics;
pub mod samples;
pub mod scripted_baselines;
pub mod stream;
pub mod token_use;

use std::sync::Arc;

use anyhow::Result;
use memloom_engine::grammar::Grammars;

use self::eval_set::EvalSet;
use self::metrics::EvalMetrics;
use self::token_use::TokenUse;
use crate::env::TrainingEnv;
use crate::rollout;
use crate::rollout::Plan;
use crate::rollout::batcher::Engine;
use crate::rollout::policy_model::{Overflows, Sampling, Step};

/// Episodes rolled out together. Bounds memory; the result does not depend on it.
const AT_ONCE: usize = 32;

/// Rolls out each episode of the set once and returns the mean metrics. Calls `done` with the
/// number of episodes that have ended.
///
/// # Errors
/// Fails if an episode cannot be opened, rolled out or scored.
pub fn evaluate(
    set: &EvalSet,
    env: &TrainingEnv,
    grammars: &Arc<Grammars>,
    sampling: Sampling,
    engine: &mut dyn Engine,
    done: &mut dyn FnMut(usize),
) -> Result<EvalMetrics> {
    let episodes = set.open(env)?;
    let mut metrics = Vec::new();
    for (batch, opened) in episodes.chunks(AT_ONCE).enumerate() {
        let sampling = Sampling {
            occasion: [sampling.occasion[0], sampling.occasion[1] + batch as u64],
            ..sampling
        };
        let plan = Plan::new(grammars, 1, sampling);
        let outcomes = rollout::run(&plan, opened, engine)?;
        for (outcome, opened) in outcomes.iter().zip(opened) {
            let mut overflows = Overflows::default();
            outcome.steps.iter().for_each(|step| overflows.count(step));
            let mut own = metrics::of_episode(set, opened, &outcome.result)?;
            own.context_cuts = overflows.context_cuts as f64;
            own.context_overflows = overflows.context_overflows as f64;
            if !own.stream.is_empty() {
                let tokens = |step: &Step| (step.prompt.len(), step.sample.tokens.len());
                let outputs: Vec<_> = outcome.steps.iter().map(tokens).collect();
                own.tokens = Some(TokenUse::of(&outputs));
            }
            metrics.push(own);
        }
        done(metrics.len());
    }
    Ok(EvalMetrics::mean(&metrics))
}
