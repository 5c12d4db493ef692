//! The search of banks: by words, by embeddings or by words that stand in for them, and the best of
//! what was found.

mod best;
mod bm25;
mod cosine;
mod hashed;
mod projected;

pub use best::best;
pub use bm25::Index;
pub use cosine::{cosine, unit};
pub use hashed::hashed;
pub use projected::projected;
