//! Safetensors files: named arrays that are 32-bit floats in memory. `reader.rs` reads one file or
//! shards, `writer.rs` writes them, array by array. The same arrays give the same bytes.

mod dtype;
mod reader;
mod writer;

use std::path::PathBuf;

use safetensors::tensor::{Dtype, SafeTensorError};

pub use self::dtype::WeightDtype;
pub(crate) use self::reader::Reader;
pub(crate) use self::writer::Writer;

/// The file of all weights.
pub(crate) const WEIGHTS: &str = "model.safetensors";
/// The index of shards.
const INDEX: &str = "model.safetensors.index.json";

/// A safetensors file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file cannot be read or written.
    #[error("cannot access {path}")]
    Access {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is not in the safetensors format.
    #[error("{path} is not a safetensors file")]
    Format {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: SafeTensorError,
    },
    /// The file is longer or shorter than its header says.
    #[error(
        "{path} has {found} bytes, its header describes {expected}: the file is truncated or damaged"
    )]
    Length {
        /// The file.
        path: PathBuf,
        /// The file's size in bytes.
        found: u64,
        /// The size according to the header.
        expected: u64,
    },
    /// The folder has no weights.
    #[error("{folder} has neither {WEIGHTS} nor {INDEX}")]
    Nothing {
        /// The folder.
        folder: PathBuf,
    },
    /// The index of shards is invalid.
    #[error("invalid shard index {path}: {why}")]
    Index {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: String,
    },
    /// A tensor is missing.
    #[error("{path} has no tensor {tensor}: the weights do not match the config beside them")]
    Missing {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
    },
    /// A tensor has an unsupported type.
    #[error("{path}: {tensor} has the unsupported type {found:?}; supported: F32, F16, BF16")]
    Type {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// Its type.
        found: Dtype,
    },
    /// A tensor has the wrong shape.
    #[error(
        "{path}: {tensor} has shape {found:?}, expected {expected:?}: the weights do not match the config beside them"
    )]
    Shape {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that the configuration asks for.
        expected: Vec<usize>,
    },
    /// A tensor holds an infinity or NaN.
    #[error(
        "{path}: {tensor} holds {value} at place {place}: the weights have diverged or the file is damaged; take an earlier checkpoint"
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// The index of the value, row by row from 0.
        place: usize,
        /// The value.
        value: f32,
    },
    /// A tensor is not part of the model.
    #[error("{path}: unexpected tensor {tensor}: the weights do not match the config beside them")]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
    },
    /// The metadata has no number under a key.
    #[error("{path} has no number {key} in its metadata: it is not an optimizer state")]
    Remark {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
    },
}
