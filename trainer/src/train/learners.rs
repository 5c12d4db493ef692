//! The weights of a run: one learner for all roles, or one for each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rand_chacha::ChaCha8Rng;

use super::critic::State;
use super::learner::{Learner, Reinforcement, Update};
use super::step::ScoredRow;
use super::warm::Demonstration;
use crate::generate::{Job, Sample};
use crate::model::config::FILE as CONFIG;
use crate::model::pack::Row;
use crate::runfile::RunFile;
use crate::tokenizer::Tokenizer;

/// What learners are called after: a role, or nobody where all share one. Also the
/// folder of its weights.
type Name = Arc<str>;

/// Learners by name.
pub struct Learners(BTreeMap<Name, Learner>);

/// Names of the learners whose weights are in a folder.
fn names(weights: &Path) -> Result<Vec<Name>> {
    if weights.join(CONFIG).exists() {
        return Ok(vec!["".into()]);
    }
    let entries = std::fs::read_dir(weights)
        .with_context(|| format!("cannot list the weights in {}", weights.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.path().join(CONFIG).exists() {
            names.push(entry.file_name().to_string_lossy().into());
        }
    }
    ensure!(
        !names.is_empty(),
        "{} holds no weights: neither {CONFIG} nor folders by role that have one",
        weights.display()
    );
    Ok(names)
}

impl Learners {
    /// Seeded weights for a run file and its vocabulary: the same for each of the
    /// policy's roles.
    pub fn new(file: &RunFile, roles: &[String], tokenizer: &Tokenizer) -> Result<Self> {
        let names: Vec<Name> = match file.backbone.separate_roles {
            false => vec!["".into()],
            true => roles.iter().map(|role| role.as_str().into()).collect(),
        };
        let learner = |name| Ok((name, Learner::new(file, tokenizer)?));
        let learners = names.into_iter().map(learner);
        learners.collect::<Result<_>>().map(Self)
    }

    /// What [`Learners::export`] wrote, with the shape that it was written with, and
    /// the tokenizer beside it.
    pub fn load(file: &RunFile, weights: &Path) -> Result<(Self, Arc<Tokenizer>)> {
        let tokenizer = Tokenizer::load(weights)?.with_variables(&file.backbone.template)?;
        let learner = |name: Name| {
            let learner = Learner::load(file, &weights.join(&*name))?;
            Ok((name, learner))
        };
        let learners = names(weights)?.into_iter().map(learner);
        let learners = learners.collect::<Result<_>>()?;
        Ok((Self(learners), Arc::new(tokenizer)))
    }

    /// Most tokens of a prompt and its completion together: alike for all.
    pub fn context(&self) -> usize {
        self.0.values().map(Learner::context).min().unwrap_or(0)
    }

    /// Whose weights speak for a role.
    fn name(&self, role: &str) -> Result<Name> {
        let named = self
            .0
            .get_key_value(role)
            .or_else(|| self.0.get_key_value(""));
        let (name, _) = named.with_context(|| {
            let roles: Vec<&str> = self.0.keys().map(|name| &**name).collect();
            format!(
                "the policy speaks as {role}, but declares the roles {} and backbone.separate_roles gives weights to those",
                roles.join(", ")
            )
        })?;
        Ok(name.clone())
    }

    /// Items by the learner of their role, in their order.
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

    /// Samples for jobs that came together; one result each, in their order.
    pub fn generate(&self, jobs: &[Job]) -> Vec<Result<Sample, String>> {
        let mut results: Vec<Option<Result<Sample, String>>> = vec![None; jobs.len()];
        let names: Vec<Result<Name>> = jobs.iter().map(|job| self.name(&job.role)).collect();
        for (name, learner) in &self.0 {
            let own = |index: &usize| names[*index].as_ref().is_ok_and(|own| own == name);
            let own: Vec<usize> = (0..jobs.len()).filter(own).collect();
            let some: Vec<Job> = own.iter().map(|index| jobs[*index].clone()).collect();
            for (index, result) in own.into_iter().zip(learner.generate(&some)) {
                results[index] = Some(result);
            }
        }
        let nobody =
            |name: Result<Name>| Err(name.err().map_or_else(String::new, |e| e.to_string()));
        let named = results.into_iter().zip(names);
        named
            .map(|(result, name)| result.unwrap_or_else(|| nobody(name)))
            .collect()
    }

    /// Has value heads say what they think of states.
    pub fn judge(&self, states: &mut [State]) -> Result<()> {
        for (name, own) in self.divided(states, |state| &state.role)? {
            let rows: Vec<Row> = own.iter().map(|state| state.row.clone()).collect();
            let values = self.0[&name].values(&rows)?;
            for (state, value) in own.into_iter().zip(values) {
                state.value = f64::from(value);
            }
        }
        Ok(())
    }

    /// One AdamW step towards demonstrations.
    pub fn imitate(
        &mut self,
        demonstrations: Vec<Demonstration>,
        learning_rate: f64,
    ) -> Result<Update> {
        let mut updates = Vec::new();
        for (name, own) in self.divided(demonstrations, |given| &given.role)? {
            let rows: Vec<Row> = own.into_iter().map(|given| given.row).collect();
            updates.push(self.learner(&name).imitate(&rows, learning_rate)?);
        }
        Ok(Update::over(updates))
    }

    /// An update of all learners that have something to learn from.
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

    fn learner(&mut self, name: &Name) -> &mut Learner {
        self.0.get_mut(name).expect("a name that `name` gave")
    }

    /// [`Learner::follow`], all of them.
    pub fn follow(&mut self, pace: f64) {
        self.0.values_mut().for_each(|learner| learner.follow(pace));
    }

    /// [`Learner::begin_stage`], all of them.
    pub fn begin_stage(&mut self) {
        self.0.values_mut().for_each(Learner::begin_stage);
    }

    /// [`Learner::keep_best`], all of them.
    pub fn keep_best(&mut self) {
        self.0.values_mut().for_each(Learner::keep_best);
    }

    /// [`Learner::take_best`], all of them.
    pub fn take_best(&mut self) {
        self.0.values_mut().for_each(Learner::take_best);
    }

    /// Saves what a checkpoint needs into a folder.
    pub fn save(&self, folder: &Path) -> Result<()> {
        let mut learners = self.0.iter();
        learners.try_for_each(|(name, learner)| learner.save(&below(folder, name)?))
    }

    /// Takes up a checkpoint's weights and moments.
    pub fn restore(&mut self, folder: &Path) -> Result<()> {
        let mut learners = self.0.iter_mut();
        learners.try_for_each(|(name, learner)| learner.restore(&folder.join(&**name)))
    }

    /// Weights and configuration for others, in Hugging Face's layout: in `folder`,
    /// or by role in folders below it.
    pub fn export(&self, folder: &Path) -> Result<()> {
        let mut learners = self.0.iter();
        learners.try_for_each(|(name, learner)| learner.export(&below(folder, name)?))
    }
}

/// The folder of a learner, made if it is not there.
fn below(folder: &Path, name: &Name) -> Result<PathBuf> {
    let folder = folder.join(&**name);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(folder)
}
