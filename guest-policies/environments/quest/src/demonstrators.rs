//! Demonstrators: perfect, thorough, careless and idle searchers.

use memloom_sdk::random::Random;
use memloom_sdk::types::Error;

use crate::command;
use crate::problem::Problem;
use crate::view::{UNKNOWN, View};

/// A demonstrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demonstrator {
    /// Searches for what is missing, and then for everything else.
    Everything,
    /// Searches for nothing, and knows nothing.
    Nothing,
    /// Acts like an expert but for one act of five, which is any.
    Careless,
    /// Searches for what is missing, and answers.
    Expert,
}

/// The probability that the careless demonstrator does anything.
const ANYTHING: f64 = 0.2;

impl Demonstrator {
    /// Returns the demonstrator of this name.
    ///
    /// # Errors
    /// `unknown` if there is none.
    pub fn parse(name: &str) -> Result<Self, Error> {
        match name {
            "everything" => Ok(Self::Everything),
            "nothing" => Ok(Self::Nothing),
            "demonstrator" => Ok(Self::Careless),
            "expert" => Ok(Self::Expert),
            _ => Err(Error::Unknown(format!(
                "quest has no demonstrator `{name}`: \
                 use everything, nothing, demonstrator or expert"
            ))),
        }
    }

    /// Returns the action that it takes next.
    pub fn action(self, view: &View<'_>, random: &mut Random) -> String {
        let search = match self {
            _ if view.left <= 1 => None,
            Self::Nothing => None,
            Self::Careless if random.chance(ANYTHING) => return anything(view, random),
            Self::Careless | Self::Expert => view.missing(),
            Self::Everything => {
                let further = || view.open_searches().into_iter().next();
                view.missing().or_else(further)
            }
        };
        if let Some(words) = search {
            return command::search(&words);
        }
        let answer = |problem: &Problem| match self {
            Self::Nothing => UNKNOWN.into(),
            _ => view.known(problem).unwrap_or_else(|| told(problem)),
        };
        let answers: Vec<String> = view.problems.iter().map(answer).collect();
        command::answer(&answers)
    }

    /// Returns the sentences that it keeps of what was shown.
    pub fn notes<'a>(self, view: &'a View<'_>) -> Vec<&'a str> {
        match self {
            Self::Everything => view.sentences(),
            Self::Nothing => Vec::new(),
            Self::Careless | Self::Expert => view.needed(),
        }
    }
}

/// Returns any search, or any answers.
fn anything(view: &View<'_>, random: &mut Random) -> String {
    let searches = view.searches();
    let is_search = random.chance(0.5);
    if let Some(words) = random.pick(&searches).filter(|_| is_search) {
        return command::search(words);
    }
    let mut any = |problem: &Problem| random.pick(&view.candidates(problem)).cloned();
    let answers = view.problems.iter().filter_map(&mut any);
    command::answer(&answers.collect::<Vec<_>>())
}

/// Returns the answer of who has searched in vain: that of a file's question is told, since no
/// document holds "yes".
fn told(problem: &Problem) -> String {
    match (&problem.query, problem.answers.first()) {
        (None, Some(answer)) => answer.clone(),
        _ => UNKNOWN.into(),
    }
}
