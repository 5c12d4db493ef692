//! The tokens that a chat model's folder names in other files than `tokenizer.json`. They are added
//! as `transformers` adds them and get the same ids.

use anyhow::{Context, Result, anyhow};
use serde_json::{Map, Value};
use tokenizers::{AddedToken, Tokenizer};

use crate::tokenizer::file::{ADDED_TOKENS, CONFIG};

/// The key of `tokenizer_config.json` that lists tokens by id. Older folders have the two files
/// `special_tokens_map.json` and `added_tokens.json` instead.
const DECODER: &str = "added_tokens_decoder";
/// The keys of one token each, in the order in which the tokens are added.
const NAMES: [&str; 7] = [
    "bos_token",
    "eos_token",
    "unk_token",
    "sep_token",
    "pad_token",
    "cls_token",
    "mask_token",
];
/// The keys of several tokens, in `transformers` 5 and 4.
const EXTRA: [&str; 2] = ["extra_special_tokens", "additional_special_tokens"];

/// Adds the entries of an older folder's `special_tokens_map.json` to a configuration without a
/// list of tokens.
pub(super) fn merge(config: &mut Map<String, Value>, roles: Map<String, Value>) {
    if !config.contains_key(DECODER) {
        config.extend(roles);
    }
}

/// Returns the keys and texts of a configuration's named tokens, which are variables of templates.
pub(super) fn named(config: &Map<String, Value>) -> Vec<(&str, &str)> {
    let others = config.keys().map(String::as_str);
    let others = others.filter(|name| name.ends_with("_token") && !NAMES.contains(name));
    let names = NAMES.into_iter().chain(others);
    let mut named: Vec<(&str, &Value)> = names
        .filter_map(|name| config.get_key_value(name))
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    if let Some(Value::Object(extra)) = config.get(EXTRA[0]) {
        named.extend(extra.iter().map(|(name, value)| (name.as_str(), value)));
    }
    let written = |(name, value)| Some((name, written(value)?));
    named.into_iter().filter_map(written).collect()
}

/// Returns the special tokens that have no key of their own.
fn extra(config: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let mut lists = EXTRA.iter().filter_map(|key| config.get(*key)?.as_array());
    lists.find(|list| !list.is_empty()).into_iter().flatten()
}

/// Returns the text of a token, given as a string or an object.
fn written(token: &Value) -> Option<&str> {
    match token {
        Value::Object(token) => token.get("content")?.as_str(),
        token => token.as_str(),
    }
}

/// Adds the tokens of a configuration and of an older folder's `added_tokens.json`: first the
/// tokens with ids, ordered by id, then the tokens without.
pub(super) fn add(
    tokenizer: &mut Tokenizer,
    config: &Map<String, Value>,
    ids: &Map<String, Value>,
) -> Result<()> {
    let known = tokenizer.get_added_tokens_decoder();
    let named = named(config);
    let roles = || named.iter().map(|(_, content)| *content);
    let is_special = |content: &str| {
        roles().any(|role| role == content) || extra(config).any(|t| written(t) == Some(content))
    };
    let mut listed = match config.get(DECODER) {
        Some(list) => decoder(list)?,
        None => {
            let listed = older(ids, is_special)?.into_iter();
            // An id in `tokenizer.json` takes precedence: that file is newer.
            let new = listed.filter(|(id, _)| !known.keys().any(|known| u64::from(*known) == *id));
            new.collect()
        }
    };
    listed.sort_by_key(|(id, _)| *id);
    let listed = listed.into_iter().map(|(_, token)| token);
    let listed = listed.filter(|token| !known.values().any(|known| known == token));
    let mut new: Vec<AddedToken> = listed
        .map(|token| AddedToken {
            special: token.special || is_special(&token.content),
            ..token
        })
        .collect();
    let mut name = |token: AddedToken| {
        let mut all = known.values().chain(&new);
        if !all.any(|other| other.content == token.content) {
            new.push(token);
        }
    };
    for key in named.iter().map(|(name, _)| *name) {
        let token = config.get(key).or_else(|| config.get(EXTRA[0])?.get(key));
        token.and_then(special).into_iter().for_each(&mut name);
    }
    extra(config).filter_map(special).for_each(name);
    // No text is padded, and embeddings often have no row for the padding token.
    let padding = named.iter().find(|(name, _)| *name == "pad_token");
    new.pop_if(|last| {
        padding.is_some_and(|(_, content)| *content == last.content)
            && tokenizer.token_to_id(&last.content).is_none()
    });
    tokenizer.add_tokens(new).map_err(|error| anyhow!(error))?;
    Ok(())
}

/// Reads a list of tokens by id.
fn decoder(list: &Value) -> Result<Vec<(u64, AddedToken)>> {
    let wrong = || format!("{CONFIG}: {DECODER} must map ids to token objects");
    let list = list.as_object().with_context(wrong)?;
    let read = |(id, value): (&String, &Value)| {
        let token = value.is_object().then(|| token(value, false)).flatten();
        Some((id.parse().ok()?, token?))
    };
    let tokens = list.iter().map(|entry| read(entry).with_context(wrong));
    tokens.collect()
}

/// Reads `added_tokens.json`, which maps tokens to ids.
fn older(
    ids: &Map<String, Value>,
    is_special: impl Fn(&str) -> bool,
) -> Result<Vec<(u64, AddedToken)>> {
    let read = |(content, id): (&String, &Value)| {
        let id = id.as_u64();
        let id =
            id.with_context(|| format!("{ADDED_TOKENS}: the id of {content:?} must be a number"))?;
        Ok((id, AddedToken::from(content, is_special(content))))
    };
    ids.iter().map(read).collect()
}

/// Reads a named token. Named tokens are special.
fn special(value: &Value) -> Option<AddedToken> {
    let token = token(value, true)?;
    Some(token.special(true))
}

/// Reads a token, given as its text or as an object with its text and matching rules.
fn token(value: &Value, special: bool) -> Option<AddedToken> {
    let content = written(value)?;
    let flag = |name: &str, default: bool| {
        let flag = value.get(name).and_then(Value::as_bool);
        flag.unwrap_or(default)
    };
    let special = flag("special", special);
    Some(AddedToken {
        content: content.to_owned(),
        single_word: flag("single_word", false),
        lstrip: flag("lstrip", false),
        rstrip: flag("rstrip", false),
        normalized: flag("normalized", !special),
        special,
    })
}

#[cfg(test)]
mod tests;
