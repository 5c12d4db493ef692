//! `memloom model import`

use std::path::PathBuf;

use anyhow::{Result, ensure};
use burn_flex::Flex;
use clap::Args;
use memloom_engine::gguf::is_gguf;
use memloom_engine::model::Backbone;
use memloom_engine::model::inspect::Inspection;
use memloom_engine::tokenizer::Tokenizer;

use crate::run::atomic_fs::write_folder;

/// Convert a GGUF file to a model folder in Hugging Face's layout.
///
/// Writes the weights in 32 bits, which lose nothing of any quantisation, and the tokenizer,
/// chat template and end tokens of the file's metadata.
#[derive(Args)]
pub(super) struct Import {
    /// A GGUF file of the families llama, qwen2, qwen3 or gemma3.
    file: PathBuf,
    /// The folder to write; it must not exist.
    out: PathBuf,
}

impl Import {
    pub(super) fn run(self) -> Result<()> {
        let Self { file, out } = self;
        ensure!(
            !out.exists(),
            "{} exists: choose another folder",
            out.display()
        );
        ensure!(is_gguf(&file), "{} is not a GGUF file", file.display());
        // Refuses what a run could not start from, before the weights are read.
        Inspection::of(&file)?;
        let model = Backbone::<Flex>::load(&file, &Default::default())?;
        let tokenizer = Tokenizer::load(&file)?;
        write_folder(&out, |folder| {
            model.export(folder)?;
            tokenizer.save(folder)
        })
    }
}
