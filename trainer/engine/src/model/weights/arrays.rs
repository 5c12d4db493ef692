//! The arrays of a model: those of a folder, or of a GGUF file.

use std::path::Path;

use crate::gguf::is_gguf;
use crate::model::config::{BackboneConfig, FILE as CONFIG};
use crate::model::gguf::{self, GgufWeights};
use crate::model::weights::error::ModelFileError;
use crate::safetensors::Reader;

/// The arrays that were not taken yet.
pub(super) enum Arrays {
    Folder(Reader),
    Gguf(GgufWeights),
}

impl Arrays {
    /// Opens a model folder or a GGUF file. Reads no weights.
    pub(super) fn open(path: &Path) -> Result<(BackboneConfig, Self), ModelFileError> {
        if is_gguf(path) {
            let (config, weights) = gguf::open(path)?;
            return Ok((config, Self::Gguf(weights)));
        }
        let config = BackboneConfig::read(&path.join(CONFIG))?;
        Ok((config, Self::Folder(Reader::open_folder(path)?)))
    }

    /// Returns the path named in errors.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Folder(reader) => reader.path(),
            Self::Gguf(weights) => weights.path(),
        }
    }

    /// Returns whether an array is present.
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Self::Folder(reader) => reader.has(name),
            Self::Gguf(weights) => weights.has(name),
        }
    }

    /// Removes an array without reading it, after checking its shape and type.
    pub(super) fn skip(&mut self, name: &str, shape: &[usize]) -> Result<(), ModelFileError> {
        match self {
            Self::Folder(reader) => Ok(reader.skip(name, shape)?),
            // Checked when the file was opened.
            Self::Gguf(_) => Ok(()),
        }
    }

    /// Removes and reads an array, after checking its shape and type. All values are finite.
    pub(super) fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelFileError> {
        match self {
            Self::Folder(reader) => Ok(reader.take(name, shape)?),
            Self::Gguf(weights) => Ok(weights.values(name)?),
        }
    }

    /// Returns the names of the arrays that were not taken. A GGUF file has none: it is refused
    /// when it is opened, because nothing else in it says what they change.
    pub(super) fn left(&self) -> Vec<&str> {
        match self {
            Self::Folder(reader) => reader.left().collect(),
            Self::Gguf(_) => Vec::new(),
        }
    }

    /// Returns the types of the arrays, as a person would name them.
    pub(super) fn types(&self, config: &BackboneConfig) -> String {
        match self {
            Self::Folder(_) => config.weight_dtype.name().into(),
            Self::Gguf(weights) => weights.types(),
        }
    }
}
