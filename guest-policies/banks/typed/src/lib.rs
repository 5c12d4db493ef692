//! A memory bank of three types, as Mem-α (arXiv 2509.25911) keeps them: a *core* text that is
//! rewritten, a *semantic* list of facts, and an *episodic* list of dated events. `README.md` has the
//! operations.

mod core_text;
mod kind;
mod options;
mod query;
mod schema;
mod typed;

pub use typed::Typed;

memloom_sdk::export_bank!(Typed);
