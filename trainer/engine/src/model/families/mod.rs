//! The families of decoders. All are the same decoder with other parts switched on.
//!
//! To add a family, add a file with its [`Family`] constant and list the constant in [`FAMILIES`].

mod gemma3;
mod llama;
mod qwen2;
mod qwen3;
pub(super) mod sliding_window;

use crate::model::config::Family;

/// The supported families.
pub(super) const FAMILIES: [Family; 4] =
    [Family::LLAMA, Family::QWEN2, Family::QWEN3, Family::GEMMA3];
