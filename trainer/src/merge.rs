//! An adapter made part of its model.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use burn_flex::Flex;

use crate::model::{Backbone, LoraConfig};
use crate::tokenizer::{self, Tokenizer};
use crate::train::checkpoint::write_folder;

/// Adds the adapter in a folder to its model, or to `base`, and writes a model in
/// Hugging Face's layout to `out`, with weights as short as the model's and with its
/// tokenizer.
///
/// # Errors
/// Where `out` is there already, where files are missing or do not fit together, and
/// where `out` cannot be written; nothing is half-written.
pub fn run(adapter: &Path, out: &Path, base: Option<PathBuf>) -> Result<()> {
    ensure!(
        !out.exists(),
        "{} is there already: choose another folder",
        out.display()
    );
    let base = match base {
        Some(base) => base,
        None => LoraConfig::read(adapter)?.base_folder(adapter)?,
    };
    let model = Backbone::<Flex>::load(&base, &Default::default())?;
    let merged = model.with_adapter(adapter)?.merged();
    let own = adapter.join(tokenizer::FILE).exists();
    let tokenizer = Tokenizer::load_beside(if own { adapter } else { &base }, &base)?;
    write_folder(out, |folder| {
        merged.export(folder)?;
        tokenizer.save(folder)
    })
}
