//! `memloom model speed`

use std::fmt;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, anyhow, ensure};
use clap::Args;
use memloom_engine::device::{Device, Work};
use memloom_engine::generation::{Request, generate};
use memloom_engine::gguf::is_gguf;
use memloom_engine::kernels::{Kernels, Precision, Trainable, floats};
use memloom_engine::model::config::FILE as CONFIG;
use memloom_engine::model::packing::choice_logprobs_for_update;
use memloom_engine::model::{Backbone, BackboneConfig, Row, Sequence, survey};
use memloom_engine::optim::{AdamW, Gradients};
use serde::Serialize;

use super::output;
use crate::run::process_memory::peak_rss_bytes;

/// Measure how fast a device trains a model and samples from it.
#[derive(Args)]
pub(super) struct Speed {
    /// A folder with config.json and weights, or a GGUF file.
    folder: PathBuf,
    /// Use random weights of the model's shape.
    #[arg(long)]
    random: bool,
    /// Device of the model: cpu, or cuda:0 and so on.
    #[arg(long, default_value_t)]
    device: Device,
    /// Precision of matrix products: float32 or bfloat16.
    #[arg(long, value_parser = precision, default_value = "float32")]
    compute: Precision,
    /// Rows of a training step.
    #[arg(long, default_value_t = 16)]
    rows: u32,
    /// Tokens of a row. All but the first are predicted.
    #[arg(long, default_value_t = 256)]
    row_tokens: u32,
    /// Training steps, the first of which is not timed; 0 skips training.
    #[arg(long, default_value_t = 6)]
    steps: u32,
    /// Recompute each layer in the backward pass (`optimizer.checkpoint_layers`).
    #[arg(long)]
    checkpoint_layers: bool,
    /// Completions that are sampled at once; 0 skips sampling.
    #[arg(long, default_value_t = 16)]
    samples: u32,
    /// Tokens of the prefix that all prompts share.
    #[arg(long, default_value_t = 256)]
    shared: u32,
    /// Tokens of each prompt after the shared prefix.
    #[arg(long, default_value_t = 0)]
    prompt: u32,
    /// Tokens of a completion.
    #[arg(long, default_value_t = 32)]
    tokens: usize,
    /// Print as JSON.
    #[arg(long)]
    json: bool,
}

fn precision(text: &str) -> Result<Precision, String> {
    let value = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(text);
    serde::Deserialize::deserialize(value).map_err(|error| error.to_string())
}

/// The measured speed.
#[derive(Serialize)]
struct SpeedReport {
    device: Device,
    /// The GPU's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    gpu: Option<String>,
    /// Precision of matrix products.
    compute: Precision,
    /// Parameters of the model.
    parameters: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    train: Option<TrainingSpeed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generate: Option<SamplingSpeed>,
    /// Peak memory of the process.
    peak_rss_bytes: u64,
    /// Memory in use on the GPU at the end, which is its peak: nothing is freed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_bytes: Option<u64>,
}

/// The speed of forward, backward and AdamW.
#[derive(Serialize)]
struct TrainingSpeed {
    /// Median over steps.
    tokens_per_second: f64,
    /// Floating-point operations per second, without what is recomputed.
    flops: f64,
    /// Model flops utilisation: `flops` over the GPU's peak in bfloat16 without sparsity,
    /// if the peak is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    mfu: Option<f64>,
    /// Mean negative log-probability of a token in the first step, in nats.
    first_loss: f64,
    /// The same in the last step.
    last_loss: f64,
}

/// The speed of sampling completions of a fixed length.
#[derive(Serialize)]
struct SamplingSpeed {
    /// Tokens of all completions.
    tokens: usize,
    /// Seconds of prefill and decoding.
    seconds: f64,
    tokens_per_second: f64,
}

impl Speed {
    pub(super) fn run(self) -> Result<()> {
        ensure!(
            self.steps != 1,
            "--steps 1: the first step is not timed, so take 2 or more"
        );
        let speed = self.device.run(Measure(&self))??;
        output::print(&speed, self.json, || speed.to_string())
    }
}

struct Measure<'a>(&'a Speed);

