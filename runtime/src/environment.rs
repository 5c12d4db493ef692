//! Environments.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::bindings::environment::Guest;
use crate::error::Error;
use crate::instance::{Instance, Prepared};
use crate::limits::Limit;
use crate::instance::log::LogLine;
use crate::types::{
    self, Answer, DataFile, EnvironmentDescription, Hint, LoadReport, Observation, OpenEpisode,
    Question, Score, SessionContent,
};

/// An environment component, compiled and linked. Cheap to clone.
///
/// `Send` and `Sync`. See [`Environment`] for what it does.
#[derive(Clone)]
pub struct EnvironmentComponent(pub(crate) Arc<Prepared<Guest>>);

impl EnvironmentComponent {
    /// The component's name: its file's, without folders and ending.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// An environment without data and without an open episode.
    ///
    /// # Errors
    /// Where the component traps or runs into a limit while it starts.
    pub fn instantiate(&self) -> Result<Environment, Error> {
        Ok(Environment {
            instance: Instance::new(&self.0, ())?,
            loaded: None,
        })
    }
}

/// An environment: sessions to live through, questions to answer, rewards.
/// `wit/environment.wit` describes the functions.
///
/// Every function fails where the environment refuses ([`Error::Guest`]),
/// traps, runs into a limit or returns what the contract rules out; after a
/// trap or an exhausted limit it answers no further calls.
///
/// `Send` and `Sync`; every function takes it for itself.
///
/// ```
/// use memloom_runtime::types::{Answer, SessionContent};
/// use memloom_runtime::{Limits, Sandbox};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let sandbox = Sandbox::new(Limits::default())?;
/// let chronicle = sandbox.environment("../target/components/chronicle.wasm")?;
/// let mut environment = chronicle.instantiate()?;
/// environment.load(&[], "{}")?; // it makes its episodes up and needs no files
///
/// let episode = environment.open("train", 0, 2)?;
/// assert_eq!((episode.id.as_str(), episode.sessions), ("train/0", 2));
/// let SessionContent::Dialogue(session) = environment.session(1)? else {
///     panic!("chronicle has no tasks");
/// };
/// assert_eq!(session.turns[0].id, "D1:1");
///
/// // What nothing was said of is answered best with nothing, all else is not.
/// let unknown = Answer {
///     text: String::new(),
///     citations: vec![],
/// };
/// for question in environment.questions()? {
///     let reward = environment.score(&question.id, &unknown)?.reward;
///     assert_eq!(reward == 1.0, question.evidence.is_empty());
/// }
/// # Ok(())
/// # }
/// ```
pub struct Environment {
    pub(crate) instance: Instance<Guest>,
    /// What it read last.
    pub(crate) loaded: Option<Arc<Loaded>>,
}

/// What an environment was told to read: forks that go through exports are told
/// again, since states need not hold it.
pub(crate) struct Loaded {
    files: Vec<DataFile>,
    options: String,
}

impl Loaded {
    /// Has an instance read it.
    pub(crate) fn load_into(&self, instance: &mut Instance<Guest>) -> Result<LoadReport, Error> {
        instance.attempt("load", |environment, store| {
            environment.call_load(store, &self.files, &self.options)
        })
    }
}

impl Environment {
    /// The component that this is an instance of.
    pub fn component(&self) -> EnvironmentComponent {
        EnvironmentComponent(self.instance.prepared().clone())
    }

