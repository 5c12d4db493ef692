//! Writing arrays. Each is produced when it is written, so that a copy of all of them never exists.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensorError, View, serialize_to_file};

use crate::safetensors::dtype::WeightDtype;
use crate::safetensors::{INDEX, WEIGHTS, WeightsError};

/// Named arrays to write.
pub(crate) struct Writer<'a> {
    arrays: BTreeMap<String, Array<'a>>,
    weight_dtype: WeightDtype,
    /// The metadata entry, a key and a value.
    remark: (String, String),
}

struct Array<'a> {
    shape: Vec<usize>,
    values: Box<dyn Fn() -> Vec<f32> + 'a>,
}

impl<'a> Writer<'a> {
    /// Returns a writer without arrays that stores them as `dtype`.
    pub(crate) fn new(weight_dtype: WeightDtype, remark: (&str, &str)) -> Self {
        Self {
            arrays: BTreeMap::new(),
            weight_dtype,
            remark: (remark.0.into(), remark.1.into()),
        }
    }

    /// Adds an array. `values` returns as many values as the shape has elements.
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

    /// Writes all arrays into a folder as Hugging Face does: into one file, or above `most_bytes`
    /// into shards of at most that size and an index. A larger array is a shard of its own.
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
            weight_dtype: self.weight_dtype,
        }
    }
}

/// An array with its type.
struct Typed<'b, 'a> {
    array: &'b Array<'a>,
    weight_dtype: WeightDtype,
}

impl View for Typed<'_, '_> {
    fn dtype(&self) -> Dtype {
        match self.weight_dtype {
            WeightDtype::Float32 => Dtype::F32,
            WeightDtype::Float16 => Dtype::F16,
            WeightDtype::Bfloat16 => Dtype::BF16,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.array.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let values = (self.array.values)();
        let values = values.into_iter();
        Cow::Owned(match self.weight_dtype {
            WeightDtype::Float32 => values.flat_map(f32::to_le_bytes).collect(),
            WeightDtype::Float16 => values
                .flat_map(|v| f16::from_f32(v).to_le_bytes())
                .collect(),
            WeightDtype::Bfloat16 => values
                .flat_map(|v| bf16::from_f32(v).to_le_bytes())
                .collect(),
        })
    }

    fn data_len(&self) -> usize {
        let bytes = match self.weight_dtype {
            WeightDtype::Float32 => 4,
            WeightDtype::Float16 | WeightDtype::Bfloat16 => 2,
        };
        bytes * self.array.shape.iter().product::<usize>()
    }
}
