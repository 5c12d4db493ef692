//! Model folders: `config.json` and `model.safetensors`, or its shards, with Hugging Face's names
//! and orientation. `arrays.rs` reads GGUF files in their place.

mod arrays;
mod error;

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::{Tensor, TensorData};

use crate::kernels::{Kernels, floats};
use crate::model::config::{BackboneConfig, FILE as CONFIG};
use crate::model::decoder::{Backbone, Layer};
use crate::model::parameter_names::{
    EMBEDDING, FusedMatrix, HEAD, NORM, VALUE_HEAD, all, fused_matrices, head_norms, norms,
    output_norms,
};
use crate::model::weights::arrays::Arrays;
pub use crate::model::weights::error::ModelFileError;
use crate::safetensors::{WeightDtype, Writer};

/// The size above which a file is split into shards, as Hugging Face does.
const SHARD_BYTES: u64 = 5_000_000_000;

/// The contents of a model folder or of a GGUF file.
pub struct Survey {
    /// The shape.
    pub config: BackboneConfig,
    /// The types of the weights.
    pub stored: String,
    /// The number of parameters; tied weights count once.
    pub parameters: u64,
    /// A warning that names tensors outside the shape, if there are any.
    pub unused: Option<String>,
}

/// Checks a model folder or a GGUF file. Reads no weights except an LM head that should equal the
/// embedding.
///
/// # Errors
/// Fails as [`Backbone::load`] does, but does not find values that are not finite.
pub fn survey(path: &Path) -> Result<Survey, ModelFileError> {
    let (config, mut file) = Arrays::open(path)?;
    let mut parameters = 0;
    for (name, shape) in all(&config) {
        if name == EMBEDDING && config.tie_embeddings && file.has(HEAD) {
            take_embedding(&config, &mut file)?;
        } else {
            file.skip(&name, &shape)?;
        }
        parameters += shape.iter().product::<usize>() as u64;
    }
    if file.has(VALUE_HEAD) {
        file.skip(VALUE_HEAD, &[1, config.hidden_size])?;
    }
    Ok(Survey {
        stored: file.types(&config),
        config,
        parameters,
        unused: unused(&file),
    })
}

/// Takes the embedding, and an LM head that equals it. `transformers` stores such a head if it is
/// told to save what it has in memory.
fn take_embedding(config: &BackboneConfig, file: &mut Arrays) -> Result<Vec<f32>, ModelFileError> {
    let shape = [config.vocab_size, config.hidden_size];
    let embedding = file.take(EMBEDDING, &shape)?;
    if config.tie_embeddings && file.has(HEAD) && file.take(HEAD, &shape)? != embedding {
        return Err(ModelFileError::Untied {
            path: file.path().into(),
        });
    }
    Ok(embedding)
}

/// Returns a warning that names the tensors left in a file, with `*` for numbers and a count for
/// each name.
fn unused(file: &Arrays) -> Option<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in file.left() {
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let parts = name
            .split('.')
            .map(|part| if is_number(part) { "*" } else { part });
        let name = parts.collect::<Vec<_>>().join(".");
        *counts.entry(name).or_default() += 1;
    }
    let names = counts.into_iter().map(|(name, count)| match count {
        1 => name,
        _ => format!("{name} ({count} tensors)"),
    });
    let names = names.collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| format!("unused tensors, not part of the config's model: {names}"))
}

impl<B: Kernels> Backbone<B> {
    /// Writes the configuration and the weights, in 32 bits, into the existing `folder`. With an
    /// adapter, writes only the adapter and the value head.
    pub fn save(&self, folder: &Path) -> Result<(), ModelFileError> {
        self.save_as(folder, WeightDtype::Float32)
    }

    /// Writes the configuration and the weights in the type they were loaded from.
    pub fn export(&self, folder: &Path) -> Result<(), ModelFileError> {
        self.save_as(folder, self.config.weight_dtype)
    }

    fn save_as(&self, folder: &Path, weight_dtype: WeightDtype) -> Result<(), ModelFileError> {
        if let Some(lora) = &self.lora {
            return lora.save(folder, self.value_head.as_ref());
        }
        self.config.write(&folder.join(CONFIG))?;
        self.arrays(weight_dtype)
            .write_folder(folder, SHARD_BYTES)?;
        Ok(())
    }

