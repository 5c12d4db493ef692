//! The bank and the environment with which a policy is checked.

use crate::bank::{Bank, BankComponent};
use crate::environment::{Environment, EnvironmentComponent};
use crate::error::Error;
use crate::types::{DataFile, Hint, LexiconKind, SessionContent};

/// The bank and the environment with which a policy is checked. Both should have
/// passed their own checks.
///
/// ```
/// use memloom_runtime::check::{Check, Fixture};
/// use memloom_runtime::{Limits, Sandbox};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let sandbox = Sandbox::new(Limits::default())?;
/// let check = Check {
///     fixture: Some(Fixture {
///         bank: sandbox.bank("../target/components/flat.wasm")?,
///         environment: sandbox.environment("../target/components/chronicle.wasm")?,
///         data: vec![],
///         options: "{}".into(),
///     }),
///     ..Check::default()
/// };
/// let report = check.run(&sandbox, "../target/components/selector.wasm".as_ref())?;
/// assert!(report.passed(), "{report}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Fixture {
    /// The bank.
    pub bank: BankComponent,
    /// The environment.
    pub environment: EnvironmentComponent,
    /// The environment's files.
    pub data: Vec<DataFile>,
    /// The environment's options: a JSON object.
    pub options: String,
}

/// An episode of the fixture.
pub(crate) struct FixtureEpisode {
    pub(crate) bank: Bank,
    pub(crate) environment: Environment,
    pub(crate) lexicon: Vec<LexiconKind>,
    /// The sessions with a demonstrator's hints.
    pub(crate) sessions: Vec<(SessionContent, Vec<Hint>)>,
    pub(crate) questions: Vec<String>,
}

/// The demonstrator of a fixture's hints and actions, and the seed.
pub(crate) const DEMONSTRATOR: (&str, u64) = ("demonstrator", 1);

/// The number of sessions of a fixture's episode.
const SESSIONS: u32 = 6;

impl Fixture {
    /// Opens the first episode of the first split that has one.
    pub(crate) fn open(&self) -> Result<FixtureEpisode, Error> {
        let mut environment = self.environment.instantiate()?;
        let lexicon = environment.describe()?.lexicon;
        let report = environment.load(&self.data, &self.options)?;
        let split = report.splits.iter().find(|split| split.episodes != Some(0));
        let split = split.map_or("train", |split| &split.name);
        let episode = environment.open(split, 0, SESSIONS)?;
        let sessions = (1..=episode.sessions)
            .map(|session| {
                let (demonstrator, seed) = DEMONSTRATOR;
                let hints = environment.demonstrate(demonstrator, session, seed)?;
                Ok((environment.session(session)?, hints))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let questions = environment.questions()?;
        Ok(FixtureEpisode {
            bank: self.bank.instantiate()?,
            environment,
            lexicon,
            sessions,
            questions: questions
                .into_iter()
                .filter(|question| !question.is_silent())
                .map(|question| question.text)
                .take(24)
                .collect(),
        })
    }
}
