//! The special tokens of tokenizers that memloom trains.

/// Ends a completion that no grammar ends.
pub(super) const END: &str = "<end>";
/// Separates the prompt from the completion.
pub(super) const REPLY: &str = "<reply>";
/// Stands for words outside the vocabulary.
pub(super) const UNKNOWN: &str = "<unk>";
/// The roles of messages.
pub(super) const SPEAKERS: [&str; 3] = ["system", "user", "assistant"];
