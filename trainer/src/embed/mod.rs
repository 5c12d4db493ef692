//! Sentences to vectors: encoders of the BERT family from a Hugging Face folder, as
//! `sentence-transformers` has them.
//!
//! [`SentenceEncoder`] is tokenizer, [`Encoder`] (`encoder.rs`) and pooling together;
//! it is the embedder of runs whose file has `[embedder]`.

mod config;
mod encoder;
mod pooling;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use burn::tensor::backend::Backend;
use burn_flex::Flex;
use memloom_runtime::{Embedder, ModelError};
use tokenizers::{Tokenizer, TruncationParams};

use self::config::EncoderConfig;
pub use self::encoder::Encoder;
use self::pooling::Pooling;
use crate::outside::Outside;
use crate::runfile::RunFile;
use crate::tokenizer::FILE as TOKENIZER;

/// Tokens, padding included, that are encoded together: bounds memory.
const TOKENS_AT_ONCE: usize = 8192;

/// The embedder that a run file names: a folder's, or a server's.
///
/// # Errors
/// Where the folder holds no encoder.
pub fn named(file: &RunFile, outside: &Outside) -> Result<Option<Arc<dyn Embedder>>> {
    let Some(section) = &file.embedder else {
        return Ok(outside.embedder());
    };
    let encoder = SentenceEncoder::<Flex>::load(&section.path, &Default::default())
        .with_context(|| format!("embedder.path: {}", section.path.display()))?;
    Ok(Some(Arc::new(encoder)))
}

/// Texts in, vectors out.
pub struct SentenceEncoder<B: Backend> {
    tokenizer: Tokenizer,
    encoder: Encoder<B>,
    pooling: Pooling,
}

impl<B: Backend> SentenceEncoder<B> {
    /// Reads `config.json`, the weights and `tokenizer.json` of a folder and, where
    /// they are there, `1_Pooling/config.json` (by default the mean over tokens),
    /// `modules.json` (by default vectors are not normalised) and
    /// `sentence_bert_config.json` (by default texts are cut where the encoder's
    /// positions end).
    ///
    /// # Errors
    /// Where a file is missing, damaged, or of another kind of model.
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
            .with_context(|| format!("{} cannot cut texts", path.display()))?;
        Ok(Self {
            encoder: Encoder::load(folder, config, device)?,
            tokenizer,
            pooling,
        })
    }

    /// One vector a text, in their order.
    ///
    /// # Errors
    /// Where a text cannot be cut into tokens.
    pub fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        let encodings = self
            .tokenizer
            .encode_batch(texts.iter().map(String::as_str).collect(), true)
            .map_err(|error| anyhow!(error))?;
        let mut rows: Vec<(usize, &[u32])> = Vec::with_capacity(texts.len());
        for (index, encoding) in encodings.iter().enumerate() {
            let tokens = encoding.get_ids();
            ensure!(!tokens.is_empty(), "a text of no tokens has no vector");
            rows.push((index, tokens));
        }
        // Of like length together, so that little is padded.
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
                    "the encoder's vector of {:?} holds what is no number: its weights are broken",
                    texts[*index]
                );
                vectors[*index] = vector;
            }
        }
        Ok(vectors)
    }
}

impl<B: Backend> Embedder for SentenceEncoder<B>
where
    Encoder<B>: Send + Sync,
{
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        SentenceEncoder::embed(self, texts).map_err(|error| ModelError::new(format!("{error:#}")))
    }
}

#[cfg(test)]
mod tests;