    /// Returns all weights under Hugging Face's names.
    fn arrays(&self, weight_dtype: WeightDtype) -> Writer<'_> {
        let mut file = Writer::new(weight_dtype, ("format", "pt"));
        let config = &self.config;
        let hidden = config.hidden_size;
        for (index, layer) in self.layers.iter().enumerate() {
            let ours = [
                &layer.qkv,
                &layer.attention_out,
                &layer.gate_up,
                &layer.down,
            ];
            for (joined, tensor) in fused_matrices(config, index).into_iter().zip(ours) {
                for (name, part) in joined.parts {
                    let shape = [part.len(), joined.inputs];
                    file.put(format!("{name}.weight"), &shape, move || {
                        let part = tensor.clone().slice([0..joined.inputs, part.clone()]);
                        floats(part.transpose())
                    });
                }
            }
            if let Some(bias) = &layer.qkv_bias {
                let [qkv, ..] = fused_matrices(config, index);
                for (name, part) in qkv.parts {
                    file.put(format!("{name}.bias"), &[part.len()], move || {
                        floats(bias.clone().slice([part.clone()]))
                    });
                }
            }
            let ours = [&layer.attention_norm, &layer.mlp_norm];
            for (name, tensor) in norms(config, index).into_iter().zip(ours) {
                file.put(name, &[hidden], || floats(tensor.clone()));
            }
            for (name, tensor) in output_norms(index)
                .into_iter()
                .zip(layer.output_norms.iter().flatten())
            {
                file.put(name, &[hidden], || floats(tensor.clone()));
            }
            for (name, tensor) in head_norms(index)
                .into_iter()
                .zip(layer.head_norms.iter().flatten())
            {
                file.put(name, &[config.head_dim], || floats(tensor.clone()));
            }
        }
        let embedding = [config.vocab_size, hidden];
        file.put(EMBEDDING.into(), &embedding, || {
            floats(self.embedding.clone())
        });
        file.put(NORM.into(), &[hidden], || floats(self.norm.clone()));
        if let Some(head) = &self.head {
            file.put(HEAD.into(), &embedding, || floats(head.clone().transpose()));
        }
        if let Some(head) = &self.value_head {
            file.put(VALUE_HEAD.into(), &[1, hidden], || floats(head.clone()));
        }
        file
    }

    /// Loads a model folder, written by [`Backbone::save`] or by Hugging Face, in one file or in
    /// shards, in 32 or 16 bits. Ignores tensors outside the shape, as `transformers` does. Loads
    /// a GGUF file as well; its quantised weights become 32-bit floats.
    pub fn load(path: &Path, device: &B::Device) -> Result<Self, ModelFileError> {
        Ok(Self::load_with_warning(path, device)?.0)
    }

    /// Loads a model like [`Backbone::load`]. Also returns a warning that names tensors
    /// outside the shape, if there are any.
    pub fn load_with_warning(
        path: &Path,
        device: &B::Device,
    ) -> Result<(Self, Option<String>), ModelFileError> {
        let (config, mut file) = Arrays::open(path)?;
        let matrix = |values: Vec<f32>, shape: [usize; 2]| {
            Tensor::<B, 2>::from_data(TensorData::new(values, shape), device)
        };
        let vector = |values: Vec<f32>| {
            let width = values.len();
            Tensor::<B, 1>::from_data(TensorData::new(values, [width]), device)
        };
        let hidden = config.hidden_size;
        let mut layers = Vec::with_capacity(config.layers);
        for index in 0..config.layers {
            let mut joined = |joined: &FusedMatrix| -> Result<Tensor<B, 2>, ModelFileError> {
                let columns = joined.outputs();
                let mut values = vec![0.0; joined.inputs * columns];
                for (name, part) in &joined.parts {
                    let name = format!("{name}.weight");
                    let theirs = file.take(&name, &[part.len(), joined.inputs])?;
                    transpose_into(&theirs, joined.inputs, &mut values, columns, part.start);
                }
                Ok(matrix(values, [joined.inputs, columns]))
            };
            let all = &fused_matrices(&config, index);
            let [qkv, attention_out, gate_up, down] = all;
            let [qkv, attention_out] = [joined(qkv)?, joined(attention_out)?];
            let [gate_up, down] = [joined(gate_up)?, joined(down)?];
            let mut qkv_bias = None;
            if config.qkv_bias {
                let mut values = Vec::new();
                for (name, part) in &all[0].parts {
                    values.extend(file.take(&format!("{name}.bias"), &[part.len()])?);
                }
                qkv_bias = Some(vector(values));
            }
            let mut take = |name: &str, width| file.take(name, &[width]).map(vector);
            let mut both = None;
            if config.qk_norm {
                let [queries, keys] = head_norms(index);
                both = Some([
                    take(&queries, config.head_dim)?,
                    take(&keys, config.head_dim)?,
                ]);
            }
            let mut outputs = None;
            if config.family.output_norms {
                let [attention, mlp] = output_norms(index);
                outputs = Some([take(&attention, hidden)?, take(&mlp, hidden)?]);
            }
            let [attention_norm, mlp_norm] = norms(&config, index);
            layers.push(Layer {
                attention_norm: take(&attention_norm, hidden)?,
                qkv,
                qkv_bias,
                head_norms: both,
                attention_out,
                mlp_norm: take(&mlp_norm, hidden)?,
                gate_up,
                down,
                output_norms: outputs,
            });
        }
        let shape = [config.vocab_size, hidden];
        let embedding = matrix(take_embedding(&config, &mut file)?, shape);
        let norm = vector(file.take(NORM, &[hidden])?);
        let head = match config.tie_embeddings {
            true => None,
            false => {
                let mut values = vec![0.0; config.vocab_size * hidden];
                let theirs = file.take(HEAD, &shape)?;
                transpose_into(&theirs, hidden, &mut values, config.vocab_size, 0);
                Some(matrix(values, [hidden, config.vocab_size]))
            }
        };
        let value_head = match file.has(VALUE_HEAD) {
            true => Some(matrix(file.take(VALUE_HEAD, &[1, hidden])?, [hidden, 1])),
            false => None,
        };
        let unused = unused(&file);
        let model = Self::from_parts(&config, embedding, layers, norm, head, value_head);
        Ok((model, unused))
    }
}

/// Writes rows of `width` values as columns of `ours`, a matrix with `columns` columns, from column
/// `start` on. Copies block by block, so that both matrices stay in the cache.
pub(super) fn transpose_into(
    theirs: &[f32],
    width: usize,
    ours: &mut [f32],
    columns: usize,
    start: usize,
) {
    const BLOCK: usize = 32;
    let rows = theirs.len() / width;
    for first in (0..rows).step_by(BLOCK) {
        for left in (0..width).step_by(BLOCK) {
            for input in left..width.min(left + BLOCK) {
                for output in first..rows.min(first + BLOCK) {
                    ours[input * columns + start + output] = theirs[output * width + input];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
