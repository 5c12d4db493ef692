//! memloom's side of `cargo xtask bench trainer`: training steps and generation with a
//! model in a folder. Prints one JSON object.
//!
//!     speed train FOLDER --batch 16 --tokens 256 --steps 10
//!     speed generate FOLDER --batch 16 --shared 1000 --prompt 20 --tokens 32

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use burn::backend::Autodiff;
use burn_flex::Flex;
use clap::{Args, Parser};
use memloom_trainer::generate::{Job, generate};
use memloom_trainer::model::{Backbone, Row, Sequence, choice_logprobs};
use memloom_trainer::optim::{AdamW, Gradients};

/// The allocator that training has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
enum Options {
    /// Forward, backward and AdamW: every token but the first is predicted
    Train(Train),
    /// Sampling without an end
    Generate(Generate),
}

#[derive(Args)]
struct Train {
    folder: PathBuf,
    #[arg(long)]
    batch: u32,
    /// Of each sequence
    #[arg(long)]
    tokens: u32,
    /// Of which the first is not timed
    #[arg(long)]
    steps: u32,
}

#[derive(Args)]
struct Generate {
    folder: PathBuf,
    #[arg(long)]
    batch: u32,
    /// Tokens that all prompts begin with
    #[arg(long, default_value_t = 0)]
    shared: u32,
    /// Tokens of a prompt after that, its own
    #[arg(long, default_value_t = 0)]
    prompt: u32,
    /// Tokens of a completion
    #[arg(long)]
    tokens: usize,
}

fn main() -> Result<()> {
    let found = match Options::parse() {
        Options::Train(options) => train(&options)?,
        Options::Generate(options) => sample(&options)?,
    };
    println!("{found}");
    Ok(())
}

fn train(options: &Train) -> Result<serde_json::Value> {
    let mut model = Backbone::<Autodiff<Flex>>::load(&options.folder, &Default::default())?;
    let words = model.config().vocab_size as u32;
    let rows = (0..options.batch).map(|member| Row {
        prompt: [token(member, 0, words)].into(),
        completions: vec![Sequence {
            tokens: (1..options.tokens)
                .map(|place| token(member, place, words))
                .collect(),
            choices: vec![None; options.tokens as usize - 1],
        }],
    });
    let rows: Vec<Row> = rows.collect();
    let rows: Vec<&Row> = rows.iter().collect();
    let mut optimizer = AdamW::new(0.01, 1.0);
    let mut seconds = Vec::new();
    for _ in 0..options.steps {
        let began = Instant::now();
        let loss = choice_logprobs(&model, &rows, 1.0).logprobs.mean().neg();
        let mut gradients = Gradients::new();
        gradients.add(&model, loss.backward());
        (model, _) = optimizer.step(model, gradients, 1e-4);
        seconds.push(began.elapsed().as_secs_f64());
    }
    let tokens = f64::from(options.batch * options.tokens);
    Ok(serde_json::json!({ "tokens_per_second": tokens / median(&mut seconds[1..]) }))
}

fn sample(options: &Generate) -> Result<serde_json::Value> {
    let model = load(&options.folder)?;
    let words = model.config().vocab_size as u32;
    let jobs = (0..options.batch).map(|member| {
        let shared = (0..options.shared).map(|place| token(1000, place, words));
        let own = (0..options.prompt).map(|place| token(member, place, words));
        Job {
            role: "assistant".into(),
            prompt: shared.chain(own).collect::<Vec<u32>>().into(),
            grammar: None,
            ends: [].into(),
            max_tokens: options.tokens,
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            stop: None,
            seed: u64::from(member),
        }
    });
    let jobs: Vec<Job> = jobs.collect();
    let began = Instant::now();
    let samples = generate(&model, &jobs);
    let seconds = began.elapsed().as_secs_f64();
    let mut tokens = 0;
    for sample in samples {
        tokens += sample?.tokens.len();
    }
    Ok(serde_json::json!({
        "tokens": tokens,
        "seconds": seconds,
        "tokens_per_second": tokens as f64 / seconds,
    }))
}

fn load(folder: &Path) -> Result<Backbone<Flex>> {
    Ok(Backbone::load(folder, &Default::default())?)
}

/// Some token: the same on both sides.
fn token(member: u32, place: u32, words: u32) -> u32 {
    (member * 7919 + place * 104_729 + 13) % words
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
