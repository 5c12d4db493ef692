//! A backbone as a folder: `config.json` and `model.safetensors`, under Hugging
//! Face's names and in its orientation.

use std::ops::Range;
use std::path::Path;

use burn::tensor::{Tensor, TensorData};

use super::config::BackboneConfig;
use super::kernels::{Kernels, floats};
use super::qwen::{Backbone, Layer};
use super::tensor_file::TensorFile;
pub use super::tensor_file::WeightsError;

const CONFIG: &str = "config.json";
const WEIGHTS: &str = "model.safetensors";

/// A matrix of ours, [inputs, outputs], and the ones of Hugging Face's,
/// [outputs, inputs], that its columns are made of.
struct Joined {
    inputs: usize,
    parts: Vec<(String, Range<usize>)>,
}

impl Joined {
    fn new(layer: usize, inputs: usize, parts: &[(&str, usize)]) -> Self {
        let mut start = 0;
        let parts = parts.iter().map(|(name, outputs)| {
            start += outputs;
            (
                format!("model.layers.{layer}.{name}.weight"),
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
fn matrices(config: &BackboneConfig, layer: usize) -> [Joined; 4] {
    let (hidden, intermediate) = (config.hidden_size, config.intermediate_size);
    let queries = config.heads * config.head_dim();
    let keys = config.kv_heads * config.head_dim();
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
const VALUE_HEAD: &str = "v_head.summary.weight";

impl<B: Kernels> Backbone<B> {
    /// Writes the configuration and the weights into `folder`, which must exist.
    pub fn save(&self, folder: &Path) -> Result<(), WeightsError> {
        self.config.write(&folder.join(CONFIG))?;
        let mut file = TensorFile::new(&folder.join(WEIGHTS), ("format", "pt"));
        let config = &self.config;
        for (index, layer) in self.layers.iter().enumerate() {
            let ours = [
                &layer.qkv,
                &layer.attention_out,
                &layer.gate_up,
                &layer.down,
            ];
            for (joined, tensor) in matrices(config, index).into_iter().zip(ours) {
                let values = floats(tensor.clone());
                let columns = joined.outputs();
                for (name, part) in joined.parts {
                    let shape = [part.len(), joined.inputs];
                    let outputs = part
                        .flat_map(|column| values.iter().skip(column).step_by(columns).copied());
                    file.put(name, &shape, outputs.collect());
                }
            }
            let ours = [&layer.attention_norm, &layer.mlp_norm];
            for (name, tensor) in norms(index).into_iter().zip(ours) {
                file.put(name, &[config.hidden_size], floats(tensor.clone()));
            }
        }
        let embedding = [config.vocab_size, config.hidden_size];
        file.put(EMBEDDING.into(), &embedding, floats(self.embedding.clone()));
        file.put(
            NORM.into(),
            &[config.hidden_size],
            floats(self.norm.clone()),
        );
        if let Some(head) = &self.head {
            file.put(HEAD.into(), &embedding, floats(head.clone().transpose()));
        }
        if let Some(head) = &self.value_head {
            let shape = [1, config.hidden_size];
            file.put(VALUE_HEAD.into(), &shape, floats(head.clone()));
        }
        file.write()
    }

    /// Reads what [`Backbone::save`] wrote, or weights in 32-bit floats of the
    /// same shape from elsewhere. Nothing in the file may be left over.
    pub fn load(folder: &Path, device: &B::Device) -> Result<Self, WeightsError> {
        let config = BackboneConfig::read(&folder.join(CONFIG))?;
        let mut file = TensorFile::read(&folder.join(WEIGHTS), "format")?;
        let matrix = |values: Vec<f32>, shape: [usize; 2]| {
            Tensor::<B, 2>::from_data(TensorData::new(values, shape), device)
        };
        let hidden = config.hidden_size;
        let vector =
            |values: Vec<f32>| Tensor::<B, 1>::from_data(TensorData::new(values, [hidden]), device);
        let mut layers = Vec::with_capacity(config.layers);
        for index in 0..config.layers {
            let mut joined = |joined: &Joined| -> Result<Tensor<B, 2>, WeightsError> {
                let columns = joined.outputs();
                let mut values = vec![0.0; joined.inputs * columns];
                for (name, part) in &joined.parts {
                    let theirs = file.take(name, &[part.len(), joined.inputs])?;
                    let rows = theirs.chunks_exact(joined.inputs);
                    for (column, row) in part.clone().zip(rows) {
                        let ours = values.iter_mut().skip(column).step_by(columns);
                        ours.zip(row).for_each(|(ours, theirs)| *ours = *theirs);
                    }
                }
                Ok(matrix(values, [joined.inputs, columns]))
            };
            let [qkv, attention_out, gate_up, down] = &matrices(&config, index);
            let [qkv, attention_out] = [joined(qkv)?, joined(attention_out)?];
            let [gate_up, down] = [joined(gate_up)?, joined(down)?];
            let [attention_norm, mlp_norm] = norms(index);
            layers.push(Layer {
                attention_norm: vector(file.take(&attention_norm, &[hidden])?),
                qkv,
                attention_out,
                mlp_norm: vector(file.take(&mlp_norm, &[hidden])?),
                gate_up,
                down,
            });
        }
        let shape = [config.vocab_size, hidden];
        let embedding = matrix(file.take(EMBEDDING, &shape)?, shape);
        let norm = vector(file.take(NORM, &[hidden])?);
        let head = match config.tie_embeddings {
            true => None,
            false => {
                // Copied, so that the head lies in memory as it is used.
                let theirs = matrix(file.take(HEAD, &shape)?, shape).transpose();
                Some(matrix(floats(theirs), [hidden, config.vocab_size]))
            }
        };
        let value_head = match file.has(VALUE_HEAD) {
            true => Some(matrix(file.take(VALUE_HEAD, &[1, hidden])?, [hidden, 1])),
            false => None,
        };
        file.finish()?;
        Ok(Self::assemble(
            &config, embedding, layers, norm, head, value_head,
        ))
    }
}

#[cfg(test)]
mod tests;
