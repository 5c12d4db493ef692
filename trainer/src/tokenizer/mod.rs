//! Text to tokens and back, over the `tokenizers` crate: one token a word for
//! closed languages, byte-level BPE for real text.
//!
//! Some tokens are *reserved*: they structure prompts, no text encodes to them,
//! and they are left out when tokens become text. *Control words* are what
//! policies name in their prompts and grammars: whole tokens of their own,
//! matched in text only as single words.

mod train;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use memloom_runtime::types::Message;
use tokenizers::ModelWrapper;

/// Fills batches; never sampled by a trained model.
const PAD: &str = "<pad>";
/// Any word that the vocabulary lacks.
const UNKNOWN: &str = "<unk>";
/// What a model says when it has ended.
const END: &str = "<end>";
/// Ends a prompt.
const REPLY: &str = "<reply>";
/// Who speaks in a chat.
const SPEAKERS: [&str; 3] = ["system", "user", "assistant"];

/// A trained tokenizer.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// Ids of reserved tokens, by name.
    reserved: BTreeMap<String, u32>,
    control: BTreeSet<u32>,
    end: u32,
    reply: u32,
}

/// A tokenizer that cannot be made, read or used.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// The file cannot be read, written or understood.
    #[error("{path} is not a tokenizer of memloom's: {why}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A control word or role that cannot be a token.
    #[error("{0:?} cannot be a token of its own: name it with visible ASCII characters and no spaces")]
    Word(String),
    /// The vocabulary is smaller than what must be in it.
    #[error("a vocabulary of {size} tokens has no room for {required} reserved tokens and control words: raise tokenizer.vocabulary")]
    Small {
        /// The size that was asked for.
        size: usize,
        /// Tokens that must be in it.
        required: usize,
    },
    /// Training failed.
    #[error("cannot train the tokenizer: {0}")]
    Training(String),
    /// A prompt names a role that the policy did not declare.
    #[error("the tokenizer knows no role {role:?}, only {known}: train it with this policy's roles")]
    Role {
        /// The role.
        role: String,
        /// What it knows.
        known: String,
    },
    /// A message is from nobody.
    #[error("a message's role is system, user or assistant, not {0:?}")]
    Speaker(String),
    /// A text cannot be encoded.
    #[error("cannot encode {text:?}: {why}")]
    Text {
        /// The text.
        text: String,
        /// Why.
        why: String,
    },
}

