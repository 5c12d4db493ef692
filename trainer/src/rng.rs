//! Random numbers by name. The seed of every random decision is derived from the run's
//! seed, a purpose and coordinates, so that neither thread timing nor the order of
//! decisions changes it.

/// The purpose of a seed. It separates streams with the same coordinates.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// Initial weights.
    Weights,
    /// Mistakes of a demonstrator: (episode).
    Demonstration,
    /// Order of recorded samples in the warm start: (pass).
    WarmStart,
    /// Sessions and anchors of local rerolls: (stage, step, episode).
    Anchors,
    /// Sampling of a request: (occasion, episode, rollout, reroll, session, step in
    /// session, question).
    Sampling,
    /// Order of rows in the update: (stage, step, epoch).
    Shuffle,
    /// Random baselines: (episode).
    Baseline,
    /// The fairness study: (horizon, episode).
    Fairness,
    /// Choice of questions: (stage, step, episode); of demonstrated ones: (episode).
    Questions,
    /// An adapter's initial weights.
    Adapter,
    /// Dropout masks: (0, step) in the warm start, then (stage from 1, step).
    Dropout,
    /// Pause before a retry of a server: (request, attempt).
    Pause,
    /// Intervals of the retrieval study: ().
    Retrieval,
    /// Intervals of the learning study: ().
    Learning,
    /// Prompts that are learnt in the warm start: (step).
    Prompts,
    /// Steps that are trained on, where there are too many: (stage, step).
    Steps,
    /// Episodes that are drawn again: (stage, step, number in the step).
    Draw,
    /// Mistakes of the demonstrator who lives up to anchors: (stage, step, episode, rollout).
    Before,
    /// Earlier successes that are trained on again: (stage, step).
    Replay,
    /// Instruction of an episode: (stage, step, number in the step). Failures that a new instruction
    /// is written from: (step of the run, number).
    Instruction,
}

/// Derives a seed for `purpose` from the run's seed and the coordinates of the decision.
pub fn derive(run_seed: u64, purpose: Purpose, coordinates: &[u64]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&run_seed.to_le_bytes());
    hasher.update(&[purpose as u8]);
    for coordinate in coordinates {
        hasher.update(&coordinate.to_le_bytes());
    }
    let mut seed = [0; 8];
    seed.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(seed)
}

/// Returns a generator for `purpose`.
pub fn generator(run_seed: u64, purpose: Purpose, coordinates: &[u64]) -> rand_chacha::ChaCha8Rng {
    use rand_chacha::rand_core::SeedableRng;
    rand_chacha::ChaCha8Rng::seed_from_u64(derive(run_seed, purpose, coordinates))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_and_coordinates_give_different_seeds() {
        let seeds = [
            derive(1, Purpose::Weights, &[]),
            derive(2, Purpose::Weights, &[]),
            derive(1, Purpose::Anchors, &[]),
            derive(1, Purpose::Anchors, &[0]),
            derive(1, Purpose::Anchors, &[0, 0]),
        ];
        let distinct: std::collections::BTreeSet<_> = seeds.iter().collect();
        assert_eq!(distinct.len(), seeds.len());
        assert_eq!(derive(1, Purpose::Weights, &[]), seeds[0]);
    }
}
