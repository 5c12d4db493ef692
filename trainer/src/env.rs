//! The environment of a run: its components, its data, and the episodes that it opens.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use memloom_algorithm::reward::words;
use memloom_runtime::types::{
    DataFile, EnvironmentDescription, LoadReport, PolicyDescription, Question, Session,
    SessionContent,
};
use memloom_runtime::{
    AgentParts, BankComponent, Embedder, Episode, ForkPoint, LanguageModel, Sandbox, ScriptedModel,
};
use rand::Rng;
use toml::Table;

use crate::clients::{Judge, Servers, Spent};
use crate::config::RunFile;
use crate::embedder::embedder;

/// Loaded components and data.
pub struct TrainingEnv {
    /// The environment's description.
    pub description: EnvironmentDescription,
    /// The environment's report of its data.
    pub report: LoadReport,
    /// The policy's description.
    pub policy: PolicyDescription,
    /// Models that others serve.
    pub servers: Arc<Servers>,
    /// The embedder of the run file, if it has one.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// What a task counts as dialogue, in words.
    task_words: u64,
    /// An agent with an empty bank, and the environment with its data.
    beginning: ForkPoint,
    /// The same for each variant of the policy, with its share of rollouts.
    variants: Vec<(f64, ForkPoint)>,
}

/// An opened episode. Every rollout forks from its start.
pub struct OpenEpisode {
    /// Id, for example `conv-26`.
    pub id: String,
    /// The questions of the episode.
    pub questions: Vec<Question>,
    /// The dialogue's turns by session: `turns[s - 1]`. A task has none.
    pub turns: Vec<Vec<Turn>>,
    /// The instructions of the sessions that are tasks.
    pub instructions: BTreeMap<u32, String>,
    /// Words of each session's dialogue; of a task, `algorithm.task_words`.
    dialogue: Vec<u64>,
    /// CPU seconds of its opening in guests and host calls.
    pub guest_seconds: f64,
    /// True if answers are labelled by the judge of the run file, if it has one.
    pub labelled: bool,
    servers: Arc<Servers>,
    start: ForkPoint,
    /// Starts of the policy's variants, with their shares of rollouts.
    variants: Vec<(f64, ForkPoint)>,
}

/// Returns the model of an episode that is only forked and never generates.
fn placeholder_model() -> Box<dyn LanguageModel> {
    Box::new(ScriptedModel::new([""; 0]))
}

/// The fields of a turn that the trainer uses.
pub struct Turn {
    /// Id in the environment. Evidence names turns by it.
    pub id: String,
    /// Time of its session, as the environment writes it.
    pub time: String,
    /// Speaker.
    pub speaker: String,
    /// Text.
    pub text: String,
    /// Number of words in the text.
    pub words: u64,
}

fn turns_of(session: Session) -> Vec<Turn> {
    let turns = session.turns.into_iter().map(|turn| Turn {
        words: words(&turn.text),
        id: turn.id,
        time: session.time.clone(),
        speaker: turn.speaker,
        text: turn.text,
    });
    turns.collect()
}

/// Reads the data files of an environment. Names are without folders.
pub fn data_files(paths: &[PathBuf]) -> Result<Vec<DataFile>> {
    let read = |path: &PathBuf| {
        let name = path.file_name().unwrap_or(path.as_os_str());
        let bytes = std::fs::read(path)
            .with_context(|| format!("cannot read the data file {}", path.display()))?;
        Ok(DataFile {
            name: name.to_string_lossy().into_owned(),
            bytes,
        })
    };
    paths.iter().map(read).collect()
}

/// Loads the run file's bank with its options.
pub fn bank(file: &RunFile, sandbox: &Sandbox) -> Result<BankComponent> {
    let bank = sandbox.bank(&file.components.bank)?;
    Ok(bank.with_options(serde_json::to_string(&file.bank.options)?))
}

