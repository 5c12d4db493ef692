//! Demonstrations for the warm start: the outputs of a demonstrator of the environment,
//! recorded while the components play an episode.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use memloom_engine::grammar::Grammars;
use memloom_engine::model::packing::{Row, Sequence};
use memloom_runtime::types::Request;
use memloom_runtime::{
    Completion, DemonstrationModel, Episode, GenerateCall, LanguageModel, ModelError,
};

use rand::Rng;
use rand::seq::IndexedRandom;

use crate::env::{OpenEpisode, TrainingEnv};
use crate::rng::{Purpose, derive, generator};
use crate::rollout::outcome::RolloutCounts;
use crate::rollout::policy_model::{count, cut, encode};

/// An output of a demonstrator for a role.
pub struct Demonstration {
    /// Role.
    pub role: Arc<str>,
    /// Prompt and output.
    pub row: Row,
}

impl Demonstration {
    /// Returns the prompt as an output of its own, after its first token.
    pub fn prompt_as_output(&self) -> Self {
        let (first, rest) = self.row.prompt.split_at(1);
        Self {
            role: self.role.clone(),
            row: Row {
                prompt: first.into(),
                completions: vec![Sequence {
                    tokens: rest.into(),
                    choices: vec![None; rest.len()],
                }],
            },
        }
    }
}

/// Words of a sequence that is said twice.
const COPIED: usize = 32;

/// Returns sequences of random tokens of the demonstrations' prompts, each of which is to be said
/// again, for every role.
pub fn copies(
    demonstrations: &[Demonstration],
    count: usize,
    random: &mut impl Rng,
) -> Vec<Demonstration> {
    let roles: BTreeSet<&Arc<str>> = demonstrations.iter().map(|given| &given.role).collect();
    let tokens = demonstrations
        .iter()
        .flat_map(|given| given.row.prompt.iter());
    let tokens: Vec<u32> = tokens
        .copied()
        .collect::<BTreeSet<u32>>()
        .into_iter()
        .collect();
    let mut copies = Vec::new();
    for role in roles {
        for _ in 0..count {
            let said: Vec<u32> = (0..COPIED)
                .filter_map(|_| tokens.choose(random).copied())
                .collect();
            let choices = vec![None; said.len()];
            copies.push(Demonstration {
                role: role.clone(),
                row: Row {
                    prompt: said.clone().into(),
                    completions: vec![Sequence {
                        tokens: said,
                        choices,
                    }],
                },
            });
        }
    }
    copies
}

/// A demonstrator of the environment, and what it demonstrates.
pub struct Demonstrator<'a> {
    /// The environment.
    pub env: &'a TrainingEnv,
    /// Grammars, and the tokenizer for prompts and outputs.
    pub grammars: &'a Arc<Grammars>,
    /// Its name in the environment.
    pub name: &'a str,
    /// Sessions of each episode; 0 is all.
    pub horizon: u32,
    /// Most questions of an episode whose answers are demonstrated.
    pub questions: usize,
    /// The run's seed.
    pub run_seed: u64,
}

impl Demonstrator<'_> {
    /// Plays training episode `index` and returns its demonstrations for the roles that learn.
    /// An index past the end of a finite split starts again from the first episode, with other
    /// mistakes.
    ///
    /// # Errors
    /// Fails if a component fails, or if the policy demonstrates an output outside its own
    /// grammar.
    pub fn demonstrate(&self, index: u64) -> Result<Vec<Demonstration>> {
        let mut opened = self.env.open("train", index, self.horizon)?;
        let recorded = Recorded::default();
        let mut episode = opened.without_servers(Box::new(Recorder {
            grammars: self.grammars.clone(),
            recorded: recorded.clone(),
        }))?;
        let seed = derive(self.run_seed, Purpose::Demonstration, &[index]);
        let mut counts = RolloutCounts::default();
        for session in 1..=opened.sessions() {
            counts
                .observe(&mut episode, session, Some((self.name, seed)))
                .with_context(|| format!("the demonstration of {}", opened.id))?;
        }
        let mut draw = generator(self.run_seed, Purpose::Questions, &[index]);
        opened.keep_questions(self.questions, &mut draw);
        demonstrate_answers(&mut episode, &opened, &recorded)
            .with_context(|| format!("the demonstrated answers of {}", opened.id))?;
        drop(episode);
        let own = self.env.own_roles();
        let mut demonstrations = std::mem::take(&mut *recorded.rows());
        demonstrations.retain(|given| own.iter().any(|role| **role == *given.role));
        Ok(demonstrations)
    }
}

/// Answers the questions of an episode with the outputs that the policy's requests
/// demonstrate. Right answers do not leave the environment, so its scores decide: an answer
/// that scores 0 is not recorded.
fn demonstrate_answers(
    episode: &mut Episode,
    opened: &OpenEpisode,
    recorded: &Recorded,
) -> Result<()> {
    for question in opened.questions.iter().filter(|q| !q.is_silent()) {
        let before = recorded.rows().len();
        let answer = episode.answer(question);
        if recorded.lacking.load(Ordering::Relaxed) {
            // This policy demonstrates no answers.
            recorded.rows().truncate(before);
            return Ok(());
        }
        if episode.score(question, &answer?)?.reward <= 0.0 {
            recorded.rows().truncate(before);
        }
    }
    Ok(())
}

