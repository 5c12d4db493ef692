//! Reading arrays one at a time.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use safetensors::tensor::{Dtype, Metadata, SafeTensorError};

use crate::safetensors::{INDEX, WEIGHTS, WeightsError};

/// The size of the header's length field.
const LENGTH: u64 = 8;
/// The maximum size of a header, as in the `safetensors` crate.
const LONGEST_HEADER: u64 = 100_000_000;

/// The arrays of one file or of several shards.
pub(crate) struct Reader {
    /// The path named in errors: the file, or the index of shards.
    path: PathBuf,
    shards: Vec<Shard>,
    /// The locations of the arrays that were not taken yet.
    arrays: BTreeMap<String, ArrayLocation>,
    remarks: BTreeMap<String, String>,
}

struct Shard {
    path: PathBuf,
    file: File,
}

struct ArrayLocation {
    shard: usize,
    dtype: Dtype,
    shape: Vec<usize>,
    start: u64,
    bytes: usize,
}

impl Reader {
    /// Opens one file.
    pub(crate) fn open(path: &Path) -> Result<Self, WeightsError> {
        let mut reader = Self::nothing(path);
        reader.add(path)?;
        Ok(reader)
    }

    /// Opens the weights of a folder, in one file or in shards.
    pub(crate) fn open_folder(folder: &Path) -> Result<Self, WeightsError> {
        let single = folder.join(WEIGHTS);
        if single.exists() {
            return Self::open(&single);
        }
        let path = folder.join(INDEX);
        let bytes = match std::fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let folder = folder.into();
                return Err(WeightsError::Nothing { folder });
            }
            bytes => bytes.map_err(|source| WeightsError::Access {
                path: path.clone(),
                source,
            })?,
        };
        let wrong = |why: String| WeightsError::Index {
            path: path.clone(),
            why,
        };
        #[derive(serde::Deserialize)]
        struct Index {
            weight_map: BTreeMap<String, String>,
        }
        let index: Index = serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))?;
        let mut files: Vec<&String> = index.weight_map.values().collect();
        files.sort();
        files.dedup();
        let mut reader = Self::nothing(&path);
        for file in files {
            // An untrusted index must not name files outside the folder.
            if Path::new(file).file_name() != Some(file.as_ref()) {
                return Err(wrong(format!("{file:?} is not a file beside it")));
            }
            reader.add(&folder.join(file))?;
        }
        for (tensor, file) in &index.weight_map {
            let place = reader
                .arrays
                .get(tensor)
                .ok_or_else(|| WeightsError::Missing {
                    path: folder.join(file),
                    tensor: tensor.clone(),
                })?;
            let found = &reader.shards[place.shard].path;
            if *found != folder.join(file) {
                return Err(wrong(format!(
                    "{tensor} is in {}, not in {file}",
                    found.display()
                )));
            }
        }
        Ok(reader)
    }

    fn nothing(path: &Path) -> Self {
        Self {
            path: path.into(),
            shards: Vec::new(),
            arrays: BTreeMap::new(),
            remarks: BTreeMap::new(),
        }
    }

    /// Adds the arrays of a file.
    fn add(&mut self, path: &Path) -> Result<(), WeightsError> {
        let access = |source| WeightsError::Access {
            path: path.into(),
            source,
        };
        let mut file = File::open(path).map_err(access)?;
        let found = file.metadata().map_err(access)?.len();
        let format = |source| WeightsError::Format {
            path: path.into(),
            source,
        };
        let mut length = [0; LENGTH as usize];
        match file.read_exact(&mut length) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                return Err(format(SafeTensorError::HeaderTooSmall));
            }
            read => read.map_err(access)?,
        }
        let header = u64::from_le_bytes(length);
        if header > LONGEST_HEADER {
            return Err(format(SafeTensorError::HeaderTooLarge));
        }
        let mut text = Vec::new();
        let mut rest = Read::by_ref(&mut file).take(header);
        rest.read_to_end(&mut text).map_err(access)?;
        let metadata: Metadata = serde_json::from_slice(&text)
            .map_err(SafeTensorError::InvalidHeaderDeserialization)
            .map_err(format)?;
        let begin = LENGTH + header;
        let expected = begin + metadata.data_len() as u64;
        if found != expected {
            return Err(WeightsError::Length {
                path: path.into(),
                found,
                expected,
            });
        }
        self.place(&metadata, begin);
        self.shards.push(Shard {
            path: path.into(),
            file,
        });
        Ok(())
    }

    fn place(&mut self, metadata: &Metadata, begin: u64) {
        let shard = self.shards.len();
        self.remarks
            .extend(metadata.metadata().clone().unwrap_or_default());
        for (name, info) in metadata.tensors() {
            let (start, end) = info.data_offsets;
            let place = ArrayLocation {
                shard,
                dtype: info.dtype,
                shape: info.shape.clone(),
                start: begin + start as u64,
                bytes: end - start,
            };
            self.arrays.insert(name, place);
        }
    }

    /// Returns a number from the metadata.
    pub(crate) fn remark(&self, key: &str) -> Result<u64, WeightsError> {
        let value = self.remarks.get(key).and_then(|value| value.parse().ok());
        value.ok_or_else(|| WeightsError::Remark {
            path: self.path.clone(),
            key: key.into(),
        })
    }

    /// Returns whether an array is present.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.arrays.contains_key(name)
    }

    /// Removes an array without reading it, after checking its shape and type.
    pub(crate) fn skip(&mut self, name: &str, shape: &[usize]) -> Result<(), WeightsError> {
        self.claim(name, shape).map(drop)
    }

    fn claim(&mut self, name: &str, shape: &[usize]) -> Result<ArrayLocation, WeightsError> {
        let place = self
            .arrays
            .remove(name)
            .ok_or_else(|| WeightsError::Missing {
                path: self.path.clone(),
                tensor: name.into(),
            })?;
        let path = || self.shards[place.shard].path.clone();
        if place.shape != shape {
            return Err(WeightsError::Shape {
                path: path(),
                tensor: name.into(),
                found: place.shape,
                expected: shape.into(),
            });
        }
        match place.dtype {
            Dtype::F32 | Dtype::F16 | Dtype::BF16 => Ok(place),
            found => Err(WeightsError::Type {
                path: path(),
                tensor: name.into(),
                found,
            }),
        }
    }

    /// Removes and reads an array, after checking its shape and type. All values must be finite.
    pub(crate) fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let place = self.claim(name, shape)?;
        let shard = &mut self.shards[place.shard];
        let mut bytes = vec![0; place.bytes];
        shard
            .file
            .seek(SeekFrom::Start(place.start))
            .and_then(|_| shard.file.read_exact(&mut bytes))
            .map_err(|source| WeightsError::Access {
                path: shard.path.clone(),
                source,
            })?;
        let (pairs, _) = bytes.as_chunks::<2>();
        let values: Vec<f32> = match place.dtype {
            Dtype::F16 => (pairs.iter())
                .map(|two| f16::from_le_bytes(*two).to_f32())
                .collect(),
            Dtype::BF16 => (pairs.iter())
                .map(|two| bf16::from_le_bytes(*two).to_f32())
                .collect(),
            _ => {
                let (fours, _) = bytes.as_chunks::<4>();
                fours.iter().map(|four| f32::from_le_bytes(*four)).collect()
            }
        };
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(at) => Err(WeightsError::NotFinite {
                path: shard.path.clone(),
                tensor: name.into(),
                place: at,
                value: values[at],
            }),
        }
    }

    /// Returns the names of the arrays that were not taken.
    pub(crate) fn left(&self) -> impl Iterator<Item = &str> {
        self.arrays.keys().map(String::as_str)
    }

    /// Returns the path named in errors.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Checks that all arrays were taken.
    pub(crate) fn finish(mut self) -> Result<(), WeightsError> {
        match self.arrays.pop_first() {
            None => Ok(()),
            Some((tensor, place)) => Err(WeightsError::Unknown {
                path: self.shards[place.shard].path.clone(),
                tensor,
            }),
        }
    }
}