impl Work for Measure<'_> {
    type Done = Result<SpeedReport>;

    fn on<B: Trainable>(self, device: &B::Device) -> Result<SpeedReport> {
        let Self(options) = self;
        let model: Backbone<B> = match options.random {
            true => {
                let config = match is_gguf(&options.folder) {
                    true => survey(&options.folder)?.config,
                    false => BackboneConfig::read(&options.folder.join(CONFIG))?,
                };
                Backbone::random(&config, 1, device)?
            }
            false => Backbone::load(&options.folder, device)?,
        };
        let model = model.with_precision(options.compute);
        let gpu = options.device.name()?;
        let peak = gpu.as_deref().and_then(most_flops);
        Ok(SpeedReport {
            device: options.device,
            compute: options.compute,
            parameters: model.parameters(),
            generate: match options.samples {
                0 => None,
                _ => Some(sample(options, &model.valid().prepared())?),
            },
            train: match options.steps {
                0 => None,
                _ => Some(train(options, model, peak)?),
            },
            gpu,
            peak_rss_bytes: peak_rss_bytes(),
            device_bytes: options.device.taken_bytes()?,
        })
    }
}

fn train<B: Trainable>(
    options: &Speed,
    mut model: Backbone<B>,
    peak: Option<f64>,
) -> Result<TrainingSpeed> {
    let words = model.config().vocab_size as u32;
    let rows = (0..options.rows).map(|member| Row {
        prompt: [token(member, 0, words)].into(),
        completions: vec![Sequence {
            tokens: (1..options.row_tokens)
                .map(|place| token(member, place, words))
                .collect(),
            choices: vec![None; options.row_tokens.saturating_sub(1) as usize],
        }],
    });
    let rows: Vec<Row> = rows.collect();
    let rows: Vec<&Row> = rows.iter().collect();
    let mut optimizer = AdamW::new(0.01, 1.0);
    let (mut seconds, mut losses) = (Vec::new(), Vec::new());
    for _ in 0..options.steps {
        let began = Instant::now();
        let (choices, tape) =
            choice_logprobs_for_update(&model, &rows, 1.0, options.checkpoint_layers);
        let loss = choices.logprobs.mean().neg();
        // Read where a device would go on without waiting.
        losses.push(f64::from(floats(loss.clone())[0]));
        let mut gradients = Gradients::new();
        gradients.add_checkpointed(&model, loss.backward(), tape);
        (model, _) = optimizer.step(model, gradients, 1e-4);
        B::sync(&model.device()).map_err(|error| anyhow!("{error:?}"))?;
        seconds.push(began.elapsed().as_secs_f64());
    }
    let timed = &mut seconds[1..];
    timed.sort_by(f64::total_cmp);
    let tokens = f64::from(options.rows * options.row_tokens);
    let tokens_per_second = tokens / timed[timed.len() / 2];
    let flops = tokens_per_second * flops_per_token(model.config(), options.row_tokens);
    Ok(TrainingSpeed {
        tokens_per_second,
        flops,
        mfu: peak.map(|peak| flops / peak),
        first_loss: losses[0],
        last_loss: losses[losses.len() - 1],
    })
}

fn sample<B: Kernels>(options: &Speed, model: &Backbone<B>) -> Result<SamplingSpeed> {
    let words = model.config().vocab_size as u32;
    let jobs = (0..options.samples).map(|member| {
        let shared = (0..options.shared).map(|place| token(1000, place, words));
        let own = (0..options.prompt).map(|place| token(member, place, words));
        Request {
            role: "assistant".into(),
            prompt: shared.chain(own).collect::<Vec<u32>>().into(),
            grammar: None,
            ends: [].into(),
            max_tokens: options.tokens,
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            stop: None,
            seed: u64::from(member),
        }
    });
    let jobs: Vec<Request> = jobs.collect();
    let began = Instant::now();
    let samples = generate(model, &jobs);
    let seconds = began.elapsed().as_secs_f64();
    let mut tokens = 0;
    for sample in samples {
        tokens += sample?.tokens.len();
    }
    Ok(SamplingSpeed {
        tokens,
        seconds,
        tokens_per_second: tokens as f64 / seconds,
    })
}

/// Returns an arbitrary token. `tests/reference/speed.py` uses the same.
fn token(member: u32, place: u32, words: u32) -> u32 {
    (member * 7919 + place * 104_729 + 13) % words
}

