//! Measures the memory of a long pass: forward and backward through one layer of the shape of
//! Qwen2.5-0.5B and its head of 151,936 words, with every token predicted.
//!
//!     cargo run --release -p memloom-tests --example layer_memory -- 8192
//!
//! Prints one JSON object. Weights are random and not counted. `--checkpoint` keeps only the
//! layer's input. Measure each length in a process of its own.

mod shape;

use std::time::Instant;

use anyhow::{Context, Result};
use burn::backend::Autodiff;
use burn_flex::Flex;
use clap::Parser;
use memloom_engine::model::{
    Backbone, Row, Sequence, choice_logprobs, choice_logprobs_checkpointed,
};
use memloom_engine::optim::Gradients;
use memloom_trainer::run::process_memory::{peak_rss_bytes, reset_peak_rss, rss_bytes};

/// The allocator of the `memloom` binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Memory of a pass of one layer and the head.
#[derive(Parser)]
struct Options {
    /// Number of tokens.
    tokens: usize,
    /// Keep only the layer's input for the backward pass.
    #[arg(long)]
    checkpoint: bool,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let config = shape::half_b(1);
    let model: Backbone<Autodiff<Flex>> = Backbone::random(&config, 1, &Default::default())?;
    let words = (0..options.tokens as u32).map(|at| at * 7919 % 151_936);
    let row = Row {
        prompt: [1].into(),
        completions: vec![Sequence {
            tokens: words.collect(),
            choices: vec![None; options.tokens],
        }],
    };
    let resident = rss_bytes();
    reset_peak_rss().context("the peak of resident memory cannot be measured here")?;
    let began = Instant::now();
    let (choices, tape) = match options.checkpoint {
        true => choice_logprobs_checkpointed(&model, &[&row], 1.0),
        false => (choice_logprobs(&model, &[&row], 1.0), None),
    };
    let forward = began.elapsed();
    let loss = (choices.logprobs + choices.entropies * 0.01).sum().neg();
    let mut gradients = Gradients::new();
    gradients.add_checkpointed(&model, loss.backward(), tape);
    let seconds = began.elapsed();
    let weights = 4 * model.parameters() as u64;
    let above = peak_rss_bytes().saturating_sub(weights);
    let printed = serde_json::json!({
        "tokens": options.tokens,
        "checkpoint": options.checkpoint,
        "weights_bytes": weights,
        "resident_before_bytes": resident,
        "peak_above_weights_bytes": above,
        "peak_above_weights_gib": above as f64 / (1u64 << 30) as f64,
        "forward_seconds": forward.as_secs_f64(),
        "seconds": seconds.as_secs_f64(),
        "gradient_norm": gradients.norm(),
    });
    println!("{printed}");
    Ok(())
}
