//! The trait of environments and the macro that exports them.

use crate::bindings::environment::exports::memloom::agent::environment::Guest;
pub use crate::bindings::environment::exports::memloom::agent::environment::{
    DataFile, Description, Episode, LoadReport, Split,
};
use crate::instance::{Instance, Served};
use crate::types::{Answer, Error, Hint, Observation, Question, Score, SessionContent};

/// An environment: episodes of sessions, with questions and rewards.
/// `wit/environment.wit` describes the functions.
pub trait Environment {
    /// Returns the description.
    fn describe(&self) -> Description;

    /// Loads the user's files, if the environment needs any, and options (a JSON object).
    ///
    /// # Errors
    /// If a file or option is invalid; the message names it and the reason.
    fn load(&mut self, files: Vec<DataFile>, options: &str) -> Result<LoadReport, Error>;

    /// Opens an episode of a split, cut to its first `horizon` sessions; 0 means all.
    ///
    /// # Errors
    /// [`Error::Unknown`] for an unknown split or episode.
    fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<Episode, Error>;

    /// Returns a session of the open episode, counted from 1.
    ///
    /// # Errors
    /// If no episode is open, or it has no such session.
    fn session(&mut self, index: u32) -> Result<SessionContent, Error>;

    /// Acts in the task session that was read last. By default there are no tasks.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if the session is not a task.
    fn act(&mut self, _action: &str) -> Result<Observation, Error> {
        Err(no_tasks(self, "act in"))
    }

    /// Returns the action that a demonstrator would take next in the task session that was
    /// read last, from what was perceived so far. The same seed gives the same advice. By
    /// default there are no tasks.
    ///
    /// # Errors
    /// [`Error::Unknown`] for an unknown demonstrator, [`Error::Unsupported`] if the session
    /// is not a task, [`Error::Invalid`] if the task is over.
    fn advise(&self, _demonstrator: &str, _seed: u64) -> Result<String, Error> {
        Err(no_tasks(self, "advise on"))
    }

    /// Returns all questions about the sessions within the horizon.
    ///
    /// # Errors
    /// If no episode is open.
    fn questions(&self) -> Result<Vec<Question>, Error>;

    /// Scores an answer to a question of the open episode.
    ///
    /// # Errors
    /// [`Error::Unknown`] for an unknown question.
    fn score(&self, question: &str, answer: &Answer) -> Result<Score, Error>;

    /// Returns the whole instruction for a judge of answers to a question; none if the turns
    /// of its evidence are enough, as by default. No policy sees it.
    ///
    /// # Errors
    /// [`Error::Unknown`] for an unknown question.
    fn rubric(&self, _question: &str) -> Result<Option<String>, Error> {
        Ok(None)
    }

    /// Returns the hints of a demonstrator for a session. The same seed gives the same
    /// hints.
    ///
    /// # Errors
    /// [`Error::Unknown`] for an unknown demonstrator or session.
    fn demonstrate(&self, demonstrator: &str, index: u32, seed: u64) -> Result<Vec<Hint>, Error>;
}

fn no_tasks<E: Environment + ?Sized>(environment: &E, to_do: &str) -> Error {
    let name = environment.describe().name;
    Error::Unsupported(format!("{name} has no task sessions to {to_do}"))
}

impl<T: Environment + Instance> Guest for Served<T> {
    fn describe() -> Description {
        T::with(|environment| environment.describe())
    }

    fn load(files: Vec<DataFile>, options: String) -> Result<LoadReport, Error> {
        T::with(|environment| environment.load(files, &options))
    }

    fn open(split: String, index: u64, horizon: u32) -> Result<Episode, Error> {
        T::with(|environment| environment.open(&split, index, horizon))
    }

    fn get_session(index: u32) -> Result<SessionContent, Error> {
        T::with(|environment| environment.session(index))
    }

    fn act(action: String) -> Result<Observation, Error> {
        T::with(|environment| environment.act(&action))
    }

    fn advise(demonstrator: String, seed: u64) -> Result<String, Error> {
        T::with(|environment| environment.advise(&demonstrator, seed))
    }

    fn questions() -> Result<Vec<Question>, Error> {
        T::with(|environment| environment.questions())
    }

    fn score(question: String, answer: Answer) -> Result<Score, Error> {
        T::with(|environment| environment.score(&question, &answer))
    }

    fn rubric(question: String) -> Result<Option<String>, Error> {
        T::with(|environment| environment.rubric(&question))
    }

    fn demonstrate(demonstrator: String, index: u32, seed: u64) -> Result<Vec<Hint>, Error> {
        T::with(|environment| environment.demonstrate(&demonstrator, index, seed))
    }
}

/// Exports a type as a crate's environment component. The type implements
/// [`Environment`], [`State`] and `Default`. Expands to nothing if the target is not
/// WebAssembly.
///
/// [`State`]: crate::State
#[macro_export]
macro_rules! export_environment {
    ($environment:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $crate::keep_instance!($environment);
            type Component = $crate::Served<$environment>;
            $crate::bindings::environment::export!(
                Component with_types_in $crate::bindings::environment
            );
    $crate::bindings::state::export!(Component with_types_in $crate::bindings::state);
        };
    };
}
