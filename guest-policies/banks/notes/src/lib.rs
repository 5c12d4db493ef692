//! A memory bank of linked notes, as A-MEM (arXiv 2502.12110) keeps them: a content with keywords, a
//! context and tags, and links to other notes. A new note may rewrite the context and tags of its
//! neighbours. `README.md` has the operations.

mod evolution;
mod note;
mod notes;
mod options;
mod query;
mod schema;

pub use notes::Notes;

memloom_sdk::export_bank!(Notes);
