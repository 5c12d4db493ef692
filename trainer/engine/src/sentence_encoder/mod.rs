//! Sentence encoders of the BERT family, from a `sentence-transformers` folder. A
//! [`SentenceEncoder`] consists of a tokenizer, a [`BertEncoder`] and pooling.

mod bert;
mod config;
mod pooling;

use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use burn::tensor::backend::Backend;
use tokenizers::{Tokenizer, TruncationParams};

pub use self::bert::BertEncoder;
use self::config::EncoderConfig;
use self::pooling::Pooling;
use crate::tokenizer::FILE as TOKENIZER;

/// The maximum number of tokens in a batch, padding included. It bounds memory.
const TOKENS_AT_ONCE: usize = 8192;

/// A model that maps texts to vectors.
pub struct SentenceEncoder<B: Backend> {
    tokenizer: Tokenizer,
    encoder: BertEncoder<B>,
    pooling: Pooling,
}

impl<B: Backend> SentenceEncoder<B> {
    /// Loads a folder: `config.json`, the weights and `tokenizer.json`, and three optional files:
    /// - `1_Pooling/config.json`: the pooling mode; by default the mean over tokens.
    /// - `modules.json`: whether vectors are normalised; by default they are not.
    /// - `sentence_bert_config.json`: the maximum length of a text; by default the number of
    ///   positions.
    ///
    /// # Errors
    /// Fails if a file is missing, invalid, or of another kind of model.
    pub fn load(folder: &Path, device: &B::Device) -> Result<Self> {
        let config = EncoderConfig::read(folder)?;
        let pooling = Pooling::read(folder)?;
        let path = folder.join(TOKENIZER);
        let mut tokenizer = Tokenizer::from_file(&path)
            .map_err(|error| anyhow!(error))
            .with_context(|| format!("cannot read the tokenizer {}", path.display()))?;
        let words = tokenizer.get_vocab_size(true);
        ensure!(
            words <= config.vocab_size,
            "{} has {words} tokens, but the encoder beside it embeds {}",
            path.display(),
            config.vocab_size
        );
        let longest = config::longest(folder, &config)?;
        let cut = TruncationParams {
            max_length: longest,
            ..Default::default()
        };
        tokenizer
            .with_padding(None)
            .with_truncation(Some(cut))
            .map_err(|error| anyhow!(error))
            .with_context(|| format!("cannot set the truncation of {}", path.display()))?;
        Ok(Self {
            encoder: BertEncoder::load(folder, config, device)?,
            tokenizer,
            pooling,
        })
    }

    /// Returns one vector per text, in order.
    ///
    /// # Errors
    /// Fails if a text cannot be tokenized.
    pub fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        let encodings = self
            .tokenizer
            .encode_batch(texts.iter().map(String::as_str).collect(), true)
            .map_err(|error| anyhow!(error))?;
        let mut rows: Vec<(usize, &[u32])> = Vec::with_capacity(texts.len());
        for (index, encoding) in encodings.iter().enumerate() {
            let tokens = encoding.get_ids();
            ensure!(!tokens.is_empty(), "cannot embed a text without tokens");
            rows.push((index, tokens));
        }
        // Texts of similar length share a batch, which saves padding.
        rows.sort_by_key(|(_, tokens)| tokens.len());
        let mut vectors = vec![Vec::new(); texts.len()];
        let mut rest = &rows[..];
        while !rest.is_empty() {
            let fits = |count: &usize| count * rest[count - 1].1.len() <= TOKENS_AT_ONCE;
            let count = (1..=rest.len()).take_while(fits).last().unwrap_or(1);
            let (batch, others) = rest.split_at(count);
            rest = others;
            let tokens: Vec<&[u32]> = batch.iter().map(|(_, tokens)| *tokens).collect();
            let encoded = self.encoder.encode(&tokens);
            for ((index, _), vector) in batch.iter().zip(self.pooling.pool(encoded, &tokens)) {
                ensure!(
                    vector.iter().all(|number| number.is_finite()),
                    "the encoder's vector of {:?} is not finite: its weights are damaged",
                    texts[*index]
                );
                vectors[*index] = vector;
            }
        }
        Ok(vectors)
    }
}

#[cfg(test)]
mod tests;
