//! The tokens that end a chat model's replies, read from its files.

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Map, Value};
use tokenizers::Tokenizer;

use crate::tokenizer::file::{CONFIG, GENERATION, MODEL};

const KEY: &str = "eos_token_id";

/// Moves the end tokens of the model's `config.json` into `generation` if it names none, as
/// `transformers` does. Returns the file that names the end tokens.
pub(super) fn complete(
    generation: &mut Map<String, Value>,
    mut model: Map<String, Value>,
) -> &'static str {
    let nothing = [Value::Null, Value::Array(Vec::new())];
    let names = |file: &Map<String, Value>| file.get(KEY).is_some_and(|ids| !nothing.contains(ids));
    if names(generation) || !names(&model) {
        return GENERATION;
    }
    generation.extend(model.remove_entry(KEY));
    MODEL
}

/// Returns the end tokens of `generation`, which come from `file`, and the tokenizer's `eos_token`,
/// which ends a document and a reply.
pub(super) fn read(
    tokenizer: &Tokenizer,
    generation: &Map<String, Value>,
    file: &str,
    eos: Option<&str>,
) -> Result<Vec<u32>> {
    let mut ends = Vec::new();
    for id in ids(generation.get(KEY), file)? {
        ensure!(
            tokenizer.id_to_token(id).is_some(),
            "{file}: no token has the {KEY} {id}"
        );
        if !ends.contains(&id) {
            ends.push(id);
        }
    }
    if let Some(eos) = eos {
        let id = tokenizer
            .token_to_id(eos)
            .with_context(|| format!("the eos_token {eos} of {CONFIG} is not in the vocabulary"))?;
        if !ends.contains(&id) {
            ends.push(id);
        }
    }
    ensure!(
        !ends.is_empty(),
        "neither {GENERATION}, {MODEL} nor {CONFIG} names an end token: set {KEY} in {GENERATION}"
    );
    Ok(ends)
}

/// Reads an id, a list of ids, or nothing.
fn ids(said: Option<&Value>, file: &str) -> Result<Vec<u32>> {
    let wrong = || anyhow!("{file}: {KEY} must be a token id or a list of token ids");
    let one = |value: &Value| {
        let id = value.as_u64().and_then(|id| u32::try_from(id).ok());
        id.ok_or_else(wrong)
    };
    match said {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(ids)) => ids.iter().map(one).collect(),
        Some(id) => one(id).map(|id| vec![id]),
    }
}

#[cfg(test)]
mod tests;
