//! The reflector, which says what the critic misjudged.

use memloom_sdk::acting::{Form, labelled};
use memloom_sdk::text::first_words;
use memloom_sdk::types::Error;

use crate::means::{Asked, Means};
use crate::prompts;
use crate::roles::form;
use crate::story::{State, Step};

/// The reflector's role.
pub const REFLECTOR: &str = "reflector";

/// The label of the line that is kept.
const LABEL: &str = "reflection:";

/// Returns a reflection on a task that failed; none if the output has no such line. Where outputs are
/// constrained, it is by rule the acts, and nobody is asked.
///
/// # Errors
/// If the model fails.
pub fn reflect(means: &mut Means<'_>, state: &State<'_>) -> Result<Option<String>, Error> {
    let acts = acts(state.done);
    if form(means.options) == Form::Words {
        return Ok(Some(acts));
    }
    let text = state.lines(Form::Text, means.options.history);
    let output = means.ask(Asked {
        role: REFLECTOR,
        messages: prompts::messages(Form::Text, prompts::REFLECTOR, text),
        grammar: None,
        demonstration: Some(format!("{LABEL} It failed: {acts}")),
        temperature: None,
    })?;
    let kept = labelled(&output, LABEL).map(|kept| first_words(kept, usize::MAX));
    if kept.is_none() {
        means.malformed(REFLECTOR, &output);
    }
    Ok(kept)
}

fn acts(done: &[Step]) -> String {
    let acts = done
        .iter()
        .map(|step| first_words(&step.action, usize::MAX));
    acts.collect::<Vec<_>>().join("; ")
}
