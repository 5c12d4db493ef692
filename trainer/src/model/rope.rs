//! Rotation as `config.json` words it: the base of the frequencies, and how they are
//! stretched for long contexts.
//!
//! `transformers` 4 writes `rope_theta` and `rope_scaling`, `transformers` 5 writes
//! `rope_parameters`. Both are read as `transformers` 5 reads them.

use serde_json::{Value, json};

use super::family::Json;

/// The base where a file gives none, in all families.
const THETA: f64 = 10_000.0;
/// Names of the ways of stretching.
const DEFAULT: &str = "default";
const LINEAR: &str = "linear";
const LLAMA_3: &str = "llama3";

/// A way of stretching rotary frequencies for long contexts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RopeScaling {
    /// All frequencies are divided by `factor`.
    Linear {
        /// The divisor.
        factor: f64,
    },
    /// Llama 3.1's: low frequencies are divided by `factor`, high ones stay, and those
    /// between go from one to the other.
    Llama3 {
        /// The divisor of low frequencies.
        factor: f64,
        /// Wavelengths above `original_context` over this are low frequencies.
        low_factor: f64,
        /// Wavelengths below `original_context` over this are high frequencies.
        high_factor: f64,
        /// Tokens that the model was first trained on.
        original_context: f64,
    },
}

impl RopeScaling {
    /// Returns a frequency as it is used.
    pub(super) fn stretch(&self, frequency: f64) -> f64 {
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

    /// Returns the object that `rope_scaling` holds in a file.
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

/// Reads the base and the stretching. A `rope_scaling` that is not empty replaces
/// `rope_parameters`; a `rope_theta` inside of either wins over one beside it.
pub(super) fn read(file: &Json<'_>) -> Result<(f64, Option<RopeScaling>), String> {
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
            "{layers} has a rotation of its own; memloom knows one rotation for all layers"
        ));
    }
    let name = match said.text("rope_type")? {
        None => said.text("type")?,
        name => name,
    };
    let needed = |key| positive(said, key)?.ok_or_else(|| format!("it has no {key}"));
    let scaling = match name {
        // `transformers` 4 refuses it, and 5 overlooks the factor.
        None if said.number("factor")?.is_some() => {
            return Err(format!(
                "it has a factor and no rope_type; name one of {DEFAULT}, {LINEAR}, {LLAMA_3}"
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
                    "high_freq_factor is {high_factor}, which must be above low_freq_factor, {low_factor}"
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
                "the rope_type {other} is not known; known are {DEFAULT}, {LINEAR}, {LLAMA_3}"
            ));
        }
    };
    Ok((positive(said, "rope_theta")?, scaling))
}

/// Refuses heads of which only some columns turn.
fn whole_heads(said: &Json<'_>) -> Result<(), String> {
    match said.number("partial_rotary_factor")? {
        Some(factor) if factor != 1.0 => Err(format!(
            "partial_rotary_factor is {factor}; memloom turns whole heads, so only 1 is known"
        )),
        _ => Ok(()),
    }
}

/// Returns a number above 0, if there is one.
fn positive(said: &Json<'_>, key: &str) -> Result<Option<f64>, String> {
    match said.number(key)? {
        Some(number) if number <= 0.0 => {
            Err(format!("{key} is {number}, expected a number above 0"))
        }
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests;
