//! Names of files.

/// The file of a tokenizer in its folder.
pub const FILE: &str = "tokenizer.json";
