use std::sync::Arc;

use burn::tensor::backend::AutodiffBackend;

use super::*;
use crate::device::tested::{Plain, Tracked};
use crate::kernels::{Precision, floats};
use crate::model::lora::LoraConfig;
use crate::model::lora::config::MODULES;
use crate::model::{BackboneConfig, Rewrite};

fn model<B: Kernels>(config: &BackboneConfig) -> Backbone<B> {
    Backbone::random(config, 7, &Default::default()).expect("a sound shape")
}

fn sequence(tokens: &[u32], sets: &[Option<&[u32]>]) -> Sequence {
    Sequence {
        tokens: tokens.into(),
        choices: sets.iter().map(|set| set.map(Arc::from)).collect(),
    }
}

fn rows() -> [Row; 2] {
    [
        Row {
            prompt: [1, 2, 3, 4, 5].into(),
            completions: vec![
                sequence(
                    &[6, 7, 2, 9],
                    &[Some(&[6]), Some(&[3, 7, 8]), Some(&[2]), Some(&[8, 9])],
                ),
                sequence(&[10, 0], &[None, None]),
                sequence(&[3, 4], &[Some(&[3, 5]), Some(&[4])]),
                sequence(&[5], &[Some(&[5])]),
            ],
        },
        Row {
            prompt: [9, 8].into(),
            completions: vec![sequence(&[1], &[Some(&[0, 1, 2])])],
        },
    ]
}

fn logprobs(model: &Backbone<Plain>, rows: &[&Row], temperature: f32) -> Vec<f32> {
    floats(choice_logprobs(model, rows, temperature).logprobs)
}

#[test]
fn free_tokens_are_those_with_a_choice() {
    let rows = rows();
    let free: Vec<Vec<usize>> = rows[0]
        .completions
        .iter()
        .map(|c| c.free().collect())
        .collect();
    assert_eq!(free, [vec![1, 3], vec![0, 1], vec![0], vec![]]);
}

#[test]
fn packed_completions_score_as_they_do_alone() {
    let of = |heads| BackboneConfig {
        heads,
        head_dim: 32 / heads,
        ..BackboneConfig::tiny()
    };
    for config in [of(4), of(8), BackboneConfig::tiny_gemma3()] {
        let model = model::<Plain>(&config);
        let rows = rows();
        let packed = choice_logprobs(&model, &[&rows[0], &rows[1]], 0.7);
        let mut alone = Vec::new();
        for row in &rows {
            for completion in &row.completions {
                let row = Row {
                    prompt: row.prompt.clone(),
                    completions: vec![completion.clone()],
                };
                alone.extend(logprobs(&model, &[&row], 0.7));
            }
        }
        assert_eq!(alone.len(), 6);
        assert_eq!(packed.entropies.dims(), [6]);
        for (packed, alone) in floats(packed.logprobs).iter().zip(alone) {
            assert!((packed - alone).abs() < 1e-5, "{packed} and {alone}");
        }
    }
}

#[test]
fn probabilities_over_a_set_sum_to_one_and_entropy_is_theirs() {
    let model = model::<Plain>(&BackboneConfig::tiny());
    let set: &[u32] = &[1, 4, 7];
    let scored = |token: u32| {
        let row = Row {
            prompt: [1, 2, 3].into(),
            completions: vec![sequence(&[token], &[Some(set)])],
        };
        choice_logprobs(&model, &[&row], 1.0)
    };
    let all: Vec<f32> = set
        .iter()
        .map(|token| floats(scored(*token).logprobs)[0])
        .collect();
    let sum: f32 = all.iter().map(|l| l.exp()).sum();
    let entropy: f32 = all.iter().map(|l| -l * l.exp()).sum();
    assert!((sum - 1.0).abs() < 1e-5);
    assert!((floats(scored(4).entropies)[0] - entropy).abs() < 1e-5);
}

