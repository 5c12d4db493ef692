//! The critic, which values a state from 0 to 1.

use memloom_sdk::acting::Form;
use memloom_sdk::grammar::one_of;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::Error;

use crate::means::{Asked, Means};
use crate::prompts;
use crate::roles::form;
use crate::story::State;

/// The critic's role.
pub const CRITIC: &str = "critic";

/// The word before the value in a text.
const LABEL: &str = "value";

/// The highest of the values under a grammar, which are 0 to 1 in equal steps.
const STEPS: u32 = 10;

/// Returns the control words of values, `v0` to `v10`.
pub fn control_words() -> Vec<String> {
    (0..=STEPS).map(|step| format!("v{step}")).collect()
}

/// Returns the value of a state; 0 if the output has none. `is_advised` says whether a demonstrator
/// would come to it, if there is one.
///
/// # Errors
/// If the model fails.
pub fn value(
    means: &mut Means<'_>,
    state: &State<'_>,
    is_advised: Option<bool>,
) -> Result<f64, Error> {
    let form = form(means.options);
    let text = state.lines(form, means.options.history);
    let demonstration = is_advised.map(|is_advised| match (form, is_advised) {
        (Form::Text, is_advised) => format!("{LABEL} = {}", u8::from(is_advised)),
        (Form::Words, true) => format!("v{STEPS}"),
        (Form::Words, false) => "v0".into(),
    });
    let output = means.ask(Asked {
        role: CRITIC,
        messages: prompts::messages(form, prompts::CRITIC, text),
        grammar: (form == Form::Words).then(|| (one_of(&control_words()), 1)),
        demonstration,
        temperature: None,
    })?;
    let value = match form {
        Form::Text => written(&output),
        Form::Words => said(&output),
    };
    if value.is_none() {
        means.malformed(CRITIC, &output);
    }
    Ok(value.unwrap_or(0.0))
}

/// Reads the number after the last `value =` of a text. None if there is none from 0 to 1.
fn written(output: &str) -> Option<f64> {
    let lower = spoken(output)?.to_lowercase();
    let (_, rest) = lower.rsplit_once(LABEL)?;
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').or(rest.strip_prefix(':'))?;
    let number = rest.split_whitespace().next()?;
    let number = number.trim_end_matches(['.', ',', ';', '*']);
    let value: f64 = number.parse().ok()?;
    (0.0..=1.0).contains(&value).then_some(value)
}

/// Reads a value under a grammar.
fn said(output: &str) -> Option<f64> {
    let said = spoken(output)?.trim();
    let place = control_words().iter().position(|word| word == said)?;
    Some(place as f64 / f64::from(STEPS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_from_0_to_1_counts_with_all_its_digits() {
        for (output, value) in [
            ("critic: it is near. value = 0.85", 0.85),
            ("value = 0.2, no.\nValue: .75.", 0.75),
            ("value=1", 1.0),
            ("<think>value = 1</think>value = 0", 0.0),
        ] {
            assert_eq!(written(output), Some(value), "{output:?}");
        }
        for output in [
            "",
            "it is good",
            "value =",
            "value = high",
            "value = 1e999",
            "value = NaN",
            "value = -0.5",
            "value = 20",
            "0.5",
            "<think>value = 1",
        ] {
            assert_eq!(written(output), None, "{output:?}");
        }
    }

    #[test]
    fn a_word_of_the_grammar_is_a_tenth() {
        assert_eq!(said(" v10\n"), Some(1.0));
        assert_eq!(said("v7"), Some(0.7));
        for output in ["", "v11", "7", "v07", "v1 v2"] {
            assert_eq!(said(output), None, "{output:?}");
        }
    }
}
