#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use burn::tensor::Tensor;

use super::*;
use crate::device::tested::Tracked;
use crate::kernels::floats;
use crate::model::packing::{prompt_values, prompt_values_checkpointed};
use crate::model::{
    Backbone, BackboneConfig, LoraConfig, Rewrite, Row, Sequence, choice_logprobs,
    choice_logprobs_checkpointed,
};

fn model() -> Backbone<Tracked> {
    Backbone::random(&BackboneConfig::tiny(), 3, &Default::default()).unwrap()
}

fn row(seed: u32) -> Row {
    let tokens: Vec<u32> = (0..4).map(|i| (seed * 7 + i * 3) % 11).collect();
    Row {
        prompt: Arc::from([1, 2, seed % 11]),
        completions: vec![Sequence {
            choices: vec![None; tokens.len()],
            tokens,
        }],
    }
}

/// The sum of negative log-likelihoods.
fn loss(model: &Backbone<Tracked>, rows: &[&Row]) -> Tensor<Tracked, 1> {
    choice_logprobs(model, rows, 1.0).logprobs.neg().sum()
}

fn gradients(model: &Backbone<Tracked>, rows: &[&Row]) -> Gradients<Tracked> {
    let mut gradients = Gradients::new();
    gradients.add(model, loss(model, rows).backward());
    gradients
}

/// Returns all weights in order.
fn weights(model: &Backbone<Tracked>) -> Vec<f32> {
    struct Read(Vec<f32>);
    impl Rewrite<Tracked> for Read {
        fn rewrite<const D: usize>(
            &mut self,
            _: &str,
            parameter: Tensor<Tracked, D>,
        ) -> Tensor<Tracked, D> {
            self.0.extend(floats(parameter.clone().inner()));
            parameter
        }
    }
    let mut read = Read(Vec::new());
    model.clone().rewrite(&mut read);
    read.0
}

#[test]
fn micro_batches_add_up_to_the_batch() {
    let model = model();
    let rows: Vec<Row> = (0..6).map(row).collect();
    let all: Vec<&Row> = rows.iter().collect();
    let whole = gradients(&model, &all);
    let mut parts = Gradients::new();
    for part in all.chunks(2) {
        parts.add(&model, loss(&model, part).backward());
    }
    assert!((whole.norm() - parts.norm()).abs() < 1e-4 * whole.norm());
    assert!((whole.clone().scaled(0.5).norm() - 0.5 * whole.norm()).abs() < 1e-4 * whole.norm());
}

/// Returns every gradient in order, bit for bit, and `None` for a parameter without one.
fn bits(model: &Backbone<Tracked>, gradients: Gradients<Tracked>) -> Vec<Option<Vec<u32>>> {
    struct Take(Gradients<Tracked>, Vec<Option<Vec<u32>>>);
    impl Rewrite<Tracked> for Take {
        fn rewrite<const D: usize>(
            &mut self,
            name: &str,
            parameter: Tensor<Tracked, D>,
        ) -> Tensor<Tracked, D> {
            let gradient = self.0.take(name).map(floats);
            let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect();
            self.1.push(gradient.map(bits));
            parameter
        }
    }
    let mut take = Take(gradients, Vec::new());
    model.clone().rewrite(&mut take);
    take.1
}

