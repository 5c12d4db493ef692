//! The trait of environments, and its export.

use crate::bindings::environment::exports::memloom::agent::environment::Guest;
pub use crate::bindings::environment::exports::memloom::agent::environment::{
    DataFile, Description, Episode, LoadReport, Split,
};
use crate::instance::{Instance, Served};
use crate::types::{Answer, Error, Hint, Observation, Question, Score, SessionContent};

/// Sessions to live through, questions to answer, rewards.
/// `wit/environment.wit` says what each function must do.
pub trait Environment {
    /// What this environment is.
    fn describe(&self) -> Description;

    /// Reads the user's files, if it needs any, and options (a JSON object).
    ///
    /// # Errors
    /// Saying which file or option makes no sense, and why.
    fn load(&mut self, files: Vec<DataFile>, options: &str) -> Result<LoadReport, Error>;

    /// Starts an episode of a split, cut to the first `horizon` sessions; 0 is all.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a split or episode that does not exist.
    fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<Episode, Error>;

    /// A session of the open episode, from 1.
    ///
    /// # Errors
    /// Where no episode is open or it has no such session.
    fn session(&mut self, index: u32) -> Result<SessionContent, Error>;

    /// Acts in the task session that was read last. By default there are no tasks.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the session is no task.
    fn act(&mut self, _action: &str) -> Result<Observation, Error> {
        Err(Error::Unsupported(format!(
            "{} has no task sessions to act in",
            self.describe().name
        )))
    }

    /// Everything that is asked about the sessions within the horizon.
    ///
    /// # Errors
    /// Where no episode is open.
    fn questions(&self) -> Result<Vec<Question>, Error>;

    /// What an answer to a question of the open episode is worth.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a question that the episode does not ask.
    fn score(&self, question: &str, answer: &Answer) -> Result<Score, Error>;

    /// How a demonstrator would treat a session. The same seed gives the same hints.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a demonstrator or session that does not exist.
    fn demonstrate(&self, demonstrator: &str, index: u32, seed: u64) -> Result<Vec<Hint>, Error>;
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

    fn questions() -> Result<Vec<Question>, Error> {
        T::with(|environment| environment.questions())
    }

    fn score(question: String, answer: Answer) -> Result<Score, Error> {
        T::with(|environment| environment.score(&question, &answer))
    }

    fn demonstrate(demonstrator: String, index: u32, seed: u64) -> Result<Vec<Hint>, Error> {
        T::with(|environment| environment.demonstrate(&demonstrator, index, seed))
    }
}

/// Makes a crate the environment component of one type: [`Environment`],
/// [`State`] and `Default`. Expands to nothing where the target is not
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
