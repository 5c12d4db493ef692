//! The simulator, which foresees what will be seen.

use memloom_sdk::acting::Form;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::Error;

use crate::means::{Asked, Means};
use crate::prompts;
use crate::story::State;

/// The simulator's role.
pub const SIMULATOR: &str = "simulator";

/// The words that are foreseen where the simulator says nothing.
const NOTHING: &str = "Nothing happens.";

/// Returns what would be seen after an action.
///
/// # Errors
/// If the model fails.
pub fn simulate(means: &mut Means<'_>, state: &State<'_>, action: &str) -> Result<String, Error> {
    let text = state.lines(Form::Text, means.options.history);
    let output = means.ask(Asked {
        role: SIMULATOR,
        messages: prompts::messages(
            Form::Text,
            prompts::SIMULATOR,
            format!("{text}\n> {action}"),
        ),
        grammar: None,
        // Nobody who demonstrates knows the coming observation.
        demonstration: Some(NOTHING.into()),
        temperature: None,
    })?;
    Ok(match spoken(&output).map(str::trim) {
        None | Some("") => NOTHING.into(),
        Some(seen) => seen.into(),
    })
}