#[test]
fn checkpointed_layers_give_the_same_gradients_bit_for_bit() {
    let lora = LoraConfig {
        rank: 2,
        alpha: 4.0,
        dropout: 0.3,
        targets: vec!["q_proj".into(), "down_proj".into()],
        base: String::new(),
    };
    let adapted = || {
        // After one step, because half of the gradients are 0 at the start.
        let model = model().with_lora(&lora, 5);
        let rows = [row(3)];
        let start = gradients(&model, &[&rows[0]]);
        AdamW::new(0.0, 1.0).step(model, start, 0.1).0
    };
    let rows: Vec<Row> = (0..3).map(row).collect();
    let rows: Vec<&Row> = rows.iter().collect();
    let gemma3 = Backbone::random(&BackboneConfig::tiny_gemma3(), 3, &Default::default()).unwrap();
    for model in [model(), adapted(), model().with_value_head(), gemma3] {
        let dropped = model.with_dropout(9);
        let mut plain = Gradients::new();
        plain.add(&model, loss(&dropped, &rows).backward());
        let mut checkpointed = Gradients::new();
        let (choices, pass) = choice_logprobs_checkpointed(&dropped, &rows, 1.0);
        checkpointed.add_checkpointed(&dropped, choices.logprobs.neg().sum().backward(), pass);
        let (plain, checkpointed) = (bits(&model, plain), bits(&model, checkpointed));
        assert!(plain.iter().flatten().count() > 3);
        assert!(plain == checkpointed);
    }
}

#[test]
fn checkpointed_layers_give_the_value_head_the_same_gradients() {
    let (model, row) = (model().with_value_head(), row(1));
    let far = |values: Tensor<Tracked, 1>| (values - 1.0).powi_scalar(2).sum();
    let plain = |model: &Backbone<Tracked>| {
        let mut plain = Gradients::new();
        plain.add(model, far(prompt_values(model, &[&row])).backward());
        plain
    };
    // The value head starts at 0, where no other parameter has a gradient.
    let start = plain(&model);
    let model = AdamW::new(0.0, 1.0).step(model, start, 0.1).0;
    let mut checkpointed = Gradients::new();
    let (values, pass) = prompt_values_checkpointed(&model, &[&row]);
    checkpointed.add_checkpointed(&model, far(values).backward(), Some(pass));
    let (plain, checkpointed) = (bits(&model, plain(&model)), bits(&model, checkpointed));
    let moving = |bits: &&Vec<u32>| bits.iter().any(|bits| *bits != 0);
    assert!(plain.iter().flatten().filter(moving).count() > 3);
    assert!(plain == checkpointed);
}

#[test]
fn the_first_step_moves_every_weight_by_the_learning_rate_against_its_gradient() {
    // After one step, m / sqrt(v) is the gradient's sign; a matrix also decays.
    let model = model();
    let before = weights(&model);
    let gradients = gradients(&model, &[&row(1), &row(2)]);
    let (model, _) = AdamW::new(0.0, 1e9).step(model, gradients, 1e-3);
    let moved = before
        .iter()
        .zip(weights(&model))
        .map(|(a, b)| (a - b).abs());
    let moved: Vec<f32> = moved.filter(|by| *by > 0.0).collect();
    assert!(moved.len() > before.len() / 2);
    let whole = moved.iter().filter(|by| (**by - 1e-3).abs() < 1e-5).count();
    assert!(
        whole as f32 > 0.95 * moved.len() as f32,
        "{whole} of {}",
        moved.len()
    );
}

#[test]
fn weight_decay_shrinks_matrices_and_spares_norms() {
    let config = BackboneConfig::tiny();
    let decayed = |weight_decay| {
        let model = model();
        let gradients = gradients(&model, &[&row(1)]);
        weights(&AdamW::new(weight_decay, 1.0).step(model, gradients, 0.01).0)
    };
    let (without, with) = (decayed(0.0), decayed(0.5));
    let start = weights(&model());
    let norms = with
        .iter()
        .zip(&without)
        .filter(|(with, without)| with == without)
        .count();
    assert_eq!(norms, config.hidden_size * (2 * config.layers + 1));
    for ((start, without), with) in start.iter().zip(&without).zip(&with) {
        let shrunk = without - start * 0.005;
        assert!(
            with == without || (with - shrunk).abs() < 1e-6,
            "{with}, {shrunk} expected"
        );
    }
}

