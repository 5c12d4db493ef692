//! File names.

/// The tokenizer file of a model folder.
pub const FILE: &str = "tokenizer.json";