impl TrainingEnv {
    /// Loads the run file's components and data.
    pub fn load(file: &RunFile) -> Result<Self> {
        let servers = Arc::new(Servers::new(file)?);
        let embedder = embedder(file, &servers)?;
        Self::with_options(file, &file.environment.options, servers, embedder)
    }

    /// Returns the environment with these options over the run file's; `None` if there are none.
    pub fn with_own(&self, file: &RunFile, own: &Table) -> Result<Option<Self>> {
        (!own.is_empty())
            .then(|| self.with_policy(file, own))
            .transpose()
    }

    /// Returns the environment with the policy of another run file, and these options over the
    /// environment's.
    pub fn with_policy(&self, file: &RunFile, own: &Table) -> Result<Self> {
        let mut options = file.environment.options.clone();
        options.extend(own.clone());
        Self::with_options(file, &options, self.servers.clone(), self.embedder.clone())
    }

    fn with_options(
        file: &RunFile,
        options: &Table,
        servers: Arc<Servers>,
        embedder: Option<Arc<dyn Embedder>>,
    ) -> Result<Self> {
        let sandbox = Sandbox::new(file.limits.clone())?;
        let bank = bank(file, &sandbox)?;
        let policy = sandbox.policy(&file.components.policy)?;
        let component = sandbox.environment(&file.components.environment)?;
        let files = data_files(&file.environment.data)?;
        let options = serde_json::to_string(options)?;
        let load = || -> Result<_> {
            let mut environment = component.instantiate()?;
            let description = environment.describe()?;
            let report = environment.load(&files, &options).with_context(|| {
                format!(
                    "the environment {} refuses its data or options",
                    description.name
                )
            })?;
            Ok((environment, description, report))
        };
        let begin = |parts: &AgentParts, environment| -> Result<ForkPoint> {
            let mut beginning = Episode::start(parts, environment, placeholder_model())?;
            if let Some(embedder) = &embedder {
                beginning.set_embedder(embedder.clone());
            }
            Ok(beginning.fork_point()?)
        };
        let (environment, description, report) = load()?;
        let mut parts = AgentParts {
            bank,
            policy,
            policy_options: serde_json::to_string(&file.policy.options)?,
            lexicon: description.lexicon.clone(),
        };
        let policy = parts.describe_policy()?;
        servers.check_roles(&policy)?;
        let beginning = begin(&parts, environment)?;
        let mut variants = Vec::new();
        for variant in &file.policy.variants {
            parts.policy_options = serde_json::to_string(&file.policy.options_of(variant))?;
            let own = parts.describe_policy().context("policy.variants")?;
            ensure!(
                own.roles == policy.roles && own.control_words == policy.control_words,
                "policy.variants: a variant has other roles or control words than policy.options: one model cannot speak for both"
            );
            let (environment, ..) = load()?;
            variants.push((variant.share, begin(&parts, environment)?));
        }
        Ok(Self {
            description,
            report,
            policy,
            servers,
            embedder,
            task_words: file.algorithm.task_words,
            beginning,
            variants,
        })
    }

    /// Opens an episode of a split. An `index` past the end of a finite split starts again
    /// from its first episode. `horizon` 0 is all sessions.
    pub fn open(&self, split: &str, index: u64, horizon: u32) -> Result<OpenEpisode> {
        let episodes = self.episodes(split)?;
        let index = episodes.map_or(index, |count| index % count);
        let mut start = self.beginning.fork(placeholder_model())?;
        let episode = start
            .open(split, index, horizon)
            .with_context(|| format!("cannot open episode {index} of the split {split}"))?;
        ensure!(
            episode.sessions > 0,
            "episode {} of the split {split} has no sessions",
            episode.id
        );
        let opened = start.fork_point()?;
        let (mut turns, mut dialogue) = (Vec::new(), Vec::new());
        let mut instructions = BTreeMap::new();
        for session in 1..=episode.sessions {
            let own = match start.session(session)? {
                SessionContent::Dialogue(session) => turns_of(session),
                SessionContent::Task(task) => {
                    instructions.insert(session, task.instruction);
                    dialogue.push(self.task_words);
                    turns.push(Vec::new());
                    continue;
                }
            };
            dialogue.push(own.iter().map(|turn| turn.words).sum());
            turns.push(own);
        }
        Ok(OpenEpisode {
            id: episode.id,
            questions: start.questions()?,
            turns,
            instructions,
            dialogue,
            guest_seconds: start.meter().guest_seconds(),
            labelled: true,
            servers: self.servers.clone(),
            start: opened,
            variants: self.open_variants(split, index, horizon)?,
        })
    }

