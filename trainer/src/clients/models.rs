//! The models that a server has.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use ureq::Agent;

#[derive(Deserialize)]
struct Models {
    data: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
}

/// Returns the name of a server's model, if it has exactly one.
///
/// # Errors
/// Fails if the server does not list its models, or lists none or several.
pub fn only_model(url: &str, key: Option<&str>) -> Result<String> {
    const WAIT: Duration = Duration::from_secs(10);
    let url = format!("{}/models", url.trim_end_matches('/'));
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(WAIT))
        .max_redirects(0)
        .build()
        .into();
    let mut get = agent.get(&url);
    if let Some(key) = key {
        get = get.header("authorization", format!("Bearer {key}"));
    }
    let asked = || -> Result<Models> {
        let text = get.call()?.body_mut().read_to_string()?;
        Ok(serde_json::from_str(&text)?)
    };
    let models = asked().with_context(|| {
        format!("{url} does not list the server's models: name one with --model")
    })?;
    let names: Vec<&str> = models.data.iter().map(|model| &*model.id).collect();
    ensure!(!names.is_empty(), "{url} lists no model");
    match names[..] {
        [only] => Ok(only.to_owned()),
        _ => bail!(
            "the server has {} models: name one with --model: {}",
            names.len(),
            names.join(", ")
        ),
    }
}