/// The recordings of an episode, shared between it and its model.
#[derive(Clone, Default)]
struct Recorded {
    rows: Arc<Mutex<Vec<Demonstration>>>,
    /// A request for an answer had no demonstration.
    lacking: Arc<AtomicBool>,
}

impl Recorded {
    fn rows(&self) -> MutexGuard<'_, Vec<Demonstration>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A model that returns the demonstrator's outputs and records them as rows.
struct Recorder {
    grammars: Arc<Grammars>,
    recorded: Recorded,
}

impl LanguageModel for Recorder {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let request = &call.request;
        if call.question.is_some() && request.demonstration.is_none() {
            self.recorded.lacking.store(true, Ordering::Relaxed);
        }
        let completion = DemonstrationModel.generate(call)?;
        let row = row(request, &self.grammars, &completion.text)
            .and_then(|row| {
                row.with_context(|| {
                    format!(
                        "the policy's demonstration for its role {} is outside its own grammar: {:?} against {:?}",
                        request.role, completion.text, request.grammar
                    )
                })
            })
            .map_err(|error| ModelError::new(format!("{error:#}")))?;
        self.recorded.rows().push(Demonstration {
            role: request.role.as_str().into(),
            row,
        });
        Ok(completion)
    }

    fn count(&mut self, text: &str) -> Option<u32> {
        count(self.grammars.tokenizer(), text)
    }

    fn cut(&mut self, text: &str, first: u32, end: u32) -> Option<String> {
        cut(self.grammars.tokenizer(), text, first, end)
    }
}

/// Returns the row of a request's prompt and an output; `None` if the output is outside the
/// request's grammar.
pub(super) fn row(request: &Request, grammars: &Grammars, output: &str) -> Result<Option<Row>> {
    let tokenizer = grammars.tokenizer();
    let sequence = match &request.grammar {
        Some(expression) => {
            let grammar = grammars.compile(expression)?;
            let output = match grammar.is_schema() {
                true => compact(output),
                false => output.into(),
            };
            let tokens = tokenizer.encode_completion(&output, false)?;
            match grammar.choices(&tokens)? {
                Some(choices) => Sequence { tokens, choices },
                None => return Ok(None),
            }
        }
        None => {
            // A stop string ends the output in the place of an end token.
            let stopped = request.stop.iter().any(|stop| output.ends_with(stop));
            let tokens = tokenizer.encode_completion(output, !stopped)?;
            let choices = vec![None; tokens.len()];
            Sequence { tokens, choices }
        }
    };
    Ok(Some(Row {
        prompt: encode(tokenizer, request)?.into(),
        completions: vec![sequence],
    }))
}

/// Returns JSON without spaces between its parts, as schemas are sampled. Other text stays.
fn compact(output: &str) -> Cow<'_, str> {
    match serde_json::from_str::<serde_json::Value>(output) {
        Ok(json) => json.to_string().into(),
        Err(_) => output.into(),
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn given(role: &str, prompt: &[u32]) -> Demonstration {
        Demonstration {
            role: role.into(),
            row: Row {
                prompt: prompt.into(),
                completions: vec![Sequence {
                    tokens: vec![9],
                    choices: vec![None],
                }],
            },
        }
    }

    #[test]
    fn a_prompt_is_learnt_after_its_first_token() {
        let own = given("actor", &[1, 2, 3]).prompt_as_output();
        assert_eq!((&*own.row.prompt, &*own.role), (&[1][..], "actor"));
        let completion = &own.row.completions[0];
        assert_eq!(
            (&completion.tokens[..], completion.free().count()),
            (&[2, 3][..], 2)
        );
    }

    #[test]
    fn copies_say_words_of_the_prompts_twice_for_each_role() {
        let all = [
            given("actor", &[1, 2, 3]),
            given("scribe", &[3, 4]),
            given("actor", &[5]),
        ];
        let drawn = |seed| copies(&all, 2, &mut ChaCha8Rng::seed_from_u64(seed));
        let roles: Vec<String> = drawn(1).iter().map(|copy| copy.role.to_string()).collect();
        assert_eq!(roles, ["actor", "actor", "scribe", "scribe"]);
        for copy in drawn(1) {
            assert_eq!(copy.row.prompt.len(), COPIED);
            assert_eq!(&*copy.row.prompt, &copy.row.completions[0].tokens[..]);
            assert!(copy.row.prompt.iter().all(|token| (1..=5).contains(token)));
        }
        let rows = |seed| {
            drawn(seed)
                .into_iter()
                .map(|copy| copy.row)
                .collect::<Vec<_>>()
        };
        assert_eq!(rows(1), rows(1));
        assert_ne!(rows(1), rows(2));
        assert!(copies(&[], 2, &mut ChaCha8Rng::seed_from_u64(1)).is_empty());
    }
}
