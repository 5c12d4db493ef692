//! Episodes played by a model on a server.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use memloom_runtime::types::FinishReason;
use memloom_runtime::{Completion, GenerateCall, LanguageModel, ModelError};
use memloom_text::thoughts::spoken;
use serde::Serialize;

use crate::clients::{Client, Usage, chat};
use crate::config::{JUDGE, RunFile};
use crate::env::{OpenEpisode, TrainingEnv};
use crate::eval::eval_set::EvalSet;
use crate::eval::{metrics, scripted_baselines};
use crate::rejection_sampling::record::{Header, PlayedEpisode, PlayedStep, read};
use crate::rejection_sampling::reply_schema::{compact, response_format};
use crate::rejection_sampling::select::{best, refuse_rubbish};
use crate::rollout::outcome::{Asked, RolloutCounts, RolloutResult};
use crate::run::jsonl::{Journal, whole_lines};
use crate::run::progress::Console;

/// The model on the server, and what it plays.
pub struct Source {
    /// Client of the server.
    pub client: Arc<Client>,
    /// Episodes, from the first of the split train.
    pub episodes: u64,
    /// Samples of each episode.
    pub samples: u64,
    /// Sessions of each episode; 0 is all.
    pub horizon: u32,
}

/// Samples in numbers.
#[derive(Debug, Serialize)]
pub struct Played {
    /// Samples in the file.
    pub samples: u64,
    /// Samples that this call added.
    pub new: u64,
    /// Outputs in sessions.
    pub outputs: u64,
    /// Outputs in sessions that the policy could not read.
    pub malformed: u64,
    /// Mean reward.
    pub reward: f64,
    /// Mean reward of the samples that `warm_start.keep` keeps; none if it keeps none.
    pub kept_reward: Option<f64>,
    /// Samples that `warm_start.keep` keeps.
    pub kept: u64,
    /// Mean reward of an empty memory.
    pub abstaining: f64,
    /// Requests, tokens and cost of this call.
    pub usage: Usage,
}

/// Plays the samples that `out` lacks and appends them. A file that a kill has cut is
/// continued.
///
/// # Errors
/// Fails if `out` holds other demonstrations, if the server or a component fails, or if the
/// samples teach nothing. Samples that were played before the failure are in `out`.
pub fn play(file: &RunFile, source: &Source, out: &Path, console: Console) -> Result<Played> {
    let settings = source.client.settings();
    let (model, concurrency) = (settings.model.clone(), settings.concurrency);
    let header = Header::new(file, &model, settings.temperature, source.horizon)?;
    let env = TrainingEnv::load(file)?;
    let own: Arc<[String]> = env.own_roles().into();
    ensure!(
        !own.is_empty(),
        "servers answer for all roles of the policy {}: there is nothing to demonstrate",
        env.policy.name
    );
    let length = whole_lines(out)?;
    let mut samples = Vec::new();
    if length > 0 {
        let (before, known) = read(out)?;
        ensure!(
            before == header,
            "{} was recorded with another model, temperature, horizon, reward, component or data: choose another --out",
            out.display()
        );
        samples = known;
    }
    let mut journal = Journal::open(out, length)?;
    if length == 0 {
        journal.write(&header)?;
    }
    let done: BTreeSet<(u64, u64)> = samples.iter().map(|s| (s.episode, s.sample)).collect();
    let episodes = env.at_most("train", source.episodes)?;
    let all = (0..episodes).flat_map(|episode| (0..source.samples).map(move |s| (episode, s)));
    let left: Vec<(u64, u64)> = all.filter(|place| !done.contains(place)).collect();
    let total = episodes * source.samples;
    let mut phase = console.phase("demonstrate", total, total - left.len() as u64);
    let set = EvalSet::new(&file.algorithm, "train", episodes, source.horizon);
    let player = Player {
        file,
        source,
        set: &set,
        own,
    };
    let mut new = 0;
    for places in left.chunks(concurrency) {
        for played in player.play_together(&env, places) {
            // Samples before a failure are kept, those after it are played again.
            let played = played?;
            journal.write(&played)?;
            samples.push(played);
            new += 1;
        }
        journal.sync()?;
        let rewards: f64 = samples.iter().map(|sample| sample.reward).sum();
        let mean = rewards / samples.len() as f64;
        phase.at(
            total - left.len() as u64 + new,
            &format!("reward {mean:.3}"),
        );
        if samples
            .iter()
            .all(|sample| sample.malformed == sample.outputs)
        {
            // More of the same would only cost more.
            refuse_rubbish(&model, &samples)?;
        }
    }
    drop(phase);
    refuse_rubbish(&model, &samples)?;
    Ok(summary(samples, new, file, source.client.take_usage()))
}

fn summary(samples: Vec<PlayedEpisode>, new: u64, file: &RunFile, usage: Usage) -> Played {
    let count = samples.len() as u64;
    let mean = |samples: &[PlayedEpisode], of: fn(&PlayedEpisode) -> f64| {
        samples.iter().map(of).sum::<f64>() / samples.len().max(1) as f64
    };
    let reward = |sample: &PlayedEpisode| sample.reward;
    let all = mean(&samples, reward);
    let abstaining = mean(&samples, |sample| sample.abstaining);
    let outputs = samples.iter().map(|sample| sample.outputs).sum();
    let malformed = samples.iter().map(|sample| sample.malformed).sum();
    let kept = best(samples, file.warm_start.keep);
    Played {
        samples: count,
        new,
        outputs,
        malformed,
        reward: all,
        kept_reward: (!kept.is_empty()).then(|| mean(&kept, reward)),
        kept: kept.len() as u64,
        abstaining,
        usage,
    }
}

