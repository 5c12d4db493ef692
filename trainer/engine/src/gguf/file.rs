//! A GGUF file and its tensors.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::gguf::GgufError;
use crate::gguf::header::Header;
use crate::gguf::metadata::Metadata;

/// A GGUF file whose tensors have not been read.
pub(crate) struct Gguf {
    path: PathBuf,
    file: File,
    header: Header,
}

impl Gguf {
    /// Opens a file and checks that it holds all tensors that its header lists.
    pub(crate) fn open(path: &Path) -> Result<Self, GgufError> {
        let unusable = |why| GgufError {
            path: path.into(),
            why,
        };
        let access = |error| unusable(format!("cannot be read: {error}"));
        let mut file = File::open(path).map_err(access)?;
        let header = Header::read(BufReader::new(&mut file)).map_err(unusable)?;
        let found = file.metadata().map_err(access)?.len();
        for (name, place) in &header.tensors {
            let end = header.data.checked_add(place.start);
            let end = end.and_then(|start| start.checked_add(place.bytes));
            if end.is_none_or(|end| end > found) {
                return Err(unusable(format!(
                    "has {found} bytes, and the tensor {name} ends behind them: the file is truncated or damaged"
                )));
            }
        }
        let path = path.into();
        Ok(Self { path, file, header })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn metadata(&self) -> &Metadata {
        &self.header.metadata
    }

    /// Returns the error that a reason makes for this file.
    pub(crate) fn unusable(&self, why: String) -> GgufError {
        GgufError {
            path: self.path.clone(),
            why,
        }
    }

    /// Returns the names of all tensors.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.header.tensors.keys().map(String::as_str)
    }

    /// Returns the shape of a tensor, the outermost size first.
    pub(crate) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.header.tensors.get(name).map(|place| &*place.shape)
    }

    /// Returns the names of the types that tensors have, with commas.
    pub(crate) fn types(&self) -> String {
        let places = self.header.tensors.values();
        let mut names: Vec<&str> = places.map(|place| place.quantisation.name).collect();
        names.sort_unstable();
        names.dedup();
        names.join(", ")
    }

    /// Reads a tensor's values, row by row.
    pub(crate) fn values(&mut self, name: &str) -> Result<Vec<f32>, GgufError> {
        let Some(place) = self.header.tensors.get(name) else {
            return Err(self.unusable(format!("has no tensor {name}")));
        };
        let mut bytes = vec![0; place.bytes as usize];
        let start = SeekFrom::Start(self.header.data + place.start);
        let read = self.file.seek(start);
        match read.and_then(|_| self.file.read_exact(&mut bytes)) {
            Ok(()) => Ok(place.quantisation.values_of(&bytes)),
            Err(error) => Err(self.unusable(format!("{name} cannot be read: {error}"))),
        }
    }
}
