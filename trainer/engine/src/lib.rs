//! The engine: a decoder of the Llama and Qwen families that trains and generates.

pub mod device;
pub mod generation;
pub mod grammar;
pub mod kernels;
pub mod model;
pub mod optim;
pub mod safetensors;
pub mod sentence_encoder;
pub mod tokenizer;
