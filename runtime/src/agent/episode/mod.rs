//! One rollout: an agent in an environment.

use std::sync::Arc;

use cpu_time::ThreadTime;

use crate::agent::Agent;
use crate::bank::{Bank, BankComponent};
use crate::bindings::policy::Guest;
use crate::environment::{Environment, EnvironmentComponent};
use crate::error::Error;
use crate::instance::Instance;
use crate::instance::log::LogLine;
use crate::agent::meter::Meter;
use crate::model::{Embedder, LanguageModel};
use crate::policy::PolicyComponent;
use crate::store::snapshot::Snapshot;
use crate::host::Surroundings;
use crate::trace::Event;
use crate::types::{
    Answer, Entry, LexiconKind, OpenEpisode, Question, Report, Score, SessionContent, Stats,
};

/// What the agent of an episode is made of.
///
/// `Send` and `Sync`, and cheap to clone. [`Episode`] shows one.
#[derive(Clone)]
pub struct EpisodeParts {
    /// Where it remembers.
    pub bank: BankComponent,
    /// How it thinks.
    pub policy: PolicyComponent,
    /// The policy's options: a JSON object.
    pub policy_options: String,
    /// The environment's closed language; empty where the language is open.
    pub lexicon: Vec<LexiconKind>,
}

impl EpisodeParts {
    pub(crate) fn configure(&self, policy: &mut Instance<Guest>) -> Result<(), Error> {
        policy.attempt("configure", |policy, store| {
            policy.call_configure(store, &self.policy_options, &self.lexicon)
        })
    }
}

/// One rollout over an open episode of an environment: instances of a policy
/// and a bank, the environment, and a model.
///
/// Every function fails where a component refuses, traps, runs into a limit or
/// returns what the contract rules out, and where the model fails and the
/// policy does not cope. The error names the component and the function. After
/// a trap or an exhausted limit the episode can only be read or dropped;
/// [`Episode::resume`] makes another from a snapshot.
///
/// Can be sent to another thread, but not shared among threads.
///
/// ```
/// use memloom_runtime::{DemonstrationModel, Episode, EpisodeParts, Limits, Sandbox};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let sandbox = Sandbox::new(Limits::default())?;
/// let chronicle = sandbox.environment("../target/components/chronicle.wasm")?;
/// let mut environment = chronicle.instantiate()?;
/// environment.load(&[], "{}")?;
/// environment.open("train", 0, 2)?;
/// let parts = EpisodeParts {
///     bank: sandbox.bank("../target/components/flat.wasm")?,
///     policy: sandbox.policy("../target/components/selector.wasm")?,
///     policy_options: "{}".into(),
///     lexicon: environment.describe()?.lexicon,
/// };
///
/// let mut episode = Episode::start(&parts, environment, Box::new(DemonstrationModel))?;
/// episode.observe(1, Some(("expert", 1)))?;
/// let between = episode.snapshot()?;
/// episode.observe(2, Some(("expert", 1)))?;
/// for question in episode.questions()? {
///     let answer = episode.answer(&question)?;
///     assert_eq!(episode.score(&question, &answer)?.reward, 1.0);
/// }
/// assert!(episode.meter().generate_calls > 0);
///
/// // Another goes on from the state between the sessions, and ends in the same one.
/// let model = Box::new(DemonstrationModel);
/// let mut again = Episode::resume(&parts, &chronicle, &between, model)?;
/// again.observe(2, Some(("expert", 1)))?;
/// assert_eq!(again.snapshot()?.name(), episode.snapshot()?.name());
/// # Ok(())
/// # }
/// ```
pub struct Episode {
    pub(crate) agent: Agent,
}

impl Episode {
    /// Starts a rollout with an empty bank. `environment` has an episode open,
    /// or [`Episode::open`] opens one.
    ///
    /// # Errors
    /// See [`Episode`]; [`Error::Guest`] where the policy refuses its options.
    pub fn start(
        parts: &EpisodeParts,
        environment: Environment,
        model: Box<dyn LanguageModel>,
    ) -> Result<Self, Error> {
        let started = ThreadTime::now();
        let bank = parts.bank.instantiate()?;
        Self::assemble(parts, bank, environment, model, started)
    }

    /// Continues from a snapshot. The policy is configured as `parts` says
    /// before its state is restored.
    ///
    /// # Errors
    /// See [`Episode`]; [`Error::Guest`] where a component refuses its state.
    pub fn resume(
        parts: &EpisodeParts,
        environment: &EnvironmentComponent,
        snapshot: &Snapshot,
        model: Box<dyn LanguageModel>,
    ) -> Result<Self, Error> {
        let started = ThreadTime::now();
        let mut bank = parts.bank.instantiate()?;
        bank.restore(snapshot.bank())?;
        let mut environment = environment.instantiate()?;
        environment.restore(snapshot.environment())?;
        let mut episode = Self::assemble(parts, bank, environment, model, started)?;
        episode
            .agent
            .timed(|agent| agent.policy().restore(snapshot.policy()))?;
        Ok(episode)
    }

    /// Work on it was begun at `started`.
    pub(crate) fn assemble(
        parts: &EpisodeParts,
        bank: Bank,
        environment: Environment,
        model: Box<dyn LanguageModel>,
        started: ThreadTime,
    ) -> Result<Self, Error> {
        let around = Surroundings::new(bank, Some(environment), model);
        let agent = Agent::amid(parts, around, started)?;
        Ok(Self { agent })
    }

