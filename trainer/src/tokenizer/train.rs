//! Vocabularies from texts. Ids depend on the texts' content only.

use std::collections::{BTreeMap, BTreeSet};

use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::models::wordlevel::WordLevel;
use tokenizers::normalizers::Lowercase;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::whitespace::Whitespace;
use tokenizers::{
    AddedToken, AddedVocabulary, ModelWrapper, NormalizerWrapper, OffsetReferential, OffsetType,
    PreTokenizedString, PreTokenizer, Trainer,
};

use super::{END, PAD, REPLY, SPEAKERS, Tokenizer, TokenizerError, UNKNOWN, bracketed};

/// Tokens that every vocabulary starts with, in order of their ids.
pub(super) struct Required {
    reserved: Vec<String>,
    control: Vec<String>,
}

impl Required {
    fn names(&self) -> impl Iterator<Item = &String> {
        self.reserved.iter().chain(&self.control)
    }

    fn check_room(&self, size: usize) -> Result<(), TokenizerError> {
        let required = self.reserved.len() + self.control.len();
        if size <= required {
            return Err(TokenizerError::Small { size, required });
        }
        Ok(())
    }

    fn control_tokens(&self) -> Vec<AddedToken> {
        let control = self.control.iter();
        control
            .map(|word| AddedToken::from(word.as_str(), false).single_word(true))
            .collect()
    }
}

/// Reserved tokens for `roles`, and `control_words`, each once.
pub(super) fn required(
    control_words: &[String],
    roles: &[String],
) -> Result<Required, TokenizerError> {
    if let Some(bad) = control_words.iter().chain(roles).find(|word| {
        word.is_empty() || super::is_reserved(word) || !word.chars().all(|c| c.is_ascii_graphic())
    }) {
        return Err(TokenizerError::Word(bad.clone()));
    }
    let fixed = [PAD, UNKNOWN, END, REPLY].map(str::to_owned);
    let roles = roles.iter().map(|role| bracketed(role));
    let reserved = fixed
        .into_iter()
        .chain(SPEAKERS.map(bracketed))
        .chain(roles);
    let mut seen = BTreeSet::new();
    let mut once = |word: &String| seen.insert(word.clone());
    Ok(Required {
        reserved: reserved.filter(&mut once).collect(),
        control: control_words.iter().filter(|word| once(word)).cloned().collect(),
    })
}

pub(super) fn words<'a>(
    texts: impl IntoIterator<Item = &'a str>,
    required: &Required,
    max_vocab: usize,
) -> Result<Tokenizer, TokenizerError> {
    required.check_room(max_vocab)?;
    let normalizer = NormalizerWrapper::from(Lowercase);
    let mut words: Vec<String> = required.names().cloned().collect();
    // Control words are cut out before words are counted, as they will be when
    // text is encoded.
    let mut control = AddedVocabulary::new();
    control
        .add_tokens(required.control_tokens(), &word_level(&words)?, Some(&normalizer))
        .map_err(failed)?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for text in texts {
        let mut cut = control.extract_and_normalize(Some(&normalizer), text);
        for word in pre_tokens(&Whitespace, &mut cut)? {
            *counts.entry(word).or_default() += 1;
        }
    }
    let known: BTreeSet<String> = words.iter().cloned().collect();
    let mut counted: Vec<(String, u64)> = counts
        .into_iter()
        .filter(|(word, _)| !known.contains(word))
        .collect();
    // Stable: equal counts stay in order of the alphabet.
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let room = max_vocab - words.len();
    words.extend(counted.into_iter().take(room).map(|(word, _)| word));

    let mut tokenizer = tokenizers::Tokenizer::new(word_level(&words)?);
    tokenizer.with_normalizer(Some(normalizer)).map_err(failed)?;
    tokenizer.with_pre_tokenizer(Some(Whitespace));
    finish(tokenizer, required)
}

