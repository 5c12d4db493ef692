//! `memloom model merge`

use std::path::PathBuf;

use anyhow::{Result, ensure};
use burn_flex::Flex;
use clap::Args;
use memloom_engine::model::{Backbone, LoraConfig};
use memloom_engine::tokenizer;
use memloom_engine::tokenizer::Tokenizer;

use crate::run::atomic_fs::write_folder;

/// Merge a LoRA adapter into the model that it was trained on.
///
/// Writes a model in Hugging Face's layout with the adapter's tokenizer, its weights in
/// the precision of the model.
#[derive(Args)]
pub(super) struct Merge {
    /// An adapter in PEFT's layout: `final/` of a run with `[backbone.lora]`, or a
    /// role's folder in it.
    adapter: PathBuf,
    /// The folder to write; it must not exist.
    out: PathBuf,
    /// The model that the adapter was trained on. Default: the one that the adapter names.
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
}

impl Merge {
    pub(super) fn run(self) -> Result<()> {
        let Self { adapter, out, base } = self;
        ensure!(
            !out.exists(),
            "{} exists: choose another folder",
            out.display()
        );
        let base = match base {
            Some(base) => base,
            None => LoraConfig::read(&adapter)?.base_folder(&adapter)?,
        };
        let model = Backbone::<Flex>::load(&base, &Default::default())?;
        let merged = model.with_adapter(&adapter)?.merged();
        let own = adapter.join(tokenizer::FILE).exists();
        let tokenizer = Tokenizer::load_adapter(if own { &adapter } else { &base }, &base)?;
        write_folder(&out, |folder| {
            merged.export(folder)?;
            tokenizer.save(folder)
        })
    }
}