/// Values and gradients agree with 32 bits up to the rounding of products.
#[test]
fn products_in_16_bits_change_little_and_sampling_sees_the_same() {
    let config = BackboneConfig {
        tie_embeddings: true,
        ..BackboneConfig::tiny()
    };
    struct Collect<'a>(&'a <Tracked as AutodiffBackend>::Gradients, Vec<f32>);
    impl Rewrite<Tracked> for Collect<'_> {
        fn rewrite<const D: usize>(
            &mut self,
            name: &str,
            parameter: Tensor<Tracked, D>,
        ) -> Tensor<Tracked, D> {
            let gradient = parameter.grad(self.0).expect(name);
            assert_eq!(gradient.dtype(), burn::tensor::DType::F32, "{name}");
            self.1.extend(floats(gradient));
            parameter
        }
    }
    let rows = rows();
    let rows = [&rows[0], &rows[1]];
    let seen = |precision| {
        let model = model::<Tracked>(&config).with_precision(precision);
        let logprobs = choice_logprobs(&model, &rows, 1.0).logprobs;
        let gradients = logprobs.clone().sum().backward();
        let mut collect = Collect(&gradients, Vec::new());
        model.clone().rewrite(&mut collect);
        let rounded = choice_logprobs(&model.valid().prepared(), &rows, 1.0).logprobs;
        (floats(logprobs), collect.1, floats(rounded))
    };
    let (exact, exact_gradient, same) = seen(Precision::Float32);
    for (same, exact) in same.iter().zip(&exact) {
        assert!((same - exact).abs() < 1e-5, "{same} and {exact}");
    }
    let (near, near_gradient, sampled) = seen(Precision::BFloat16);
    assert_eq!(near, sampled);
    assert_ne!(near, exact);
    for (near, exact) in near.iter().zip(&exact) {
        assert!((near - exact).abs() < 0.03, "{near} and {exact}");
    }
    let dot =
        |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum() };
    let (a, b) = (&near_gradient, &exact_gradient);
    let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
    assert!(cosine > 0.999, "{cosine}");
    assert!((dot(a, a) / dot(b, b) - 1.0).abs() < 0.05);
}

#[test]
fn rows_without_a_choice_give_nothing() {
    let model = model::<Plain>(&BackboneConfig::tiny());
    let row = Row {
        prompt: [1].into(),
        completions: vec![sequence(&[5], &[Some(&[5])])],
    };
    let choices = choice_logprobs(&model, &[&row], 1.0);
    assert_eq!(choices.logprobs.dims(), [0]);
    assert_eq!(choices.entropies.dims(), [0]);
}

/// Adds to one element of one parameter.
struct Nudge<'a> {
    name: &'a str,
    element: usize,
    by: f32,
}

impl<B: Kernels> Rewrite<B> for Nudge<'_> {
    fn rewrite<const D: usize>(&mut self, name: &str, parameter: Tensor<B, D>) -> Tensor<B, D> {
        if name != self.name {
            return parameter;
        }
        let mut data = parameter.to_data();
        let values = data.as_mut_slice::<f32>().expect("32-bit floats");
        values[self.element] += self.by;
        Tensor::from_data(data, &parameter.device())
    }
}

/// Reads each parameter's name and gradient.
struct Read<'a>(
    &'a <Tracked as burn::tensor::backend::AutodiffBackend>::Gradients,
    Vec<(String, Vec<f32>)>,
);

impl Rewrite<Tracked> for Read<'_> {
    fn rewrite<const D: usize>(
        &mut self,
        name: &str,
        parameter: Tensor<Tracked, D>,
    ) -> Tensor<Tracked, D> {
        let gradient = parameter
            .grad(self.0)
            .expect("every parameter has a gradient");
        assert_eq!(gradient.dims(), parameter.dims(), "{name}");
        self.1.push((name.into(), floats(gradient)));
        parameter
    }
}

#[test]
fn gradients_are_finite_differences() {
    for (heads, tie_embeddings) in [(4, true), (8, false)] {
        let config = BackboneConfig {
            heads,
            head_dim: 32 / heads,
            tie_embeddings,
            ..BackboneConfig::tiny()
        };
        let parameters = if tie_embeddings { 14 } else { 15 };
        assert_gradients(&model(&config), parameters);
    }
    assert_gradients(&model(&BackboneConfig::tiny_gemma3()), 22);
}

