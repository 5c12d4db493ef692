//! The instructions of the roles: built-in ones, or those of a run file.

use crate::options::Options;

/// Returns the extractor's instructions.
pub fn extractor(options: &Options) -> &str {
    let own = options.extractor_prompt.as_deref();
    own.unwrap_or(include_str!("prompts/extractor.md"))
        .trim_end()
}

/// Returns the manager's instructions.
pub fn manager(options: &Options) -> &str {
    let built_in = match options.events_only {
        true => include_str!("prompts/manager_events.md"),
        false => include_str!("prompts/manager.md"),
    };
    options
        .manager_prompt
        .as_deref()
        .unwrap_or(built_in)
        .trim_end()
}

/// Returns the answerer's instructions.
pub fn answerer(options: &Options) -> &str {
    let built_in = match options.distil {
        true => include_str!("prompts/answerer.md"),
        false => include_str!("prompts/answerer_direct.md"),
    };
    options
        .answerer_prompt
        .as_deref()
        .unwrap_or(built_in)
        .trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_files_instructions_replace_the_built_in_ones() {
        let options = Options {
            manager_prompt: Some("Manage.\n".into()),
            ..Options::default()
        };
        assert_eq!(manager(&options), "Manage.");
        assert!(extractor(&options).starts_with("You read one turn"));
    }
}
