//! The trait of policies, and its export.

use crate::bindings::policy::exports::memloom::agent::policy::Guest;
pub use crate::bindings::policy::exports::memloom::agent::policy::{Description, Report};
use crate::host::{Host, Imports};
use crate::instance::{Instance, Served};
use crate::types::{Answer, Error, Hint, LexiconKind, SessionContent};

/// The agent's logic. `wit/policy.wit` says what each function must do. All
/// that a policy reaches beyond itself is its [`Host`].
pub trait Policy {
    /// What this policy is.
    fn describe(&self) -> Description;

    /// Options as a JSON object, and the environment's closed language.
    ///
    /// # Errors
    /// [`Error::Invalid`] saying which option makes no sense, and why.
    fn configure(&mut self, options: &str, lexicon: Vec<LexiconKind>) -> Result<(), Error>;

    /// Reads a session and changes the bank. With hints, also says what a
    /// demonstrator would answer in the model's place.
    ///
    /// # Errors
    /// Where the model or the host fails, or the session is of a kind that the
    /// policy does not live through.
    fn observe(
        &mut self,
        host: &mut dyn Host,
        session: SessionContent,
        hints: Option<Vec<Hint>>,
    ) -> Result<Report, Error>;

    /// Answers a question from the bank. What is asked changes nothing.
    ///
    /// # Errors
    /// Where the model or the host fails.
    fn answer(&self, host: &mut dyn Host, question: &str) -> Result<Answer, Error>;
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

/// Makes a crate the policy component of one type: [`Policy`], [`State`] and
/// `Default`. Expands to nothing where the target is not WebAssembly.
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
