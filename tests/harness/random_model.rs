//! Writes a model of random weights with the full shape of Qwen2.5-0.5B: 24 layers, a
//! vocabulary of 151,936, and a tokenizer trained on a text. For steps at full size without
//! downloaded weights.
//!
//!     cargo run --release -p memloom-tests --example random_model -- FOLDER --text FILE
//!
//! Random words would never form facts or operations, and no output would earn a reward. So some
//! words of the vocabulary are whole outputs of the policy memory-r2, each citing a turn of the
//! first two sessions, and the weights prefer these words.

mod shape;

use std::path::PathBuf;

use anyhow::{Context, Result};
use burn::tensor::Tensor;
use burn_flex::Flex;
use clap::Parser;
use memloom_engine::kernels::Kernels;
use memloom_engine::model::{Backbone, Rewrite};
use memloom_engine::tokenizer::Tokenizer;

/// Options.
#[derive(Parser)]
struct Options {
    /// Folder of the model.
    folder: PathBuf,
    /// Text to train the tokenizer on.
    #[arg(long)]
    text: PathBuf,
}

const ROLES: [&str; 3] = ["extractor", "manager", "answerer"];

fn main() -> Result<()> {
    let options = Options::parse();
    let text = std::fs::read_to_string(&options.text)
        .with_context(|| format!("cannot read {}", options.text.display()))?;
    let turns = (1..=2).flat_map(|session| (1..=16).map(move |turn| format!("D{session}:{turn}")));
    let outputs: Vec<String> = turns.map(|turn| output(&turn)).collect();
    let texts: Vec<String> = text.lines().map(str::to_owned).collect();
    let config = shape::half_b(24);
    let vocabulary = config.vocab_size - outputs.len();
    let tokenizer = Tokenizer::train_bpe(&texts, &outputs, &ROLES.map(str::to_owned), vocabulary)?;
    let model: Backbone<Flex> = Backbone::random(&config, 1, &Default::default())?;
    let preferred = outputs.iter().filter_map(|output| tokenizer.id(output));
    let mut prefer = Prefer(preferred.map(|id| id as usize).collect());
    let model = model.rewrite(&mut prefer);
    std::fs::create_dir_all(&options.folder)
        .with_context(|| format!("cannot make {}", options.folder.display()))?;
    tokenizer.save(&options.folder)?;
    Ok(model.export(&options.folder)?)
}

/// Returns an output of the extractor and the manager about a turn.
fn output(turn: &str) -> String {
    let said = serde_json::json!({
        "facts": [{"speaker": "Tim", "dia_id": turn, "fact": format!("a fact of {turn}")}],
        "operations": [{
            "operation": "INSERT",
            "speaker": "Tim",
            "content": format!("a fact of {turn}"),
            "dia_id": turn,
        }],
    });
    said.to_string()
}

/// Raises the scores of some words after any text. One direction is common to the embeddings of
/// all words, and so to every input of the head; the preferred words have more of it.
struct Prefer(Vec<usize>);

impl<B: Kernels> Rewrite<B> for Prefer {
    fn rewrite<const D: usize>(&mut self, name: &str, parameter: Tensor<B, D>) -> Tensor<B, D> {
        if name != "embedding" {
            return parameter;
        }
        let device = parameter.device();
        let mut data = parameter.into_data();
        let width = data.shape[1];
        let values = data
            .as_mut_slice::<f32>()
            .expect("random weights are of 32 bits");
        for (word, row) in values.chunks_exact_mut(width).enumerate() {
            row[0] = if self.0.contains(&word) { 5.0 } else { 1.0 };
        }
        Tensor::from_data(data, &device)
    }
}
