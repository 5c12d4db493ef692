//! Training tokenizers.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow, ensure};
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::models::wordlevel::{WordLevel, WordLevelTrainer};
use tokenizers::normalizers::Lowercase;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::whitespace::Whitespace;
use tokenizers::{AddedToken, NormalizerWrapper};

use crate::tokenizer::Tokenizer;
use crate::tokenizer::special_tokens::{END, REPLY, SPEAKERS, UNKNOWN};

impl Tokenizer {
    /// Trains a word-level tokenizer with at most `vocabulary` of the most frequent words. Text is
    /// lower-cased and split at spaces and punctuation. Control words are whole tokens.
    pub fn train_words(
        texts: &[String],
        control_words: &[String],
        roles: &[String],
        vocabulary: usize,
    ) -> Result<Self> {
        let model = WordLevel::builder()
            .unk_token(UNKNOWN.into())
            .build()
            .map_err(|error| anyhow!(error))?;
        let mut inner = tokenizers::Tokenizer::new(model);
        inner
            .with_normalizer(Some(NormalizerWrapper::Lowercase(Lowercase)))
            .map_err(|error| anyhow!(error))?;
        inner.with_pre_tokenizer(Some(Whitespace {}));
        let trainer = WordLevelTrainer::builder()
            .vocab_size(vocabulary)
            .show_progress(false)
            .special_tokens(special(roles))
            .build()
            .map_err(|error| anyhow!(error.to_string()))?;
        Self::train(
            inner,
            TrainerWrapper::WordLevelTrainer(trainer),
            texts,
            control_words,
        )
    }

    /// Trains a byte-level BPE tokenizer with at most `vocabulary` tokens before control words.
    pub fn train_bpe(
        texts: &[String],
        control_words: &[String],
        roles: &[String],
        vocabulary: usize,
    ) -> Result<Self> {
        let mut inner = tokenizers::Tokenizer::new(BPE::default());
        inner.with_pre_tokenizer(Some(ByteLevel::new(true, false, true)));
        inner.with_decoder(Some(ByteLevel::new(true, false, true)));
        let trainer = BpeTrainerBuilder::new()
            .vocab_size(vocabulary)
            .show_progress(false)
            .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
            .special_tokens(special(roles))
            .build();
        Self::train(
            inner,
            TrainerWrapper::BpeTrainer(trainer),
            texts,
            control_words,
        )
    }

    fn train(
        mut inner: tokenizers::Tokenizer,
        mut trainer: TrainerWrapper,
        texts: &[String],
        control_words: &[String],
    ) -> Result<Self> {
        ensure!(!texts.is_empty(), "cannot train a tokenizer without text");
        inner
            .train(&mut trainer, texts.iter().map(String::as_str))
            .map_err(|error| anyhow!(error))?;
        let controls = control_words.iter().map(|word| {
            AddedToken::from(word.as_str(), false)
                .single_word(true)
                .lstrip(true)
                .rstrip(true)
                .normalized(false)
        });
        inner.add_tokens(controls).map_err(|error| anyhow!(error))?;
        Self::around(inner)
    }
}

fn special(roles: &[String]) -> Vec<AddedToken> {
    let fixed = [UNKNOWN, END, REPLY].map(str::to_owned);
    let markers = SPEAKERS
        .iter()
        .map(|name| (*name).to_owned())
        .chain(roles.iter().cloned())
        .map(|name| format!("<{name}>"));
    let mut seen = BTreeSet::new();
    fixed
        .into_iter()
        .chain(markers)
        .filter(|token| seen.insert(token.clone()))
        .map(|token| AddedToken::from(token, true))
        .collect()
}
