//! What a run takes place in: the components, the environment's data, and the
//! episodes that it opens.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use memloom_algorithm::reward::words;
use memloom_runtime::types::{
    DataFile, EnvironmentDescription, LoadReport, PolicyDescription, Question, SessionContent,
};
use memloom_runtime::{Episode, EpisodeParts, ForkPoint, LanguageModel, Sandbox, ScriptedModel};
use rand::Rng;

use crate::clients::{Judge, Outside};
use crate::config::RunFile;
use crate::embedder::embedder;

/// Loaded components and data.
pub struct TrainingEnv {
    /// What the environment says of itself.
    pub description: EnvironmentDescription,
    /// What the environment found in its data.
    pub report: LoadReport,
    /// What the policy says of itself.
    pub policy: PolicyDescription,
    /// Models that others serve.
    pub outside: Arc<Outside>,
    /// An agent that knows nothing yet, and the environment with its data.
    beginning: ForkPoint,
}

/// An opened episode, from whose start every rollout forks.
pub struct OpenEpisode {
    /// For instance `conv-26`.
    pub id: String,
    /// Everything that is asked.
    pub questions: Vec<Question>,
    /// The dialogue's turns by session: `turns[s - 1]`.
    pub turns: Vec<Vec<Turn>>,
    /// Processor seconds that opening it took in guests and host calls.
    pub guest_seconds: f64,
    /// Whether answers are labelled, where there is a judge.
    pub judged: bool,
    outside: Arc<Outside>,
    start: ForkPoint,
}

/// The model of what only others start from.
fn nobody() -> Box<dyn LanguageModel> {
    Box::new(ScriptedModel::new([""; 0]))
}

/// A turn, as far as the trainer looks at it.
pub struct Turn {
    /// The environment's id, which evidence names.
    pub id: String,
    /// When its session takes place, in the environment's own words.
    pub time: String,
    /// Who says it.
    pub speaker: String,
    /// What is said.
    pub text: String,
    /// Words in it.
    pub words: u64,
}

/// Files for an environment, by their names without folders.
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

impl TrainingEnv {
    /// Loads the run file's components and data.
    pub fn load(file: &RunFile) -> Result<Self> {
        let sandbox = Sandbox::new(memloom_runtime::Limits::default())?;
        let bank = sandbox.bank(&file.components.bank)?;
        let policy = sandbox.policy(&file.components.policy)?;
        let component = sandbox.environment(&file.components.environment)?;
        let mut environment = component.instantiate()?;
        let description = environment.describe()?;
        let files = data_files(&file.environment.data)?;
        let options = serde_json::to_string(&file.environment.options)?;
        let report = environment.load(&files, &options).with_context(|| {
            format!(
                "the environment {} refuses its data or options",
                description.name
            )
        })?;
        let parts = EpisodeParts {
            bank,
            policy,
            policy_options: serde_json::to_string(&file.policy.options)?,
            lexicon: description.lexicon.clone(),
        };
        let policy = parts.policy.describe()?;
        let outside = Arc::new(Outside::new(file)?);
        outside.fits(&policy)?;
        let mut beginning = Episode::start(&parts, environment, nobody())?;
        if let Some(embedder) = embedder(file, &outside)? {
            beginning.set_embedder(embedder);
        }
        Ok(Self {
            description,
            report,
            policy,
            outside,
            beginning: beginning.fork_point()?,
        })
    }

    /// Opens an episode of a split; `index` counts on over a finite split again
    /// from its start. `horizon` 0 is all sessions.
    pub fn open(&self, split: &str, index: u64, horizon: u32) -> Result<OpenEpisode> {
        let episodes = self.episodes(split)?;
        let index = episodes.map_or(index, |count| index % count);
        let mut start = self.beginning.fork(nobody())?;
        let episode = start
            .open(split, index, horizon)
            .with_context(|| format!("cannot open episode {index} of the split {split}"))?;
        ensure!(
            episode.sessions > 0,
            "episode {} of the split {split} has no sessions",
            episode.id
        );
        let opened = start.fork_point()?;
        let mut turns = Vec::new();
        for session in 1..=episode.sessions {
            turns.push(match start.session(session)? {
                SessionContent::Dialogue(session) => session
                    .turns
                    .into_iter()
                    .map(|turn| Turn {
                        words: words(&turn.text),
                        id: turn.id,
                        time: session.time.clone(),
                        speaker: turn.speaker,
                        text: turn.text,
                    })
                    .collect(),
                SessionContent::Task(_) => Vec::new(),
            });
        }
        Ok(OpenEpisode {
            id: episode.id,
            questions: start.questions()?,
            turns,
            guest_seconds: start.meter().guest_seconds(),
            judged: true,
            outside: self.outside.clone(),
            start: opened,
        })
    }

    /// The policy's roles that no server speaks for.
    pub fn own_roles(&self) -> Vec<String> {
        let roles = self.policy.roles.iter();
        roles
            .filter(|role| !self.outside.speaks_for(role))
            .cloned()
            .collect()
    }

    /// Episodes of a split, none where they never end.
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

    /// At most `wanted` episodes of a split: a finite split is not repeated.
    pub fn at_most(&self, split: &str, wanted: u64) -> Result<u64> {
        Ok(self
            .episodes(split)?
            .map_or(wanted, |count| count.min(wanted)))
    }
}

impl OpenEpisode {
    /// Forgets all but `most` of its questions, drawn by lot; those that stay keep
    /// their order.
    pub fn keep_questions(&mut self, most: usize, lot: &mut impl Rng) {
        let count = self.questions.len();
        let mut kept = vec![false; count];
        for index in rand::seq::index::sample(lot, count, most.min(count)) {
            kept[index] = true;
        }
        let mut kept = kept.into_iter();
        self.questions.retain(|_| kept.next().unwrap_or(false));
    }

    /// Number of sessions within the horizon.
    pub fn sessions(&self) -> u32 {
        self.turns.len() as u32
    }

    /// Words of each session's dialogue: `dialogue()[s - 1]`.
    pub fn dialogue(&self) -> Vec<u64> {
        self.turns
            .iter()
            .map(|turns| turns.iter().map(|turn| turn.words).sum())
            .collect()
    }

    /// Who labels answers, if anybody does.
    pub fn judge(&self) -> Option<&Judge> {
        self.outside.judge().filter(|_| self.judged)
    }

    /// A rollout at its start. Servers speak for their roles.
    pub fn start(&self, model: Box<dyn LanguageModel>) -> Result<Episode> {
        self.resume(&self.start, model)
    }

    /// A rollout from one of the episode's states on. Servers speak for their roles.
    pub fn resume(&self, state: &ForkPoint, model: Box<dyn LanguageModel>) -> Result<Episode> {
        Ok(state.fork(self.outside.beside(model))?)
    }

    /// A rollout at its start that a demonstrator observes for. Servers speak for
    /// their roles when questions are answered.
    pub fn demonstrate(&self, model: Box<dyn LanguageModel>) -> Result<Episode> {
        Ok(self.start.fork(self.outside.after_demonstrations(model))?)
    }
}
