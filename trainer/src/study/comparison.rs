//! Comparison of one episode's estimates with its measured advantages.

use std::collections::BTreeMap;

use anyhow::Result;
use memloom_algorithm::algorithm::{Credit, Settings};
use memloom_algorithm::algorithms::AlgorithmName;
use memloom_algorithm::rewards::Rewards;

use crate::config::AlgorithmSection;
use crate::rollout::continuation::ContinuationResult;
use crate::rollout::reward::RewardFn;
use crate::study::continuations::{Continuations, Mean, local, rewards};
use crate::study::record::{Error, SessionSample};

/// Returns a sample for each session of each rollout. `states` holds the continuations by
/// number of sessions done, then by rollout.
pub(super) fn compare(
    reward_fn: &RewardFn<'_>,
    rollouts: &[ContinuationResult],
    states: &[Vec<Continuations>],
    section: &AlgorithmSection,
) -> Result<Vec<SessionSample>> {
    let settings = section.settings();
    let estimates = Estimates::new(reward_fn, rollouts, settings)?;
    let mut samples = Vec::new();
    for (rollout, outcome) in rollouts.iter().enumerate() {
        for session in 1..=reward_fn.last() {
            let probe = &outcome.probes[session as usize - 1];
            let own = local(reward_fn, &probe.result, session)?;
            let around = Around {
                session,
                start: &states[0][rollout],
                before: &states[session as usize - 1][rollout],
                after: &states[session as usize][rollout],
            };
            let mut estimates = estimates.of(rollout, session);
            if let Some(local) = around.local_advantage(own, settings) {
                estimates.insert("local".into(), local);
            }
            let (before, after) = (around.before, around.after);
            samples.push(SessionSample {
                rollout,
                session,
                tokens: probe.tokens,
                of_return: after.of_return().minus(before.of_return()),
                of_session: after
                    .of_session(session)
                    .zip(before.of_session(session))
                    .map(|(after, before)| after.minus(before)),
                estimates,
                errors: around.errors(own, section),
            });
        }
    }
    Ok(samples)
}

/// The states around one session of one rollout.
struct Around<'a> {
    session: u32,
    start: &'a Continuations,
    before: &'a Continuations,
    after: &'a Continuations,
}

impl Around<'_> {
    /// Returns the session's advantage in its local group: its own reward and those of the
    /// rerolls from the same state. `None` for a session without a question.
    fn local_advantage(&self, own: Option<f64>, settings: Settings) -> Option<f64> {
        let all = std::iter::once(&own).chain(&self.before.rerolls);
        let group: Option<Vec<f64>> = all.copied().collect();
        settings.normalisation.apply(&group?)?.first().copied()
    }

    /// Returns the errors of the estimators, by name.
    fn errors(&self, own: Option<f64>, section: &AlgorithmSection) -> BTreeMap<String, Error> {
        let mut errors = BTreeMap::new();
        let others = (section.rollouts - 1) as f64;
        let (start, before, after) = (self.start, self.before, self.after);
        errors.insert(
            "trajectory".to_owned(),
            self.global(
                after.of_return(),
                before.of_return(),
                start.of_return(),
                others,
            ),
        );
        type Reward = fn(&Continuations, u32) -> Option<Mean>;
        let by_session: [(&str, Reward); 2] = [
            ("session", Continuations::of_session),
            ("suffix", Continuations::of_suffix),
        ];
        for (name, of) in by_session {
            let mean = |state| of(state, self.session);
            if let (Some(after), Some(before), Some(start)) =
                (mean(after), mean(before), mean(start))
            {
                errors.insert(name.to_owned(), self.global(after, before, start, others));
            }
        }
        if let Some(error) = self.local(own, (section.rerolls - 1) as f64) {
            errors.insert("local".to_owned(), error);
        }
        errors
    }

    /// Returns the error of an estimator that compares a rollout with `others` from the start.
    /// The mean estimate is the mean after the session minus the mean from the start. The truth
    /// subtracts the mean before the session instead; the difference is the luck of the state.
    fn global(&self, after: Mean, before: Mean, start: Mean, others: f64) -> Error {
        Error {
            bias: before.value - start.value,
            squared_error: match self.session {
                // The state before the first session is the start itself.
                1 => 0.0,
                _ => before.variance + start.variance,
            },
            variance: after.of_one + start.of_one / others,
        }
    }

    /// Returns the error of the local estimator, which compares with `others` rerolls. Its mean
    /// estimate takes rewards right after the session; the truth takes them at the end.
    fn local(&self, own: Option<f64>, others: f64) -> Option<Error> {
        let after = self.after.of_session(self.session)?;
        let (rerolls, gain) = self.before.of_local(self.session)?;
        Some(Error {
            bias: own? - after.value + gain.value,
            squared_error: after.variance + gain.variance,
            variance: rerolls.of_one / others,
        })
    }
}

/// Advantages of the global rollouts, by estimator, rollout and session.
struct Estimates(Vec<(&'static str, Vec<Vec<Option<f64>>>)>);

impl Estimates {
    fn new(
        reward_fn: &RewardFn<'_>,
        rollouts: &[ContinuationResult],
        settings: Settings,
    ) -> Result<Self> {
        let mut table = Rewards::default();
        for outcome in rollouts {
            table.sessions.push(rewards(reward_fn, &outcome.result)?);
            table.returns.push(reward_fn.whole(&outcome.result)?);
            let states = outcome.probes.iter().map(|probe| probe.entered.clone());
            table.states.push(states.collect());
        }
        let tables = [table];
        let by = |name: &str, credit| -> Result<Vec<Vec<Option<f64>>>> {
            let name = AlgorithmName::try_from(name.to_owned()).map_err(anyhow::Error::msg)?;
            let algorithm = name.build(&Settings { credit, ..settings });
            Ok(algorithm.advantages(&tables).remove(0).sessions)
        };
        Ok(Self(vec![
            ("trajectory", by("grpo", Credit::Trajectory)?),
            ("suffix", by("logo-grpo", Credit::Suffix)?),
            ("session", by("session-grpo", Credit::Session)?),
            ("group-in-group", by("gigpo", Credit::Session)?),
        ]))
    }

    /// Returns the advantages of a session of a rollout, by estimator; masked ones are absent.
    fn of(&self, rollout: usize, session: u32) -> BTreeMap<String, f64> {
        let given = self.0.iter().filter_map(|(name, advantages)| {
            let advantage = advantages[rollout][session as usize - 1]?;
            Some(((*name).to_owned(), advantage))
        });
        given.collect()
    }
}
