//! The weights of a run: one learner for all roles, or one for each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use memloom_engine::device::Work;
use memloom_engine::generation::{Request, Sample};
use memloom_engine::gguf::is_gguf;
use memloom_engine::grammar::Grammars;
use memloom_engine::kernels::Trainable;
use memloom_engine::model::config::FILE as CONFIG;
use memloom_engine::model::lora::config::FILE as ADAPTER;
use memloom_engine::model::packing::Row;
use memloom_engine::tokenizer::Tokenizer;
use rand_chacha::ChaCha8Rng;

use crate::config::RunFile;
use crate::rollout::batcher::Engine;
use crate::run::progress::Console;
use crate::train::batch::ScoredRow;
use crate::train::demonstration::Demonstration;
use crate::train::initial_weights;
use crate::train::initial_weights::Weights;
use crate::train::learner::{BurnLearner, Learner, Reinforcement, Update};
use crate::train::value_states::State;

/// The name of a learner: its role, or "" if all roles share it. Also the folder of its
/// weights.
pub(super) type Name = Arc<str>;

/// Learners by name.
pub struct RoleLearners(BTreeMap<Name, Box<dyn Learner>>);

/// Returns the names of the learners with weights in a folder. Full weights beside adapters
/// are the base of the adapters.
fn names(weights: &Path) -> Result<Vec<Name>> {
    if is_gguf(weights) {
        return Ok(vec!["".into()]);
    }
    for config in [ADAPTER, CONFIG] {
        if weights.join(config).exists() {
            return Ok(vec!["".into()]);
        }
        let entries = std::fs::read_dir(weights)
            .with_context(|| format!("cannot list the weights in {}", weights.display()))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.path().join(config).exists() {
                names.push(entry.file_name().to_string_lossy().into());
            }
        }
        if !names.is_empty() {
            return Ok(names);
        }
    }
    bail!(
        "{} holds no weights: neither {CONFIG} nor {ADAPTER} nor folders by role that have one",
        weights.display()
    )
}

impl RoleLearners {
    /// Returns learners with the run's initial weights, the same for each of the policy's
    /// roles.
    pub fn new(file: &RunFile, roles: &[String], tokenizer: &Tokenizer) -> Result<Self> {
        let names: Vec<Name> = match file.backbone.separate_roles {
            false => vec!["".into()],
            true => roles.iter().map(|role| role.as_str().into()).collect(),
        };
        let start = Start {
            file,
            tokenizer,
            names,
        };
        file.run.device.run(start)?
    }

    /// Loads a folder that [`RoleLearners::export`] wrote, or one with a foreign adapter, and
    /// its tokenizer. Prints warnings about the folder.
    pub fn load(file: &RunFile, folder: &Path, console: Console) -> Result<(Self, Arc<Grammars>)> {
        let load = Load {
            file,
            folder,
            console,
        };
        file.run.device.run(load)?
    }

    /// Returns the context length, which all learners share.
    pub fn context(&self) -> usize {
        self.0
            .values()
            .map(|learner| learner.context())
            .min()
            .unwrap_or(0)
    }

    /// Returns the size of the vocabulary, which all learners share.
    pub fn vocabulary(&self) -> usize {
        self.0
            .values()
            .map(|learner| learner.vocabulary())
            .min()
            .unwrap_or(0)
    }

    /// Returns the learners' names: roles, or "" if all roles share one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }

    /// Returns the name of the learner that a role uses.
    pub(super) fn name(&self, role: &str) -> Result<Name> {
        let named = self
            .0
            .get_key_value(role)
            .or_else(|| self.0.get_key_value(""));
        let (name, _) = named.with_context(|| {
            let roles: Vec<&str> = self.0.keys().map(|name| &**name).collect();
            format!(
                "the policy uses the role {role}, but declares the roles {}: with backbone.separate_roles only declared roles have weights",
                roles.join(", ")
            )
        })?;
        Ok(name.clone())
    }

