//! The instructions of the roles: built-in ones, or those of a run file.

use crate::options::Options;

/// Returns the analyser's instructions.
pub fn analyser(options: &Options) -> &str {
    let own = options.analyser_prompt.as_deref();
    own.unwrap_or(include_str!("prompts/analyser.md"))
        .trim_end()
}

/// Returns the evolver's instructions.
pub fn evolver(options: &Options) -> &str {
    let own = options.evolver_prompt.as_deref();
    own.unwrap_or(include_str!("prompts/evolver.md")).trim_end()
}

/// Returns the instructions for the keywords of a question.
pub fn keywords(options: &Options) -> &str {
    let own = options.keywords_prompt.as_deref();
    own.unwrap_or(include_str!("prompts/keywords.md"))
        .trim_end()
}

/// Returns the answerer's instructions.
pub fn answerer(options: &Options) -> &str {
    let own = options.answerer_prompt.as_deref();
    own.unwrap_or(include_str!("prompts/answerer.md"))
        .trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_files_instructions_replace_the_built_in_ones() {
        let options = Options {
            evolver_prompt: Some("Evolve.\n".into()),
            ..Options::default()
        };
        assert_eq!(evolver(&options), "Evolve.");
        assert!(analyser(&options).starts_with("You read one turn"));
    }
}
