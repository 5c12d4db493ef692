//! Arrays on their way to a file: made only when their turn comes, so that a copy of
//! all of them never exists.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensorError, View, serialize_to_file};

use crate::safetensors::dtype::Stored;
use crate::safetensors::{INDEX, WEIGHTS, WeightsError};

/// Arrays by name.
pub(crate) struct Writer<'a> {
    arrays: BTreeMap<String, Array<'a>>,
    stored: Stored,
    /// One remark, as key and value.
    remark: (String, String),
}

struct Array<'a> {
    shape: Vec<usize>,
    values: Box<dyn Fn() -> Vec<f32> + 'a>,
}

impl<'a> Writer<'a> {
    /// Nothing yet, to be stored as such.
    pub(crate) fn new(stored: Stored, remark: (&str, &str)) -> Self {
        Self {
            arrays: BTreeMap::new(),
            stored,
            remark: (remark.0.into(), remark.1.into()),
        }
    }

    /// Adds an array; `values` are as many as the shape says.
    pub(crate) fn put(
        &mut self,
        name: String,
        shape: &[usize],
        values: impl Fn() -> Vec<f32> + 'a,
    ) {
        let (shape, values) = (shape.to_vec(), Box::new(values));
        self.arrays.insert(name, Array { shape, values });
    }

    /// Writes all arrays into one file.
    pub(crate) fn write(&self, path: &Path) -> Result<(), WeightsError> {
        self.write_some(path, self.arrays.keys())
    }

    /// Writes all arrays into a folder as Hugging Face does: one file, or, above
    /// `most_bytes`, shards of at most that (or of one array) and their index.
    pub(crate) fn write_folder(&self, folder: &Path, most_bytes: u64) -> Result<(), WeightsError> {
        let mut shards: Vec<(u64, Vec<&String>)> = Vec::new();
        let mut total = 0;
        for (name, array) in &self.arrays {
            let bytes = self.view(array).data_len() as u64;
            total += bytes;
            match shards.last_mut() {
                Some((size, names)) if *size + bytes <= most_bytes => {
                    *size += bytes;
                    names.push(name);
                }
                _ => shards.push((bytes, vec![name])),
            }
        }
        if shards.len() < 2 {
            return self.write(&folder.join(WEIGHTS));
        }
        let count = shards.len();
        let mut map = BTreeMap::new();
        for (number, (_, names)) in (1..).zip(shards) {
            let file = format!("model-{number:05}-of-{count:05}.safetensors");
            self.write_some(&folder.join(&file), names.iter().copied())?;
            map.extend(names.into_iter().map(|name| (name, file.clone())));
        }
        let index = serde_json::json!({"metadata": {"total_size": total}, "weight_map": map});
        let path = folder.join(INDEX);
        std::fs::write(&path, format!("{index:#}\n"))
            .map_err(|source| WeightsError::Access { path, source })
    }

    fn write_some<'b>(
        &'b self,
        path: &Path,
        names: impl Iterator<Item = &'b String>,
    ) -> Result<(), WeightsError> {
        let views = names.map(|name| (name, self.view(&self.arrays[name])));
        let remarks = HashMap::from([self.remark.clone()]);
        serialize_to_file(views, Some(remarks), path).map_err(|error| match error {
            SafeTensorError::IoError(source) => WeightsError::Access {
                path: path.into(),
                source,
            },
            source => WeightsError::Format {
                path: path.into(),
                source,
            },
        })
    }

    fn view<'b>(&self, array: &'b Array<'a>) -> Typed<'b, 'a> {
        Typed {
            array,
            stored: self.stored,
        }
    }
}

/// An array and what it is stored as.
struct Typed<'b, 'a> {
    array: &'b Array<'a>,
    stored: Stored,
}

impl View for Typed<'_, '_> {
    fn dtype(&self) -> Dtype {
        match self.stored {
            Stored::Float32 => Dtype::F32,
            Stored::Float16 => Dtype::F16,
            Stored::Bfloat16 => Dtype::BF16,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.array.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let values = (self.array.values)();
        let values = values.into_iter();
        Cow::Owned(match self.stored {
            Stored::Float32 => values.flat_map(f32::to_le_bytes).collect(),
            Stored::Float16 => values
                .flat_map(|v| f16::from_f32(v).to_le_bytes())
                .collect(),
            Stored::Bfloat16 => values
                .flat_map(|v| bf16::from_f32(v).to_le_bytes())
                .collect(),
        })
    }

    fn data_len(&self) -> usize {
        let bytes = match self.stored {
            Stored::Float32 => 4,
            Stored::Float16 | Stored::Bfloat16 => 2,
        };
        bytes * self.array.shape.iter().product::<usize>()
    }
}
