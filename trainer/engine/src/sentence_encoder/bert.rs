//! BERT (<https://arxiv.org/abs/1810.04805>): learned positions, post-norm layers and exact GELU.
//! The order of the code follows `modeling_bert.py`.

use std::path::Path;

use anyhow::Result;
use burn::tensor::activation::{gelu, softmax};
use burn::tensor::backend::Backend;
use burn::tensor::{Int, Tensor, TensorData};

use crate::safetensors::Reader;
use crate::sentence_encoder::config::EncoderConfig;

/// The score added to padding.
const MASKED_SCORE: f32 = -1e9;

/// The weights of an encoder.
pub struct BertEncoder<B: Backend> {
    config: EncoderConfig,
    /// `[vocabulary, hidden]`.
    word_embeddings: Tensor<B, 2>,
    /// `[positions, hidden]`, plus the embedding of token type 0, which all tokens have.
    positions: Tensor<B, 2>,
    norm: Norm<B>,
    layers: Vec<Layer<B>>,
    device: B::Device,
}

struct Layer<B: Backend> {
    query: Linear<B>,
    key: Linear<B>,
    value: Linear<B>,
    attention_out: Linear<B>,
    attention_norm: Norm<B>,
    up: Linear<B>,
    down: Linear<B>,
    norm: Norm<B>,
}

struct Linear<B: Backend> {
    /// `[inputs, outputs]`.
    weight: Tensor<B, 2>,
    /// `[1, outputs]`.
    bias: Tensor<B, 2>,
}

struct Norm<B: Backend> {
    /// `[1, hidden]`.
    weight: Tensor<B, 2>,
    bias: Tensor<B, 2>,
    epsilon: f64,
}

impl<B: Backend> Linear<B> {
    /// Maps `[rows, inputs]` to `[rows, outputs]`.
    fn apply(&self, rows: Tensor<B, 2>) -> Tensor<B, 2> {
        rows.matmul(self.weight.clone()) + self.bias.clone()
    }
}

impl<B: Backend> Norm<B> {
    /// Normalises each row of `[rows, hidden]`.
    fn apply(&self, rows: Tensor<B, 2>) -> Tensor<B, 2> {
        let centred = rows.clone() - rows.mean_dim(1);
        let variance = centred.clone().powi_scalar(2).mean_dim(1);
        centred / (variance + self.epsilon).sqrt() * self.weight.clone() + self.bias.clone()
    }
}

/// Reads weights from files to a device.
struct WeightSource<'a, B: Backend> {
    reader: Reader,
    /// The prefix of names, if the file also holds a head.
    prefix: &'static str,
    config: &'a EncoderConfig,
    device: &'a B::Device,
}

impl<B: Backend> WeightSource<'_, B> {
    fn matrix(&mut self, name: &str, shape: [usize; 2]) -> Result<Tensor<B, 2>> {
        let values = self
            .reader
            .take(&format!("{}{name}", self.prefix), &shape)?;
        Ok(Tensor::from_data(
            TensorData::new(values, shape),
            self.device,
        ))
    }

    fn row(&mut self, name: &str, width: usize) -> Result<Tensor<B, 2>> {
        let values = self
            .reader
            .take(&format!("{}{name}", self.prefix), &[width])?;
        let data = TensorData::new(values, [1, width]);
        Ok(Tensor::from_data(data, self.device))
    }

    fn linear(&mut self, name: &str, inputs: usize, outputs: usize) -> Result<Linear<B>> {
        let weight = self.matrix(&format!("{name}.weight"), [outputs, inputs])?;
        Ok(Linear {
            weight: weight.transpose(),
            bias: self.row(&format!("{name}.bias"), outputs)?,
        })
    }

    fn norm(&mut self, name: &str) -> Result<Norm<B>> {
        let hidden = self.config.hidden_size;
        Ok(Norm {
            weight: self.row(&format!("{name}.weight"), hidden)?,
            bias: self.row(&format!("{name}.bias"), hidden)?,
            epsilon: self.config.layer_norm_eps,
        })
    }

    fn layer(&mut self, number: usize) -> Result<Layer<B>> {
        let (hidden, inner) = (self.config.hidden_size, self.config.intermediate_size);
        let of = |part: &str| format!("encoder.layer.{number}.{part}");
        Ok(Layer {
            query: self.linear(&of("attention.self.query"), hidden, hidden)?,
            key: self.linear(&of("attention.self.key"), hidden, hidden)?,
            value: self.linear(&of("attention.self.value"), hidden, hidden)?,
            attention_out: self.linear(&of("attention.output.dense"), hidden, hidden)?,
            attention_norm: self.norm(&of("attention.output.LayerNorm"))?,
            up: self.linear(&of("intermediate.dense"), hidden, inner)?,
            down: self.linear(&of("output.dense"), inner, hidden)?,
            norm: self.norm(&of("output.LayerNorm"))?,
        })
    }
}

