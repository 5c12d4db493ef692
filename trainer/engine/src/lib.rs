//! Training and generation with decoders of the Llama and Qwen families, on
//! [burn](https://burn.dev). It runs on the CPU and on NVIDIA GPUs.
//!
//! A [`Backbone`] is a decoder. It is loaded from a Hugging Face folder or a GGUF file, or made
//! from a [`BackboneConfig`] with random weights, and can carry a LoRA adapter
//! ([`LoraConfig`]) and a value head. [`model::choice_logprobs`] scores completions for a
//! loss; [`AdamW`] and [`Gradients`] update the weights.
//!
//! A [`Scheduler`] samples completions with continuous batching and a paged key-value
//! cache. Each [`Request`] may carry a [`Grammar`]: a word expression or a JSON schema
//! that the completion must follow. [`generate`] runs a list of requests to the end.
//!
//! A [`Tokenizer`] is a chat model's own or trained by memloom. A [`SentenceEncoder`]
//! maps texts to vectors. A [`Device`] selects where tensors live.
//!
//! On the CPU the same seed gives the same bytes, whatever the machine.
//!
//! # Example
//!
//! A tiny model with random weights completes a prompt:
//!
//! ```
//! use burn_flex::Flex;
//! use memloom_engine::generation::{Request, generate};
//! use memloom_engine::model::{Backbone, BackboneConfig};
//! use memloom_engine::tokenizer::Tokenizer;
//!
//! # fn main() -> anyhow::Result<()> {
//! let texts = ["the user moved to Rome and has a dog".to_owned()];
//! let tokenizer = Tokenizer::train_words(&texts, &[], &["assistant".to_owned()], 100)?;
//! let config = BackboneConfig {
//!     vocab_size: tokenizer.vocab_size(),
//!     ..BackboneConfig::tiny()
//! };
//! let model = Backbone::<Flex>::random(&config, 1, &Default::default())?;
//!
//! let prompt = tokenizer.encode_prompt("assistant", &[("user", "has the user a dog")])?;
//! let request = Request {
//!     role: "assistant".into(),
//!     prompt: prompt.into(),
//!     grammar: None,
//!     ends: tokenizer.ends().clone(),
//!     max_tokens: 8,
//!     temperature: 1.0,
//!     top_k: 0,
//!     top_p: 1.0,
//!     stop: None,
//!     seed: 1,
//! };
//! for sample in generate(&model, &[request]) {
//!     let sample = sample?;
//!     assert!((1..=8).contains(&sample.tokens.len()));
//!     println!("{}", tokenizer.decode(&sample.tokens)?);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! `examples/load_and_generate.rs` does the same with a model folder.
//!
//! # Features
//!
//! - `cuda`: NVIDIA GPUs, as [`Device::Cuda`]. Building needs no CUDA toolkit; running
//!   needs the driver, `libnvrtc` and CUDA's headers.
//!
//! [`AdamW`]: optim::AdamW
//! [`Backbone`]: model::Backbone
//! [`BackboneConfig`]: model::BackboneConfig
//! [`Device`]: device::Device
//! [`Device::Cuda`]: device::Device::Cuda
//! [`generate`]: generation::generate
//! [`Gradients`]: optim::Gradients
//! [`Grammar`]: grammar::Grammar
//! [`LoraConfig`]: model::LoraConfig
//! [`Request`]: generation::Request
//! [`Scheduler`]: generation::Scheduler
//! [`SentenceEncoder`]: sentence_encoder::SentenceEncoder
//! [`Tokenizer`]: tokenizer::Tokenizer

pub mod device;
pub mod generation;
pub mod gguf;
pub mod grammar;
pub mod kernels;
pub mod model;
pub mod optim;
pub mod safetensors;
pub mod sentence_encoder;
pub mod tokenizer;
