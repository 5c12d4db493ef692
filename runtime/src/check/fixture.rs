//! The bank and the environment that a policy is checked among.

use crate::bank::{Bank, BankComponent};
use crate::environment::{Environment, EnvironmentComponent};
use crate::error::Error;
use crate::types::{DataFile, Hint, LexiconKind, SessionContent};

/// Whom a policy is checked among: components that have passed their own check.
///
/// ```
/// use memloom_runtime::check::{Check, Company};
/// use memloom_runtime::{Limits, Sandbox};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let sandbox = Sandbox::new(Limits::default())?;
/// let check = Check {
///     company: Some(Company {
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
pub struct Company {
    /// Where it remembers.
    pub bank: BankComponent,
    /// What it lives through.
    pub environment: EnvironmentComponent,
    /// Files that the environment needs.
    pub data: Vec<DataFile>,
    /// The environment's options: a JSON object.
    pub options: String,
}

/// An episode as the company tells it.
pub(crate) struct Tale {
    pub(crate) bank: Bank,
    pub(crate) environment: Environment,
    pub(crate) lexicon: Vec<LexiconKind>,
    /// Sessions with the hints of a demonstrator.
    pub(crate) sessions: Vec<(SessionContent, Vec<Hint>)>,
    pub(crate) questions: Vec<String>,
}

/// Sessions of a tale.
const SESSIONS: u32 = 6;

impl Company {
    /// Opens the first episode that there is.
    pub(crate) fn tale(&self) -> Result<Tale, Error> {
        let mut environment = self.environment.instantiate()?;
        let lexicon = environment.describe()?.lexicon;
        let report = environment.load(&self.data, &self.options)?;
        let split = report.splits.iter().find(|split| split.episodes != Some(0));
        let split = split.map_or("train", |split| &split.name);
        let episode = environment.open(split, 0, SESSIONS)?;
        let sessions = (1..=episode.sessions)
            .map(|session| {
                let hints = environment.demonstrate("demonstrator", session, 1)?;
                Ok((environment.session(session)?, hints))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let questions = environment.questions()?;
        Ok(Tale {
            bank: self.bank.instantiate()?,
            environment,
            lexicon,
            sessions,
            questions: questions
                .into_iter()
                .map(|question| question.text)
                .take(24)
                .collect(),
        })
    }
}
