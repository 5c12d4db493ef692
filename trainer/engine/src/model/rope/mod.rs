//! The rotary settings of `config.json`: the base of the frequencies and their scaling for long
//! contexts.
//!
//! `transformers` 4 writes `rope_theta` and `rope_scaling`, `transformers` 5 writes
//! `rope_parameters`. Both are read as `transformers` 5 reads them.

pub(super) mod by_layer_type;

use serde_json::{Value, json};

use crate::model::json_object::Json;

/// The default base of all families.
const THETA: f64 = 10_000.0;
/// The supported values of `rope_type`.
const DEFAULT: &str = "default";
const LINEAR: &str = "linear";
const LLAMA_3: &str = "llama3";

/// The scaling of rotary frequencies for long contexts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RopeScaling {
    /// All frequencies are divided by `factor`.
    Linear {
        /// The divisor.
        factor: f64,
    },
    /// The scaling of Llama 3.1. Low frequencies are divided by `factor`, high frequencies stay,
    /// and frequencies between are interpolated.
    Llama3 {
        /// The divisor of low frequencies.
        factor: f64,
        /// Wavelengths above `original_context / low_factor` are low frequencies.
        low_factor: f64,
        /// Wavelengths below `original_context / high_factor` are high frequencies.
        high_factor: f64,
        /// The context length of pretraining.
        original_context: f64,
    },
}

/// The base of the frequencies, and their scaling.
pub(super) type RopeSettings = (f64, Option<RopeScaling>);

impl RopeScaling {
    /// Returns the scaled frequency.
    pub(super) fn scale(&self, frequency: f64) -> f64 {
        match *self {
            Self::Linear { factor } => frequency / factor,
            Self::Llama3 {
                factor,
                low_factor,
                high_factor,
                original_context,
            } => {
                let turns = original_context * frequency / std::f64::consts::TAU;
                let share = (turns - low_factor) / (high_factor - low_factor);
                let share = share.clamp(0.0, 1.0);
                frequency * (share + (1.0 - share) / factor)
            }
        }
    }

    /// Returns the value of `rope_scaling`.
    pub(super) fn to_json(self) -> Value {
        match self {
            Self::Linear { factor } => json!({ "rope_type": LINEAR, "factor": factor }),
            Self::Llama3 {
                factor,
                low_factor,
                high_factor,
                original_context,
            } => json!({
                "rope_type": LLAMA_3,
                "factor": factor,
                "low_freq_factor": low_factor,
                "high_freq_factor": high_factor,
                "original_max_position_embeddings": original_context,
            }),
        }
    }
}

/// Reads the base and the scaling. A non-empty `rope_scaling` replaces `rope_parameters`. A
/// `rope_theta` inside either object takes precedence over the one beside it.
pub(super) fn read(file: &Json<'_>) -> Result<RopeSettings, String> {
    whole_heads(file)?;
    let mut theta = None;
    let mut scaling = None;
    for key in ["rope_scaling", "rope_parameters"] {
        if let Some(said) = file.object(key)?.filter(|said| !said.0.is_empty()) {
            let within = |why| format!("{key}: {why}");
            (theta, scaling) = read_object(&said, file).map_err(within)?;
            break;
        }
    }
    let theta = match theta {
        None => positive(file, "rope_theta")?,
        theta => theta,
    };
    Ok((theta.unwrap_or(THETA), scaling))
}

/// Reads `rope_scaling` or `rope_parameters`.
fn read_object(
    said: &Json<'_>,
    file: &Json<'_>,
) -> Result<(Option<f64>, Option<RopeScaling>), String> {
    whole_heads(said)?;
    if let Some((layers, _)) = said.0.iter().find(|(_, value)| value.is_object()) {
        return Err(format!(
            "unsupported rotary settings of {layers}; supported: the same settings for all layers"
        ));
    }
    let name = match said.text("rope_type")? {
        None => said.text("type")?,
        name => name,
    };
    let needed = |key| positive(said, key)?.ok_or_else(|| format!("missing {key}"));
    let scaling = match name {
        // `transformers` 4 rejects it, 5 ignores the factor.
        None if said.number("factor")?.is_some() => {
            return Err(format!(
                "missing rope_type beside factor; supported: {DEFAULT}, {LINEAR}, {LLAMA_3}"
            ));
        }
        None | Some(DEFAULT) => None,
        Some(LINEAR) => Some(RopeScaling::Linear {
            factor: needed("factor")?,
        }),
        Some(LLAMA_3) => {
            let (low_factor, high_factor) =
                (needed("low_freq_factor")?, needed("high_freq_factor")?);
            if high_factor <= low_factor {
                return Err(format!(
                    "high_freq_factor is {high_factor}, expected a number above low_freq_factor, which is {low_factor}"
                ));
            }
            const ORIGINAL: &str = "original_max_position_embeddings";
            Some(RopeScaling::Llama3 {
                factor: needed("factor")?,
                low_factor,
                high_factor,
                original_context: match positive(said, ORIGINAL)? {
                    Some(original) => original,
                    None => file.count("max_position_embeddings")? as f64,
                },
            })
        }
        Some(other) => {
            return Err(format!(
                "unsupported rope_type {other}; supported: {DEFAULT}, {LINEAR}, {LLAMA_3}"
            ));
        }
    };
    Ok((positive(said, "rope_theta")?, scaling))
}

/// Rejects heads that are only partly rotated.
fn whole_heads(said: &Json<'_>) -> Result<(), String> {
    match said.number("partial_rotary_factor")? {
        Some(factor) if factor != 1.0 => Err(format!(
            "unsupported partial_rotary_factor {factor}; supported: 1"
        )),
        _ => Ok(()),
    }
}

/// Returns a number, which must be above 0, or `None` if it is absent.
pub(super) fn positive(said: &Json<'_>, key: &str) -> Result<Option<f64>, String> {
    match said.number(key)? {
        Some(number) if number <= 0.0 => {
            Err(format!("{key} is {number}, expected a number above 0"))
        }
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests;
