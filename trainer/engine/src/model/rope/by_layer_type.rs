//! The rotary settings of Gemma 3, whose layers with a sliding window have their own.
//!
//! `transformers` 4 writes `rope_theta`, `rope_scaling` and `rope_local_base_freq`, `transformers` 5
//! writes an object for each type of layer in `rope_parameters`. Both are read as `transformers` 5
//! reads them.

use serde_json::{Map, Value};

use crate::model::json_object::Json;
use crate::model::rope::{RopeSettings, positive, read_object, whole_heads};

/// The defaults of `transformers`.
const THETA: f64 = 1_000_000.0;
const SLIDING_THETA: f64 = 10_000.0;

/// Reads the base and the scaling of layers whose queries see all keys.
pub(in crate::model) fn read(file: &Json<'_>) -> Result<RopeSettings, String> {
    whole_heads(file)?;
    let mut settings = of(file, "full_attention")?;
    if let Some(scaling) = file.object("rope_scaling")? {
        settings.extend(scaling.0.clone());
    }
    let (theta, scaling) = read_object(&Json(&settings), file)
        .map_err(|why| format!("rotary settings of full_attention: {why}"))?;
    let theta = match theta {
        None => positive(file, "rope_theta")?,
        theta => theta,
    };
    Ok((theta.unwrap_or(THETA), scaling))
}

/// Reads the base of layers with a sliding window.
pub(in crate::model) fn sliding_theta(file: &Json<'_>) -> Result<f64, String> {
    let settings = of(file, "sliding_attention")?;
    let (theta, scaling) = read_object(&Json(&settings), file)
        .map_err(|why| format!("rotary settings of sliding_attention: {why}"))?;
    if scaling.is_some() {
        return Err(
            "unsupported scaled frequencies of sliding_attention; supported: rope_type default"
                .into(),
        );
    }
    let theta = match theta {
        None => positive(file, "rope_local_base_freq")?,
        theta => theta,
    };
    Ok(theta.unwrap_or(SLIDING_THETA))
}

/// Returns the settings of a type of layer in `rope_parameters`.
fn of(file: &Json<'_>, layers: &str) -> Result<Map<String, Value>, String> {
    let Some(parameters) = file.object("rope_parameters")? else {
        return Ok(Map::new());
    };
    if let Some((key, value)) = parameters
        .0
        .iter()
        .find(|(_, value)| !value.is_object() && !value.is_null())
    {
        return Err(format!(
            "unsupported rope_parameters.{key} = {value}; supported: an object for each type of layer"
        ));
    }
    let settings = parameters.object(layers)?;
    Ok(settings
        .map(|settings| settings.0.clone())
        .unwrap_or_default())
}
