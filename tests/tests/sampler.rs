//! Runs with rollouts sampled by a server, for adapters that the run uploads.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::sync::{Arc, Mutex};

use memloom_tests::TinyRun;
use memloom_tests::server::{Asked, Reply, Server};
use serde_json::{Value, json};

/// Returns a run with a model, and a run that trains an adapter to it with rollouts at `url`.
fn sampled_at(url: &str, settings: &[&str]) -> (TinyRun, TinyRun) {
    let base = TinyRun::new();
    base.finish(&["--set", "stage=[{horizon=1, steps=1}]"]);
    let mut run = TinyRun::new();
    run.settings = vec![
        format!(
            "backbone={{path=\"{}\", lora={{rank=2}}}}",
            base.out().join("final").display()
        ),
        "warm_start.steps=1".into(),
        "stage=[{horizon=2, steps=3}]".into(),
        "algorithm.importance_cap=2".into(),
        format!("servers.sampler={{url=\"{url}\", model=\"m\", attempts=1}}"),
    ];
    run.settings.extend(settings.iter().map(|s| (*s).into()));
    (base, run)
}

/// A server that samples uniformly among the allowed tokens, for the adapters loaded into it.
#[derive(Clone, Default)]
struct Uniform(Arc<Mutex<Vec<String>>>);

impl Uniform {
    fn say(&self, asked: &Asked) -> Reply {
        let body = &asked.body;
        let name = |key: &str| body[key].as_str().unwrap().to_owned();
        let mut adapters = self.0.lock().unwrap();
        let done = || Reply::Status(200, &[], "Success".into());
        match asked.path.as_str() {
            "/v1/load_lora_adapter" => {
                let folder = name("lora_path");
                let folder = Path::new(&folder);
                assert!(folder.is_absolute());
                assert!(folder.join("adapter_config.json").exists());
                assert!(folder.join("adapter_model.safetensors").exists());
                adapters.push(name("lora_name"));
                done()
            }
            "/v1/unload_lora_adapter" => {
                let at = adapters.iter().position(|own| *own == name("lora_name"));
                adapters.remove(at.unwrap());
                done()
            }
            "/inference/v1/generate" => {
                // The run queries the base model once, to probe the server's sampling.
                let model = name("model");
                assert!(adapters.contains(&model) || model == "m", "{body}");
                drop(adapters);
                sample(&body["sampling_params"])
            }
            other => panic!("who is {other}?"),
        }
    }
}

fn sample(params: &Value) -> Reply {
    assert_eq!(params["max_tokens"], 1);
    let allowed = params["allowed_token_ids"].as_array().unwrap();
    let seed = params["seed"].as_u64().unwrap();
    let token = &allowed[(seed % 1_000_003) as usize % allowed.len()];
    let logprob = -(allowed.len() as f64).ln();
    Reply::json(&json!({
        "choices": [{"token_ids": [token], "logprobs": {"content": [{"logprob": logprob}]}}],
    }))
}

#[test]
fn a_server_samples_for_the_adapter_that_it_was_handed_last() {
    let uniform = Uniform::default();
    let adapters = uniform.0.clone();
    let server = Server::start(move |_, asked| uniform.say(asked));
    let (_base, run) = sampled_at(&server.url(), &[]);
    run.finish(&[]);
    // Adapters are loaded for the warm start's check, before the stage, after each step, and for
    // the best weights.
    let asked = server.asked();
    let loads: Vec<&Asked> = asked
        .iter()
        .filter(|asked| asked.path == "/v1/load_lora_adapter")
        .collect();
    assert_eq!(loads.len(), 6);
    assert_eq!(adapters.lock().unwrap().len(), 1);
    assert_eq!(
        std::fs::read_dir(run.out().join("served")).unwrap().count(),
        1
    );
    let steps = run.steps();
    assert_eq!(steps.len(), 3);
    for step in &steps {
        assert!(step["trained_steps"].as_u64() > Some(0), "{step}");
        // The server samples uniformly, so the ratios must deviate.
        assert!(
            step["first_ratio_deviation"].as_f64() > Some(1e-3),
            "{step}"
        );
        assert!(step["gradient_norm"].as_f64() > Some(0.0), "{step}");
    }
    let bytes = std::fs::read(run.out().join("summary.json")).unwrap();
    let summary: Value = serde_json::from_slice(&bytes).unwrap();
    let used = &summary["servers"]["sampler"];
    assert_eq!(used["requests"], asked.len() as u64);
    assert!(used["completion_tokens"].as_u64() > Some(0));
}

#[test]
fn each_role_has_its_own_adapter_where_weights_are_apart() {
    let uniform = Uniform::default();
    let adapters = uniform.0.clone();
    let server = Server::start(move |_, asked| uniform.say(asked));
    let (_base, run) = sampled_at(&server.url(), &["backbone.separate_roles=true"]);
    run.finish(&[]);
    let adapters = adapters.lock().unwrap();
    assert_eq!(adapters.len(), 2);
    for role in ["extractor", "manager"] {
        assert!(adapters.iter().any(|name| name.ends_with(role)));
        let asked = server.asked();
        let own = |asked: &Asked| {
            asked.body["model"]
                .as_str()
                .is_some_and(|m| m.ends_with(role))
        };
        assert!(asked.iter().any(own));
    }
}

#[test]
fn a_server_that_fails_ends_the_run_in_one_line() {
    let url = Server::nowhere();
    let url = url.strip_suffix("/v1").unwrap();
    let (_base, run) = sampled_at(url, &[]);
    let refusal = run.refusal(&[]);
    let said = format!("{url}/inference/v1/generate, attempt 1 of 1: ");
    assert!(refusal.contains(&said), "{refusal}");

    let server = Server::start(|_, asked| match asked.path.as_str() {
        "/inference/v1/generate" => sample(&asked.body["sampling_params"]),
        _ => Reply::Status(404, &[], "Not Found".into()),
    });
    let (_base, without) = sampled_at(&server.url(), &[]);
    let refusal = without.refusal(&[]);
    assert!(
        refusal.contains("/v1/load_lora_adapter, attempt 1 of 1: 404"),
        "{refusal}"
    );
    assert!(refusal.contains("--enable-lora"), "{refusal}");
    for (settings, said) in [
        (
            &["algorithm.importance_cap=0"][..],
            "correct for it with algorithm.importance_cap",
        ),
        (
            &["backbone={layers=1}"],
            "servers.sampler samples with an adapter",
        ),
        (
            &["servers.sampler.cache=\"x\""],
            "would return samples of older weights",
        ),
    ] {
        let mut other = TinyRun::new();
        other.settings = run.settings.clone();
        other.settings.extend(settings.iter().map(|s| (*s).into()));
        let refusal = other.refusal(&["--dry-run"]);
        assert!(refusal.contains(said), "{refusal}");
    }
}
