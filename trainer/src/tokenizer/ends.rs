//! Tokens that end a chat model's replies, as its files say.

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Map, Value};
use tokenizers::Tokenizer;

use super::chat::{CONFIG, GENERATION, MODEL};

const KEY: &str = "eos_token_id";

/// Has `generation_config.json` say what only the model's `config.json` says, as
/// `transformers` does. Returns the file that says it.
pub(super) fn complete(
    generation: &mut Map<String, Value>,
    mut model: Map<String, Value>,
) -> &'static str {
    let nothing = [Value::Null, Value::Array(Vec::new())];
    let says = |file: &Map<String, Value>| file.get(KEY).is_some_and(|ids| !nothing.contains(ids));
    if says(generation) || !says(&model) {
        return GENERATION;
    }
    generation.extend(model.remove_entry(KEY));
    MODEL
}

/// Returns the ids that `generation` names, which are `file`'s, and the tokenizer's own
/// end, which closes a document and ends a reply, too.
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
            "{file}: {KEY} is {id}, and no token has that id"
        );
        if !ends.contains(&id) {
            ends.push(id);
        }
    }
    if let Some(eos) = eos {
        let id = tokenizer.token_to_id(eos).with_context(|| {
            format!("{CONFIG} says that {eos} ends a text, and no token is written so")
        })?;
        if !ends.contains(&id) {
            ends.push(id);
        }
    }
    ensure!(
        !ends.is_empty(),
        "nothing says what ends a reply: give {KEY} in {GENERATION} or eos_token in {CONFIG}"
    );
    Ok(ends)
}

/// One id, several, or none.
fn ids(said: Option<&Value>, file: &str) -> Result<Vec<u32>> {
    let wrong = || anyhow!("{file}: {KEY} is neither a token id nor a list of them");
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
