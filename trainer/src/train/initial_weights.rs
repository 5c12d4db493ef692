//! Where a run's weights come from: its model or a seed, and an adapter where that is
//! what is trained.

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

/// Whether a run trains adapters to a model that it has made itself.
pub fn makes_base(file: &RunFile) -> bool {
    file.backbone.lora.is_some() && file.backbone.path.is_none()
}

/// The weights that a run starts from: those of its model, or seeded ones for its
/// vocabulary; with a new adapter where the run file asks for one.
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

/// Reads folders of weights. Adapters share the model that they belong to.
pub struct Weights<'a, B: Trainable> {
    device: &'a B::Device,
    console: Console,
    /// The run file's model.
    path: Option<PathBuf>,
    /// The model of the adapters that were read last, and its folder.
    base: Option<(PathBuf, Backbone<B>)>,
}

impl<'a, B: Trainable> Weights<'a, B> {
    /// For a run file, whose model is the adapters' if it names one.
    pub fn new(file: &RunFile, device: &'a B::Device, console: Console) -> Self {
        Self {
            device,
            console,
            path: file.backbone.path.clone(),
            base: None,
        }
    }

    /// A model, or an adapter with its model.
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

    /// A model. Says which tensors of its files are not used.
    fn load(&self, folder: &Path) -> Result<Backbone<B>> {
        let (model, warning) = Backbone::load_with_warning(folder, self.device)?;
        if let Some(warning) = warning {
            self.console
                .say(&format!("{}: {warning}", folder.display()));
        }
        Ok(model)
    }

    /// The tokenizer of a folder; where an adapter has none, its model's.
    pub fn tokenizer(&self, folder: &Path) -> Result<Tokenizer> {
        match &self.base {
            Some((base, _)) if !folder.join(tokenizer::FILE).exists() => Tokenizer::load(base),
            Some((base, _)) => Tokenizer::load_adapter(folder, base),
            None => Tokenizer::load(folder),
        }
    }
}
