//! The choice of samples that are worth imitating.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use crate::rejection_sampling::record::PlayedEpisode;

/// Returns the share `keep` of each episode's samples with the highest rewards, at least one of
/// each episode, without those that earned no more than an empty memory.
pub fn best(samples: Vec<PlayedEpisode>, keep: f64) -> Vec<PlayedEpisode> {
    let mut episodes: BTreeMap<u64, Vec<PlayedEpisode>> = BTreeMap::new();
    for sample in samples {
        episodes.entry(sample.episode).or_default().push(sample);
    }
    let mut kept = Vec::new();
    for mut own in episodes.into_values() {
        own.sort_by(|a, b| {
            let by_reward = b.reward.total_cmp(&a.reward);
            by_reward.then(a.sample.cmp(&b.sample))
        });
        own.truncate((own.len() as f64 * keep).ceil().max(1.0) as usize);
        own.retain(|sample| sample.reward > sample.abstaining);
        kept.extend(own);
    }
    kept
}

/// Refuses samples that teach nothing.
///
/// # Errors
/// Fails if the model said nothing, if no output could be read, or if no sample earned more
/// than an empty memory.
pub fn refuse_rubbish(model: &str, samples: &[PlayedEpisode]) -> Result<()> {
    let count = samples.len();
    ensure!(count > 0, "there is no sample of {model} yet");
    let outputs: u64 = samples.iter().map(|sample| sample.outputs).sum();
    let malformed: u64 = samples.iter().map(|sample| sample.malformed).sum();
    ensure!(
        outputs > 0,
        "{model} was asked for no output in {count} samples: the policy makes no requests in sessions"
    );
    ensure!(
        malformed < outputs,
        "all {outputs} outputs of {model} in {count} samples were malformed: it does not follow the policy's format, and nothing can be learnt from it"
    );
    ensure!(
        samples
            .iter()
            .any(|sample| sample.reward > sample.abstaining),
        "no sample of {model} among {count} earned more than an empty memory: nothing can be learnt from it"
    );
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn sample(episode: u64, sample: u64, reward: f64) -> PlayedEpisode {
        PlayedEpisode {
            episode,
            sample,
            reward,
            abstaining: 0.2,
            outputs: 4,
            malformed: 1,
            steps: Vec::new(),
        }
    }

    fn kept(samples: &[PlayedEpisode], keep: f64) -> Vec<(u64, u64)> {
        let best = best(samples.to_vec(), keep);
        best.iter()
            .map(|kept| (kept.episode, kept.sample))
            .collect()
    }

    #[test]
    fn the_best_of_each_episode_are_kept_and_none_that_earned_nothing() {
        let samples = [
            sample(0, 0, 0.3),
            sample(0, 1, 0.9),
            sample(0, 2, 0.9),
            sample(0, 3, 0.5),
            sample(1, 0, 0.2),
            sample(1, 1, 0.1),
            sample(2, 0, 0.25),
        ];
        assert_eq!(kept(&samples, 0.25), [(0, 1), (2, 0)]);
        assert_eq!(kept(&samples, 0.5), [(0, 1), (0, 2), (2, 0)]);
        assert_eq!(kept(&samples, 1.0).len(), 5);
    }

    #[test]
    fn rubbish_is_refused_with_what_is_wrong() {
        let refusal = |samples: &[PlayedEpisode]| {
            let refused = refuse_rubbish("parrot", samples).unwrap_err();
            refused.to_string()
        };
        assert!(refuse_rubbish("parrot", &[sample(0, 0, 0.3)]).is_ok());
        assert_eq!(refusal(&[]), "there is no sample of parrot yet");
        let silent = PlayedEpisode {
            outputs: 0,
            malformed: 0,
            ..sample(0, 0, 0.3)
        };
        assert!(refusal(&[silent]).contains("asked for no output"));
        let parrot = PlayedEpisode {
            malformed: 4,
            ..sample(0, 0, 0.3)
        };
        assert_eq!(
            refusal(&[parrot]),
            "all 4 outputs of parrot in 1 samples were malformed: it does not follow the policy's format, and nothing can be learnt from it"
        );
        assert_eq!(
            refusal(&[sample(0, 0, 0.2), sample(1, 0, 0.1)]),
            "no sample of parrot among 2 earned more than an empty memory: nothing can be learnt from it"
        );
    }
}
