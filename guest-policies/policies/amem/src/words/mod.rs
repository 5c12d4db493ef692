//! The roles in words under a grammar, for small models from nothing.

mod answer;
mod picked;
mod verdicts;

pub use answer::Asked;
pub use picked::Picked;
pub use verdicts::Neighbourhood;

use memloom_sdk::answers::UNKNOWN;
use memloom_sdk::speakers::aliases;

/// Returns the control words of prompts and grammars.
pub fn control_words() -> impl Iterator<Item = String> {
    let ends = [picked::DONE, UNKNOWN].map(String::from).into_iter();
    verdicts::control_words().chain(ends).chain(aliases())
}
