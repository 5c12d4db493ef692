//! Named arrays in safetensors files: 32-bit floats in memory, what is asked for in
//! the file. The same arrays give the same bytes. [`Writer`] writes one file or
//! several, [`Reader`] reads either, array by array.

mod reader;
mod writer;

use std::path::PathBuf;

use safetensors::tensor::{Dtype, SafeTensorError};

pub(crate) use self::reader::Reader;
pub(crate) use self::writer::Writer;

/// A file with all weights.
pub(crate) const WEIGHTS: &str = "model.safetensors";
/// Which shard each tensor is in, where there are several.
const INDEX: &str = "model.safetensors.index.json";

/// A file of weights or of optimiser state that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file cannot be read or written.
    #[error("cannot access {path}")]
    Access {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is damaged or something else.
    #[error("{path} is not a safetensors file")]
    Format {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: SafeTensorError,
    },
    /// The file ends before its last tensor, or goes on after it.
    #[error(
        "{path} has {found} bytes, its header speaks of {expected}: it is cut short or damaged"
    )]
    Length {
        /// Which file.
        path: PathBuf,
        /// Its bytes.
        found: u64,
        /// The bytes that it should have.
        expected: u64,
    },
    /// A folder without weights.
    #[error("{folder} has neither {WEIGHTS} nor {INDEX}")]
    Nothing {
        /// Which folder.
        folder: PathBuf,
    },
    /// The list of shards cannot be used.
    #[error("{path} is no list of shards: {why}")]
    Index {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A tensor is missing.
    #[error("{path} has no tensor {tensor}: it belongs to another shape of backbone")]
    Missing {
        /// Which file.
        path: PathBuf,
        /// Which tensor.
        tensor: String,
    },
    /// A tensor is of the wrong type.
    #[error("{path}: {tensor} is {found:?}; F32, F16 and BF16 are known: convert the file first")]
    Type {
        /// Which file.
        path: PathBuf,
        /// Which tensor.
        tensor: String,
        /// Its type.
        found: Dtype,
    },
    /// A tensor is of the wrong shape.
    #[error(
        "{path}: {tensor} is {found:?}, {expected:?} was expected: the configuration beside it is of another backbone"
    )]
    Shape {
        /// Which file.
        path: PathBuf,
        /// Which tensor.
        tensor: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that the configuration asks for.
        expected: Vec<usize>,
    },
    /// A tensor holds an infinity or what is no number.
    #[error(
        "{path}: {tensor} holds {value} at place {place}: the weights have diverged or the file is damaged; take an earlier checkpoint"
    )]
    NotFinite {
        /// Which file.
        path: PathBuf,
        /// Which tensor.
        tensor: String,
        /// Where in it, row by row from 0.
        place: usize,
        /// What it holds there.
        value: f32,
    },
    /// A head is stored that should be the embedding and is not.
    #[error(
        "{path}: {head} is not {embedding}, though tie_word_embeddings is true in the configuration beside it: set that to false to use both, or take {head} out"
    )]
    Untied {
        /// Which file.
        path: PathBuf,
        /// The head's name.
        head: &'static str,
        /// The embedding's name.
        embedding: &'static str,
    },
    /// A tensor has no place.
    #[error(
        "{path}: {tensor} has no place in the backbone that the configuration beside it describes"
    )]
    Unknown {
        /// Which file.
        path: PathBuf,
        /// Which tensor.
        tensor: String,
    },
    /// The remark that says the state's age is missing or no number.
    #[error("{path} does not say its {key}: it was not written by an optimiser")]
    Remark {
        /// Which file.
        path: PathBuf,
        /// Which key.
        key: String,
    },
    /// The configuration beside the weights.
    #[error(transparent)]
    Config(#[from] super::config::ConfigError),
}
