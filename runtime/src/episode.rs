//! One rollout: a policy, its bank, an environment and a model.

use std::sync::Arc;
use std::time::Duration;

use cpu_time::ThreadTime;

use crate::bank::{Bank, BankComponent};
use crate::bindings::policy::Guest;
use crate::environment::{Environment, EnvironmentComponent};
use crate::error::Error;
use crate::instance::Instance;
use crate::log::LogLine;
use crate::meter::Meter;
use crate::model::{Embedder, LanguageModel};
use crate::policy::PolicyComponent;
use crate::snapshot::Snapshot;
use crate::surroundings::{Activity, Surroundings};
use crate::trace::Event;
use crate::types::{
    Answer, Entry, Hint, LexiconKind, Moment, OpenEpisode, Question, Report, Score, SessionContent,
    Stats,
};

/// What the agent of an episode is made of.
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
pub struct Episode {
    parts: EpisodeParts,
    policy: Instance<Guest>,
    spent: Duration,
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
        episode.timed(|episode| episode.policy.restore(snapshot.policy()))?;
        Ok(episode)
    }

    pub(crate) fn assemble(
        parts: &EpisodeParts,
        bank: Bank,
        environment: Environment,
        model: Box<dyn LanguageModel>,
        started: ThreadTime,
    ) -> Result<Self, Error> {
        let surroundings = Surroundings::new(bank, environment, model);
        let mut policy = Instance::new(&parts.policy.0, Some(surroundings))?;
        parts.configure(&mut policy)?;
        Ok(Self::with(parts, policy, started))
    }

    /// An episode of a policy that is ready, which was begun at `started`.
    pub(crate) fn with(parts: &EpisodeParts, policy: Instance<Guest>, started: ThreadTime) -> Self {
        Self {
            parts: parts.clone(),
            policy,
            spent: started.elapsed(),
        }
    }

    /// Grants the policy an embedder. By default there is none.
    pub fn set_embedder(&mut self, embedder: Arc<dyn Embedder>) {
        self.surroundings().embedder = Some(embedder);
    }

    /// Opens another episode of the environment. Bank and policy stay as they are.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<OpenEpisode, Error> {
        self.timed(|episode| {
            let around = episode.surroundings();
            let opened = around.environment.open(split, index, horizon)?;
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
        self.timed(|episode| {
            let result = episode.observed(session, demonstrator);
            episode.surroundings().record(|| Event::Observed {
                session,
                demonstrator: demonstrator.map(|(name, seed)| (name.to_owned(), seed)),
                result: told(&result),
            });
            result
        })
    }

    fn observed(
        &mut self,
        session: u32,
        demonstrator: Option<(&str, u64)>,
    ) -> Result<Report, Error> {
        let around = self.surroundings();
        let content = around.environment.session(session)?;
        let hints = match demonstrator {
            Some((name, seed)) => Some(around.environment.demonstrate(name, session, seed)?),
            None => None,
        };
        self.attend(&content, hints.as_deref())
    }

    /// Has the policy observe a session, and ends the session in the bank.
    pub(crate) fn attend(
        &mut self,
        content: &SessionContent,
        hints: Option<&[Hint]>,
    ) -> Result<Report, Error> {
        let (at, task) = moment(content);
        let observing = Activity::Observing {
            session: at.session,
            task,
            ended: false,
        };
        let (activity, report) = self.engage(observing, |policy| {
            policy.attempt("observe", |policy, store| {
                policy.call_observe(store, content, hints)
            })
        })?;
        if !matches!(activity, Activity::Observing { ended: true, .. }) {
            self.surroundings().bank.end_session(&at)?;
        }
        Ok(report)
    }

    /// A session of the environment, from 1, without the policy.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn session(&mut self, session: u32) -> Result<SessionContent, Error> {
        self.timed(|episode| episode.surroundings().environment.session(session))
    }

    /// Everything that the environment asks about the sessions within the horizon.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn questions(&mut self) -> Result<Vec<Question>, Error> {
        self.timed(|episode| {
            let around = episode.surroundings();
            let questions = around.environment.questions()?;
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
        self.timed(|episode| {
            let result = episode
                .engage(Activity::Answering(question.id.clone()), |policy| {
                    policy.attempt("answer", |policy, store| {
                        policy.call_answer(store, &question.text)
                    })
                })
                .map(|(_, answer)| answer);
            episode.surroundings().record(|| Event::Answered {
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
        self.timed(|episode| {
            let around = episode.surroundings();
            let result = around.environment.score(&question.id, answer);
            around.record(|| Event::Scored {
                question: question.id.clone(),
                answer: answer.clone(),
                result: told(&result),
            });
            result
        })
    }

    /// All entries of the bank in order of insertion.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn entries(&mut self) -> Result<Vec<Entry>, Error> {
        self.timed(|episode| episode.surroundings().bank.entries())
    }

    /// The bank's sizes.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn stats(&mut self) -> Result<Stats, Error> {
        self.timed(|episode| episode.surroundings().bank.stats())
    }

    /// The state of bank, policy and environment.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn snapshot(&mut self) -> Result<Snapshot, Error> {
        self.timed(|episode| {
            let policy = episode.policy.snapshot()?;
            let around = episode.surroundings();
            let bank = around.bank.snapshot()?;
            let environment = around.environment.snapshot()?;
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
        self.timed(|episode| {
            episode.policy.restore(snapshot.policy())?;
            let around = episode.surroundings();
            around.bank.restore(snapshot.bank())?;
            around.environment.restore(snapshot.environment())?;
            around.record(|| Event::Restored(snapshot.states().clone()));
            Ok(())
        })
    }

    /// Starts to record. By default nothing is.
    pub fn record(&mut self) {
        self.surroundings().events.get_or_insert_default();
    }

    /// What was recorded since [`Episode::record`] or the last call of this;
    /// empty where nothing is.
    pub fn take_events(&mut self) -> Vec<Event> {
        let events = self.surroundings().events.as_mut();
        events.map(std::mem::take).unwrap_or_default()
    }

    /// What the episode cost so far.
    pub fn meter(&mut self) -> Meter {
        let spent = self.spent;
        let around = self.surroundings();
        Meter {
            guests: spent.saturating_sub(around.model_cpu),
            model: around.model_time,
            host_calls: around.host_calls,
            generate_calls: around.generate_calls,
        }
    }

    /// Log lines of policy, bank and environment, in this order, that were
    /// written since the last call.
    pub fn take_log(&mut self) -> Vec<LogLine> {
        let mut lines = self.policy.tenant().log.take();
        let around = self.surroundings();
        lines.extend(around.bank.take_log());
        lines.extend(around.environment.take_log());
        lines
    }

    pub(crate) fn parts(&self) -> &EpisodeParts {
        &self.parts
    }

    pub(crate) fn policy(&mut self) -> &mut Instance<Guest> {
        &mut self.policy
    }

    pub(crate) fn surroundings(&mut self) -> &mut Surroundings {
        self.policy
            .tenant()
            .served
            .as_mut()
            .expect("an episode's policy is made with surroundings")
    }

    /// Calls the policy for something. Where the model failed and the policy
    /// gave up, the model is to blame.
    fn engage<R>(
        &mut self,
        activity: Activity,
        call: impl FnOnce(&mut Instance<Guest>) -> Result<R, Error>,
    ) -> Result<(Activity, R), Error> {
        self.surroundings().begin(activity);
        let result = call(&mut self.policy);
        let (activity, failure) = self.surroundings().finish();
        match (result, failure) {
            (Ok(value), _) => Ok((activity, value)),
            (Err(Error::Guest { .. }), Some(failure)) => Err(failure),
            (Err(error), _) => Err(error),
        }
    }

    pub(crate) fn timed<R>(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let started = ThreadTime::now();
        let result = run(self);
        self.spent += started.elapsed();
        result
    }
}

/// A result as traces hold it.
fn told<T: Clone>(result: &Result<T, Error>) -> Result<T, String> {
    result.as_ref().cloned().map_err(Error::to_string)
}

fn moment(content: &SessionContent) -> (Moment, bool) {
    let (session, time, task) = match content {
        SessionContent::Dialogue(session) => (session.index, &session.time, false),
        SessionContent::Task(task) => (task.index, &task.time, true),
    };
    let time = time.clone();
    (Moment { session, time }, task)
}

#[cfg(test)]
mod tests;
