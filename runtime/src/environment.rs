//! Environments.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::Error;
use crate::guest::EnvironmentGuest;
use crate::instance::Instance;
use crate::instance::fork::InstanceForkPoint;
use crate::instance::linked_component::LinkedComponent;
use crate::instance::log::LogLine;
use crate::limits::Limit;
use crate::types::{
    self, Answer, DataFile, EnvironmentDescription, Hint, LoadReport, Observation, OpenEpisode,
    Question, Score, SessionContent,
};

/// An environment component, compiled and linked. Cheap to clone.
///
/// `Send` and `Sync`. [`Environment`] has an example.
#[derive(Clone)]
pub struct EnvironmentComponent(pub(crate) Arc<LinkedComponent<EnvironmentGuest>>);

impl EnvironmentComponent {
    /// Returns the component's name: that of its file, without folder and extension.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Returns an environment without data and without an open episode.
    ///
    /// # Errors
    /// If the component traps or exceeds a limit while it starts.
    pub fn instantiate(&self) -> Result<Environment, Error> {
        Ok(Environment {
            instance: Instance::new(&self.0, ())?,
            loaded: None,
        })
    }
}

/// An environment: episodes of sessions, with questions and rewards.
/// `wit/environment.wit` describes the functions.
///
/// Every function fails if the environment refuses ([`Error::Guest`]), traps,
/// exceeds a limit or violates the contract. After a trap or an exceeded limit all
/// further calls fail.
///
/// `Send` and `Sync`; every function needs exclusive access.
///
/// ```
/// use memloom_runtime::types::{Answer, SessionContent};
/// use memloom_runtime::{Limits, Sandbox};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let sandbox = Sandbox::new(Limits::default())?;
/// let chronicle = sandbox.environment("../target/components/chronicle.wasm")?;
/// let mut environment = chronicle.instantiate()?;
/// environment.load(&[], "{}")?; // it invents its episodes and needs no files
///
/// let episode = environment.open("train", 0, 2)?;
/// assert_eq!((episode.id.as_str(), episode.sessions), ("train/0", 2));
/// let SessionContent::Dialogue(session) = environment.session(1)? else {
///     panic!("chronicle has no tasks");
/// };
/// assert_eq!(session.turns[0].id, "D1:1");
///
/// // An empty answer is right for questions without evidence only.
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
    pub(crate) instance: Instance<EnvironmentGuest>,
    /// The files and options of its last `load`.
    pub(crate) loaded: Option<Arc<Loaded>>,
}

/// Files and options that an environment has loaded. Forks through exports load them
/// again, since a state need not hold them.
pub(crate) struct Loaded {
    files: Vec<DataFile>,
    options: String,
}

impl Loaded {
    /// Loads files and options into an instance.
    pub(crate) fn load_into(
        &self,
        instance: &mut Instance<EnvironmentGuest>,
    ) -> Result<LoadReport, Error> {
        instance.call_fallible("load", |environment, store| {
            environment.call_load(store, &self.files, &self.options)
        })
    }
}

impl Environment {
    /// Returns the component of which this is an instance.
    pub fn component(&self) -> EnvironmentComponent {
        EnvironmentComponent(self.instance.component().clone())
    }

