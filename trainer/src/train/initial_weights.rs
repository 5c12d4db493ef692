//! The initial weights of a run: those of its model or seeded ones, with a new adapter if
//! adapters are trained.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use memloom_engine::kernels::Trainable;
use memloom_engine::model::{Backbone, LoraConfig};
use memloom_engine::tokenizer;
use memloom_engine::tokenizer::Tokenizer;

use crate::config::RunFile;
use crate::rng::{Purpose, derive};
use crate::run::progress::Console;

/// The folder of a seeded model among the exported adapters that belong to it.
pub const BASE: &str = "base";

/// Returns true if a run trains adapters of a seeded model.
pub fn makes_base(file: &RunFile) -> bool {
    file.backbone.lora.is_some() && file.backbone.path.is_none()
}

/// Returns the initial weights of a run: those of its model, or seeded ones for its
/// vocabulary, with a new adapter if the run file asks for one.
pub fn start<B: Trainable>(
    file: &RunFile,
    tokenizer: &Tokenizer,
    device: &B::Device,
) -> Result<Backbone<B>> {
    let model = match &file.backbone.path {
        Some(path) => {
            let model = Backbone::load(path, device)?;
            let (words, rows) = (tokenizer.vocab_size(), model.config().vocab_size);
            ensure!(
                words <= rows,
                "{}: the tokenizer has {words} tokens, the embedding {rows} rows: they belong to different models",
                path.display()
            );
            model
        }
        None => {
            let config = file.backbone.config(tokenizer.vocab_size());
            let seed = derive(file.run.seed, Purpose::Weights, &[]);
            Backbone::random(&config, seed, device)?
        }
    };
    let Some(lora) = &file.backbone.lora else {
        return Ok(model);
    };
    let base = match &file.backbone.path {
        Some(path) => path.display().to_string(),
        None if file.backbone.separate_roles => format!("../{BASE}"),
        None => BASE.into(),
    };
    let seed = derive(file.run.seed, Purpose::Adapter, &[]);
    Ok(model.with_lora(&lora.config(base), seed))
}

/// A reader of folders of weights. Adapters of the same model share its weights.
pub struct Weights<'a, B: Trainable> {
    device: &'a B::Device,
    console: Console,
    /// The run file's model.
    path: Option<PathBuf>,
    /// The base model of the last adapter, and its folder.
    base: Option<(PathBuf, Backbone<B>)>,
}

impl<'a, B: Trainable> Weights<'a, B> {
    /// Returns a reader for a run file. Its model, if it names one, is the base of adapters.
    pub fn new(file: &RunFile, device: &'a B::Device, console: Console) -> Self {
        Self {
            device,
            console,
            path: file.backbone.path.clone(),
            base: None,
        }
    }

    /// Reads a model, or an adapter with its base model.
    pub fn read(&mut self, folder: &Path) -> Result<Backbone<B>> {
        if !LoraConfig::is_in(folder) {
            return self.load(folder);
        }
        let path = match &self.path {
            Some(path) => path.clone(),
            None => LoraConfig::read(folder)?.base_folder(folder)?,
        };
        let base = match self.base.take().filter(|(known, _)| *known == path) {
            Some((_, base)) => base,
            None => self.load(&path)?,
        };
        self.base = Some((path, base.clone()));
        Ok(base.with_adapter(folder)?)
    }

    /// Loads a model, and prints which tensors of its files are unused.
    fn load(&self, folder: &Path) -> Result<Backbone<B>> {
        let (model, warning) = Backbone::load_with_warning(folder, self.device)?;
        if let Some(warning) = warning {
            self.console
                .say(&format!("{}: {warning}", folder.display()));
        }
        Ok(model)
    }

    /// Reads the tokenizer of a folder, or of the base model if an adapter has none.
    pub fn tokenizer(&self, folder: &Path) -> Result<Tokenizer> {
        match &self.base {
            Some((base, _)) if !folder.join(tokenizer::FILE).exists() => Tokenizer::load(base),
            Some((base, _)) => Tokenizer::load_adapter(folder, base),
            None => Tokenizer::load(folder),
        }
    }
}
