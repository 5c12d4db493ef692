//! The models in GGUF files, under Hugging Face's names and with Hugging Face's order of rows.
//! `architecture.rs` reads the shape from the metadata.

mod architecture;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::gguf::{Gguf, GgufError};
use crate::model::config::BackboneConfig;
use crate::model::gguf::architecture::{Architecture, ROPE_FACTORS};
use crate::model::parameter_names::{EMBEDDING, HEAD, NORM, all};

/// Names of a layer's tensors in all architectures.
const LAYER: [(&str, &str); 10] = [
    ("input_layernorm", "attn_norm"),
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.q_norm", "attn_q_norm"),
    ("self_attn.k_norm", "attn_k_norm"),
    ("self_attn.o_proj", "attn_output"),
    ("mlp.gate_proj", "ffn_gate"),
    ("mlp.up_proj", "ffn_up"),
    ("mlp.down_proj", "ffn_down"),
];

/// The weights of a GGUF file.
pub(super) struct GgufWeights {
    file: Gguf,
    /// By Hugging Face's name.
    tensors: BTreeMap<String, Place>,
}

/// A tensor of the file.
struct Place {
    name: String,
    shape: Vec<usize>,
    /// The number of heads whose rows are stored in pairs.
    paired_heads: Option<usize>,
    /// The number that the file adds to each value.
    offset: f32,
}

/// Opens a file, and checks that its tensors are those of its architecture and shape.
pub(super) fn open(path: &Path) -> Result<(BackboneConfig, GgufWeights), GgufError> {
    let mut file = Gguf::open(path)?;
    let found = Architecture::read(&mut file);
    let (architecture, config) = found.map_err(|why| file.unusable(why))?;
    let mut left: BTreeSet<&str> = file.names().collect();
    left.remove(ROPE_FACTORS);
    let mut tensors = BTreeMap::new();
    for (name, shape) in all(&config) {
        let theirs = their_name(architecture, &name);
        let Some(found) = file.shape(&theirs) else {
            return Err(file.unusable(format!("has no tensor {theirs}")));
        };
        if found != shape {
            return Err(file.unusable(format!(
                "{theirs} has shape {found:?}, but the metadata asks for {shape:?}"
            )));
        }
        left.remove(&*theirs);
        let paired =
            |part, heads| (architecture.pairs_rows && name.contains(part)).then_some(heads);
        let place = Place {
            paired_heads: paired("q_proj", config.heads).or(paired("k_proj", config.kv_heads)),
            offset: match name.ends_with("norm.weight") {
                true => config.family.norm_offset,
                false => 0.0,
            },
            name: theirs,
            shape,
        };
        tensors.insert(name, place);
    }
    if let Some(name) = left.first() {
        return Err(file.unusable(format!(
            "unsupported tensor {name}: the decoder of {} has no such part",
            architecture.name
        )));
    }
    Ok((config, GgufWeights { file, tensors }))
}

/// Returns the name of a tensor in GGUF files.
fn their_name(architecture: &Architecture, name: &str) -> String {
    match name {
        EMBEDDING => return "token_embd.weight".into(),
        NORM => return "output_norm.weight".into(),
        HEAD => return architecture::HEAD.into(),
        _ => {}
    }
    let within = name.strip_prefix("model.layers.").unwrap_or(name);
    let (layer, part) = within.split_once('.').unwrap_or((within, ""));
    let (part, kind) = part.rsplit_once('.').unwrap_or((part, ""));
    let mut names = LAYER.iter().chain(architecture.norms);
    let theirs = names.find(|(ours, _)| *ours == part);
    let theirs = theirs.map_or(part, |(_, theirs)| theirs);
    format!("blk.{layer}.{theirs}.{kind}")
}

impl GgufWeights {
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Returns whether there is a tensor under Hugging Face's name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Returns the names of the types that tensors have.
    pub(super) fn types(&self) -> String {
        self.file.types()
    }

    /// Reads a tensor under Hugging Face's name.
    pub(super) fn values(&mut self, name: &str) -> Result<Vec<f32>, GgufError> {
        let Some(place) = self.tensors.get(name) else {
            return Err(self.file.unusable(format!("has no tensor for {name}")));
        };
        let values = self.file.values(&place.name)?;
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            return Err(self.file.unusable(format!(
                "{} holds {} at place {at}: the file is damaged",
                place.name, values[at]
            )));
        }
        Ok(match (place.paired_heads, place.offset) {
            (Some(heads), _) => halves(&values, heads, &place.shape),
            (None, 0.0) => values,
            (None, offset) => values.into_iter().map(|value| value - offset).collect(),
        })
    }
}

/// Undoes llama.cpp's order of query and key rows: it stores the two rows that one frequency
/// rotates side by side, and Hugging Face half a head apart.
fn halves(paired: &[f32], heads: usize, shape: &[usize]) -> Vec<f32> {
    let rows = shape[0];
    let width = shape[1..].iter().product::<usize>();
    let head = rows / heads;
    let mut values = Vec::with_capacity(paired.len());
    for row in 0..rows {
        let (first, within) = (row / head * head, row % head);
        let (side, pair) = (within / (head / 2), within % (head / 2));
        let from = (first + 2 * pair + side) * width;
        values.extend_from_slice(&paired[from..from + width]);
    }
    values
}

#[cfg(test)]
mod tests;
