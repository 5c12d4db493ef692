use memloom_sdk::random::Random;

use super::*;

/// Weights and vectors of 3 numbers, all multiples of this, so that a step of it is exact.
const EXACT: f32 = 1.0 / 1024.0;

fn options() -> Options {
    Options {
        eta: 1.0,
        decay: 0.0,
        clip: 10.0,
        ..Options::default()
    }
}

fn numbers(random: &mut Random, count: usize) -> Vec<f32> {
    let mut one = || random.below(1024) as f32 * EXACT - 0.5;
    (0..count).map(|_| one()).collect()
}

/// Returns the objective whose gradient a step follows: Σ (R - b) log p over what was shown.
fn objective(
    reranker: &Reranker,
    query: &[f32],
    candidates: &[Vec<f32>],
    rewards: &[Option<f64>],
) -> f64 {
    let Options { b, tau, .. } = options();
    let scores = reranker.scores(query, candidates);
    let all: f64 = scores.iter().map(|score| (score / tau).exp()).sum();
    let shown = scores.iter().zip(rewards);
    let logs =
        shown.filter_map(|(score, reward)| Some((score / tau - all.ln()) * ((*reward)? - b)));
    logs.sum()
}

#[test]
fn the_coefficients_of_one_cited_of_two_candidates_are_those_of_the_formula() {
    let given = coefficients(&[1.0, 0.0], &[Some(1.0), None], &Options::default());
    // p = (.8808, .1192), and .5 (1 - .8808) / .5 = .1192.
    for (given, expected) in given.iter().zip([0.1192, -0.1192]) {
        assert!((given - expected).abs() < 1e-4, "{given}");
    }
}

#[test]
fn a_step_is_the_gradient_by_finite_differences() {
    let mut random = Random::new(4);
    let reranker = Reranker {
        dimension: 3,
        query: numbers(&mut random, 9),
        memory: numbers(&mut random, 9),
    };
    let query = numbers(&mut random, 3);
    let candidates: Vec<Vec<f32>> = (0..4).map(|_| numbers(&mut random, 3)).collect();
    let rewards = [Some(1.0), None, Some(-1.0), Some(-1.0)];
    let mut learnt = reranker.clone();
    learnt.learn(&query, &candidates, &rewards, &options());
    for place in 0..18 {
        let moved = |by: f32| {
            let mut moved = reranker.clone();
            match place {
                0..9 => moved.query[place] += by,
                _ => moved.memory[place - 9] += by,
            }
            objective(&moved, &query, &candidates, &rewards)
        };
        let slope = (moved(EXACT) - moved(-EXACT)) / f64::from(2.0 * EXACT);
        let of = |reranker: &Reranker| match place {
            0..9 => reranker.query[place],
            _ => reranker.memory[place - 9],
        };
        let step = f64::from(of(&learnt) - of(&reranker));
        assert!((step - slope).abs() < 1e-4, "{place}: {step} and {slope}");
    }
}

fn length(reranker: &Reranker) -> f64 {
    let all = reranker.query.iter().chain(&reranker.memory);
    all.map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn a_step_is_no_longer_than_the_clip() {
    let options = Options {
        clip: 0.25,
        ..options()
    };
    let mut reranker = Reranker::default();
    let candidates = [vec![1.0, 0.0], vec![0.0, 1.0]];
    reranker.learn(&[1.0, 0.0], &candidates, &[Some(1.0), Some(-1.0)], &options);
    assert!((length(&reranker) - 0.25).abs() < 1e-6);
}

#[test]
fn where_nothing_is_ever_cited_the_decay_bounds_the_weights() {
    let options = Options {
        clip: 0.1,
        decay: 0.01,
        ..options()
    };
    let mut reranker = Reranker::default();
    let mut random = Random::new(2);
    for _ in 0..5_000 {
        let query = numbers(&mut random, 4);
        let candidates: Vec<Vec<f32>> = (0..5).map(|_| numbers(&mut random, 4)).collect();
        let rewards = [Some(-1.0), Some(-1.0), None, None, None];
        reranker.learn(&query, &candidates, &rewards, &options);
        assert!(length(&reranker) <= options.clip / options.decay);
    }
    assert!(reranker.is_valid());
}

#[test]
fn a_rate_of_zero_teaches_nothing() {
    let frozen = Options {
        eta: 0.0,
        ..options()
    };
    let mut reranker = Reranker::default();
    reranker.learn(&[1.0], &[vec![1.0]], &[Some(-1.0)], &frozen);
    assert_eq!(length(&reranker), 0.0);
}