    fn open_variants(
        &self,
        split: &str,
        index: u64,
        horizon: u32,
    ) -> Result<Vec<(f64, ForkPoint)>> {
        let open = |(share, beginning): &(f64, ForkPoint)| {
            let mut start = beginning.fork(placeholder_model())?;
            start.open(split, index, horizon)?;
            Ok((*share, start.fork_point()?))
        };
        self.variants.iter().map(open).collect()
    }

    /// Returns the policy's roles that no server answers for.
    pub fn own_roles(&self) -> Vec<String> {
        let roles = self.policy.roles.iter();
        roles
            .filter(|role| !self.servers.serves(role))
            .cloned()
            .collect()
    }

    /// Returns the number of episodes of a split; `None` for a split without an end.
    pub fn episodes(&self, split: &str) -> Result<Option<u64>> {
        let Some(found) = self.report.splits.iter().find(|s| s.name == split) else {
            let names: Vec<_> = self.report.splits.iter().map(|s| s.name.as_str()).collect();
            bail!(
                "the environment {} has no split {split}; it has: {}",
                self.description.name,
                names.join(", ")
            );
        };
        if found.episodes == Some(0) {
            bail!(
                "the split {split} of the environment {} is empty; check environment.data and environment.options",
                self.description.name
            );
        }
        Ok(found.episodes)
    }

    /// Returns `wanted`, or the number of episodes of a finite split if that is smaller.
    pub fn at_most(&self, split: &str, wanted: u64) -> Result<u64> {
        Ok(self
            .episodes(split)?
            .map_or(wanted, |count| count.min(wanted)))
    }
}

impl OpenEpisode {
    /// Keeps at most `most` of its questions, drawn at random, in their order, and all silent
    /// ones, which cost nothing.
    pub fn keep_questions(&mut self, most: usize, generator: &mut impl Rng) {
        let count = self.questions.iter().filter(|q| !q.is_silent()).count();
        let mut kept = vec![false; count];
        for index in rand::seq::index::sample(generator, count, most.min(count)) {
            kept[index] = true;
        }
        let mut kept = kept.into_iter();
        self.questions
            .retain(|question| question.is_silent() || kept.next().unwrap_or(false));
    }

    /// Returns the number of sessions within the horizon.
    pub fn sessions(&self) -> u32 {
        self.turns.len() as u32
    }

    /// Returns whether a session is a task.
    pub fn is_task(&self, session: u32) -> bool {
        self.instructions.contains_key(&session)
    }

    /// Returns the words of each session's dialogue: `dialogue()[s - 1]`. A task counts as
    /// `algorithm.task_words`.
    pub fn dialogue(&self) -> &[u64] {
        &self.dialogue
    }

    /// Returns the judge that labels answers, if there is one.
    pub fn judge(&self) -> Option<&Judge> {
        self.servers.judge().filter(|_| self.labelled)
    }

    /// Returns the run's judge, also where answers are not labelled.
    pub fn any_judge(&self) -> Option<&Judge> {
        self.servers.judge()
    }

    /// Returns a rollout at the episode's start. Servers answer for their roles.
    pub fn start(&self, model: Box<dyn LanguageModel>) -> Result<Episode> {
        self.resume(&self.start, model)
    }

