//! Episodes: one agent in one environment.

use std::sync::Arc;

use cpu_time::ThreadTime;

use crate::agent::meter::Meter;
use crate::agent::{Agent, AgentParts};
use crate::bank::Bank;
use crate::environment::{Environment, EnvironmentComponent};
use crate::error::Error;
use crate::event::Event;
use crate::host::PolicyHost;
use crate::instance::log::LogLine;
use crate::model::{Embedder, LanguageModel};
use crate::store::snapshot::Snapshot;
use crate::types::{Answer, Entry, OpenEpisode, Question, Report, Score, SessionContent, Stats};

/// One rollout over an open episode of an environment: instances of a policy and
/// a bank, the environment, and a model.
///
/// Every function fails if a component refuses, traps, exceeds a limit or
/// violates the contract, and if the model fails and the policy gives up. The
/// error names the component and the function. After a trap or an exceeded limit
/// the episode can only be read or dropped; [`Episode::resume`] makes another from
/// a snapshot.
///
/// An episode can be sent to another thread, but not shared among threads.
///
/// ```
/// use memloom_runtime::{DemonstrationModel, Episode, AgentParts, Limits, Sandbox};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let sandbox = Sandbox::new(Limits::default())?;
/// let chronicle = sandbox.environment("../target/components/chronicle.wasm")?;
/// let mut environment = chronicle.instantiate()?;
/// environment.load(&[], "{}")?;
/// environment.open("train", 0, 2)?;
/// let parts = AgentParts {
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
/// // Another episode continues from the state between the sessions, and ends alike.
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
    /// Starts a rollout with an empty bank. `environment` has an open episode, or
    /// [`Episode::open`] opens one.
    ///
    /// # Errors
    /// See [`Episode`]; [`Error::Guest`] if the policy refuses its options.
    pub fn start(
        parts: &AgentParts,
        environment: Environment,
        model: Box<dyn LanguageModel>,
    ) -> Result<Self, Error> {
        let started = ThreadTime::now();
        let bank = parts.bank.instantiate()?;
        Self::assemble(parts, bank, environment, model, started)
    }

    /// Continues from a snapshot. The policy gets the options in `parts` before its
    /// state is restored.
    ///
    /// # Errors
    /// See [`Episode`]; [`Error::Guest`] if a component refuses its state.
    pub fn resume(
        parts: &AgentParts,
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

    /// Builds an episode; CPU time since `started` is charged to its meter.
    pub(crate) fn assemble(
        parts: &AgentParts,
        bank: Bank,
        environment: Environment,
        model: Box<dyn LanguageModel>,
        started: ThreadTime,
    ) -> Result<Self, Error> {
        let host = PolicyHost::new(bank, Some(environment), model);
        let agent = Agent::configure_new(parts, host, started)?;
        Ok(Self { agent })
    }

    /// Gives the policy an embedder. By default there is none.
    pub fn set_embedder(&mut self, embedder: Arc<dyn Embedder>) {
        self.agent.set_embedder(embedder);
    }

    /// Opens another episode of the environment. Bank and policy stay as they are.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<OpenEpisode, Error> {
        self.agent.timed(|agent| {
            let host = agent.host();
            let opened = host.environment().open(split, index, horizon)?;
            host.record(|| Event::Opened {
                split: split.to_owned(),
                index,
                horizon,
                episode: opened.clone(),
            });
            Ok(opened)
        })
    }

    /// Lets the policy observe a session, counted from 1, and ends the session in the
    /// bank. With a demonstrator's name and seed, the policy's requests also carry
    /// this demonstrator's output.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn observe(
        &mut self,
        session: u32,
        demonstrator: Option<(&str, u64)>,
    ) -> Result<Report, Error> {
        self.agent.timed(|agent| {
            let result = observe(agent, session, demonstrator);
            agent.host().record(|| Event::Observed {
                session,
                demonstrator: demonstrator.map(|(name, seed)| (name.to_owned(), seed)),
                result: recorded(&result),
            });
            result
        })
    }

    /// Returns a session of the environment, counted from 1. The policy sees nothing
    /// of it.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn session(&mut self, session: u32) -> Result<SessionContent, Error> {
        self.agent
            .timed(|agent| agent.host().environment().session(session))
    }

    /// Returns all questions of the environment about the sessions within the horizon.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn questions(&mut self) -> Result<Vec<Question>, Error> {
        self.agent.timed(|agent| {
            let host = agent.host();
            let questions = host.environment().questions()?;
            host.record(|| Event::Asked(questions.clone()));
            Ok(questions)
        })
    }

    /// Lets the policy answer a question. Meanwhile the bank refuses operations as
    /// unsupported: a question must not change the state for the next one.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn answer(&mut self, question: &Question) -> Result<Answer, Error> {
        self.agent.timed(|agent| {
            let result = agent.answer_question(&question.id, &question.text);
            agent.host().record(|| Event::Answered {
                question: question.id.clone(),
                result: recorded(&result),
            });
            result
        })
    }

    /// Scores an answer in the environment. The reward is in [0, 1].
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn score(&mut self, question: &Question, answer: &Answer) -> Result<Score, Error> {
        self.agent.timed(|agent| {
            let host = agent.host();
            let result = host.environment().score(&question.id, answer);
            host.record(|| Event::Scored {
                question: question.id.clone(),
                answer: answer.clone(),
                result: recorded(&result),
            });
            result
        })
    }

    /// Lets the policy answer a question and scores the answer. A silent question is not
    /// asked: its answer is empty.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn answer_and_score(&mut self, question: &Question) -> Result<(Answer, Score), Error> {
        let answer = match question.is_silent() {
            true => Answer::empty(),
            false => self.answer(question)?,
        };
        let score = self.score(question, &answer)?;
        Ok((answer, score))
    }

    /// Returns the environment's instruction for a judge of answers to a question, if it has one.
    /// No policy sees it, and no trace holds it.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn rubric(&mut self, question: &Question) -> Result<Option<String>, Error> {
        self.agent
            .timed(|agent| agent.host().environment().rubric(&question.id))
    }

    /// Returns the model's last failure in the last session or question, also if the
    /// policy went on without the model.
    pub fn model_failure(&mut self) -> Option<&Error> {
        self.agent.host().failure.as_ref()
    }

    /// Returns all entries of the bank in order of insertion.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn entries(&mut self) -> Result<Vec<Entry>, Error> {
        self.agent.entries()
    }

    /// Returns the bank's sizes.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn stats(&mut self) -> Result<Stats, Error> {
        self.agent.stats()
    }

    /// Returns the state of bank, policy and environment.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn snapshot(&mut self) -> Result<Snapshot, Error> {
        self.agent.timed(|agent| {
            let policy = agent.policy().snapshot()?;
            let host = agent.host();
            let bank = host.bank.snapshot()?;
            let environment = host.environment().snapshot()?;
            let snapshot = Snapshot::new(bank, policy, environment);
            host.record(|| Event::Captured(snapshot.states().clone()));
            Ok(snapshot)
        })
    }

    /// Restores bank, policy and environment from a snapshot.
    ///
    /// # Errors
    /// See [`Episode`]; [`Error::Guest`] if a component refuses its state. The others
    /// may be restored by then, so restore another snapshot or drop the episode.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        self.agent.timed(|agent| {
            agent.policy().restore(snapshot.policy())?;
            let host = agent.host();
            host.bank.restore(snapshot.bank())?;
            host.environment().restore(snapshot.environment())?;
            host.record(|| Event::Restored(snapshot.states().clone()));
            Ok(())
        })
    }

    /// Starts to record events. By default none are.
    pub fn record(&mut self) {
        self.agent.host().events.get_or_insert_default();
    }

    /// Takes the events since [`Episode::record`] or the last call; none if the
    /// episode does not record.
    pub fn take_events(&mut self) -> Vec<Event> {
        let events = self.agent.host().events.as_mut();
        events.map(std::mem::take).unwrap_or_default()
    }

    /// Returns the episode's costs so far.
    pub fn meter(&mut self) -> Meter {
        self.agent.meter()
    }

    /// Takes the log lines of policy, bank and environment, in this order, since the
    /// last call.
    pub fn take_log(&mut self) -> Vec<LogLine> {
        let mut lines = self.agent.take_log();
        lines.extend(self.agent.host().environment().take_log());
        lines
    }
}

fn observe(
    agent: &mut Agent,
    session: u32,
    demonstrator: Option<(&str, u64)>,
) -> Result<Report, Error> {
    let environment = agent.host().environment();
    let content = environment.session(session)?;
    let hints = match demonstrator {
        Some((name, seed)) => Some(environment.demonstrate(name, session, seed)?),
        None => None,
    };
    agent.observe_session(&content, hints.as_deref(), demonstrator)
}

/// Returns a result with its error as text, for events.
fn recorded<T: Clone>(result: &Result<T, Error>) -> Result<T, String> {
    result.as_ref().cloned().map_err(Error::to_string)
}

#[cfg(test)]
mod tests;