    /// What this environment is.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn describe(&mut self) -> Result<EnvironmentDescription, Error> {
        self.instance.call("describe", |environment, store| {
            environment.call_describe(store)
        })
    }

    /// Reads the user's files, if it needs any, and options (a JSON object).
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn load(&mut self, files: &[DataFile], options: &str) -> Result<LoadReport, Error> {
        let loaded = Loaded {
            files: files.to_vec(),
            options: options.to_owned(),
        };
        let report = loaded.load_into(&mut self.instance)?;
        self.loaded = Some(Arc::new(loaded));
        Ok(report)
    }

    /// Opens an episode of a split, cut to the first `horizon` sessions; 0 is all.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<OpenEpisode, Error> {
        let episode = self.instance.attempt("open", |environment, store| {
            environment.call_open(store, split, index, horizon)
        })?;
        if horizon > 0 && episode.sessions > horizon {
            let why = format!("{} sessions for a horizon of {horizon}", episode.sessions);
            Err(self.instance.implausible("open", why))
        } else if episode.sessions > self.instance.limits().sessions {
            Err(self.instance.exceeded("open", Limit::Sessions))
        } else {
            Ok(episode)
        }
    }

    /// A session of the open episode, from 1.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        let content = self.instance.attempt("get-session", |environment, store| {
            environment.call_get_session(store, index)
        })?;
        let given = match &content {
            SessionContent::Dialogue(session) => session.index,
            SessionContent::Task(task) => task.index,
        };
        if given == index {
            Ok(content)
        } else {
            let why = format!("session {given} where {index} was wanted");
            Err(self.instance.implausible("get-session", why))
        }
    }

    /// Acts in the task session that was read last.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn act(&mut self, action: &str) -> Result<Observation, Error> {
        self.try_act(action)?
            .map_err(|error| self.instance.refused("act", error))
    }

    pub(crate) fn try_act(
        &mut self,
        action: &str,
    ) -> Result<Result<Observation, types::Error>, Error> {
        let result = self.instance.call("act", |environment, store| {
            environment.call_act(store, action)
        })?;
        match &result {
            Ok(observation) if !observation.reward.is_finite() => Err(self
                .instance
                .implausible("act", format!("the reward {}", observation.reward))),
            _ => Ok(result),
        }
    }

    /// Everything that is asked about the sessions within the horizon.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn questions(&mut self) -> Result<Vec<Question>, Error> {
        let questions = self.instance.attempt("questions", |environment, store| {
            environment.call_questions(store)
        })?;
        let mut ids = BTreeSet::new();
        for question in &questions {
            let why = if !ids.insert(&question.id) {
                format!("two questions with the id {}", question.id)
            } else if question.sessions.contains(&0) {
                format!("the question {} about session 0", question.id)
            } else {
                continue;
            };
            return Err(self.instance.implausible("questions", why));
        }
        Ok(questions)
    }

    /// What an answer to a question of the open episode is worth.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn score(&mut self, question: &str, answer: &Answer) -> Result<Score, Error> {
        let score = self.instance.attempt("score", |environment, store| {
            environment.call_score(store, question, answer)
        })?;
        let why = if !(0.0..=1.0).contains(&score.reward) {
            format!("the reward {} for the question {question}", score.reward)
        } else if let Some((name, value)) = score.metrics.iter().find(|(_, v)| !v.is_finite()) {
            format!("{name} = {value} for the question {question}")
        } else {
            return Ok(score);
        };
        Err(self.instance.implausible("score", why))
    }

    /// How a demonstrator would treat a session. The same seed gives the same hints.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn demonstrate(
        &mut self,
        demonstrator: &str,
        session: u32,
        seed: u64,
    ) -> Result<Vec<Hint>, Error> {
        self.instance.attempt("demonstrate", |environment, store| {
            environment.call_demonstrate(store, demonstrator, session, seed)
        })
    }

    /// The environment's state, in a form of its own. Equal states give equal bytes.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        self.instance.snapshot()
    }

    /// Becomes the state that was snapshot.
    ///
    /// # Errors
    /// See [`Environment`]; where the bytes are no snapshot of this environment
    /// its state is what it was.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.instance.restore(bytes)
    }

    /// Log lines that were written since the last call.
    pub fn take_log(&mut self) -> Vec<LogLine> {
        self.instance.tenant().log.take()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::testing::{self as stand_in, StandIn};
    use crate::{Limits, Sandbox};

    fn load(stand_in: &StandIn) -> Environment {
        let sandbox = Sandbox::new(Limits::default()).unwrap();
        let bytes = stand_in.build();
        let component = sandbox.environment_from_bytes("chronicle", &bytes).unwrap();
        component.instantiate().unwrap()
    }

    fn answer() -> Answer {
        Answer {
            text: "Oslo".into(),
            citations: vec![],
        }
    }

    fn scored(reward: &str) -> Result<Score, Error> {
        let body = format!("(f32.store (i32.const 2052) (f32.const {reward})) (i32.const 2048)");
        load(&stand_in::environment().with("score", &body)).score("q1", &answer())
    }

    #[test]
    fn rewards_are_between_zero_and_one() {
        assert_eq!(scored("0").unwrap().reward, 0.0);
        assert_eq!(scored("1").unwrap().reward, 1.0);
        for reward in ["nan", "1.0001", "-0.1", "inf"] {
            let why = scored(reward).unwrap_err().to_string();
            assert!(
                why.starts_with("chronicle: score returned nonsense: the reward "),
                "{why}"
            );
            assert!(why.ends_with(" for the question q1"), "{why}");
        }
    }

    #[test]
    fn a_session_is_the_one_that_was_asked_for() {
        let mut environment = load(&stand_in::environment().with("get-session", "(i32.const 64)"));
        assert_eq!(
            environment.session(3).unwrap_err().to_string(),
            "chronicle: get-session returned nonsense: session 0 where 3 was wanted"
        );
        assert!(load(&stand_in::environment()).session(3).is_ok());
    }

    #[test]
    fn questions_have_ids_of_their_own() {
        let two = "(i32.store (i32.const 2052) (i32.const 64))
            (i32.store (i32.const 2056) (i32.const 2))
            (i32.const 2048)";
        let mut environment = load(&stand_in::environment().with("questions", two));
        assert_eq!(
            environment.questions().unwrap_err().to_string(),
            "chronicle: questions returned nonsense: two questions with the id "
        );
    }

    #[test]
    fn an_episode_keeps_to_its_horizon() {
        let long = "(i32.store (i32.const 2060) (i32.const 9)) (i32.const 2048)";
        let mut environment = load(&stand_in::environment().with("open", long));
        assert_eq!(environment.open("train", 0, 0).unwrap().sessions, 9);
        assert_eq!(
            environment.open("train", 0, 8).unwrap_err().to_string(),
            "chronicle: open returned nonsense: 9 sessions for a horizon of 8"
        );
    }

    #[test]
    fn an_episode_has_no_more_sessions_than_it_may() {
        let endless = "(i32.store (i32.const 2060) (i32.const -1)) (i32.const 2048)";
        let mut environment = load(&stand_in::environment().with("open", endless));
        assert_eq!(
            environment.open("train", 0, 0).unwrap_err().to_string(),
            "chronicle: open exceeded the limit sessions (100000): \
             mend the component or raise Limits::sessions"
        );
        assert!(environment.describe().is_ok());
    }
}