/// The inputs that all samples have in common.
struct Player<'a> {
    file: &'a RunFile,
    source: &'a Source,
    set: &'a EvalSet,
    /// Roles that the model plays.
    own: Arc<[String]>,
}

impl Player<'_> {
    /// Plays samples, each on a thread of its own, and returns them in order.
    fn play_together(
        &self,
        env: &TrainingEnv,
        places: &[(u64, u64)],
    ) -> Vec<Result<PlayedEpisode>> {
        std::thread::scope(|scope| {
            let threads: Vec<_> = places
                .iter()
                .map(|(episode, sample)| {
                    scope.spawn(move || {
                        self.sample(env, *episode, *sample).with_context(|| {
                            format!("sample {sample} of training episode {episode}")
                        })
                    })
                })
                .collect();
            let joined = threads.into_iter().map(|thread| match thread.join() {
                Ok(played) => played,
                Err(_) => bail!("a sample's thread panicked"),
            });
            joined.collect()
        })
    }

    fn sample(&self, env: &TrainingEnv, index: u64, sample: u64) -> Result<PlayedEpisode> {
        let mut opened = env.open("train", index, self.source.horizon)?;
        opened.labelled = self.file.algorithm.metric == JUDGE;
        let recorded = Recorded::default();
        let mut episode = opened.start(Box::new(ServedPolicyModel {
            client: self.source.client.clone(),
            own: self.own.clone(),
            recorded: recorded.clone(),
        }))?;
        let mut counts = RolloutCounts::default();
        let mut faulty = BTreeSet::new();
        for session in 1..=opened.sessions() {
            let before = counts.malformed;
            counts.observe(&mut episode, session, None)?;
            if let Some(error) = episode.model_failure() {
                // A policy may go on after a failed request. What follows shows nothing.
                bail!("{error}");
            }
            if counts.malformed > before {
                faulty.insert(session);
            }
        }
        let last = opened.sessions();
        let result = counts
            .finish(&mut episode, &opened, last, Asked::All(1))?
            .whole()?;
        drop(episode);
        let script = scripted_baselines::script_on(&opened, "nothing", 0)?;
        let reward = |result| anyhow::Ok(metrics::of_episode(self.set, &opened, result)?.reward);
        Ok(PlayedEpisode {
            episode: index,
            sample,
            reward: reward(&result)?,
            abstaining: reward(&script)?,
            outputs: result.counts.outputs,
            malformed: result.counts.malformed,
            steps: recorded.steps(&faulty, &worthless(&opened, &result)),
        })
    }
}

/// Returns the ids of the questions whose answers scored 0.
fn worthless(opened: &OpenEpisode, result: &RolloutResult) -> BTreeSet<String> {
    let scored = opened.questions.iter().zip(&result.scores);
    let zero = scored.filter(|(_, score)| score.as_ref().is_none_or(|score| score.reward <= 0.0));
    zero.map(|(question, _)| question.id.clone()).collect()
}

/// The outputs of a sample, shared between it and its model.
#[derive(Clone, Default)]
struct Recorded(Arc<Mutex<Vec<Spoken>>>);

/// An output, with what decides whether it is sound.
struct Spoken {
    step: PlayedStep,
    /// The id of the question that it answers.
    question: Option<String>,
}

impl Recorded {
    fn spoken(&self) -> MutexGuard<'_, Vec<Spoken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the outputs. Those of `faulty` sessions and for `worthless` questions are not
    /// sound: a policy reports malformed outputs by session only.
    fn steps(&self, faulty: &BTreeSet<u32>, worthless: &BTreeSet<String>) -> Vec<PlayedStep> {
        let all = std::mem::take(&mut *self.spoken());
        let steps = all.into_iter().map(|Spoken { mut step, question }| {
            step.sound &= match &question {
                Some(question) => !worthless.contains(question),
                None => !faulty.contains(&step.session),
            };
            step
        });
        steps.collect()
    }
}

/// A model on a server in the place of the policy's own model.
struct ServedPolicyModel {
    client: Arc<Client>,
    /// Roles that the model plays. Others have servers of their own.
    own: Arc<[String]>,
    recorded: Recorded,
}

impl LanguageModel for ServedPolicyModel {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let request = &call.request;
        if !self.own.contains(&request.role) {
            return Err(ModelError::new(format!(
                "the policy uses the role {}, but declares only {}",
                request.role,
                self.own.join(", ")
            )));
        }
        if !request.tools.is_empty() || !request.stop.is_empty() {
            return Err(ModelError::new(format!(
                "the policy offers {} tools or gives it stop strings, whose place in a reply depends on the model: demonstrate with a policy that writes text or JSON",
                request.role
            )));
        }
        let format = match &request.grammar {
            Some(grammar) => Some(response_format(&request.role, grammar).ok_or_else(|| {
                ModelError::new(format!(
                    "the policy gives {} an output grammar of words, which servers do not follow: demonstrate with a policy that writes text or JSON",
                    request.role
                ))
            })?),
            None => None,
        };
        let wishes = chat::Wishes {
            response_format: format.as_ref(),
            ..chat::Wishes::of(request, &self.client)?
        };
        let reply = chat::complete(&self.client, &request.messages, wishes, Ok)?;
        let said = spoken(&reply.text).unwrap_or_default();
        let said = match request.grammar {
            Some(_) => compact(said),
            None => said.to_owned(),
        };
        self.recorded.spoken().push(Spoken {
            question: call.question.clone(),
            step: PlayedStep {
                session: call.session,
                role: request.role.clone(),
                messages: request.messages.clone(),
                grammar: request.grammar.clone(),
                reply: said.clone(),
                sound: reply.finish == FinishReason::Stop && !said.is_empty(),
            },
        });
        Ok(Completion {
            finish: reply.finish,
            ..Completion::of_text(said)
        })
    }
}
