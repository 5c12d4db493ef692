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

/// Values of `transformers` 5.24: `Qwen2Config(…).layer_types` and `.sliding_window`.
#[test]
fn windows_of_qwen_are_those_of_transformers() {
    let window = |changes: Value| {
        let mut file = serde_json::json!({"model_type": "qwen2", "use_sliding_window": true});
        for (key, value) in changes.as_object().unwrap() {
            file[key] = value.clone();
        }
        read(file).map(|config| config.sliding.map(|sliding| (sliding.size, sliding.layers)))
    };
    let (sliding, full) = ("sliding_attention", "full_attention");
    for (changes, expected) in [
        (serde_json::json!({}), None),
        (
            serde_json::json!({"max_window_layers": 1}),
            Some((4096, vec![false, true])),
        ),
        (
            serde_json::json!({"max_window_layers": 0, "sliding_window": 5}),
            Some((5, vec![true, true])),
        ),
        (
            serde_json::json!({"max_window_layers": 0, "sliding_window": null}),
            None,
        ),
        (
            serde_json::json!({"max_window_layers": 0, "use_sliding_window": false}),
            None,
        ),
        (
            serde_json::json!({"layer_types": [sliding, full], "sliding_window": 8}),
            Some((8, vec![true, false])),
        ),
        (serde_json::json!({"layer_types": [full, full]}), None),
    ] {
        assert_eq!(window(changes.clone()), Ok(expected), "{changes}");
    }
    for (changes, complaint) in [
        (
            serde_json::json!({"layer_types": [sliding, full], "use_sliding_window": false}),
            "layer_types has sliding_attention without use_sliding_window = true",
        ),
        (
            serde_json::json!({"layer_types": ["chunked_attention", full]}),
            "unsupported layer_types \"chunked_attention\"; supported: full_attention, sliding_attention",
        ),
    ] {
        assert_eq!(window(changes).unwrap_err(), complaint);
    }
}

/// What `transformers` 4 and 5 write for one small Gemma 3.
fn gemma3_files() -> [Value; 2] {
    let shape = serde_json::json!({
        "model_type": "gemma3_text", "vocab_size": 11, "hidden_size": 32, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "intermediate_size": 24,
        "hidden_activation": "gelu_pytorch_tanh", "max_position_embeddings": 64,
        "query_pre_attn_scalar": 12, "sliding_window": 3, "rms_norm_eps": 1e-6,
        "attn_logit_softcapping": null, "final_logit_softcapping": null, "attention_bias": false,
    });
    let with = |more: Value| {
        let mut file = shape.clone();
        for (key, value) in more.as_object().unwrap() {
            file[key] = value.clone();
        }
        file
    };
    [
        with(serde_json::json!({
            "rope_theta": 1e6, "rope_local_base_freq": 100, "sliding_window_pattern": 2,
            "rope_scaling": {"rope_type": "linear", "factor": 8.0},
        })),
        with(serde_json::json!({
            "layer_types": ["sliding_attention", "full_attention"],
            "tie_word_embeddings": true, "use_bidirectional_attention": false,
            "rope_parameters": {
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
                "sliding_attention": {"rope_type": "default", "rope_theta": 100},
            },
        })),
    ]
}

#[test]
fn gemma3_reads_alike_from_both_versions_of_transformers_and_back() {
    let expected = BackboneConfig {
        rope_theta: 1e6,
        rope_scaling: Some(RopeScaling::Linear { factor: 8.0 }),
        ..BackboneConfig::tiny_gemma3()
    };
    let written = expected.to_json();
    for file in gemma3_files().into_iter().chain([written]) {
        let read = BackboneConfig::from_json(&Json(file.as_object().unwrap()));
        assert_eq!(read.as_ref(), Ok(&expected), "{file}");
    }
}

#[test]
fn parts_of_gemmas_that_the_decoder_lacks_are_refused_by_key() {
    let [_, file] = gemma3_files();
    for (key, value, complaint) in [
        (
            "model_type",
            "gemma2".into(),
            "unsupported model_type gemma2; supported: llama, qwen2, qwen3, gemma3_text",
        ),
        (
            "attn_logit_softcapping",
            50.0.into(),
            "unsupported attn_logit_softcapping = 50.0",
        ),
        (
            "final_logit_softcapping",
            30.0.into(),
            "unsupported final_logit_softcapping = 30.0",
        ),
        (
            "use_bidirectional_attention",
            true.into(),
            "unsupported use_bidirectional_attention = true",
        ),
        (
            "query_pre_attn_scalar",
            0.into(),
            "query_pre_attn_scalar is 0, expected a number above 0",
        ),
        (
            "hidden_activation",
            "gelu".into(),
            "unsupported hidden_activation gelu; supported: gelu_pytorch_tanh",
        ),
        (
            "sliding_window",
            Value::Null,
            "sliding_window is null, expected a number of tokens",
        ),
        (
            "rope_parameters",
            serde_json::json!({"rope_type": "default"}),
            "unsupported rope_parameters.rope_type = \"default\"; \
             supported: an object for each type of layer",
        ),
        (
            "rope_parameters",
            serde_json::json!({"sliding_attention": {"rope_type": "linear", "factor": 2.0}}),
            "unsupported scaled frequencies of sliding_attention; supported: rope_type default",
        ),
        (
            "rope_parameters",
            serde_json::json!({"full_attention": {"rope_type": "yarn"}}),
            "rotary settings of full_attention: unsupported rope_type yarn; \
             supported: default, linear, llama3",
        ),
    ] {
        let mut file = file.clone();
        file[key] = value;
        let read = BackboneConfig::from_json(&Json(file.as_object().unwrap()));
        assert_eq!(read.unwrap_err(), complaint);
    }
    let whole =
        serde_json::json!({"model_type": "gemma3", "text_config": file, "vision_config": {}});
    let read = BackboneConfig::from_json(&Json(whole.as_object().unwrap()));
    assert_eq!(
        read.unwrap_err(),
        "unsupported model_type gemma3, a model of more than text; \
         supported: llama, qwen2, qwen3, gemma3_text"
    );
}

#[test]
fn windows_that_do_not_fit_the_layers_are_refused() {
    let complaint = |change: fn(&mut crate::model::SlidingWindow)| {
        let mut config = BackboneConfig::tiny_gemma3();
        change(config.sliding.as_mut().unwrap());
        config.check().unwrap_err().to_string()
    };
    let begin = "invalid backbone config:";
    let said = complaint(|sliding| sliding.size = 0);
    assert_eq!(said, format!("{begin} sliding_window must be at least 1"));
    let said = complaint(|sliding| sliding.layers.push(true));
    assert_eq!(
        said,
        format!("{begin} layer_types has 3 entries for 2 layers")
    );
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
            "unsupported model_type mamba; supported: llama, qwen2, qwen3, gemma3_text",
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
