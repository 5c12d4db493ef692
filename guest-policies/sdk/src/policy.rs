//! The trait of policies, the macro that exports them, and helpers for policies.

use std::collections::BTreeMap;

use crate::bindings::policy::exports::memloom::agent::policy::Guest;
pub use crate::bindings::policy::exports::memloom::agent::policy::{Description, Report};
use crate::host::{Host, Imports};
use crate::instance::{Instance, Served};
use crate::types::{
    Answer, DemonstratedOperation, Error, Hint, LexiconKind, Session, SessionContent, Task, Turn,
};

/// The logic of an agent. `wit/policy.wit` describes the functions. A policy's only
/// access to the outside is its [`Host`].
pub trait Policy {
    /// Returns the description.
    fn describe(&self) -> Description;

    /// Sets the options, a JSON object, and the environment's closed language.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the invalid option and the reason.
    fn configure(&mut self, options: &str, lexicon: Vec<LexiconKind>) -> Result<(), Error>;

    /// Reads a session and changes the bank. With hints, its requests also carry a
    /// demonstrator's outputs.
    ///
    /// # Errors
    /// If the model or the host fails, or the policy does not support the kind of session.
    fn observe(
        &mut self,
        host: &mut dyn Host,
        session: SessionContent,
        hints: Option<Vec<Hint>>,
    ) -> Result<Report, Error>;

    /// Answers a question from the bank. A question changes no state.
    ///
    /// # Errors
    /// If the model or the host fails.
    fn answer(&self, host: &mut dyn Host, question: &str) -> Result<Answer, Error>;
}

/// Returns the dialogue of a session.
///
/// # Errors
/// [`Error::Unsupported`] naming the `policy`, if the session is a task.
pub fn dialogue(policy: &str, session: SessionContent) -> Result<Session, Error> {
    match session {
        SessionContent::Dialogue(session) => Ok(session),
        SessionContent::Task(_) => Err(Error::Unsupported(format!(
            "{policy} reads dialogue and does not act in task sessions"
        ))),
    }
}

/// Returns the task of a session.
///
/// # Errors
/// [`Error::Unsupported`] naming the `policy`, if the session is a dialogue.
pub fn task(policy: &str, session: SessionContent) -> Result<Task, Error> {
    match session {
        SessionContent::Task(task) => Ok(task),
        SessionContent::Dialogue(_) => Err(Error::Unsupported(format!(
            "{policy} acts in task sessions and does not read dialogue"
        ))),
    }
}

/// A demonstrator's operations by turn.
pub type HintedOperations = BTreeMap<String, DemonstratedOperation>;

/// Returns the operations of hints by turn.
pub fn hinted_operations(hints: Vec<Hint>) -> HintedOperations {
    hints
        .into_iter()
        .map(|hint| (hint.turn, hint.operation))
        .collect()
}

/// Returns the operations of hints by turn, with [`DemonstratedOperation::Skip`] for all
/// other turns: for a policy without an extractor, whose manager sees every turn.
pub fn hinted_operations_of_all(hints: Vec<Hint>, turns: &[Turn]) -> HintedOperations {
    let mut hinted = hinted_operations(hints);
    for turn in turns {
        hinted
            .entry(turn.id.clone())
            .or_insert(DemonstratedOperation::Skip);
    }
    hinted
}

impl<T: Policy + Instance> Guest for Served<T> {
    fn describe() -> Description {
        T::with(|policy| policy.describe())
    }

    fn configure(options: String, lexicon: Vec<LexiconKind>) -> Result<(), Error> {
        T::with(|policy| policy.configure(&options, lexicon))
    }

    fn observe(session: SessionContent, hints: Option<Vec<Hint>>) -> Result<Report, Error> {
        T::with(|policy| policy.observe(&mut Imports, session, hints))
    }

    fn answer(question: String) -> Result<Answer, Error> {
        T::with(|policy| policy.answer(&mut Imports, &question))
    }
}

/// Exports a type as a crate's policy component. The type implements [`Policy`],
/// [`State`] and `Default`. Expands to nothing if the target is not WebAssembly.
///
/// [`State`]: crate::State
#[macro_export]
macro_rules! export_policy {
    ($policy:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $crate::keep_instance!($policy);
            type Component = $crate::Served<$policy>;
    $crate::bindings::policy::export!(Component with_types_in $crate::bindings::policy);
    $crate::bindings::state::export!(Component with_types_in $crate::bindings::state);
        };
    };
}
