//! What banks search by: words, embeddings, and the order of what was found.

mod best;
mod bm25;
mod cosine;

pub use best::best;
pub use bm25::Index;
pub use cosine::cosine;