impl Tokenizer {
    /// One token a word: lower-cased, cut at white space and punctuation. The
    /// most frequent words of `texts` fill a vocabulary of at most `max_vocab`
    /// tokens, ties in order of the alphabet; the others are unknown.
    pub fn train_words<'a>(
        texts: impl IntoIterator<Item = &'a str>,
        control_words: &[String],
        roles: &[String],
        max_vocab: usize,
    ) -> Result<Self, TokenizerError> {
        train::words(texts, &train::required(control_words, roles)?, max_vocab)
    }

    /// Byte-level BPE of at most `vocab` tokens, which keeps case and white
    /// space and knows every text.
    pub fn train_bpe<'a>(
        texts: impl IntoIterator<Item = &'a str>,
        control_words: &[String],
        roles: &[String],
        vocab: usize,
    ) -> Result<Self, TokenizerError> {
        train::bpe(texts, &train::required(control_words, roles)?, vocab)
    }

    /// Reads a `tokenizer.json` that [`Tokenizer::save`] wrote.
    pub fn load(path: &Path) -> Result<Self, TokenizerError> {
        let file = |why: String| TokenizerError::File {
            path: path.into(),
            why,
        };
        let inner =
            tokenizers::Tokenizer::from_file(path).map_err(|error| file(error.to_string()))?;
        Self::wrap(inner).map_err(|missing| file(format!("it has no token {missing}")))
    }

    /// Writes a `tokenizer.json`; the same tokenizer gives the same bytes.
    pub fn save(&self, path: &Path) -> Result<(), TokenizerError> {
        self.inner
            .save(path, true)
            .map_err(|error| TokenizerError::File {
                path: path.into(),
                why: error.to_string(),
            })
    }

    /// Finds the special tokens; errors with the name of one that is missing.
    fn wrap(inner: tokenizers::Tokenizer) -> Result<Self, String> {
        let reserved: BTreeMap<String, u32> = inner
            .get_vocab(true)
            .into_iter()
            .filter(|(token, _)| is_reserved(token))
            .collect();
        let id = |name: &str| reserved.get(name).copied().ok_or_else(|| name.to_owned());
        let (end, reply) = (id(END)?, id(REPLY)?);
        for name in [PAD, UNKNOWN] {
            id(name)?;
        }
        for speaker in SPEAKERS {
            id(&bracketed(speaker))?;
        }
        let control = inner.get_added_tokens_decoder().into_keys().collect();
        Ok(Self {
            inner,
            reserved,
            control,
            end,
            reply,
        })
    }

    /// Number of tokens; ids are below it.
    pub fn vocab_size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// What a model says when it has ended: `<end>`.
    pub fn end(&self) -> u32 {
        self.end
    }

    /// The token that is exactly this word, control words included; None for
    /// words of none or several tokens and for reserved tokens.
    pub fn id(&self, word: &str) -> Option<u32> {
        if is_reserved(word) {
            return None;
        }
        self.inner.token_to_id(word)
    }

    /// The tokens of a text. Never a reserved one, but `<unk>` for words that a
    /// vocabulary of words lacks.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        self.inner
            .encode_fast(text, false)
            .map(|encoding| encoding.get_ids().to_vec())
            .map_err(|error| TokenizerError::Text {
                text: text.into(),
                why: error.to_string(),
            })
    }

    /// `<role>`, then for each message `<system>`, `<user>` or `<assistant>` and
    /// its content, then `<reply>`.
    pub fn encode_prompt(
        &self,
        role: &str,
        messages: &[Message],
    ) -> Result<Vec<u32>, TokenizerError> {
        let role_id = self.reserved.get(&bracketed(role));
        let mut tokens = vec![*role_id.ok_or_else(|| TokenizerError::Role {
            role: role.into(),
            known: self.reserved.keys().cloned().collect::<Vec<_>>().join(" "),
        })?];
        for message in messages {
            let speaker = SPEAKERS
                .contains(&message.role.as_str())
                .then(|| self.reserved.get(&bracketed(&message.role)))
                .flatten()
                .ok_or_else(|| TokenizerError::Speaker(message.role.clone()))?;
            tokens.push(*speaker);
            tokens.extend(self.encode(&message.content)?);
        }
        tokens.push(self.reply);
        Ok(tokens)
    }

    /// The text of tokens, without reserved ones but `<unk>`. Words are joined by
    /// one space. Byte-level text comes back exactly, and control words that no
    /// text would put side by side, as grammars do, are kept apart by a space.
    pub fn decode(&self, ids: &[u32]) -> String {
        let shown = ids.iter().copied().filter(|id| !self.is_silent(*id));
        if matches!(self.inner.get_model(), ModelWrapper::WordLevel(_)) {
            let words = shown.filter_map(|id| self.inner.id_to_token(id));
            return words.collect::<Vec<_>>().join(" ");
        }
        let mut text = String::new();
        let mut run: Vec<u32> = Vec::new();
        for id in shown {
            if let Some(last) = run.last()
                && self.would_merge(*last, id)
            {
                text.push_str(&self.decode_run(&run));
                text.push(' ');
                run.clear();
            }
            run.push(id);
        }
        text.push_str(&self.decode_run(&run));
        text
    }

    /// Whether two control words side by side would read as one word.
    fn would_merge(&self, left: u32, right: u32) -> bool {
        if !(self.control.contains(&left) && self.control.contains(&right)) {
            return false;
        }
        let edge = |id: u32, last: bool| {
            let word = self.inner.id_to_token(id).unwrap_or_default();
            let edge = if last { word.chars().last() } else { word.chars().next() };
            edge.is_some_and(|c| c.is_alphanumeric() || c == '_')
        };
        edge(left, true) && edge(right, false)
    }

    fn decode_run(&self, ids: &[u32]) -> String {
        // The byte-level decoder has no way to fail.
        self.inner.decode(ids, false).unwrap_or_default()
    }

    fn is_silent(&self, id: u32) -> bool {
        let mut reserved = self.reserved.iter();
        reserved.any(|(name, reserved)| *reserved == id && name != UNKNOWN)
    }
}

/// The reserved token of a role or speaker.
fn bracketed(name: &str) -> String {
    format!("<{name}>")
}

/// Whether a token is `<name>`. No text encodes to such a token: both kinds of
/// tokenizer cut between punctuation and letters.
fn is_reserved(token: &str) -> bool {
    let name = token.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    name.is_some_and(|name| name.chars().any(|c| c.is_alphanumeric()))
}

#[cfg(test)]
mod tests;