    /// Returns the policy's variant in rollout `number` of `rollouts`, if it is one.
    pub fn variant(&self, number: usize, rollouts: usize) -> Option<usize> {
        let shares: Vec<f64> = self.variants.iter().map(|(share, _)| *share).collect();
        variant_of(number, rollouts, &shares)
    }

    /// Returns a rollout at the episode's start, by one of the policy's variants if one is given. Servers answer for their roles, and `spent` is told the prices of their
    /// replies.
    pub fn start_as(
        &self,
        variant: Option<usize>,
        model: Box<dyn LanguageModel>,
        spent: &Spent,
    ) -> Result<Episode> {
        let start = variant.map_or(&self.start, |variant| &self.variants[variant].1);
        self.resume_charged(start, model, spent)
    }

    /// Returns a rollout from one of the episode's states. Servers answer for their roles, and
    /// `spent` is told the prices of their replies.
    pub fn resume_charged(
        &self,
        state: &ForkPoint,
        model: Box<dyn LanguageModel>,
        spent: &Spent,
    ) -> Result<Episode> {
        Ok(state.fork(self.servers.route_charged(model, spent))?)
    }

    /// Returns a rollout from one of the episode's states. Servers answer for their roles.
    pub fn resume(&self, state: &ForkPoint, model: Box<dyn LanguageModel>) -> Result<Episode> {
        Ok(state.fork(self.servers.route(model))?)
    }

    /// Returns a rollout at the episode's start that asks no server: all requests go to `model`,
    /// those of served roles, too.
    pub fn without_servers(&self, model: Box<dyn LanguageModel>) -> Result<Episode> {
        Ok(self.start.fork(model)?)
    }

    /// Returns a rollout at the episode's start whose sessions a demonstrator observes.
    /// Servers answer for their roles only when questions are answered.
    pub fn demonstrate(&self, model: Box<dyn LanguageModel>) -> Result<Episode> {
        Ok(self.start.fork(self.servers.route_answers(model))?)
    }
}

/// Returns the variant of rollout `number` of `rollouts`; `None` for the policy's own options, which
/// have the rest of the shares. Counts are rounded by largest remainder.
fn variant_of(number: usize, rollouts: usize, shares: &[f64]) -> Option<usize> {
    let rest = 1.0 - shares.iter().sum::<f64>();
    let exact = [rest].into_iter().chain(shares.iter().copied());
    let exact: Vec<f64> = exact
        .map(|share| share.max(0.0) * rollouts as f64)
        .collect();
    let mut counts: Vec<usize> = exact.iter().map(|exact| *exact as usize).collect();
    let mut order: Vec<usize> = (0..exact.len()).collect();
    order.sort_by(|a, b| exact[*b].fract().total_cmp(&exact[*a].fract()));
    let left = rollouts.saturating_sub(counts.iter().sum());
    for kind in order.into_iter().take(left) {
        counts[kind] += 1;
    }
    let mut kinds = (0..counts.len()).flat_map(|kind| std::iter::repeat_n(kind, counts[kind]));
    kinds.nth(number)?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dealt(rollouts: usize, shares: &[f64]) -> Vec<Option<usize>> {
        let numbers = 0..rollouts;
        numbers
            .map(|number| variant_of(number, rollouts, shares))
            .collect()
    }

    #[test]
    fn variants_have_their_share_of_each_group() {
        let (own, other) = (None, Some(0));
        assert_eq!(dealt(8, &[0.5]), [[own; 4], [other; 4]].concat());
        assert_eq!(dealt(3, &[]), [own; 3]);
        assert_eq!(dealt(2, &[1.0]), [other; 2]);
        // 2.5, 1.25 and 1.25 of 5: the largest remainder is that of the policy's own options.
        assert_eq!(dealt(5, &[0.25, 0.25]), [own, own, own, other, Some(1)]);
    }
}
