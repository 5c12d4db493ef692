#![allow(clippy::unwrap_used, reason = "tests")]

use serde::Deserialize;

#[cfg(feature = "cuda")]
use burn_cuda::Cuda as Plain;
#[cfg(not(feature = "cuda"))]
use burn_flex::Flex as Plain;

use super::*;

/// With the feature `cuda`, the first GPU.
type Tracked = burn::backend::Autodiff<Plain>;

/// A case of `tests/reference/loss.json`.
#[derive(Deserialize)]
struct Case {
    name: String,
    ratio: Ratio,
    clip_low: f32,
    clip_high: f32,
    dual_clip: Option<f32>,
    aggregation: Aggregation,
    fixed_length: f32,
    kl: f32,
    kl_estimator: Estimator,
    entropy: f32,
    importance_cap: Option<f32>,
    lengths: Vec<usize>,
    trajectories: Vec<u64>,
    advantages: Vec<f32>,
    logprobs: Vec<f32>,
    old: Vec<f32>,
    prox: Option<Vec<f32>>,
    reference: Option<Vec<f32>>,
    entropies: Vec<f32>,
    loss: f64,
    grad_logprobs: Vec<f64>,
    grad_entropies: Vec<f64>,
}

fn floats(tensor: Tensor<impl Backend, 1>) -> Vec<f32> {
    tensor.into_data().to_vec().unwrap()
}

fn assert_close(got: &[f32], want: &[f64], what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    let size = want
        .iter()
        .fold(1e-3f64, |size, value| size.max(value.abs()));
    for (got, want) in got.iter().zip(want) {
        let apart = (f64::from(*got) - want).abs();
        assert!(apart <= 1e-5 * size, "{what}: {got} instead of {want}");
    }
}

#[test]
fn losses_and_gradients_are_the_references() {
    let text = include_str!("../../../../tests/reference/loss.json");
    let cases: Vec<Case> = serde_json::from_str(text).unwrap();
    assert!(cases.len() > 40);
    for case in cases {
        let steps: Vec<(usize, u64)> = case
            .lengths
            .iter()
            .copied()
            .zip(case.trajectories)
            .collect();
        let objective = Objective {
            ratio: case.ratio,
            clip_low: case.clip_low,
            clip_high: case.clip_high,
            dual_clip: case.dual_clip,
            aggregation: case.aggregation,
            fixed_length: case.fixed_length,
            kl: case.kl,
            estimator: case.kl_estimator,
            entropy: case.entropy,
            importance_cap: case.importance_cap,
        };
        let facts = LossInputs {
            shares: shares(&steps, case.aggregation, case.fixed_length),
            lengths: case.lengths,
            advantages: case.advantages,
            sampler_logprobs: case.old,
            pre_update_logprobs: case.prox.unwrap_or_default(),
            reference_logprobs: case.reference.unwrap_or_default(),
        };
        let vector = |values: &[f32]| -> Tensor<Tracked, 1> {
            let data = TensorData::new(values.to_vec(), [values.len()]);
            Tensor::from_data(data, &Default::default()).require_grad()
        };
        let (logprobs, entropies) = (vector(&case.logprobs), vector(&case.entropies));
        let loss = policy_loss(logprobs.clone(), entropies.clone(), &facts, &objective);
        let value = floats(loss.sum.clone());
        assert_close(&value, &[case.loss], &format!("{}: loss", case.name));
        let gradients = loss.sum.backward();
        let of = |tensor: &Tensor<Tracked, 1>| {
            let count = tensor.dims()[0];
            tensor.grad(&gradients).map_or(vec![0.0; count], floats)
        };
        let what = |which: &str| format!("{}: gradient of {which}", case.name);
        assert_close(&of(&logprobs), &case.grad_logprobs, &what("logprobs"));
        assert_close(&of(&entropies), &case.grad_entropies, &what("entropies"));
    }
}

