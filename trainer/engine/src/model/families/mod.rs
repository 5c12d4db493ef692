//! Families of decoders, as Hugging Face's `config.json` tells them apart. All are
//! the same decoder with other parts switched on; a file each says which, and what
//! the family's files leave out.

mod llama;
mod qwen2;
mod qwen3;

use crate::model::config::Family;

/// All families.
pub(super) const FAMILIES: [Family; 3] = [Family::LLAMA, Family::QWEN2, Family::QWEN3];
