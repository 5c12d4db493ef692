//! The names of a model folder's files.

/// The tokenizer file.
pub const FILE: &str = "tokenizer.json";
/// The file of the template and the special tokens.
pub(super) const CONFIG: &str = "tokenizer_config.json";
/// The file of the template in newer folders.
pub(super) const TEMPLATE: &str = "chat_template.jinja";
/// The file of the special tokens in older folders.
pub(super) const SPECIAL_TOKENS: &str = "special_tokens_map.json";
/// The file of the ids of added tokens in older folders.
pub(super) const ADDED_TOKENS: &str = "added_tokens.json";
/// The file of the end tokens and the stop strings.
pub(super) const GENERATION: &str = "generation_config.json";
/// The file of the model's shape. In some folders only it names the end tokens.
pub(super) const MODEL: &str = "config.json";