impl<B: Backend> BertEncoder<B> {
    /// Loads the weights of a folder. The weights of heads (pooler, predictions) are not read.
    pub(super) fn load(folder: &Path, config: EncoderConfig, device: &B::Device) -> Result<Self> {
        const WORD_EMBEDDINGS: &str = "embeddings.word_embeddings.weight";
        let reader = Reader::open_folder(folder)?;
        let prefix = match reader.has(&format!("bert.{WORD_EMBEDDINGS}")) {
            true => "bert.",
            false => "",
        };
        let mut source = WeightSource::<B> {
            reader,
            prefix,
            config: &config,
            device,
        };
        let hidden = config.hidden_size;
        let word_embeddings = source.matrix(WORD_EMBEDDINGS, [config.vocab_size, hidden])?;
        let positions = source.matrix(
            "embeddings.position_embeddings.weight",
            [config.max_position_embeddings, hidden],
        )?;
        let kinds = source.matrix(
            "embeddings.token_type_embeddings.weight",
            [config.type_vocab_size, hidden],
        )?;
        let norm = source.norm("embeddings.LayerNorm")?;
        let layers = (0..config.num_hidden_layers).map(|number| source.layer(number));
        let layers = layers.collect::<Result<_>>()?;
        Ok(Self {
            word_embeddings,
            positions: positions + kinds.narrow(0, 0, 1),
            norm,
            layers,
            device: device.clone(),
            config,
        })
    }

    /// Encodes texts. Returns a vector for each token, `[texts, longest, hidden]`; the vectors of
    /// padding are meaningless. No text may be empty or longer than the number of positions.
    pub(super) fn encode(&self, texts: &[&[u32]]) -> Tensor<B, 3> {
        let (count, hidden) = (texts.len(), self.config.hidden_size);
        let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
        let mut tokens = vec![0i64; count * longest];
        for (row, text) in tokens.chunks_exact_mut(longest).zip(texts) {
            for (slot, token) in row.iter_mut().zip(*text) {
                *slot = i64::from(*token);
            }
        }
        let tokens: Tensor<B, 1, Int> =
            Tensor::from_data(TensorData::new(tokens, [count * longest]), &self.device);
        let words = self.word_embeddings.clone().select(0, tokens);
        let positions = self.positions.clone().narrow(0, 0, longest);
        let rows = words.reshape([count, longest, hidden]) + positions.unsqueeze_dim::<3>(0);
        let mut rows = self.norm.apply(rows.reshape([count * longest, hidden]));
        // `[texts, 1, 1, longest]`
        let unseen = (mask::<B>(texts, longest, &self.device).neg() + 1.0) * MASKED_SCORE;
        let unseen = unseen.reshape([count, 1, 1, longest]);
        for layer in &self.layers {
            let seen = self.attend(layer, rows.clone(), unseen.clone());
            rows = layer
                .attention_norm
                .apply(layer.attention_out.apply(seen) + rows);
            let inner = gelu(layer.up.apply(rows.clone()));
            rows = layer.norm.apply(layer.down.apply(inner) + rows);
        }
        rows.reshape([count, longest, hidden])
    }

    fn attend(&self, layer: &Layer<B>, rows: Tensor<B, 2>, unseen: Tensor<B, 4>) -> Tensor<B, 2> {
        let [count, _, _, longest] = unseen.dims();
        let (hidden, heads) = (self.config.hidden_size, self.config.num_attention_heads);
        let width = hidden / heads;
        let split = |linear: &Linear<B>| {
            let rows = linear.apply(rows.clone());
            rows.reshape([count, longest, heads, width]).swap_dims(1, 2)
        };
        let (queries, keys, values) = (split(&layer.query), split(&layer.key), split(&layer.value));
        let scores = queries.matmul(keys.transpose()) / (width as f32).sqrt() + unseen;
        let seen = softmax(scores, 3).matmul(values);
        seen.swap_dims(1, 2).reshape([count * longest, hidden])
    }
}

/// Returns `[texts, longest]` with 1 for a token and 0 for padding.
pub(super) fn mask<B: Backend>(
    texts: &[&[u32]],
    longest: usize,
    device: &B::Device,
) -> Tensor<B, 2> {
    let mut present = vec![0.0f32; texts.len() * longest];
    for (row, text) in present.chunks_exact_mut(longest).zip(texts) {
        row[..text.len()].fill(1.0);
    }
    Tensor::from_data(TensorData::new(present, [texts.len(), longest]), device)
}

/// Returns the elements of a tensor in row-major order.
pub(super) fn to_vec<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Vec<f32> {
    let data = tensor.into_data().convert::<f32>();
    data.into_vec().expect("it was converted to f32")
}
