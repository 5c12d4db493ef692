//! The errors of model files.

use std::path::PathBuf;

use crate::gguf::GgufError;
use crate::model::config::ConfigError;
use crate::model::parameter_names::{EMBEDDING, HEAD};
use crate::safetensors::WeightsError;

/// A model that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelFileError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The weights cannot be used.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The GGUF file cannot be used.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// The file stores an LM head that should equal the embedding and does not.
    #[error(
        "{path}: {HEAD} differs from {EMBEDDING}, but the config beside it sets tie_word_embeddings = true: set it to false to use both, or remove {HEAD}"
    )]
    Untied {
        /// The file.
        path: PathBuf,
    },
}