    /// Returns items by the learner of their role, in their order.
    fn divided<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        role: impl Fn(&T) -> &str,
    ) -> Result<BTreeMap<Name, Vec<T>>> {
        let mut divided: BTreeMap<Name, Vec<T>> = BTreeMap::new();
        for item in items {
            divided
                .entry(self.name(role(&item))?)
                .or_default()
                .push(item);
        }
        Ok(divided)
    }

    /// Returns an engine that samples with the present weights.
    pub fn engine(&self) -> RoleEngines<'_> {
        RoleEngines::new(self)
    }

    /// Returns an engine for each learner.
    pub(super) fn engines(&self) -> BTreeMap<Name, Box<dyn Engine>> {
        let learners = self.0.iter();
        learners
            .map(|(name, learner)| (name.clone(), learner.engine()))
            .collect()
    }

    /// Writes the value heads' predictions into `states`.
    pub fn predict_values(&self, states: &mut [State]) -> Result<()> {
        for (name, own) in self.divided(states, |state| &state.role)? {
            let rows: Vec<Row> = own.iter().map(|state| state.row.clone()).collect();
            let values = self.0[&name].values(&rows)?;
            for (state, value) in own.into_iter().zip(values) {
                state.value = f64::from(value);
            }
        }
        Ok(())
    }

    /// Returns the log-probabilities of each row's free tokens under the present weights.
    pub fn logprobs(&self, rows: &[ScoredRow], temperature: f32) -> Result<Vec<Vec<f32>>> {
        let mut logprobs = vec![Vec::new(); rows.len()];
        let numbered = rows.iter().enumerate();
        for (name, own) in self.divided(numbered, |(_, row)| &row.role)? {
            let (places, rows): (Vec<usize>, Vec<ScoredRow>) = own
                .into_iter()
                .map(|(place, row)| (place, row.clone()))
                .unzip();
            let found = self.0[&name].logprobs(&rows, temperature)?;
            for (place, found) in places.into_iter().zip(found) {
                logprobs[place] = found;
            }
        }
        Ok(logprobs)
    }

    /// Makes a [`Learner::supervised_step`] of each learner that has demonstrations.
    pub fn supervised_step(
        &mut self,
        demonstrations: Vec<Demonstration>,
        prompts: Vec<Demonstration>,
        learning_rate: f64,
        noise: u64,
    ) -> Result<Update> {
        let rows = |own: Vec<Demonstration>| own.into_iter().map(|given| given.row).collect();
        let mut prompts = self.divided(prompts, |given| &given.role)?;
        let mut updates = Vec::new();
        for (name, own) in self.divided(demonstrations, |given| &given.role)? {
            let outputs: Vec<Row> = rows(own);
            let prompts: Vec<Row> = rows(prompts.remove(&name).unwrap_or_default());
            let learner = self.learner(&name);
            updates.push(learner.supervised_step(&outputs, &prompts, learning_rate, noise)?);
        }
        Ok(Update::over(updates))
    }

    /// Makes a [`Learner::reinforce`] update of each learner that has rows.
    pub fn reinforce(
        &mut self,
        rows: Vec<ScoredRow>,
        states: Vec<State>,
        settings: &Reinforcement,
        learning_rate: f64,
        order: &ChaCha8Rng,
    ) -> Result<Update> {
        let mut states = self.divided(states, |state| &state.role)?;
        let mut updates = Vec::new();
        for (name, rows) in self.divided(rows, |row| &row.role)? {
            let states = states.remove(&name).unwrap_or_default();
            let learner = self.learner(&name);
            updates.push(learner.reinforce(
                &rows,
                &states,
                settings,
                learning_rate,
                order.clone(),
            )?);
        }
        Ok(Update::over(updates))
    }

    /// Returns the learner with a name that `name` returned.
    fn learner(&mut self, name: &Name) -> &mut dyn Learner {
        &mut **self.0.get_mut(name).expect("a name that `name` returned")
    }

    /// Calls [`Learner::update_reference`] of all learners.
    pub fn update_reference(&mut self, pace: f64) {
        let learners = self.0.values_mut();
        learners.for_each(|learner| learner.update_reference(pace));
    }

    /// Calls [`Learner::begin_stage`] of all learners.
    pub fn begin_stage(&mut self) {
        self.0
            .values_mut()
            .for_each(|learner| learner.begin_stage());
    }

    /// Calls [`Learner::keep_best`] of all learners.
    pub fn keep_best(&mut self) {
        self.0.values_mut().for_each(|learner| learner.keep_best());
    }

    /// Calls [`Learner::take_best`] of all learners.
    pub fn take_best(&mut self) {
        self.0.values_mut().for_each(|learner| learner.take_best());
    }

    /// Saves what a checkpoint needs into a folder.
    pub fn save(&self, folder: &Path) -> Result<()> {
        let mut learners = self.0.iter();
        learners.try_for_each(|(name, learner)| learner.save(&below(folder, name)?))
    }

    /// Restores a checkpoint's weights and moments.
    pub fn restore(&mut self, folder: &Path) -> Result<()> {
        let mut learners = self.0.iter_mut();
        learners.try_for_each(|(name, learner)| learner.restore(&folder.join(&**name)))
    }

    /// Writes weights and configuration in Hugging Face's layout, and adapters in PEFT's: into
    /// `folder`, or into a folder below it for each role. The tokenizer is in `folder`, and
    /// beside a base model that only this run has.
    pub fn export(&self, file: &RunFile, tokenizer: &Tokenizer, folder: &Path) -> Result<()> {
        for (name, learner) in &self.0 {
            learner.export(&below(folder, name)?)?;
        }
        if initial_weights::makes_base(file)
            && let Some(learner) = self.0.values().next()
        {
            let base = below(folder, initial_weights::BASE)?;
            learner.export_base(&base)?;
            tokenizer.save(&base)?;
        }
        tokenizer.save(folder)
    }
}

