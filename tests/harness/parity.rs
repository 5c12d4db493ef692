//! memloom's side of `cargo xtask parity`: compares models, tokenizers and chats of a folder
//! written by `tests/reference/parity.py make` with the expected results beside them. Prints one
//! JSON object, and saves each model again for `parity.py check`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use burn_flex::Flex;
use memloom_engine::generation::{Request, generate};
use memloom_engine::kernels::{Layout, floats};
use memloom_engine::model::Backbone;
use memloom_engine::sentence_encoder::SentenceEncoder;
use memloom_engine::tokenizer::Tokenizer;
use serde::{Deserialize, Serialize};

/// Expected results of a model.
#[derive(Deserialize)]
struct Expected {
    family: String,
    prompts: Vec<Vec<u32>>,
    logits: Vec<Vec<f32>>,
    greedy_prompts: Vec<Vec<u32>>,
    greedy: Vec<Vec<u32>>,
    /// Logits with the adapter in `adapter`, if there is one.
    #[serde(default)]
    adapted_logits: Vec<Vec<f32>>,
}

/// Expected results of a sentence encoder.
#[derive(Deserialize)]
struct Embedded {
    texts: Vec<String>,
    vectors: Vec<Vec<f32>>,
}

/// Expected results of a tokenizer.
#[derive(Deserialize)]
struct Worded {
    texts: Vec<Text>,
    chats: Vec<Chat>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
    ids: Vec<u32>,
}

#[derive(Deserialize)]
struct Chat {
    messages: Vec<Said>,
    ids: Vec<u32>,
}

#[derive(Deserialize)]
struct Said {
    role: String,
    content: String,
}

#[derive(Default, Serialize)]
struct Found {
    models: usize,
    /// Largest difference of a logit, by family.
    max_abs_logit_diff: BTreeMap<String, f32>,
    /// Largest difference between logits of a batch and of single prompts.
    batch_logit_diff: f32,
    adapters: usize,
    /// Largest difference of a logit with an adapter.
    lora_logit_diff: f32,
    /// Greedy continuations that differ.
    greedy_mismatches: usize,
    encoders: usize,
    /// Largest difference of a number in a sentence's vector.
    embedding_diff: f32,
    strings: usize,
    /// Strings and chats whose tokens differ.
    tokenizer_mismatches: usize,
}

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).context("usage: parity FOLDER")?;
    let mut found = Found::default();
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&folder)
        .with_context(|| format!("cannot list {folder}"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    folders.sort();
    for folder in folders {
        let path = folder.join("expected.json");
        let text =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let has = |file: &str| folder.join(file).exists();
        match (has("config.json"), has("modules.json")) {
            (_, true) => encoder(&folder, &serde_json::from_slice(&text)?, &mut found),
            (true, _) => model(&folder, &serde_json::from_slice(&text)?, &mut found),
            _ => tokenizer(&folder, &serde_json::from_slice(&text)?, &mut found),
        }
        .with_context(|| format!("in {}", folder.display()))?;
    }
    ensure!(
        found.models > 0 && found.strings > 0 && found.adapters > 0 && found.encoders > 0,
        "{folder} is empty"
    );
    println!("{}", serde_json::to_string(&found)?);
    Ok(())
}

fn model(folder: &Path, expected: &Expected, found: &mut Found) -> Result<()> {
    let model = Backbone::<Flex>::load(folder, &Default::default())?;
    let mut alone = Vec::new();
    let worst = found
        .max_abs_logit_diff
        .entry(expected.family.clone())
        .or_default();
    for (prompt, logits) in expected.prompts.iter().zip(&expected.logits) {
        let own = last(&model, &[prompt]);
        *worst = worst.max(furthest(&own, logits)?);
        alone.extend(own);
    }
    let together = last(&model, &expected.prompts.iter().collect::<Vec<_>>());
    found.batch_logit_diff = found.batch_logit_diff.max(furthest(&together, &alone)?);
    for (prompt, tokens) in expected.greedy_prompts.iter().zip(&expected.greedy) {
        let job = Request {
            role: "assistant".into(),
            prompt: Arc::from(&prompt[..]),
            grammar: None,
            ends: Arc::from([]),
            max_tokens: tokens.len(),
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            stop: None,
            seed: 0,
        };
        let sample = generate(&model, &[job]).remove(0)?;
        found.greedy_mismatches += usize::from(sample.tokens != *tokens);
    }
    let saved = folder.join("saved");
    std::fs::create_dir_all(&saved)?;
    model.export(&saved)?;
    found.models += 1;
    if folder.join("adapter").exists() {
        adapter(folder, model, expected, found)?;
    }
    Ok(())
}

fn adapter(
    folder: &Path,
    model: Backbone<Flex>,
    expected: &Expected,
    found: &mut Found,
) -> Result<()> {
    let adapted = model.with_adapter(&folder.join("adapter"))?;
    for (prompt, logits) in expected.prompts.iter().zip(&expected.adapted_logits) {
        let off = furthest(&last(&adapted, &[prompt]), logits)?;
        found.lora_logit_diff = found.lora_logit_diff.max(off);
    }
    for (name, model) in [
        ("adapter-saved", &adapted),
        ("merged", &adapted.clone().merged()),
    ] {
        let saved = folder.join(name);
        std::fs::create_dir_all(&saved)?;
        model.export(&saved)?;
    }
    found.adapters += 1;
    Ok(())
}

/// Returns the logits after the last token of each prompt, concatenated.
fn last(model: &Backbone<Flex>, prompts: &[&Vec<u32>]) -> Vec<f32> {
    let mut layout = Layout::default();
    let mut at = Vec::new();
    for prompt in prompts {
        layout.push_row(prompt, std::iter::empty());
        at.push(layout.tokens.len() - 1);
    }
    floats(model.logits(layout, &at))
}

/// Returns the largest difference of two lists of numbers.
fn furthest(a: &[f32], b: &[f32]) -> Result<f32> {
    ensure!(a.len() == b.len(), "{} numbers, not {}", a.len(), b.len());
    let pairs = a.iter().zip(b);
    Ok(pairs.fold(0.0f32, |most, (a, b)| most.max((a - b).abs())))
}

fn encoder(folder: &Path, expected: &Embedded, found: &mut Found) -> Result<()> {
    let encoder = SentenceEncoder::<Flex>::load(folder, &Default::default())?;
    let vectors = encoder.embed(&expected.texts)?;
    for (own, vector) in vectors.iter().zip(&expected.vectors) {
        found.embedding_diff = found.embedding_diff.max(furthest(own, vector)?);
    }
    found.encoders += 1;
    Ok(())
}

fn tokenizer(folder: &Path, expected: &Worded, found: &mut Found) -> Result<()> {
    let tokenizer = Tokenizer::load(folder)?;
    for text in &expected.texts {
        found.strings += 1;
        found.tokenizer_mismatches += usize::from(tokenizer.encode(&text.text)? != text.ids);
        ensure!(
            tokenizer.decode(&text.ids)? == text.text,
            "{:?} does not read back as it was",
            text.text
        );
    }
    for chat in &expected.chats {
        found.strings += 1;
        let messages = chat
            .messages
            .iter()
            .map(|said| (&*said.role, &*said.content));
        let ids = tokenizer.encode_prompt("extractor", &messages.collect::<Vec<_>>())?;
        found.tokenizer_mismatches += usize::from(ids != chat.ids);
    }
    Ok(())
}