/// Returns the floating-point operations of a training step per token, in rows of
/// `length` tokens (PaLM, appendix B, with causal attention): 6 for each weight of a
/// matrix, and 12 for each layer, query column and earlier token, which are half a row on
/// average.
fn flops_per_token(config: &BackboneConfig, length: u32) -> f64 {
    let queries = config.heads * config.head_dim;
    let columns = queries + 2 * config.kv_heads * config.head_dim;
    let attention = config.hidden_size * (columns + queries);
    let layer = attention + 3 * config.hidden_size * config.intermediate_size;
    let matrices = config.layers * layer + config.vocab_size * config.hidden_size;
    let length = f64::from(length);
    let seen = (0..config.layers).map(|layer| {
        let window = config
            .window(layer)
            .map_or(length, |size| length.min(size as f64));
        window - window * window / (2.0 * length)
    });
    6.0 * matrices as f64 + 12.0 * queries as f64 * seen.sum::<f64>()
}

/// Returns the peak operations per second of a GPU in bfloat16 without sparsity, from
/// NVIDIA's data sheets, if the GPU is in the table.
fn most_flops(gpu: &str) -> Option<f64> {
    let known = [
        ("B200", 2250.0),
        ("H200", 989.5),
        ("H100 PCIe", 756.0),
        ("H100 NVL", 835.0),
        ("H100", 989.5),
        ("A100", 312.0),
        ("L40S", 362.0),
        ("L4", 121.0),
        ("A10", 125.0),
        ("RTX 4090", 165.2),
    ];
    let found = known.iter().find(|(name, _)| gpu.contains(name));
    found.map(|(_, tera)| tera * 1e12)
}

impl fmt::Display for SpeedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
        let gpu = self
            .gpu
            .as_ref()
            .map_or(String::new(), |gpu| format!(" ({gpu})"));
        writeln!(f, "{} parameters on {}{gpu}", self.parameters, self.device)?;
        if let Some(train) = &self.train {
            let share = train
                .mfu
                .map(|mfu| format!(", {:.1} % of the GPU's", 100.0 * mfu));
            writeln!(
                f,
                "  training    {:.0} tokens/s, {:.2} TFLOP/s{}",
                train.tokens_per_second,
                train.flops / 1e12,
                share.unwrap_or_default()
            )?;
        }
        if let Some(generate) = &self.generate {
            writeln!(
                f,
                "  sampling    {:.0} tokens/s ({} in {:.2} s)",
                generate.tokens_per_second, generate.tokens, generate.seconds
            )?;
        }
        write!(f, "  memory      {:.2} GiB", gib(self.peak_rss_bytes))?;
        match self.device_bytes {
            Some(bytes) => writeln!(f, ", {:.2} GiB on the GPU", gib(bytes)),
            None => writeln!(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use memloom_engine::model::{Family, SlidingWindow, WeightDtype};

    use super::*;

    #[test]
    fn a_half_billion_of_parameters_takes_three_billion_operations_a_token() {
        let config = BackboneConfig {
            vocab_size: 151_936,
            hidden_size: 896,
            layers: 24,
            heads: 14,
            kv_heads: 2,
            head_dim: 64,
            intermediate_size: 4864,
            qkv_bias: true,
            qk_norm: false,
            rope_theta: 1e6,
            rope_scaling: None,
            sliding: None,
            query_pre_attn_scalar: None,
            norm_eps: 1e-6,
            tie_embeddings: true,
            context: 2048,
            weight_dtype: WeightDtype::Bfloat16,
            family: Family::QWEN2,
        };
        // 493 961 216 weights in matrices; 896 query columns in 24 layers see 1024 each.
        let expected = 6.0 * 493_961_216.0 + 12.0 * 24.0 * 896.0 * 1024.0;
        assert!((flops_per_token(&config, 2048) - expected).abs() < 1.0);
        // With a window of 512 in half of the layers, their queries see 448.
        let sliding = SlidingWindow {
            size: 512,
            layers: (0..24).map(|layer| layer % 2 == 0).collect(),
            rope_theta: None,
        };
        let config = BackboneConfig {
            sliding: Some(sliding),
            ..config
        };
        let expected = expected - 12.0 * 12.0 * 896.0 * (1024.0 - 448.0);
        assert!((flops_per_token(&config, 2048) - expected).abs() < 1.0);
    }

    #[test]
    fn a_card_is_known_by_the_longest_part_of_its_name() {
        assert_eq!(most_flops("NVIDIA H200"), Some(989.5e12));
        assert_eq!(most_flops("NVIDIA H100 PCIe"), Some(756e12));
        assert_eq!(most_flops("NVIDIA L40S"), Some(362e12));
        assert_eq!(most_flops("Quadro"), None);
    }
}
