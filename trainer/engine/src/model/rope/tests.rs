#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

fn read(file: Value) -> Result<(f64, Option<RopeScaling>), String> {
    super::read(&Json(file.as_object().unwrap()))
}

/// The scaling of Llama 3.1 without the context length of pretraining.
fn llama3() -> Value {
    json!({
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    })
}

fn with(mut object: Value, key: &str, value: impl Into<Value>) -> Value {
    object[key] = value.into();
    object
}

/// `LlamaConfig.from_dict(…).rope_parameters` of transformers 5.24.0, with 64 for
/// `max_position_embeddings`.
#[test]
fn theta_and_scaling_are_those_of_transformers_5() {
    let linear = |factor| Some(RopeScaling::Linear { factor });
    let llama = |original_context| {
        Some(RopeScaling::Llama3 {
            factor: 8.0,
            low_factor: 1.0,
            high_factor: 4.0,
            original_context,
        })
    };
    for (file, expected) in [
        (json!({}), (1e4, None)),
        (json!({"rope_theta": 1e6}), (1e6, None)),
        (json!({"rope_theta": 1_000_000}), (1e6, None)),
        (
            json!({"rope_theta": 1e6, "rope_parameters": {"rope_type": "default"}}),
            (1e6, None),
        ),
        (
            json!({"rope_parameters": {"rope_type": "default", "rope_theta": 1e6}}),
            (1e6, None),
        ),
        (
            json!({"rope_theta": 5e5, "rope_parameters": {"rope_type": "default", "rope_theta": 1e6}}),
            (1e6, None),
        ),
        (
            json!({"rope_scaling": {"rope_type": "default", "rope_theta": 1e6}}),
            (1e6, None),
        ),
        (
            json!({"rope_theta": 5e5, "rope_scaling": {"type": "default", "rope_theta": 1e6}}),
            (1e6, None),
        ),
        (json!({"rope_scaling": {"rope_theta": 1e6}}), (1e6, None)),
        (
            json!({"rope_theta": 1e6, "rope_scaling": {}, "rope_parameters": {}}),
            (1e6, None),
        ),
        (
            json!({"rope_theta": 1e6, "rope_scaling": {"type": "linear", "factor": 4.0}}),
            (1e6, linear(4.0)),
        ),
        (
            json!({
                "rope_theta": 5e5,
                "rope_parameters": {"rope_type": "default", "rope_theta": 1e6},
                "rope_scaling": {"type": "linear", "factor": 4.0},
            }),
            (5e5, linear(4.0)),
        ),
        (
            json!({
                "rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 1e6},
                "rope_scaling": {"type": "default"},
            }),
            (1e4, None),
        ),
        (
            json!({
                "rope_theta": 5e5,
                "rope_scaling": with(llama3(), "type", "linear"),
                "max_position_embeddings": 64,
            }),
            (5e5, llama(64.0)),
        ),
        (
            json!({
                "original_max_position_embeddings": 16,
                "rope_scaling": with(llama3(), "original_max_position_embeddings", 32),
                "max_position_embeddings": 64,
            }),
            (1e4, llama(32.0)),
        ),
        (json!({"partial_rotary_factor": 1.0}), (1e4, None)),
    ] {
        assert_eq!(read(file.clone()).as_ref(), Ok(&expected), "{file}");
    }
}

#[test]
fn unsupported_rotary_settings_are_refused_by_key() {
    for (file, complaint) in [
        (
            json!({"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}),
            "rope_scaling: unsupported rope_type yarn; supported: default, linear, llama3",
        ),
        (
            json!({"rope_parameters": {"type": "dynamic", "factor": 4.0}}),
            "rope_parameters: unsupported rope_type dynamic; supported: default, linear, llama3",
        ),
        (
            json!({"rope_scaling": {"factor": 4.0}}),
            "rope_scaling: missing rope_type beside factor; supported: default, linear, llama3",
        ),
        (
            json!({"rope_scaling": {"type": "linear"}}),
            "rope_scaling: missing factor",
        ),
        (
            json!({"rope_scaling": with(llama3(), "high_freq_factor", 1.0)}),
            "rope_scaling: high_freq_factor is 1, expected a number above low_freq_factor, which is 1",
        ),
        (
            json!({"rope_parameters": {
                "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
                "full_attention": {"rope_type": "default", "rope_theta": 1e6},
            }}),
            "rope_parameters: unsupported rotary settings of sliding_attention; \
             supported: the same settings for all layers",
        ),
        (
            json!({"rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.5}}),
            "rope_parameters: unsupported partial_rotary_factor 0.5; supported: 1",
        ),
        (
            json!({"partial_rotary_factor": 0.25}),
            "unsupported partial_rotary_factor 0.25; supported: 1",
        ),
        (
            json!({"rope_theta": 0}),
            "rope_theta is 0, expected a number above 0",
        ),
        (
            json!({"rope_parameters": {"rope_theta": "1e6"}}),
            "rope_parameters: rope_theta is \"1e6\", expected a number",
        ),
    ] {
        assert_eq!(read(file.clone()).unwrap_err(), complaint, "{file}");
    }
}

#[test]
fn linear_scaling_divides_every_frequency() {
    let scaling = RopeScaling::Linear { factor: 4.0 };
    assert_eq!([1.0, 0.01].map(|f| scaling.scale(f)), [0.25, 0.0025]);
}

#[test]
fn a_written_scaling_reads_back() {
    for scaling in [
        RopeScaling::Linear { factor: 2.5 },
        RopeScaling::Llama3 {
            factor: 8.0,
            low_factor: 1.0,
            high_factor: 4.0,
            original_context: 8192.0,
        },
    ] {
        let file = json!({"rope_theta": 5e5, "rope_scaling": scaling.to_json()});
        assert_eq!(read(file), Ok((5e5, Some(scaling))));
    }
}
