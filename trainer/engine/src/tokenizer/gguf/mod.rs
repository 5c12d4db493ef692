//! The tokenizer, the chat template and the end tokens in the metadata of a GGUF file, as the files
//! of a Hugging Face folder.

mod bpe;
mod sentencepiece;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Result, anyhow};
use serde_json::{Map, Value, json};

use crate::gguf::{Gguf, GgufError, Metadata, needed};
use crate::tokenizer::file::{CONFIG, FILE, GENERATION, TEMPLATE};
use crate::tokenizer::gguf::vocabulary::Vocabulary;

/// Kinds of tokenizers, by their names in files.
const BPE: &str = "gpt2";
const SENTENCEPIECE: &str = "llama";

/// Returns the files that [`Tokenizer::load`](crate::tokenizer::Tokenizer::load) would find in a
/// folder.
pub(super) fn files(path: &Path) -> Result<BTreeMap<&'static str, Vec<u8>>> {
    let file = Gguf::open(path)?;
    let made = made(file.metadata()).map_err(|why| file.unusable(why));
    made.map_err(|error: GgufError| anyhow!(error))
}

fn made(metadata: &Metadata) -> Result<BTreeMap<&'static str, Vec<u8>>, String> {
    let template = metadata.text("tokenizer.chat_template")?;
    let template = template.ok_or(
        "the metadata has no tokenizer.chat_template: memloom needs an instruction-tuned model",
    )?;
    let vocabulary = Vocabulary::read(metadata)?;
    let model = needed(
        "tokenizer.ggml.model",
        metadata.text("tokenizer.ggml.model")?,
    )?;
    let named = |key: &str| -> Result<Option<(usize, &str)>, String> {
        let key = format!("tokenizer.ggml.{key}_token_id");
        let id = metadata.count(&key)?;
        id.map(|id| Ok((id, vocabulary.token(&key, id)?)))
            .transpose()
    };
    let (begin, end, end_of_turn) = (named("bos")?, named("eos")?, named("eot")?);
    let (padding, unknown) = (named("padding")?, named("unknown")?);
    let mut tokenizer = match model {
        BPE => bpe::tokenizer(metadata, &vocabulary)?,
        SENTENCEPIECE => {
            sentencepiece::tokenizer(metadata, &vocabulary, unknown.map(|token| token.1))?
        }
        other => {
            return Err(format!(
                "unsupported tokenizer.ggml.model {other}; supported: {BPE}, {SENTENCEPIECE}"
            ));
        }
    };
    tokenizer["added_tokens"] = vocabulary.added().into();
    let always_begins = metadata.flag("tokenizer.ggml.add_bos_token")?;
    if let Some((id, text)) = begin
        && always_begins.unwrap_or(model == SENTENCEPIECE)
    {
        tokenizer["post_processor"] = begins_with(text, id);
    }
    let mut config = json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": false,
    });
    let mut generation = Map::new();
    let roles = [
        ("bos", begin),
        ("eos", end),
        ("pad", padding),
        ("unk", unknown),
    ];
    for (role, token) in roles {
        if let Some((id, text)) = token {
            config[format!("{role}_token")] = text.into();
            if role != "unk" {
                generation.insert(format!("{role}_token_id"), id.into());
            }
        }
    }
    let ends: BTreeSet<usize> = [end, end_of_turn]
        .into_iter()
        .flatten()
        .map(|end| end.0)
        .collect();
    if ends.len() > 1 {
        generation.insert("eos_token_id".into(), ends.into_iter().collect());
    }
    let file = |value: &Value| format!("{value:#}\n").into_bytes();
    Ok(BTreeMap::from([
        (FILE, file(&tokenizer)),
        (CONFIG, file(&config)),
        (GENERATION, file(&generation.into())),
        (TEMPLATE, template.as_bytes().to_vec()),
    ]))
}

/// Returns the step that puts a token before every text that asks for special tokens.
fn begins_with(text: &str, id: usize) -> Value {
    let special = json!({"SpecialToken": {"id": text, "type_id": 0}});
    let sequence = |name| json!({"Sequence": {"id": name, "type_id": 0}});
    json!({
        "type": "TemplateProcessing",
        "single": [special, sequence("A")],
        "pair": [special, sequence("A"), sequence("B")],
        "special_tokens": {text: {"id": text, "ids": [id], "tokens": [text]}},
    })
}

#[cfg(test)]
mod tests;
