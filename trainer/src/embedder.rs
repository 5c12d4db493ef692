//! The embedder of a run: a local sentence encoder, or a server.

use std::sync::Arc;

use anyhow::{Context, Result};
use burn_flex::Flex;
use memloom_engine::sentence_encoder::SentenceEncoder;
use memloom_runtime::{Embedder, ModelError};

use crate::clients::Servers;
use crate::config::RunFile;

/// A sentence encoder on the CPU.
struct LocalEmbedder(SentenceEncoder<Flex>);

impl Embedder for LocalEmbedder {
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let vectors = self.0.embed(texts);
        vectors.map_err(|error| ModelError::new(format!("{error:#}")))
    }
}

/// Returns the embedder of a run file, if it has one.
///
/// # Errors
/// `embedder.path` holds no encoder.
pub fn embedder(file: &RunFile, servers: &Servers) -> Result<Option<Arc<dyn Embedder>>> {
    let Some(section) = &file.embedder else {
        return Ok(servers.embedder());
    };
    let encoder = SentenceEncoder::load(&section.path, &Default::default())
        .with_context(|| format!("embedder.path: {}", section.path.display()))?;
    Ok(Some(Arc::new(LocalEmbedder(encoder))))
}
