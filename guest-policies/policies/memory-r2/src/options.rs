//! The options of a run file.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// The fewest tokens that hold one item of a constrained output.
const CONSTRAINED_TOKENS: u32 = 64;

/// A set of built-in prompts.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum PromptSet {
    /// Rules with examples in the instructions.
    #[default]
    Full,
    /// A few sentences and an example in turns.
    Short,
}

/// Options of the policy, a JSON object. Unknown names are refused. Defaults of
/// chunks, limits and thresholds are those of the paper's code.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The most chunks of a session, 1 or more. By default 6.
    pub max_chunks: usize,
    /// The fewest turns of a chunk that is not a session's last, 1 or more. By default 1.
    pub min_chunk_turns: usize,
    /// True if an extractor finds facts first. Otherwise every turn is a fact for the manager.
    /// By default true.
    pub extractor: bool,
    /// The number of related entries looked up for each fact. By default 5.
    pub related: u32,
    /// The number of related entries shown for all facts of a chunk together. By default 25.
    pub related_total: usize,
    /// The cosine above which an entry is related. Without an embedder, a shared word is
    /// enough. By default 0.1.
    pub related_threshold: f32,
    /// The number of entries about each speaker that the answerer reads, 1 or more. By default 30.
    pub answer_limit: u32,
    /// The cosine above which the answerer reads an entry; without an embedder as for related
    /// entries. By default 0.1.
    pub answer_threshold: f32,
    /// The most tokens of an extractor's or manager's output. By default 2048.
    pub max_tokens: u32,
    /// The most tokens of an answerer's output, thinking included. By default 512.
    pub answer_tokens: u32,
    /// True if outputs are constrained to JSON: those of extractor and manager to schemas with
    /// the existing ids and names, bounded so that `max_tokens` suffice, those of the answerer to
    /// a text with the answer in tags. The tokenizer must have a token for every printable ASCII
    /// character. By default false.
    pub constrained: bool,
    /// False if the answerer is free where `constrained` is true, as it must be where a server
    /// answers. By default true.
    pub constrained_answers: bool,
    /// The most facts or operations of a constrained output. By default as many as `max_tokens`
    /// hold.
    pub max_facts: Option<usize>,
    /// The most characters of a fact or entry in a constrained output. By default 80 to 240, as
    /// `max_tokens` allow.
    pub max_fact_chars: Option<usize>,
    /// The built-in prompts: `full`, or `short` for small models, with an example as turns of the
    /// chat. By default `full`.
    pub prompts: PromptSet,
    /// The extractor's instructions in place of the built-in ones. The example of the short
    /// prompts stays.
    pub extractor_prompt: Option<String>,
    /// The manager's instructions, likewise.
    pub manager_prompt: Option<String>,
    /// The answerer's instructions, likewise.
    pub answerer_prompt: Option<String>,
    /// A line that ends the instructions of every role. By default none.
    pub instruction: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_chunks: 6,
            min_chunk_turns: 1,
            extractor: true,
            related: 5,
            related_total: 25,
            related_threshold: 0.1,
            answer_limit: 30,
            answer_threshold: 0.1,
            max_tokens: 2048,
            answer_tokens: 512,
            constrained: false,
            constrained_answers: true,
            max_facts: None,
            max_fact_chars: None,
            prompts: PromptSet::Full,
            extractor_prompt: None,
            manager_prompt: None,
            answerer_prompt: None,
            instruction: None,
        }
    }
}

impl Options {
    /// Returns whether the answerer is constrained.
    pub fn constrains_answers(&self) -> bool {
        self.constrained && self.constrained_answers
    }

    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown or out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let invalid = |why: String| Error::Invalid(format!("memory-r2's options: {why}"));
        let options: Self = serde_json::from_str(object("memory-r2", json)?)
            .map_err(|why| invalid(why.to_string()))?;
        let positive = [
            ("max_chunks", options.max_chunks > 0),
            ("min_chunk_turns", options.min_chunk_turns > 0),
            ("answer_limit", options.answer_limit > 0),
            ("max_tokens", options.max_tokens > 0),
            ("answer_tokens", options.answer_tokens > 0),
            ("max_facts", options.max_facts != Some(0)),
            ("max_fact_chars", options.max_fact_chars != Some(0)),
        ];
        if let Some((name, _)) = positive.into_iter().find(|(_, fits)| !fits) {
            return Err(invalid(format!("`{name}` is 0: give 1 or more")));
        }
        if options.constrained && options.max_tokens < CONSTRAINED_TOKENS {
            return Err(invalid(format!(
                "`max_tokens` is {}, too few for one fact in JSON: give {CONSTRAINED_TOKENS} or more, or leave `constrained` out",
                options.max_tokens
            )));
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_object_gives_the_defaults() {
        let options = Options::parse("{}");
        assert_eq!(options, Ok(Options::default()));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let refusals = [
            (r#"{"max_chunk": 6}"#, "max_chunk"),
            (r#"{"max_chunks": 0}"#, "`max_chunks` is 0: give 1 or more"),
            (r#"{"answer_limit": 0}"#, "`answer_limit` is 0"),
            (r#"{"max_facts": 0}"#, "`max_facts` is 0"),
            (r#"{"prompts": "tiny"}"#, "expected `full` or `short`"),
            (
                r#"{"constrained": true, "max_tokens": 48}"#,
                "`max_tokens` is 48, too few for one fact in JSON: give 64 or more",
            ),
            ("[", "memory-r2's options"),
        ];
        for (json, part) in refusals {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json:?} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