#[test]
fn large_gradients_are_scaled_down_to_the_limit() {
    let rows = [row(1), row(2)];
    let rows = [&rows[0], &rows[1]];
    let after = |scale: f64, limit: f64| {
        let model = model();
        let mut optimizer = AdamW::new(0.0, limit);
        // Two different gradients, because Adam's first step does not depend on the scale.
        let first = gradients(&model, &rows[..1]).scaled(scale);
        let (model, norm) = optimizer.step(model, first, 1e-2);
        let second = gradients(&model, &rows[1..]);
        (weights(&optimizer.step(model, second, 1e-2).0), norm)
    };
    let (limited, norm) = after(50.0, 1.0);
    let (other, larger) = after(100.0, 1.0);
    assert!((larger / norm - 2.0).abs() < 1e-3);
    let distance = |a: &[f32], b: &[f32]| {
        a.iter()
            .zip(b)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max)
    };
    assert!(distance(&limited, &other) < 1e-5);
    assert!(distance(&limited, &after(50.0, 1e9).0) > 1e-3);
}

#[test]
fn a_gradient_that_is_not_finite_changes_nothing() {
    let model = model();
    let before = weights(&model);
    let mut optimizer = AdamW::new(0.1, 1.0);
    let broken = gradients(&model, &[&row(1)]).scaled(f64::NAN);
    let (model, norm) = optimizer.step(model, broken, 1e-2);
    assert!(norm.is_nan());
    assert_eq!(weights(&model), before);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moments.safetensors");
    optimizer.save(&path).unwrap();
    optimizer.load(&path, &model).unwrap();
}

#[test]
fn a_loaded_state_goes_on_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    let [path, again] = ["a", "b"].map(|name| folder.path().join(name));
    let rows: Vec<Row> = (0..6).map(row).collect();
    let mut model = model();
    let mut optimizer = AdamW::new(0.01, 1.0);
    let step = |model: Backbone<Tracked>, optimizer: &mut AdamW<Tracked>, index: usize| {
        let gradients = gradients(&model, &[&rows[index]]);
        optimizer.step(model, gradients, 1e-3).0
    };
    for index in 0..3 {
        model = step(model, &mut optimizer, index);
    }
    optimizer.save(&path).unwrap();
    model.valid().save(folder.path()).unwrap();
    let mut loaded = AdamW::new(0.01, 1.0);
    let mut resumed = Backbone::load(folder.path(), &Default::default()).unwrap();
    loaded.load(&path, &resumed).unwrap();
    loaded.save(&again).unwrap();
    assert!(std::fs::read(&path).unwrap() == std::fs::read(&again).unwrap());
    for index in 3..6 {
        model = step(model, &mut optimizer, index);
        resumed = step(resumed, &mut loaded, index);
    }
    assert!(weights(&model) == weights(&resumed));
}

#[test]
fn a_state_of_another_backbone_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moments.safetensors");
    let mut optimizer = AdamW::new(0.01, 1.0);
    let small = model();
    let gradients = gradients(&small, &[&row(1)]);
    optimizer.step(small, gradients, 1e-3);
    optimizer.save(&path).unwrap();
    let config = BackboneConfig {
        intermediate_size: 48,
        ..BackboneConfig::tiny()
    };
    let large = Backbone::<Tracked>::random(&config, 3, &Default::default()).unwrap();
    let error = AdamW::new(0.01, 1.0)
        .load(&path, &large)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("moments.safetensors") && error.contains("gate_up"),
        "{error}"
    );
}

#[test]
fn training_memorises_sequences() {
    let rows: Vec<Row> = (0..4).map(row).collect();
    let all: Vec<&Row> = rows.iter().collect();
    let mut model = model();
    let mut optimizer = AdamW::new(0.01, 1.0);
    let value = |model: &Backbone<Tracked>| floats(loss(model, &all).inner())[0] / 16.0;
    let before = value(&model);
    for _ in 0..60 {
        let gradients = gradients(&model, &all);
        model = optimizer.step(model, gradients, 1e-2).0;
    }
    let after = value(&model);
    assert!(before > 2.0 && after < 0.1, "from {before} to {after}");
}
