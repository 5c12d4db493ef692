//! Special tokens of tokenizers that memloom trains.

/// Ends a completion that no grammar ends.
pub(super) const END: &str = "<end>";
/// Between the prompt and the completion.
pub(super) const REPLY: &str = "<reply>";
/// For words outside the vocabulary.
pub(super) const UNKNOWN: &str = "<unk>";
/// Roles of messages.
pub(super) const SPEAKERS: [&str; 3] = ["system", "user", "assistant"];
