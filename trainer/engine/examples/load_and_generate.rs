//! Completes a prompt with a model folder of the Llama or Qwen family:
//!
//! ```sh
//! cargo run --release -p memloom-engine --example load_and_generate -- FOLDER "Where is Rome?"
//! ```
//!
//! Without a folder, the model is tiny and its weights are random. Prints the completion and
//! the speed in tokens per second.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use burn_flex::Flex;
use memloom_engine::generation::{Request, StopStrings, generate};
use memloom_engine::model::{Backbone, BackboneConfig};
use memloom_engine::tokenizer::Tokenizer;

const ROLE: &str = "assistant";

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (model, tokenizer) = match arguments.next() {
        Some(folder) => load(Path::new(&folder))?,
        None => random()?,
    };
    let question = arguments.next().unwrap_or("Where is Rome?".into());
    let tokenizer = Arc::new(tokenizer);

    let request = Request {
        role: ROLE.into(),
        prompt: tokenizer
            .encode_prompt(ROLE, &[("user", &question)])?
            .into(),
        grammar: None,
        ends: tokenizer.ends().clone(),
        max_tokens: 64,
        temperature: 0.7,
        top_k: 0,
        top_p: 0.95,
        stop: StopStrings::new(&tokenizer, tokenizer.stop_strings()),
        seed: 1,
    };
    let start = Instant::now();
    let sample = generate(&model, &[request])
        .pop()
        .context("one request gives one sample")??;
    let seconds = start.elapsed().as_secs_f64();

    println!("{}", tokenizer.decode(&sample.tokens)?);
    let count = sample.tokens.len();
    println!(
        "{count} tokens in {seconds:.2} s: {:.1} tokens/s, prefill included ({:?})",
        count as f64 / seconds,
        sample.finish
    );
    Ok(())
}

fn load(folder: &Path) -> Result<(Backbone<Flex>, Tokenizer)> {
    let tokenizer = Tokenizer::load(folder)?;
    let model = Backbone::load(folder, &Default::default())?;
    Ok((model, tokenizer))
}

fn random() -> Result<(Backbone<Flex>, Tokenizer)> {
    let texts = ["Rome is in Italy , and Paris is in France . Where is the user ?".to_owned()];
    let tokenizer = Tokenizer::train_words(&texts, &[], &[ROLE.to_owned()], 100)?;
    let config = BackboneConfig {
        vocab_size: tokenizer.vocab_size(),
        context: 128,
        ..BackboneConfig::tiny()
    };
    let model = Backbone::random(&config, 1, &Default::default())?;
    Ok((model, tokenizer))
}
