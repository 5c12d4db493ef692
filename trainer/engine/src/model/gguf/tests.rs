#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;
use std::path::PathBuf;

use burn_flex::Flex;
use serde::Deserialize;

use super::*;
use crate::kernels::{Layout, floats};
use crate::model::gguf::architecture::ARCHITECTURES;
use crate::model::{Backbone, survey};

#[derive(Deserialize)]
struct Expected {
    tokens: Vec<u32>,
    logits: Vec<f32>,
}

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/model/gguf/fixtures");
    folder.join(name)
}

fn logits(model: &Backbone<Flex>, tokens: &[u32]) -> Vec<f32> {
    let mut layout = Layout::default();
    layout.push_row(tokens, std::iter::empty());
    floats(model.logits(layout, &[tokens.len() - 1]))
}

#[test]
fn logits_of_every_architecture_are_those_of_transformers() {
    let text = std::fs::read(fixture("logits.json")).unwrap();
    let expected: HashMap<String, Expected> = serde_json::from_slice(&text).unwrap();
    assert_eq!(expected.len(), ARCHITECTURES.len());
    for (
        name,
        Expected {
            tokens,
            logits: expected,
        },
    ) in expected
    {
        let file = fixture(&format!("{name}.gguf"));
        let model: Backbone<Flex> = Backbone::load(&file, &Default::default()).unwrap();
        let found = logits(&model, &tokens);
        assert_eq!(found.len(), expected.len());
        let pairs = found.iter().zip(&expected);
        let furthest = pairs.fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
        assert!(furthest < 2e-5, "{name}: {furthest}");
        let folder = tempfile::tempdir().unwrap();
        model.export(folder.path()).unwrap();
        let model: Backbone<Flex> = Backbone::load(folder.path(), &Default::default()).unwrap();
        assert_eq!(logits(&model, &tokens), found, "{name} changes in a folder");
    }
}

/// Returns the error for the Llama file with some bytes replaced by as many others.
#[track_caller]
fn refusal(from: &[u8], to: &[u8]) -> String {
    refusal_of("llama.gguf", from, to)
}

#[track_caller]
fn refusal_of(name: &str, from: &[u8], to: &[u8]) -> String {
    let mut bytes = std::fs::read(fixture(name)).unwrap();
    assert_eq!(from.len(), to.len());
    let at = bytes.windows(from.len()).position(|window| window == from);
    bytes[at.unwrap()..][..to.len()].copy_from_slice(to);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let error = survey(file.path()).err().expect("an error").to_string();
    let path = format!("{}: ", file.path().display());
    error.strip_prefix(&path).unwrap().to_owned()
}

#[test]
fn an_architecture_that_is_not_known_is_refused_by_name() {
    let from = [&5u64.to_le_bytes()[..], b"llama"].concat();
    let to = [&5u64.to_le_bytes()[..], b"mamba"].concat();
    assert_eq!(
        refusal(&from, &to),
        "unsupported architecture mamba; supported: llama, qwen2, qwen3, gemma3"
    );
}

#[test]
fn a_tensor_that_is_missing_or_too_many_is_named() {
    let said = refusal(b"blk.1.ffn_up.weight", b"blk.1.ffn_xx.weight");
    assert_eq!(said, "has no tensor blk.1.ffn_up.weight");
    // As many as the shape asks for, and one that could be a part of another decoder.
    let said = refusal(b"rope_freqs.weight", b"blk.0.attn_q.bias");
    let part = "the decoder of llama has no such part";
    assert_eq!(
        said,
        format!("unsupported tensor blk.0.attn_q.bias: {part}")
    );
}

#[test]
fn parts_of_gemma3_that_are_missing_or_unsupported_are_named() {
    let of = |from: &str, to: &str| refusal_of("gemma3.gguf", from.as_bytes(), to.as_bytes());
    let norm = "blk.4.post_ffw_norm.weight";
    let said = of(norm, "blk.4.post_xxx_norm.weight");
    assert_eq!(said, format!("has no tensor {norm}"));
    let window = "gemma3.attention.sliding_window";
    let said = of(window, "gemma3.attention.xxxxxxx_window");
    assert_eq!(said, format!("the metadata has no {window}"));
    let cap = "gemma3.attn_logit_softcapping";
    let said = of("gemma3.attention.value_length", cap);
    assert_eq!(said, format!("unsupported {cap} = 16"));
}

#[test]
fn metadata_that_is_missing_or_wrong_is_named() {
    let said = refusal(b"llama.block_count", b"llama.block_xxxxx");
    assert_eq!(said, "the metadata has no llama.block_count");
    let key = |key: &str, value: u32| {
        [key.as_bytes(), &4u32.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let said = refusal(
        &key("llama.block_count", 2),
        &key("llama.block_count", u32::MAX),
    );
    let expected = "invalid backbone config: layers must be at most 4096, got 4294967295";
    assert_eq!(said, expected);
    let said = refusal(
        &key("llama.context_length", 16384),
        &key("llama.context_length", u32::MAX),
    );
    let expected = "invalid backbone config: context must be at most 4194304, got 4294967295";
    assert_eq!(said, expected);
    let said = refusal(
        &key("llama.feed_forward_length", 48),
        &key("llama.feed_forward_length", 49),
    );
    let expected = "blk.0.ffn_gate.weight has shape [48, 32], but the metadata asks for [49, 32]";
    assert_eq!(said, expected);
}

#[test]
fn rotary_factors_other_than_llama_3s_are_refused() {
    let mut file = Gguf::open(&fixture("llama.gguf")).unwrap();
    let factors = file.values(ROPE_FACTORS).unwrap();
    let from: Vec<u8> = factors
        .iter()
        .flat_map(|factor| factor.to_le_bytes())
        .collect();
    let other = factors.iter().map(|factor| factor * 1.5);
    let to: Vec<u8> = other.flat_map(|factor| factor.to_le_bytes()).collect();
    assert_eq!(
        refusal(&from, &to),
        "unsupported rope_freqs.weight; supported: those of Llama 3.1 and 3.2"
    );
}

#[test]
fn values_that_are_not_finite_are_refused() {
    let bytes = std::fs::read(fixture("llama.gguf")).unwrap();
    let mut file = Gguf::open(&fixture("llama.gguf")).unwrap();
    let norm = file.values("output_norm.weight").unwrap();
    let from: Vec<u8> = norm.iter().flat_map(|value| value.to_le_bytes()).collect();
    let at = bytes
        .windows(from.len())
        .position(|window| window == from)
        .unwrap();
    let mut changed = bytes;
    changed[at + 4..at + 8].copy_from_slice(&f32::NAN.to_le_bytes());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), changed).unwrap();
    let error = Backbone::<Flex>::load(file.path(), &Default::default()).unwrap_err();
    let said = "output_norm.weight holds NaN at place 1: the file is damaged";
    assert!(error.to_string().ends_with(said), "{error}");
}
