#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::PathBuf;

use burn_flex::Flex;

use super::*;

/// The folder that `tests/reference/embedder.py` wrote.
fn fixture() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/sentence_encoder/fixtures/tiny-bert")
}

#[derive(serde::Deserialize)]
struct Expected {
    texts: Vec<String>,
    vectors: Vec<Vec<f32>>,
}

fn expected() -> Expected {
    config::read(&fixture().join("expected.json")).unwrap()
}

fn load(folder: &Path) -> Result<SentenceEncoder<Flex>> {
    SentenceEncoder::load(folder, &Default::default())
}

fn furthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let pairs = a.iter().zip(b);
    pairs.fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

#[test]
fn vectors_are_those_of_transformers() {
    let Expected { texts, vectors } = expected();
    let own = load(&fixture()).unwrap().embed(&texts).unwrap();
    for ((text, own), vector) in texts.iter().zip(&own).zip(&vectors) {
        let off = furthest(own, vector);
        assert!(off < 2e-6, "{text:?}: {off}");
    }
    // The vectors differ from one another.
    assert!(furthest(&own[0], &own[2]) > 0.01);
}

#[test]
fn batching_does_not_change_vectors() {
    let encoder = load(&fixture()).unwrap();
    let texts: Vec<String> = expected().texts.into_iter().cycle().take(700).collect();
    let together = encoder.embed(&texts).unwrap();
    for (text, vector) in texts.iter().zip(&together).take(40) {
        let alone = encoder.embed(std::slice::from_ref(text)).unwrap();
        assert!(furthest(&alone[0], vector) < 1e-5, "{text:?}");
    }
    assert!(encoder.embed(&[]).unwrap().is_empty());
}

/// Returns the error for a copy of the fixture in which `old` is replaced with `new` in a file.
fn spoilt(file: &str, old: &str, new: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("1_Pooling")).unwrap();
    for name in [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "modules.json",
        "1_Pooling/config.json",
    ] {
        fs::copy(fixture().join(name), folder.path().join(name)).unwrap();
    }
    let path = folder.path().join(file);
    match old {
        "" => fs::remove_file(&path).unwrap(),
        _ => {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(old), "no {old} in {file}");
            fs::write(&path, text.replace(old, new)).unwrap();
        }
    }
    let error = load(folder.path()).err().expect("it is refused");
    format!("{error:#}")
}

#[test]
fn an_encoder_with_weights_that_are_not_finite_is_refused_by_tensor() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", "model.safetensors", "tokenizer.json"] {
        fs::copy(fixture().join(name), folder.path().join(name)).unwrap();
    }
    let path = folder.path().join("model.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    bytes[8 + header..].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let error = format!("{:#}", load(folder.path()).err().unwrap());
    assert!(
        error.contains("word_embeddings.weight holds NaN at place 0"),
        "{error}"
    );
}

#[test]
fn unsupported_encoders_are_refused_by_file_and_key() {
    for (file, old, new, said) in [
        ("config.json", "", "", "cannot read"),
        (
            "config.json",
            "\"bert\"",
            "\"mpnet\"",
            "model_type is \"mpnet\"",
        ),
        (
            "config.json",
            "\"gelu\"",
            "\"relu\"",
            "hidden_act is \"relu\"",
        ),
        (
            "config.json",
            "\"num_attention_heads\": 2",
            "\"num_attention_heads\": 3",
            "3 heads",
        ),
        (
            "config.json",
            "\"num_hidden_layers\": 2",
            "\"num_hidden_layers\": 3",
            "encoder.layer.2",
        ),
        (
            "config.json",
            "\"hidden_size\"",
            "\"width\"",
            "missing field `hidden_size`",
        ),
        (
            "config.json",
            "\"vocab_size\": ",
            "\"vocab_size\": 1",
            "embeddings.word_embeddings.weight",
        ),
        ("model.safetensors", "", "", "neither model.safetensors nor"),
        ("tokenizer.json", "", "", "tokenizer.json"),
        ("tokenizer.json", "{", "[", "cannot read the tokenizer"),
        (
            "1_Pooling/config.json",
            "true",
            "false",
            "unsupported pooling",
        ),
        (
            "modules.json",
            ".Normalize",
            ".Dense",
            "unsupported module Dense",
        ),
    ] {
        let complaint = spoilt(file, old, new);
        assert!(complaint.contains(said), "{file}: {complaint}");
    }
}

#[test]
fn a_truncated_file_of_weights_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", "tokenizer.json"] {
        fs::copy(fixture().join(name), folder.path().join(name)).unwrap();
    }
    let weights = fs::read(fixture().join("model.safetensors")).unwrap();
    fs::write(
        folder.path().join("model.safetensors"),
        &weights[..weights.len() - 8],
    )
    .unwrap();
    let complaint = format!("{:#}", load(folder.path()).err().unwrap());
    assert!(complaint.contains("truncated or damaged"), "{complaint}");
}
