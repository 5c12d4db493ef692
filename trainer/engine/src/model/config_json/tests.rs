#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::model::rope::RopeScaling;

/// Reads the tiny configuration with `changes` applied; null removes a key.
fn read(changes: Value) -> Result<BackboneConfig, String> {
    let mut file = BackboneConfig::tiny().to_json();
    for (key, value) in changes.as_object().unwrap() {
        file[key] = value.clone();
    }
    BackboneConfig::from_json(&Json(file.as_object().unwrap()))
}

#[test]
fn a_written_configuration_reads_back_under_hugging_faces_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    let mut config = BackboneConfig::tiny();
    config.rope_scaling = Some(RopeScaling::Llama3 {
        factor: 8.0,
        low_factor: 1.0,
        high_factor: 4.0,
        original_context: 8192.0,
    });
    config.write(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"num_key_value_heads\": 2"));
    assert!(text.contains("\"model_type\": \"llama\""));
    assert_eq!(BackboneConfig::read(&path).unwrap(), config);
}

#[test]
fn families_switch_on_their_own_parts() {
    let qwen2 =
        read(serde_json::json!({"model_type": "qwen2", "torch_dtype": "bfloat16"})).unwrap();
    assert!(qwen2.qkv_bias && !qwen2.qk_norm);
    assert_eq!(
        (qwen2.head_dim, qwen2.weight_dtype),
        (8, WeightDtype::Bfloat16)
    );
    let qwen3 = read(serde_json::json!({"model_type": "qwen3", "head_dim": null})).unwrap();
    assert!(qwen3.qk_norm && !qwen3.qkv_bias);
    assert_eq!(qwen3.head_dim, 128);
}

#[test]
fn errors_name_the_numbers_and_the_file() {
    let mut odd = BackboneConfig::tiny();
    odd.kv_heads = 3;
    assert_eq!(
        odd.check().unwrap_err().to_string(),
        "invalid backbone config: 3 kv_heads do not divide 4 heads"
    );
    let missing = Path::new("/nowhere/config.json");
    let complaint = BackboneConfig::read(missing).unwrap_err().to_string();
    assert!(complaint.contains("/nowhere/config.json"));
    for (changes, complaint) in [
        (
            serde_json::json!({"model_type": "mamba"}),
            "unsupported model_type mamba; supported: llama, qwen2, qwen3",
        ),
        (
            serde_json::json!({"hidden_size": null}),
            "missing hidden_size",
        ),
        (
            serde_json::json!({"hidden_size": "big"}),
            "hidden_size is \"big\", expected a non-negative integer",
        ),
        (
            serde_json::json!({"attention_bias": true}),
            "unsupported attention_bias = true",
        ),
        (
            serde_json::json!({"rope_scaling": {"rope_type": "yarn"}}),
            "rope_scaling: unsupported rope_type yarn; supported: default, linear, llama3",
        ),
        (
            serde_json::json!({"torch_dtype": "int8"}),
            "unsupported dtype int8; supported: float32, float16, bfloat16",
        ),
    ] {
        assert_eq!(read(changes).unwrap_err(), complaint);
    }
}