    /// Grants the policy an embedder. By default there is none.
    pub fn set_embedder(&mut self, embedder: Arc<dyn Embedder>) {
        self.agent.set_embedder(embedder);
    }

    /// Opens another episode of the environment. Bank and policy stay as they are.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<OpenEpisode, Error> {
        self.agent.timed(|agent| {
            let around = agent.surroundings();
            let opened = around.environment().open(split, index, horizon)?;
            around.record(|| Event::Opened {
                split: split.to_owned(),
                index,
                horizon,
                episode: opened.clone(),
            });
            Ok(opened)
        })
    }

    /// Has the policy observe a session, from 1, and ends the session in the
    /// bank. With a demonstrator's name and seed, the policy's requests also
    /// carry what this demonstrator would say.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn observe(
        &mut self,
        session: u32,
        demonstrator: Option<(&str, u64)>,
    ) -> Result<Report, Error> {
        self.agent.timed(|agent| {
            let result = observed(agent, session, demonstrator);
            agent.surroundings().record(|| Event::Observed {
                session,
                demonstrator: demonstrator.map(|(name, seed)| (name.to_owned(), seed)),
                result: told(&result),
            });
            result
        })
    }

    /// A session of the environment, from 1, without the policy.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn session(&mut self, session: u32) -> Result<SessionContent, Error> {
        self.agent
            .timed(|agent| agent.surroundings().environment().session(session))
    }

    /// Everything that the environment asks about the sessions within the horizon.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn questions(&mut self) -> Result<Vec<Question>, Error> {
        self.agent.timed(|agent| {
            let around = agent.surroundings();
            let questions = around.environment().questions()?;
            around.record(|| Event::Asked(questions.clone()));
            Ok(questions)
        })
    }

    /// Has the policy answer a question. Meanwhile the bank refuses operations
    /// as unsupported: a question that is asked must not change the state for
    /// the next one.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn answer(&mut self, question: &Question) -> Result<Answer, Error> {
        self.agent.timed(|agent| {
            let result = agent.reply(&question.id, &question.text);
            agent.surroundings().record(|| Event::Answered {
                question: question.id.clone(),
                result: told(&result),
            });
            result
        })
    }

    /// What an answer is worth to the environment. Its reward is in [0, 1].
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn score(&mut self, question: &Question, answer: &Answer) -> Result<Score, Error> {
        self.agent.timed(|agent| {
            let around = agent.surroundings();
            let result = around.environment().score(&question.id, answer);
            around.record(|| Event::Scored {
                question: question.id.clone(),
                answer: answer.clone(),
                result: told(&result),
            });
            result
        })
    }

    /// How the model failed last while the policy observed the last session or
    /// answered the last question, though the policy coped with it.
    pub fn model_failure(&mut self) -> Option<&Error> {
        self.agent.surroundings().failure.as_ref()
    }

    /// All entries of the bank in order of insertion.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn entries(&mut self) -> Result<Vec<Entry>, Error> {
        self.agent.entries()
    }

    /// The bank's sizes.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn stats(&mut self) -> Result<Stats, Error> {
        self.agent.stats()
    }

    /// The state of bank, policy and environment.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn snapshot(&mut self) -> Result<Snapshot, Error> {
        self.agent.timed(|agent| {
            let policy = agent.policy().snapshot()?;
            let around = agent.surroundings();
            let bank = around.bank.snapshot()?;
            let environment = around.environment().snapshot()?;
            let snapshot = Snapshot::new(bank, policy, environment);
            around.record(|| Event::Captured(snapshot.states().clone()));
            Ok(snapshot)
        })
    }

    /// Puts bank, policy and environment into the state of a snapshot.
    ///
    /// # Errors
    /// See [`Episode`]; [`Error::Guest`] where a component refuses its state:
    /// the others may have theirs by then, so restore another or drop the episode.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        self.agent.timed(|agent| {
            agent.policy().restore(snapshot.policy())?;
            let around = agent.surroundings();
            around.bank.restore(snapshot.bank())?;
            around.environment().restore(snapshot.environment())?;
            around.record(|| Event::Restored(snapshot.states().clone()));
            Ok(())
        })
    }

    /// Starts to record. By default nothing is.
    pub fn record(&mut self) {
        self.agent.surroundings().events.get_or_insert_default();
    }

    /// What was recorded since [`Episode::record`] or the last call of this;
    /// empty where nothing is.
    pub fn take_events(&mut self) -> Vec<Event> {
        let events = self.agent.surroundings().events.as_mut();
        events.map(std::mem::take).unwrap_or_default()
    }

    /// What the episode cost so far.
    pub fn meter(&mut self) -> Meter {
        self.agent.meter()
    }

    /// Log lines of policy, bank and environment, in this order, that were
    /// written since the last call.
    pub fn take_log(&mut self) -> Vec<LogLine> {
        let mut lines = self.agent.take_log();
        lines.extend(self.agent.surroundings().environment().take_log());
        lines
    }
}

fn observed(
    agent: &mut Agent,
    session: u32,
    demonstrator: Option<(&str, u64)>,
) -> Result<Report, Error> {
    let environment = agent.surroundings().environment();
    let content = environment.session(session)?;
    let hints = match demonstrator {
        Some((name, seed)) => Some(environment.demonstrate(name, session, seed)?),
        None => None,
    };
    agent.attend(&content, hints.as_deref())
}

/// A result as traces hold it.
fn told<T: Clone>(result: &Result<T, Error>) -> Result<T, String> {
    result.as_ref().cloned().map_err(Error::to_string)
}

#[cfg(test)]
mod tests;