pub(super) fn bpe<'a>(
    texts: impl IntoIterator<Item = &'a str>,
    required: &Required,
    vocab: usize,
) -> Result<Tokenizer, TokenizerError> {
    required.check_room(vocab)?;
    let byte_level = ByteLevel::new(false, true, true);
    let mut trainer = BpeTrainer::builder()
        .vocab_size(vocab)
        .min_frequency(2)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .special_tokens(
            required
                .names()
                .map(|name| AddedToken::from(name.as_str(), true))
                .collect(),
        )
        .show_progress(false)
        .build();
    // Sorted, so that ids do not depend on the order of texts.
    let mut texts: Vec<&str> = texts.into_iter().collect();
    texts.sort_unstable();
    trainer
        .feed(texts.iter(), |text| {
            let words = pre_tokens(&byte_level, &mut PreTokenizedString::from(text));
            words.map_err(|error| error.to_string().into())
        })
        .map_err(failed)?;
    let mut model = BPE::default();
    trainer.train(&mut model).map_err(failed)?;

    let model = without_required_merges(&model, required)?;
    let mut tokenizer = tokenizers::Tokenizer::new(ModelWrapper::BPE(model));
    tokenizer.with_pre_tokenizer(Some(byte_level));
    tokenizer.with_decoder(Some(byte_level));
    finish(tokenizer, required)
}

/// The model without the merges that would build a control word out of pieces,
/// in the middle of another word for instance, and without what builds on them.
fn without_required_merges(model: &BPE, required: &Required) -> Result<BPE, TokenizerError> {
    #[derive(serde::Deserialize)]
    struct Learned {
        merges: Vec<(String, String)>,
    }
    let json = serde_json::to_value(model).map_err(|error| failed(error.into()))?;
    let learned = Learned::deserialize(json).map_err(|error| failed(error.into()))?;
    let barred: BTreeSet<&String> = required.names().collect();
    let mut alphabet: Vec<char> = ByteLevel::alphabet().into_iter().collect();
    alphabet.sort_unstable();
    let mut pieces: BTreeSet<String> = alphabet.iter().map(char::to_string).collect();
    let mut names: Vec<String> = required.names().cloned().collect();
    names.extend(pieces.iter().filter(|piece| !barred.contains(piece)).cloned());
    let mut merges = Vec::new();
    for (left, right) in learned.merges {
        let joined = format!("{left}{right}");
        if pieces.contains(&left) && pieces.contains(&right) && !barred.contains(&joined) {
            if pieces.insert(joined.clone()) {
                names.push(joined);
            }
            merges.push((left, right));
        }
    }
    let ids = names.into_iter().zip(0..);
    BPE::builder()
        .vocab_and_merges(ids.collect::<std::collections::HashMap<_, _>>(), merges)
        .build()
        .map_err(failed)
}

fn word_level(words: &[String]) -> Result<WordLevel, TokenizerError> {
    WordLevel::builder()
        .vocab(words.iter().cloned().zip(0..).collect())
        .unk_token(UNKNOWN.into())
        .build()
        .map_err(failed)
}

fn finish(
    mut tokenizer: tokenizers::Tokenizer,
    required: &Required,
) -> Result<Tokenizer, TokenizerError> {
    tokenizer.add_tokens(required.control_tokens()).map_err(failed)?;
    Tokenizer::wrap(tokenizer).map_err(TokenizerError::Training)
}

/// What `cutter` cuts a text into, without what is a token already.
fn pre_tokens(
    cutter: &impl PreTokenizer,
    text: &mut PreTokenizedString,
) -> Result<Vec<String>, TokenizerError> {
    cutter.pre_tokenize(text).map_err(failed)?;
    let splits = text.get_splits(OffsetReferential::Normalized, OffsetType::Byte);
    Ok(splits
        .into_iter()
        .filter(|(_, _, tokens)| tokens.is_none())
        .map(|(word, _, _)| word.to_owned())
        .collect())
}

fn failed(error: tokenizers::Error) -> TokenizerError {
    TokenizerError::Training(error.to_string())
}
