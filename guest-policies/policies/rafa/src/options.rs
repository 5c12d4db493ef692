//! The options of a run file.

use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::Deserialize;

/// Options of the policy, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// True if outputs are words under a grammar, for small models from nothing: listed actions and
    /// ten values, one step ahead, without a simulator. By default false: outputs are text.
    pub constrained: bool,
    /// The number of actions that are proposed in a state, 1 to 8. By default 2.
    pub breadth: u32,
    /// The number of steps that are planned ahead, 1 to 4. By default 2, and 1 where outputs are
    /// constrained.
    pub depth: Option<u32>,
    /// The factor by which a value counts less for each step that it is further ahead, 0 to 1. By
    /// default 0.9.
    pub discount: f64,
    /// The most reflections on failed tasks that are shown, 0 to 16; with 0 none are written. By
    /// default 3.
    pub reflections: u32,
    /// True if reflections stay when their task is solved, and are shown in like tasks; false if they
    /// are shown in the same task only, and deleted when it is solved. By default false.
    pub keep: bool,
    /// The number of past acts in a prompt, 1 or more. By default 10.
    pub history: usize,
    /// The most acts in a task, 1 or more; a task may allow fewer. By default 20.
    pub acts: u32,
    /// The most tokens of an output as text, 1 or more. By default 256.
    pub output_tokens: u32,
    /// The sampling temperature of the proposer, 0 to 2. By default the host's.
    pub temperature: Option<f32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            constrained: false,
            breadth: 2,
            depth: None,
            discount: 0.9,
            reflections: 3,
            keep: false,
            history: 10,
            acts: 20,
            output_tokens: 256,
            temperature: None,
        }
    }
}

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown, out of range, or without effect.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let invalid = |why: String| Error::Invalid(format!("rafa's options: {why}"));
        let options: Self =
            serde_json::from_str(object("rafa", json)?).map_err(|why| invalid(why.to_string()))?;
        within("rafa", "breadth", options.breadth, 1..=8)?;
        within("rafa", "depth", options.depth(), 1..=4)?;
        within("rafa", "discount", options.discount, 0.0..=1.0)?;
        within("rafa", "reflections", options.reflections, 0..=16)?;
        let temperature = options.temperature.unwrap_or_default();
        within("rafa", "temperature", temperature, 0.0..=2.0)?;
        let positive = [
            ("history", options.history > 0),
            ("acts", options.acts > 0),
            ("output_tokens", options.output_tokens > 0),
        ];
        if let Some((name, _)) = positive.into_iter().find(|(_, fits)| !fits) {
            return Err(invalid(format!("`{name}` is 0: give 1 or more")));
        }
        if options.constrained && options.depth() > 1 {
            return Err(invalid(
                "`constrained` plans one step ahead, since nobody can simulate under a grammar: leave \
                 `depth` out"
                    .into(),
            ));
        }
        if options.keep && options.reflections == 0 {
            return Err(invalid(
                "`keep` is about reflections, and `reflections` is 0: leave one of them out".into(),
            ));
        }
        Ok(options)
    }

    /// Returns the number of steps that are planned ahead.
    pub fn depth(&self) -> u32 {
        self.depth.unwrap_or(if self.constrained { 1 } else { 2 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_object_gives_the_defaults() {
        assert_eq!(Options::parse("{}"), Ok(Options::default()));
        assert_eq!(Options::default().depth(), 2);
        let constrained = Options::parse(r#"{"constrained": true}"#);
        assert_eq!(constrained.map(|options| options.depth()), Ok(1));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (json, part) in [
            (r#"{"wide": 4}"#, "wide"),
            (r#"{"breadth": 0}"#, "rafa's `breadth` is 0: give 1 to 8"),
            (r#"{"depth": 5}"#, "rafa's `depth` is 5: give 1 to 4"),
            (
                r#"{"discount": 1.5}"#,
                "rafa's `discount` is 1.5: give 0 to 1",
            ),
            (
                r#"{"reflections": 17}"#,
                "rafa's `reflections` is 17: give 0 to 16",
            ),
            (
                r#"{"temperature": -1}"#,
                "rafa's `temperature` is -1: give 0 to 2",
            ),
            (
                r#"{"acts": 0}"#,
                "rafa's options: `acts` is 0: give 1 or more",
            ),
            (r#"{"history": 0}"#, "`history` is 0"),
            (r#"{"output_tokens": 0}"#, "`output_tokens` is 0"),
            (
                r#"{"constrained": true, "depth": 2}"#,
                "`constrained` plans one step ahead",
            ),
            (
                r#"{"keep": true, "reflections": 0}"#,
                "`keep` is about reflections",
            ),
            ("[]", "rafa's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
