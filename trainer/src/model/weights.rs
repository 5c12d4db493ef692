//! A backbone as a folder: `config.json` and `model.safetensors` or shards of it,
//! under Hugging Face's names and in its orientation.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use burn::tensor::{Tensor, TensorData};

use super::config::{BackboneConfig, FILE as CONFIG, Stored};
use super::decoder::{Backbone, Layer};
use super::kernels::{Kernels, floats};
pub use super::tensor_file::WeightsError;
use super::tensor_file::{Reader, Writer};

/// Larger files are split, as Hugging Face splits them.
const SHARD_BYTES: u64 = 5_000_000_000;

/// A matrix of ours, [inputs, outputs], and the ones of Hugging Face's,
/// [outputs, inputs], that its columns are made of.
pub(super) struct Joined {
    pub(super) inputs: usize,
    /// Names without what they end with: `.weight` or `.bias`.
    pub(super) parts: Vec<(String, Range<usize>)>,
}

impl Joined {
    fn new(layer: usize, inputs: usize, parts: &[(&str, usize)]) -> Self {
        let mut start = 0;
        let parts = parts.iter().map(|(name, outputs)| {
            start += outputs;
            (
                format!("model.layers.{layer}.{name}"),
                start - outputs..start,
            )
        });
        Self {
            inputs,
            parts: parts.collect(),
        }
    }

    fn outputs(&self) -> usize {
        self.parts.last().map_or(0, |(_, columns)| columns.end)
    }
}

/// The matrices of a layer, in the order of its fields.
pub(super) fn matrices(config: &BackboneConfig, layer: usize) -> [Joined; 4] {
    let (hidden, intermediate) = (config.hidden_size, config.intermediate_size);
    let queries = config.heads * config.head_dim;
    let keys = config.kv_heads * config.head_dim;
    [
        Joined::new(
            layer,
            hidden,
            &[
                ("self_attn.q_proj", queries),
                ("self_attn.k_proj", keys),
                ("self_attn.v_proj", keys),
            ],
        ),
        Joined::new(layer, queries, &[("self_attn.o_proj", hidden)]),
        Joined::new(
            layer,
            hidden,
            &[
                ("mlp.gate_proj", intermediate),
                ("mlp.up_proj", intermediate),
            ],
        ),
        Joined::new(layer, intermediate, &[("mlp.down_proj", hidden)]),
    ]
}

fn norms(layer: usize) -> [String; 2] {
    ["input_layernorm", "post_attention_layernorm"]
        .map(|name| format!("model.layers.{layer}.{name}.weight"))
}

const EMBEDDING: &str = "model.embed_tokens.weight";
const NORM: &str = "model.norm.weight";
const HEAD: &str = "lm_head.weight";
/// TRL's name; others leave it out.
pub(super) const VALUE_HEAD: &str = "v_head.summary.weight";

/// Norms of heads, of queries and of keys.
fn head_norms(layer: usize) -> [String; 2] {
    ["q_norm", "k_norm"].map(|name| format!("model.layers.{layer}.self_attn.{name}.weight"))
}

/// Names and shapes of all weights but a value head's.
fn all(config: &BackboneConfig) -> Vec<(String, Vec<usize>)> {
    let hidden = config.hidden_size;
    let embedding = vec![config.vocab_size, hidden];
    let mut all = vec![
        (EMBEDDING.to_owned(), embedding.clone()),
        (NORM.to_owned(), vec![hidden]),
    ];
    if !config.tie_embeddings {
        all.push((HEAD.to_owned(), embedding));
    }
    for layer in 0..config.layers {
        all.extend(norms(layer).map(|name| (name, vec![hidden])));
        if config.qk_norm {
            all.extend(head_norms(layer).map(|name| (name, vec![config.head_dim])));
        }
        for (place, joined) in matrices(config, layer).into_iter().enumerate() {
            for (name, part) in joined.parts {
                if place == 0 && config.qkv_bias {
                    all.push((format!("{name}.bias"), vec![part.len()]));
                }
                all.push((format!("{name}.weight"), vec![part.len(), joined.inputs]));
            }
        }
    }
    all
}

/// A folder's shape and what it holds.
pub struct Survey {
    /// The shape.
    pub config: BackboneConfig,
    /// Weights, each once.
    pub parameters: u64,
    /// Tensors that no backbone of this shape has, in a line, if there are any.
    pub unused: Option<String>,
}

/// Looks at a folder without reading more of its weights than a head that should be the
/// embedding.
///
/// # Errors
/// As [`Backbone::load`], but for numbers that are none.
pub fn survey(folder: &Path) -> Result<Survey, WeightsError> {
    let config = BackboneConfig::read(&folder.join(CONFIG))?;
    let mut file = Reader::open_folder(folder)?;
    let mut parameters = 0;
    for (name, shape) in all(&config) {
        if name == EMBEDDING && file.has(HEAD) && config.tie_embeddings {
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
        config,
        parameters,
        unused: unused(&file),
    })
}

