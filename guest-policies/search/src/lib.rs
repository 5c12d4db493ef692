//! The search of banks: by words, by embeddings, and the best of what was found.

mod best;
mod bm25;
mod cosine;

pub use best::best;
pub use bm25::Index;
pub use cosine::cosine;