/// [`RoleLearners::new`] on a device.
struct Start<'a> {
    file: &'a RunFile,
    tokenizer: &'a Tokenizer,
    names: Vec<Name>,
}

impl Work for Start<'_> {
    type Done = Result<RoleLearners>;

    fn on<B: Trainable>(self, device: &B::Device) -> Result<RoleLearners> {
        let model = initial_weights::start::<B>(self.file, self.tokenizer, device)?;
        let learner = |name| {
            let learner: Box<dyn Learner> = Box::new(BurnLearner::new(self.file, model.clone()));
            (name, learner)
        };
        Ok(RoleLearners(self.names.into_iter().map(learner).collect()))
    }
}

/// [`RoleLearners::load`] on a device.
struct Load<'a> {
    file: &'a RunFile,
    folder: &'a Path,
    console: Console,
}

impl Work for Load<'_> {
    type Done = Result<(RoleLearners, Arc<Grammars>)>;

    fn on<B: Trainable>(self, device: &B::Device) -> Self::Done {
        let Self {
            file,
            folder,
            console,
        } = self;
        let mut weights = Weights::<B>::new(file, device, console);
        let mut learners = BTreeMap::new();
        for name in names(folder)? {
            // A file joined with an empty name would be a folder.
            let model = match &*name {
                "" => weights.read(folder)?,
                role => weights.read(&folder.join(role))?,
            };
            let learner: Box<dyn Learner> = Box::new(BurnLearner::with(file, model));
            learners.insert(name, learner);
        }
        let tokenizer = weights.tokenizer(folder)?;
        let tokenizer = tokenizer.with_variables(&file.backbone.template)?;
        let learners = RoleLearners(learners);
        let (tokens, rows) = (tokenizer.vocab_size(), learners.vocabulary());
        ensure!(
            tokens <= rows,
            "{}: the tokenizer has {tokens} tokens, the embedding {rows} rows: they belong to different models",
            folder.display()
        );
        let grammars = Grammars::new(Arc::new(tokenizer));
        Ok((learners, Arc::new(grammars)))
    }
}

/// Returns the folder of a learner, and creates it if it does not exist.
fn below(folder: &Path, name: &str) -> Result<PathBuf> {
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(folder)
}

/// Engines by learner, with the weights at its creation. Later updates do not change it.
pub struct RoleEngines<'a> {
    learners: &'a RoleLearners,
    engines: BTreeMap<Name, Box<dyn Engine>>,
    /// Errors for jobs of roles without weights.
    refused: Vec<(usize, Result<Sample, String>)>,
}

impl<'a> RoleEngines<'a> {
    fn new(learners: &'a RoleLearners) -> Self {
        Self {
            learners,
            engines: learners.engines(),
            refused: Vec::new(),
        }
    }
}

impl Engine for RoleEngines<'_> {
    fn begin(&mut self, ticket: usize, job: Request) {
        match self.learners.name(&job.role) {
            Ok(name) => {
                let engine = self.engines.entry(name);
                engine.and_modify(|engine| engine.begin(ticket, job));
            }
            Err(error) => self.refused.push((ticket, Err(error.to_string()))),
        }
    }

    fn step(&mut self) -> Vec<(usize, Result<Sample, String>)> {
        let mut ended = std::mem::take(&mut self.refused);
        for engine in self.engines.values_mut() {
            ended.extend(engine.step());
        }
        ended
    }
}
