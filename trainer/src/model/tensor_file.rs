//! Named arrays of 32-bit floats in a safetensors file: the same arrays give the
//! same bytes.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView};

/// Arrays by name, on their way to or from a file.
#[derive(Debug)]
pub(crate) struct TensorFile {
    path: PathBuf,
    arrays: BTreeMap<String, Array>,
    /// One remark, as key and value.
    remark: (String, String),
}

#[derive(Debug)]
struct Array {
    shape: Vec<usize>,
    values: Vec<f32>,
}

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
    /// A tensor is missing.
    #[error("{path} has no tensor {tensor}: it belongs to another shape of backbone")]
    Missing {
        /// Which file.
        path: PathBuf,
        /// Which tensor.
        tensor: String,
    },
    /// A tensor is of the wrong type.
    #[error("{path}: {tensor} is {found:?}, F32 was expected: convert the file first")]
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
    /// A tensor has no place.
    #[error(
        "{path}: {tensor} has no place in this backbone: it has no biases, no query or key norms, and no head if that is tied"
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

impl TensorFile {
    /// A file to be written.
    pub(crate) fn new(path: &Path, remark: (&str, &str)) -> Self {
        Self {
            path: path.into(),
            arrays: BTreeMap::new(),
            remark: (remark.0.into(), remark.1.into()),
        }
    }

    /// Adds an array.
    pub(crate) fn put(&mut self, name: String, shape: &[usize], values: Vec<f32>) {
        let shape = shape.to_vec();
        self.arrays.insert(name, Array { shape, values });
    }

    /// Writes all arrays.
    pub(crate) fn write(&self) -> Result<(), WeightsError> {
        let format = |source| WeightsError::Format {
            path: self.path.clone(),
            source,
        };
        let bytes: Vec<Vec<u8>> = self
            .arrays
            .values()
            .map(|array| array.values.iter().flat_map(|v| v.to_le_bytes()).collect())
            .collect();
        let views = self
            .arrays
            .iter()
            .zip(&bytes)
            .map(|((name, array), bytes)| {
                TensorView::new(Dtype::F32, array.shape.clone(), bytes).map(|view| (name, view))
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(format)?;
        let remarks = HashMap::from([self.remark.clone()]);
        let file = safetensors::serialize(views, Some(remarks)).map_err(format)?;
        std::fs::write(&self.path, file).map_err(|source| WeightsError::Access {
            path: self.path.clone(),
            source,
        })
    }

    /// Reads a file whole.
    pub(crate) fn read(path: &Path, remark: &str) -> Result<Self, WeightsError> {
        let bytes = std::fs::read(path).map_err(|source| WeightsError::Access {
            path: path.into(),
            source,
        })?;
        let format = |source| WeightsError::Format {
            path: path.into(),
            source,
        };
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(format)?;
        let said = metadata
            .metadata()
            .as_ref()
            .and_then(|remarks| remarks.get(remark).cloned());
        let mut file = Self::new(path, (remark, &said.unwrap_or_default()));
        for (name, view) in SafeTensors::deserialize(&bytes).map_err(format)?.iter() {
            if view.dtype() != Dtype::F32 {
                return Err(WeightsError::Type {
                    path: path.into(),
                    tensor: name.into(),
                    found: view.dtype(),
                });
            }
            let (values, _) = view.data().as_chunks::<4>();
            let values = values
                .iter()
                .map(|value| f32::from_le_bytes(*value))
                .collect();
            file.put(name.into(), view.shape(), values);
        }
        Ok(file)
    }

    /// The remark's number.
    pub(crate) fn remark(&self) -> Result<u64, WeightsError> {
        let (key, value) = &self.remark;
        value.parse().map_err(|_| WeightsError::Remark {
            path: self.path.clone(),
            key: key.clone(),
        })
    }

    /// Whether there is such an array.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.arrays.contains_key(name)
    }

    /// Takes an array out, which must have the shape.
    pub(crate) fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let array = self
            .arrays
            .remove(name)
            .ok_or_else(|| WeightsError::Missing {
                path: self.path.clone(),
                tensor: name.into(),
            })?;
        if array.shape != shape {
            return Err(WeightsError::Shape {
                path: self.path.clone(),
                tensor: name.into(),
                found: array.shape,
                expected: shape.into(),
            });
        }
        Ok(array.values)
    }

    /// Errors where an array has not been taken.
    pub(crate) fn finish(mut self) -> Result<(), WeightsError> {
        match self.arrays.pop_first() {
            None => Ok(()),
            Some((tensor, _)) => Err(WeightsError::Unknown {
                path: self.path,
                tensor,
            }),
        }
    }
}