    /// Returns the environment's description.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn describe(&mut self) -> Result<EnvironmentDescription, Error> {
        self.instance.call("describe", |environment, store| {
            environment.call_describe(store)
        })
    }

    /// Loads the user's files, if the environment needs any, and options (a JSON
    /// object).
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

    /// Opens an episode of a split, cut to its first `horizon` sessions; 0 means all.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<OpenEpisode, Error> {
        let episode = self.instance.call_fallible("open", |environment, store| {
            environment.call_open(store, split, index, horizon)
        })?;
        if horizon > 0 && episode.sessions > horizon {
            let why = format!("{} sessions for a horizon of {horizon}", episode.sessions);
            Err(self.instance.contract_violation("open", why))
        } else if episode.sessions > self.instance.limits().sessions {
            Err(self.instance.limit_error("open", Limit::Sessions))
        } else {
            Ok(episode)
        }
    }

    /// Returns a session of the open episode, counted from 1.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        let content = self
            .instance
            .call_fallible("get-session", |environment, store| {
                environment.call_get_session(store, index)
            })?;
        let (given, actions) = match &content {
            SessionContent::Dialogue(session) => (session.index, &[][..]),
            SessionContent::Task(task) => (task.index, &task.actions[..]),
        };
        let why = if given == index {
            invalid_actions(actions)
        } else {
            Some(format!("session {given} instead of {index}"))
        };
        match why {
            None => Ok(content),
            Some(why) => Err(self.instance.contract_violation("get-session", why)),
        }
    }

    /// Acts in the task session that was read last, and returns what the policy sees.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn act(&mut self, action: &str) -> Result<Observation, Error> {
        self.try_act(action)?
            .map_err(|error| self.instance.refusal("act", error))
    }

    /// Returns the action that a demonstrator would take next in the task session that was
    /// read last. The same seed gives the same advice.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn advise(&mut self, demonstrator: &str, seed: u64) -> Result<String, Error> {
        self.instance.call_fallible("advise", |environment, store| {
            environment.call_advise(store, demonstrator, seed)
        })
    }

    pub(crate) fn try_act(
        &mut self,
        action: &str,
    ) -> Result<Result<Observation, types::Error>, Error> {
        let result = self.instance.call("act", |environment, store| {
            environment.call_act(store, action)
        })?;
        let why = match &result {
            Ok(seen) if !seen.reward.is_finite() => format!("the reward {}", seen.reward),
            Ok(seen) if seen.done && !seen.actions.is_empty() => {
                format!("{} actions after the end of the task", seen.actions.len())
            }
            Ok(seen) => match invalid_actions(&seen.actions) {
                Some(why) => why,
                None => return Ok(result),
            },
            Err(_) => return Ok(result),
        };
        Err(self.instance.contract_violation("act", why))
    }

    /// Returns all questions about the sessions within the horizon.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn questions(&mut self) -> Result<Vec<Question>, Error> {
        let questions = self
            .instance
            .call_fallible("questions", |environment, store| {
                environment.call_questions(store)
            })?;
        let mut ids = BTreeSet::new();
        if let Some(twice) = questions.iter().find(|question| !ids.insert(&question.id)) {
            let why = format!("two questions have the id {}", twice.id);
            return Err(self.instance.contract_violation("questions", why));
        }
        for question in &questions {
            let why = if question.sessions.contains(&0) {
                format!("the question {} is about session 0", question.id)
            } else if question.is_silent() && question.sessions.is_empty() {
                format!(
                    "the question {} has no text and is about no session",
                    question.id
                )
            } else {
                continue;
            };
            return Err(self.instance.contract_violation("questions", why));
        }
        Ok(questions)
    }

    /// Scores an answer to a question of the open episode.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn score(&mut self, question: &str, answer: &Answer) -> Result<Score, Error> {
        let score = self.instance.call_fallible("score", |environment, store| {
            environment.call_score(store, question, answer)
        })?;
        let why = if !(0.0..=1.0).contains(&score.reward) {
            format!("the reward {} for the question {question}", score.reward)
        } else if let Some((name, value)) = score.metrics.iter().find(|(_, v)| !v.is_finite()) {
            format!("{name} = {value} for the question {question}")
        } else {
            return Ok(score);
        };
        Err(self.instance.contract_violation("score", why))
    }

    /// Returns the whole instruction for a judge of answers to a question; none if the turns
    /// of its evidence are enough. No policy sees it, and no trace holds it.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn rubric(&mut self, question: &str) -> Result<Option<String>, Error> {
        self.instance.call_fallible("rubric", |environment, store| {
            environment.call_rubric(store, question)
        })
    }

    /// Returns a demonstrator's hints for a session. The same seed gives the same hints.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn demonstrate(
        &mut self,
        demonstrator: &str,
        session: u32,
        seed: u64,
    ) -> Result<Vec<Hint>, Error> {
        self.instance
            .call_fallible("demonstrate", |environment, store| {
                environment.call_demonstrate(store, demonstrator, session, seed)
            })
    }

    /// Returns the environment's state in its own encoding. Equal states give equal
    /// bytes.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        self.instance.snapshot()
    }

    /// Restores a state that [`Environment::snapshot`] returned.
    ///
    /// # Errors
    /// See [`Environment`]. If the bytes are no snapshot of this environment, its
    /// state is unchanged.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.instance.restore(bytes)
    }

    /// Takes the log lines since the last call.
    pub fn take_log(&mut self) -> Vec<LogLine> {
        self.instance.data().log.take()
    }

    /// Returns a second environment in the same state, with the same open episode.
    ///
    /// # Errors
    /// See [`Environment`]; [`Error::Fork`].
    pub fn fork(&mut self) -> Result<Self, Error> {
        EnvironmentForkPoint::capture(self)?.fork()
    }
}