/// Takes the embedding. A head that is the embedding may be stored, too: `transformers`
/// does so where it was told to save what it has in memory.
fn take_embedding(config: &BackboneConfig, file: &mut Reader) -> Result<Vec<f32>, WeightsError> {
    let shape = [config.vocab_size, config.hidden_size];
    let embedding = file.take(EMBEDDING, &shape)?;
    if config.tie_embeddings && file.has(HEAD) && file.take(HEAD, &shape)? != embedding {
        return Err(WeightsError::Untied {
            path: file.path().into(),
            head: HEAD,
            embedding: EMBEDDING,
        });
    }
    Ok(embedding)
}

/// What is left of a file, in a line: names with `*` for numbers, and how many each.
fn unused(file: &Reader) -> Option<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in file.left() {
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let parts = name
            .split('.')
            .map(|part| if is_number(part) { "*" } else { part });
        let name = parts.collect::<Vec<_>>().join(".");
        *counts.entry(name).or_default() += 1;
    }
    let line = counts.into_iter().map(|(name, count)| match count {
        1 => name,
        _ => format!("{name} ({count} tensors)"),
    });
    let line = line.collect::<Vec<_>>().join(", ");
    (!line.is_empty())
        .then(|| format!("left unused, since the configuration describes no place for it: {line}"))
}

impl<B: Kernels> Backbone<B> {
    /// Writes the configuration and the weights into `folder`, which must exist:
    /// nothing is lost. Of a backbone with an adapter only that is written, for the
    /// rest is as it was loaded.
    pub fn save(&self, folder: &Path) -> Result<(), WeightsError> {
        self.save_as(folder, Stored::Float32)
    }

    /// The same with weights as short as those that the backbone was loaded from.
    pub fn export(&self, folder: &Path) -> Result<(), WeightsError> {
        self.save_as(folder, self.config.stored)
    }

    fn save_as(&self, folder: &Path, stored: Stored) -> Result<(), WeightsError> {
        if let Some(lora) = &self.lora {
            return lora.save(folder, self.value_head.as_ref());
        }
        self.config.write(&folder.join(CONFIG))?;
        self.arrays(stored).write_folder(folder, SHARD_BYTES)
    }

    /// All weights under Hugging Face's names.
    fn arrays(&self, stored: Stored) -> Writer<'_> {
        let mut file = Writer::new(stored, ("format", "pt"));
        let config = &self.config;
        let hidden = config.hidden_size;
        for (index, layer) in self.layers.iter().enumerate() {
            let ours = [
                &layer.qkv,
                &layer.attention_out,
                &layer.gate_up,
                &layer.down,
            ];
            for (joined, tensor) in matrices(config, index).into_iter().zip(ours) {
                for (name, part) in joined.parts {
                    let shape = [part.len(), joined.inputs];
                    file.put(format!("{name}.weight"), &shape, move || {
                        let part = tensor.clone().slice([0..joined.inputs, part.clone()]);
                        floats(part.transpose())
                    });
                }
            }
            if let Some(bias) = &layer.qkv_bias {
                let [qkv, ..] = matrices(config, index);
                for (name, part) in qkv.parts {
                    file.put(format!("{name}.bias"), &[part.len()], move || {
                        floats(bias.clone().slice([part.clone()]))
                    });
                }
            }
            let ours = [&layer.attention_norm, &layer.mlp_norm];
            for (name, tensor) in norms(index).into_iter().zip(ours) {
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

    /// Reads what [`Backbone::save`] wrote without an adapter, or a folder of Hugging
    /// Face's of a known family, in one file or in shards, in 32 or 16 bits. As in
    /// `transformers`, tensors without a place are left unused.
    pub fn load(folder: &Path, device: &B::Device) -> Result<Self, WeightsError> {
        Ok(Self::load_noting(folder, device)?.0)
    }

    /// The same, and a line about tensors that are left unused, if there are any.
    pub fn load_noting(
        folder: &Path,
        device: &B::Device,
    ) -> Result<(Self, Option<String>), WeightsError> {
        let config = BackboneConfig::read(&folder.join(CONFIG))?;
        let mut file = Reader::open_folder(folder)?;
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
            let mut joined = |joined: &Joined| -> Result<Tensor<B, 2>, WeightsError> {
                let columns = joined.outputs();
                let mut values = vec![0.0; joined.inputs * columns];
                for (name, part) in &joined.parts {
                    let name = format!("{name}.weight");
                    let theirs = file.take(&name, &[part.len(), joined.inputs])?;
                    transpose_into(&theirs, joined.inputs, &mut values, columns, part.start);
                }
                Ok(matrix(values, [joined.inputs, columns]))
            };
            let all = &matrices(&config, index);
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
            let [attention_norm, mlp_norm] = norms(index);
            layers.push(Layer {
                attention_norm: take(&attention_norm, hidden)?,
                qkv,
                qkv_bias,
                head_norms: both,
                attention_out,
                mlp_norm: take(&mlp_norm, hidden)?,
                gate_up,
                down,
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
        let model = Self::assemble(&config, embedding, layers, norm, head, value_head);
        Ok((model, unused))
    }
}

/// Writes rows of `width` as columns of `ours`, which has `columns` of them, from
/// `start` on. Goes block by block, so that neither side leaves the cache.
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
