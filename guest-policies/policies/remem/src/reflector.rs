//! The reflector, which writes what is kept of a task.

use memloom_sdk::acting::labelled;
use memloom_sdk::host::Request;
use memloom_sdk::text::first_words;
use memloom_sdk::types::{Error, Task};

use crate::means::Means;
use crate::prompts;

/// The reflector's role.
pub const REFLECTOR: &str = "reflector";

/// The label of the line that is kept.
const LABEL: &str = "experience:";

/// Asks for what is to be kept of a task; none if the output has no such line.
///
/// # Errors
/// If the model fails.
pub fn reflect(
    means: &mut Means<'_>,
    task: &Task,
    story: &str,
    outcome: &str,
) -> Result<Option<String>, Error> {
    let request = Request {
        demonstration: Some(format!("{LABEL} {story}")),
        ..Request::new(
            REFLECTOR,
            prompts::reflection(&task.instruction, story, outcome),
            means.options.output_tokens,
        )
    };
    means.report.step();
    let output = means.host.generate(&request)?.text;
    let kept = labelled(&output, LABEL);
    if kept.is_none() {
        means
            .report
            .malformed_output(task.index, REFLECTOR, &output);
    }
    Ok(kept.map(|kept| first_words(kept, means.options.experience_words)))
}