/// The most actions that a task may list.
const ACTIONS: usize = 1024;

/// Returns the way in which the actions of a task violate the contract, if they do.
fn invalid_actions(actions: &[String]) -> Option<String> {
    if actions.len() > ACTIONS {
        return Some(format!("{} actions, more than {ACTIONS}", actions.len()));
    }
    let mut seen = BTreeSet::new();
    let repeated = actions.iter().find(|action| !seen.insert(*action));
    repeated.map(|action| format!("the action {action:?} occurs twice"))
}

/// A state of an environment from which forks start.
pub(crate) struct EnvironmentForkPoint {
    state: InstanceForkPoint<EnvironmentGuest>,
    loaded: Option<Arc<Loaded>>,
}

impl EnvironmentForkPoint {
    /// Captures an environment's state.
    pub(crate) fn capture(environment: &mut Environment) -> Result<Self, Error> {
        Ok(Self {
            state: InstanceForkPoint::capture(&mut environment.instance)?,
            loaded: environment.loaded.clone(),
        })
    }

    /// Returns an environment in this state.
    pub(crate) fn fork(&self) -> Result<Environment, Error> {
        let load = |instance: &mut Instance<_>| match &self.loaded {
            Some(loaded) => loaded.load_into(instance).map(drop),
            None => Ok(()),
        };
        Ok(Environment {
            instance: self.state.fork((), load)?,
            loaded: self.loaded.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::limits::Limits;
    use crate::load::Sandbox;
    use crate::testing::{self, TestComponent};

    fn load(component: &TestComponent) -> Environment {
        let sandbox = Sandbox::new(Limits::default()).unwrap();
        let bytes = component.build();
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
        load(&testing::environment().with("score", &body)).score("q1", &answer())
    }

    #[test]
    fn rewards_are_between_zero_and_one() {
        assert_eq!(scored("0").unwrap().reward, 0.0);
        assert_eq!(scored("1").unwrap().reward, 1.0);
        for reward in ["nan", "1.0001", "-0.1", "inf"] {
            let why = scored(reward).unwrap_err().to_string();
            assert!(
                why.starts_with("chronicle: score violated the contract: the reward "),
                "{why}"
            );
            assert!(why.ends_with(" for the question q1"), "{why}");
        }
    }

    #[test]
    fn a_session_has_the_requested_index() {
        let mut environment = load(&testing::environment().with("get-session", "(i32.const 64)"));
        assert_eq!(
            environment.session(3).unwrap_err().to_string(),
            "chronicle: get-session violated the contract: session 0 instead of 3"
        );
        assert!(load(&testing::environment()).session(3).is_ok());
    }

    #[test]
    fn questions_have_unique_ids() {
        let two = "(i32.store (i32.const 2052) (i32.const 64))
            (i32.store (i32.const 2056) (i32.const 2))
            (i32.const 2048)";
        let mut environment = load(&testing::environment().with("questions", two));
        assert_eq!(
            environment.questions().unwrap_err().to_string(),
            "chronicle: questions violated the contract: two questions have the id "
        );
    }

    #[test]
    fn an_episode_keeps_to_its_horizon() {
        let long = "(i32.store (i32.const 2060) (i32.const 9)) (i32.const 2048)";
        let mut environment = load(&testing::environment().with("open", long));
        assert_eq!(environment.open("train", 0, 0).unwrap().sessions, 9);
        assert_eq!(
            environment.open("train", 0, 8).unwrap_err().to_string(),
            "chronicle: open violated the contract: 9 sessions for a horizon of 8"
        );
    }

    #[test]
    fn an_episode_has_no_more_sessions_than_the_limit() {
        let endless = "(i32.store (i32.const 2060) (i32.const -1)) (i32.const 2048)";
        let mut environment = load(&testing::environment().with("open", endless));
        assert_eq!(
            environment.open("train", 0, 0).unwrap_err().to_string(),
            "chronicle: open exceeded its sessions limit (100000); \
             fix the component or raise `limits.sessions`"
        );
        assert!(environment.describe().is_ok());
    }
}