#[test]
fn gradients_of_an_adapter_are_finite_differences_and_there_are_no_others() {
    let qwen = BackboneConfig {
        qkv_bias: true,
        qk_norm: true,
        ..BackboneConfig::tiny()
    };
    let all = (&MODULES[..], 2 * 2 * 7);
    let some: (&[&str], _) = (&["k_proj", "up_proj", "down_proj"], 2 * 2 * 3);
    for (config, (targets, parameters)) in [
        (&qwen, all),
        (&qwen, some),
        (&BackboneConfig::tiny_gemma3(), all),
    ] {
        let lora = LoraConfig {
            rank: 3,
            alpha: 6.0,
            dropout: 0.0,
            targets: targets.iter().map(|name| (*name).into()).collect(),
            base: String::new(),
        };
        let adapted = model(config).with_lora(&lora, 3).rewrite(&mut Opinion);
        assert_gradients(&adapted, parameters);
    }
}

/// Compares the gradients of all `parameters` parameters with finite differences.
fn assert_gradients(tracked: &Backbone<Tracked>, parameters: usize) {
    let rows = rows();
    let rows = [&rows[0], &rows[1]];
    let weights = |index: usize| 0.3 + 0.2 * index as f32;
    let logprobs_of = choice_logprobs(tracked, &rows, 0.8).logprobs;
    let count = logprobs_of.dims()[0];
    let factors: Vec<f32> = (0..count).map(weights).collect();
    let factors: Tensor<Tracked, 1> = Tensor::from_floats(factors.as_slice(), &Default::default());
    let gradients = (logprobs_of * factors).sum().backward();
    let mut read = Read(&gradients, Vec::new());
    tracked.clone().rewrite(&mut read);
    assert_eq!(read.1.len(), parameters);

    let plain = tracked.valid();
    assert_differences(&read.1, |nudge| {
        let model = plain.clone().rewrite(&mut { nudge });
        let values = logprobs(&model, &rows, 0.8).into_iter().enumerate();
        values
            .map(|(index, value)| f64::from(value * weights(index)))
            .sum()
    });
}

/// Compares gradients with the change of the loss after a small change of a weight.
fn assert_differences(gradients: &[(String, Vec<f32>)], loss: impl Fn(Nudge<'_>) -> f64) {
    for (name, gradient) in gradients {
        for element in (0..gradient.len()).step_by(gradient.len() / 5) {
            let step = 5e-3;
            let at = |by| loss(Nudge { name, element, by });
            let difference = (at(step) - at(-step)) / (2.0 * f64::from(step));
            let gradient = f64::from(gradient[element]);
            assert!(
                (difference - gradient).abs() < 2e-3 + 0.02 * gradient.abs(),
                "{name}[{element}]: {gradient}, finite difference {difference}"
            );
        }
    }
}

/// Fills a value head and an adapter, which start at zero.
struct Opinion;

impl<B: Kernels> Rewrite<B> for Opinion {
    fn rewrite<const D: usize>(&mut self, name: &str, parameter: Tensor<B, D>) -> Tensor<B, D> {
        let size = match name.ends_with("lora_B") {
            true => 0.3,
            false => 1.0,
        };
        if name != "value_head" && !name.ends_with("lora_B") {
            return parameter;
        }
        let count = parameter.shape().num_elements();
        let values: Vec<f32> = (0..count).map(|at| size * (at as f32).sin()).collect();
        let data = burn::tensor::TensorData::new(values, parameter.shape());
        Tensor::from_data(data, &parameter.device()).require_grad()
    }
}

#[test]
fn values_are_of_the_prompt_alone_and_their_gradients_are_finite_differences() {
    let tracked = model::<Tracked>(&BackboneConfig::tiny()).with_value_head();
    let [first, second] = rows();
    let both = [&first, &second];
    assert_eq!(floats(prompt_values(&tracked.valid(), &both)), [0.0, 0.0]);
    let tracked = tracked.rewrite(&mut Opinion);
    let values = floats(prompt_values(&tracked.valid(), &both));
    let bare = Row {
        completions: Vec::new(),
        ..second
    };
    let alone = floats(prompt_values(&tracked.valid(), &[&bare]));
    assert!((values[1] - alone[0]).abs() < 1e-5 && values[1] != 0.0);

    let rows = [&first, &bare];
    let gradients = prompt_values(&tracked, &rows).sum().backward();
    let mut read = Read(&gradients, Vec::new());
    tracked.clone().rewrite(&mut read);
    let plain = tracked.valid();
    assert_differences(&read.1, |nudge| {
        let model = plain.clone().rewrite(&mut { nudge });
        floats(prompt_values(&model, &rows))
            .iter()
            .copied()
            .map(f64::from)
            .sum()
    });
}
