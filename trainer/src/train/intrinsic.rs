//! The intrinsic rewards of a step's tasks and answers.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use memloom_algorithm::intrinsic::{Intrinsic, Trial};
use memloom_engine::tokenizer::Tokenizer;
use memloom_runtime::Embedder;

use crate::config::IntrinsicSection;
use crate::env::OpenEpisode;
use crate::rollout::Outcome;
use crate::rollout::outcome::answer_id;
use crate::rollout::policy_model::Step;
use crate::rollout::reward::{RewardFn, reward_of};
use crate::train::credit::{Bonuses, Crediting, Unit};
use crate::train::decision::Decision;

/// The file of a checkpoint that has the memories.
const FILE: &str = "intrinsic.postcard";

/// A question and the output that is rewarded for it.
struct Attempt<'a> {
    place: (usize, Unit),
    question: &'a str,
    output: String,
    reward: f64,
    /// Name of the group that it is compared in.
    group: String,
}

/// The readers of outputs.
pub struct Reader<'a> {
    /// Turns outputs into texts.
    pub tokenizer: &'a Tokenizer,
    /// Turns texts into vectors.
    pub embedder: &'a dyn Embedder,
    /// The role that learns, if not all do.
    pub role: Option<&'a str>,
}

/// Returns the intrinsic rewards of a step, and remembers its outputs.
///
/// # Errors
/// Fails if the environment has no metric of the crediting's name, or if the embedder does.
pub fn bonuses(
    memory: &mut Intrinsic,
    section: &IntrinsicSection,
    reader: &Reader<'_>,
    outcomes: &[Outcome],
    episodes: &[OpenEpisode],
    crediting: &Crediting<'_>,
) -> Result<Bonuses> {
    let mut attempts = Vec::new();
    for (number, outcome) in outcomes.iter().enumerate() {
        let opened = &episodes[outcome.id.episode];
        attempts.extend(reader.tasks(number, outcome, opened, crediting)?);
        if crediting.answers && outcome.id.reroll.is_none() {
            attempts.extend(reader.answers(number, outcome, opened, crediting)?);
        }
    }
    let vectors = reader.vectors(&attempts)?;
    // An embedder that is served may have been replaced since the run began.
    if let (Some(known), Some(vector)) = (memory.width(), vectors.values().next()) {
        ensure!(
            vector.len() == known,
            "[intrinsic]: the embedder gives vectors of {} numbers, and those remembered have {known}: go on with the embedder that the run began with",
            vector.len()
        );
    }
    let mut groups: Vec<&str> = Vec::new();
    let mut trials = Vec::new();
    for attempt in &attempts {
        let known = groups.iter().position(|group| *group == attempt.group);
        let group = known.unwrap_or(groups.len());
        if known.is_none() {
            groups.push(&attempt.group);
        }
        trials.push(Trial {
            question: attempt.question.to_owned(),
            key: vectors[attempt.question].clone(),
            work: vectors[attempt.output.as_str()].clone(),
            reward: attempt.reward,
            group,
        });
    }
    let rewards = memory.rewards(&section.settings(), &trials);
    let places = attempts.into_iter().map(|attempt| attempt.place);
    Ok(places.zip(rewards).collect())
}

impl Reader<'_> {
    /// Returns the attempts at an outcome's tasks: of a reroll, at its own.
    fn tasks<'a>(
        &self,
        number: usize,
        outcome: &Outcome,
        opened: &'a OpenEpisode,
        crediting: &Crediting<'_>,
    ) -> Result<Vec<Attempt<'a>>> {
        let reward_fn = RewardFn::new(opened, crediting.metric, crediting.compression);
        let rerolled = outcome.id.reroll.map(|(session, _)| session);
        let mut attempts = Vec::new();
        for (&session, instruction) in &opened.instructions {
            if rerolled.is_some_and(|own| own != session) {
                continue;
            }
            let is_own = |step: &Step| step.question.is_none() && step.session == session;
            let Some(output) = self.last(outcome, is_own)? else {
                continue;
            };
            let part = reward_fn.session(&outcome.result, session);
            let Some(part) = part.with_context(|| outcome.id.to_string())? else {
                continue;
            };
            attempts.push(Attempt {
                place: (number, Unit::Decision(Decision::session(session))),
                question: instruction,
                output,
                reward: part.score,
                group: format!("{} {rerolled:?} {session}", outcome.id.episode),
            });
        }
        Ok(attempts)
    }

    /// Returns the attempts at the questions that an outcome's agent answered.
    fn answers<'a>(
        &self,
        number: usize,
        outcome: &Outcome,
        opened: &'a OpenEpisode,
        crediting: &Crediting<'_>,
    ) -> Result<Vec<Attempt<'a>>> {
        let result = &outcome.result;
        let mut attempts = Vec::new();
        for (place, question) in opened.questions.iter().enumerate() {
            let answers = &result.answers[place];
            for (time, score) in answers.iter().enumerate() {
                let id = answer_id(&question.id, time);
                let Some(output) = self.last(outcome, |it| it.question.as_deref() == Some(&id))?
                else {
                    continue;
                };
                let reward = reward_of(question, Some(score), &result.evidence, crediting.metric);
                let Some(reward) = reward.with_context(|| outcome.id.to_string())? else {
                    continue;
                };
                let bank = (answers.len() > 1).then_some(number);
                attempts.push(Attempt {
                    place: (number, Unit::Answer(id)),
                    question: &question.text,
                    output,
                    reward,
                    group: format!("{} {} {bank:?}", outcome.id.episode, question.id),
                });
            }
        }
        Ok(attempts)
    }

    /// Returns the text of an outcome's last output of a kind by a role that learns.
    fn last(&self, outcome: &Outcome, is_own: impl Fn(&Step) -> bool) -> Result<Option<String>> {
        let learns = |step: &&Step| self.role.is_none_or(|role| role == &*step.role);
        let mut steps = outcome.steps.iter().filter(learns);
        let last = steps.rfind(|step| is_own(step));
        last.map(|step| self.tokenizer.decode(&step.sample.tokens))
            .transpose()
    }

    /// Returns the vector of each text.
    fn vectors<'a>(&self, attempts: &'a [Attempt<'_>]) -> Result<BTreeMap<&'a str, Vec<f32>>> {
        let texts = attempts.iter().flat_map(|it| [it.question, &it.output]);
        let mut vectors: BTreeMap<&str, Vec<f32>> = texts.map(|it| (it, Vec::new())).collect();
        let texts: Vec<String> = vectors.keys().map(|text| (*text).to_owned()).collect();
        let embedded = self.embedder.embed(&texts);
        let embedded = embedded.context("[intrinsic]: the embedder failed")?;
        vectors
            .values_mut()
            .zip(embedded)
            .for_each(|(own, vector)| *own = vector);
        Ok(vectors)
    }
}

/// Writes the memories into a checkpoint's folder.
pub fn save(memory: &Intrinsic, folder: &Path) -> Result<()> {
    let bytes = postcard::to_stdvec(memory).context("cannot write the intrinsic memories")?;
    Ok(std::fs::write(folder.join(FILE), bytes)?)
}

/// Reads the memories of a checkpoint's folder.
pub fn restore(folder: &Path) -> Result<Intrinsic> {
    let path = folder.join(FILE);
    let read = || -> Result<Intrinsic> { Ok(postcard::from_bytes(&std::fs::read(&path)?)?) };
    read().with_context(|| format!("cannot read {}", path.display()))
}