#[test]
fn shares_sum_to_one_but_for_a_fixed_length() {
    let steps = [(3, 0), (1, 0), (2, 1)];
    let total = |aggregation| -> f32 {
        let shares = shares(&steps, aggregation, 10.0);
        steps
            .iter()
            .zip(shares)
            .map(|((length, _), share)| *length as f32 * share)
            .sum()
    };
    for aggregation in [
        Aggregation::TokenMean,
        Aggregation::StepMean,
        Aggregation::Trajectory,
    ] {
        assert!((total(aggregation) - 1.0).abs() < 1e-6, "{aggregation:?}");
    }
    assert!((total(Aggregation::FixedLength) - 6.0 / 30.0).abs() < 1e-6);
}

#[test]
fn a_trace_in_three_chunks_weighs_as_much_as_one_of_a_single_short_output() {
    // Delethink: a trace of chunks of 10, 20 and 30 tokens, and one of 5.
    let steps = [(10, 0), (20, 0), (30, 0), (5, 1)];
    let shares = shares(&steps, Aggregation::Trajectory, 1.0);
    assert_eq!(shares, [1.0 / 120.0, 1.0 / 120.0, 1.0 / 120.0, 0.1]);
}

#[test]
fn value_losses_and_their_gradients_are_the_references() {
    let text = include_str!("../../../../tests/reference/advantages.json");
    let cases: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
    let cases = cases
        .iter()
        .filter(|case| case["estimator"] == "value-loss");
    let mut count = 0;
    for case in cases {
        count += 1;
        let vector = |key: &str| -> Vec<f32> { serde_json::from_value(case[key].clone()).unwrap() };
        let tensor = |key: &str| -> Tensor<Tracked, 1> {
            let values = vector(key);
            let count = values.len();
            Tensor::from_data(TensorData::new(values, [count]), &Default::default())
        };
        let values = tensor("values").require_grad();
        let clip = case["clip"].as_f64().unwrap() as f32;
        let loss = value_loss(
            values.clone(),
            tensor("old_values"),
            tensor("returns"),
            clip,
        );
        // The reference's is the mean over states.
        let loss = loss / vector("values").len() as f32;
        let got = floats(loss.clone().inner());
        assert_close(&got, &[case["loss"].as_f64().unwrap()], "value loss");
        let gradients = loss.backward();
        let gradient = floats(values.grad(&gradients).unwrap());
        let want: Vec<f64> = serde_json::from_value(case["gradient"].clone()).unwrap();
        assert_close(&gradient, &want, "gradient of the value loss");
    }
    assert!(count > 5);
}

/// Steps of three and two tokens, with shares of .5 and slopes of 4 and -9.
#[test]
fn a_linear_objective_has_the_advantages_as_slopes_whatever_the_switches() {
    let device = Default::default();
    for ratio in [Ratio::Token, Ratio::Step, Ratio::Sequence] {
        let switches = Objective {
            ratio,
            clip_low: 0.2,
            clip_high: 0.2,
            dual_clip: Some(3.0),
            aggregation: Aggregation::StepMean,
            fixed_length: 32.0,
            kl: 0.0,
            estimator: Estimator::K3,
            entropy: 0.0,
            importance_cap: Some(2.0),
        };
        let present = [-0.5, -1.0, -3.0, -0.1, -2.0];
        let mut inputs = LossInputs::default();
        inputs.push(4.0, &present[..3]);
        inputs.push(-9.0, &present[3..]);
        inputs.shares = vec![0.5, 0.5];
        let logprobs = Tensor::<Tracked, 1>::from_floats(present, &device).require_grad();
        let entropies = Tensor::zeros([5], &device);
        let loss = policy_loss(logprobs.clone(), entropies, &inputs, &switches.linear());
        let gradients = loss.sum.backward();
        let slopes = floats(logprobs.grad(&gradients).unwrap());
        assert_close(&slopes, &[-2.0, -2.0, -2.0, 4.5, 4.5], "slopes");
    }
}
