//! Checks of environments.

use std::collections::{BTreeMap, BTreeSet};

use super::acting::{self, SESSIONS};
use super::generators::{NO_OBJECTS, RandomStream, SCRIPTS, excerpt, huge};
use super::report::{Costs, Fault, Suite, lenient, outcome_text, refused, survived};
use super::state::{self, Subject};
use crate::environment::{Environment, EnvironmentComponent};
use crate::error::Error;
use crate::types::{
    Answer, DataFile, DemonstratedOperation, Error as Refusal, LoadReport, OpenEpisode,
    SessionContent,
};

/// Most questions of an episode that are checked.
const QUESTIONS: usize = 40;
/// Most episodes of a split that are checked.
const EPISODES: u64 = 2;
const DEMONSTRATORS: [&str; 4] = ["everything", "nothing", "demonstrator", "expert"];

/// The data and options of an environment.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub(crate) data: &'a [DataFile],
    pub(crate) options: &'a str,
}

/// Runs all checks of an environment.
pub(crate) fn run(
    suite: &mut Suite,
    inputs: Inputs<'_>,
    loaded: Result<EnvironmentComponent, Error>,
) {
    let Some(component) = suite.contract(loaded) else {
        return;
    };
    let new = || component.instantiate().map_err(Fault::from);
    let report = suite.require(
        "load",
        "it accepts its data and options, and has episodes",
        || load(&mut new()?, inputs),
    );
    let checked = checked_episodes(report.as_ref());
    let ready = || -> Result<Environment, Fault> {
        let mut environment = new()?;
        environment.load(inputs.data, inputs.options)?;
        Ok(environment)
    };
    let mut costs = Costs::default();
    suite.require(
        "limits",
        "an episode of each split under the default limits",
        || limits(&mut new()?, inputs, &checked, &mut costs),
    );
    suite.costs(costs);
    suite.check("description", "name, categories, lexicon", || {
        description(&mut new()?)
    });
    suite.check(
        "episodes",
        "sessions and turns in order, cut to the horizon",
        || each(&checked, &mut ready()?, episodes),
    );
    suite.check(
        "questions",
        "unique ids, and existing sessions and turns",
        || each(&checked, &mut ready()?, questions),
    );
    suite.check("scores", "in [0, 1], the same for the same answer", || {
        each(&checked, &mut ready()?, scores)
    });
    suite.check(
        "demonstrators",
        "hints name turns; the same seed, the same hints",
        || each(&checked, &mut ready()?, demonstrators),
    );
    let acts = || -> Result<bool, Fault> {
        let mut environment = ready()?;
        let mut episodes = checked.iter();
        Ok(episodes.any(|(split, index)| acting::has_tasks(&mut environment, split, *index)))
    };
    if acts().unwrap_or(false) {
        suite.check(
            "acting",
            "tasks end within their steps; the same actions, the same results",
            || each(&checked, &mut ready()?, acting::tasks),
        );
    }
    suite.check("unicode", "every script is accepted as an argument", || {
        unicode(&mut ready()?, &checked)
    });
    suite.check(
        "bad-arguments",
        "invalid ones are refused and do not trap",
        || {
            unopened(&mut ready()?)?;
            bad_arguments(&mut ready()?, &checked)?;
            bad_options(&mut ready()?, inputs)
        },
    );
    let seed = suite.seed();
    state::run(suite, || {
        let mut environment = ready()?;
        let (split, index) = &checked[0];
        let episode = environment.open(split, *index, 0)?;
        let questions = environment.questions()?;
        let subject = EnvironmentSubject {
            component: component.clone(),
            environment,
        };
        Ok((
            subject,
            EnvironmentDriver {
                random: RandomStream::new(seed, "environment"),
                sessions: episode.sessions.clamp(1, SESSIONS),
                questions: questions.into_iter().map(|question| question.id).collect(),
            },
        ))
    });
}

/// The split and index of an episode.
type EpisodeIndex = (String, u64);

/// Returns the episodes that are checked.
fn checked_episodes(report: Option<&LoadReport>) -> Vec<EpisodeIndex> {
    let splits = report.map_or(&[][..], |report| &report.splits).iter();
    splits
        .flat_map(|split| {
            let last = split.episodes.unwrap_or(EPISODES).min(EPISODES);
            (0..last).map(|index| (split.name.clone(), index))
        })
        .collect()
}

/// Runs a check on each episode.
fn each(
    checked: &[EpisodeIndex],
    environment: &mut Environment,
    check: impl Fn(&mut Environment, &str, u64) -> Result<(), Fault>,
) -> Result<(), Fault> {
    checked
        .iter()
        .try_for_each(|(split, index)| check(environment, split, *index))
}

fn load(environment: &mut Environment, inputs: Inputs<'_>) -> Result<LoadReport, Fault> {
    let report = match environment.load(inputs.data, inputs.options) {
        Err(error @ Error::Guest { .. }) => {
            let advice = "pass its data and options: memloom check --data FILE --config RUN.toml";
            return Err(Fault::new("load", error.to_string(), advice));
        }
        report => report?,
    };
    let mut names = BTreeSet::new();
    if !report.splits.iter().all(|split| names.insert(&*split.name)) {
        let advice = "give each split a unique name";
        return Err(Fault::new("load", "two splits have the same name", advice));
    }
    if report.splits.iter().all(|split| split.episodes == Some(0)) {
        let advice = "return splits with episodes, or refuse the data";
        return Err(Fault::new(
            "load",
            "there is no episode in any split",
            advice,
        ));
    }
    Ok(report)
}

fn limits(
    environment: &mut Environment,
    inputs: Inputs<'_>,
    checked: &[EpisodeIndex],
    costs: &mut Costs,
) -> Result<(), Fault> {
    let result = environment.describe();
    costs.note("describe", environment.instance.used(), result)?;
    let result = environment.load(inputs.data, inputs.options);
    costs.note("load", environment.instance.used(), result)?;
    for (split, index) in checked {
        let result = environment.open(split, *index, 0);
        let Some(episode) = costs.note("open", environment.instance.used(), result)? else {
            continue;
        };
        for session in 1..=episode.sessions.min(SESSIONS) {
            let result = environment.session(session);
            costs.note("get-session", environment.instance.used(), result)?;
            for demonstrator in DEMONSTRATORS {
                let result = environment.demonstrate(demonstrator, session, 1);
                costs.note("demonstrate", environment.instance.used(), result)?;
            }
        }
        let result = environment.questions();
        let questions = costs.note("questions", environment.instance.used(), result)?;
        for question in questions.unwrap_or_default().iter().take(QUESTIONS) {
            let result = environment.score(&question.id, &answer("yes"));
            costs.note("score", environment.instance.used(), result)?;
        }
        let result = environment.snapshot();
        let state = costs.note("snapshot", environment.instance.used(), result)?;
        let result = environment.restore(&state.unwrap_or_default());
        costs.note("restore", environment.instance.used(), result)?;
        // A restored state need not hold the data.
        lenient(environment.load(inputs.data, inputs.options))?;
    }
    Ok(())
}

fn answer(text: &str) -> Answer {
    Answer {
        text: text.into(),
        citations: vec![text.into()],
    }
}

fn description(environment: &mut Environment) -> Result<(), Fault> {
    let description = environment.describe()?;
    let fault = |what: &str, advice: &str| Err(Fault::new("describe", what, advice));
    if description.name.trim().is_empty() {
        return fault("the name is empty", "give the environment a name");
    }
    let mut names = BTreeSet::new();
    if !description.categories.iter().all(|name| names.insert(name)) {
        return fault("a category is listed twice", "list each category once");
    }
    for kind in &description.lexicon {
        let words = || kind.cues.iter().chain(&kind.values);
        if kind.cues.is_empty() || words().any(|word| word.trim().is_empty()) {
            let what = format!(
                "the lexicon's kind {:?} has no cue, or an empty word",
                kind.name
            );
            return fault(&what, "give each kind cues, and write no empty words");
        }
    }
    Ok(())
}

/// Returns the ids of an episode's turns for each session.
fn turns(environment: &mut Environment, episode: &OpenEpisode) -> Result<Vec<Vec<String>>, Fault> {
    (1..=episode.sessions.min(SESSIONS))
        .map(|session| match environment.session(session)? {
            SessionContent::Dialogue(dialogue) => {
                Ok(dialogue.turns.into_iter().map(|turn| turn.id).collect())
            }
            SessionContent::Task(_) => Ok(Vec::new()),
        })
        .collect()
}

fn episodes(environment: &mut Environment, split: &str, index: u64) -> Result<(), Fault> {
    let episode = environment.open(split, index, 0)?;
    let at = |horizon: u32| format!("open({split:?}, {index}, {horizon})");
    if episode.sessions == 0 || episode.id.is_empty() {
        let what = "the episode has no sessions, or no id";
        return Err(Fault::new(
            at(0),
            what,
            "give each episode an id and sessions",
        ));
    }
    let mut ids = BTreeSet::new();
    for (session, turns) in (1..).zip(turns(environment, &episode)?) {
        if let Some(twice) = turns.into_iter().find(|id| !ids.insert(id.clone())) {
            let what = format!("the turn id {twice:?} occurs twice");
            let advice = "make turn ids unique within an episode";
            return Err(Fault::new(format!("get-session({session})"), what, advice));
        }
    }
    for horizon in [1, episode.sessions.min(SESSIONS).div_ceil(2)] {
        environment.open(split, index, 0)?;
        let whole = contents(environment, horizon)?;
        let cut = environment.open(split, index, horizon)?;
        if cut.sessions != horizon {
            let what = format!("the episode has {} sessions", cut.sessions);
            return Err(Fault::new(at(horizon), what, "cut it to the horizon"));
        }
        if contents(environment, horizon)? != whole {
            let what = "the sessions are not the first ones of the whole episode";
            let advice = "let a longer horizon continue a shorter one";
            return Err(Fault::new(at(horizon), what, advice));
        }
    }
    Ok(())
}

fn contents(environment: &mut Environment, until: u32) -> Result<Vec<SessionContent>, Fault> {
    (1..=until)
        .map(|session| environment.session(session).map_err(Fault::from))
        .collect()
}

fn questions(environment: &mut Environment, split: &str, index: u64) -> Result<(), Fault> {
    let categories = environment.describe()?.categories;
    for horizon in [0, 1] {
        let episode = environment.open(split, index, horizon)?;
        let turns: BTreeSet<String> = turns(environment, &episode)?
            .into_iter()
            .flatten()
            .collect();
        // The host itself checks unique ids and sessions from 1.
        for question in environment.questions()? {
            let wrong = if !categories.contains(&question.category) {
                format!(
                    "the category {:?} is not in the description",
                    question.category
                )
            } else if let Some(session) = question.sessions.iter().find(|&&s| s > episode.sessions)
            {
                format!("it is about session {session} of {}", episode.sessions)
            } else if let Some(turn) = question.evidence.iter().find(|turn| !turns.contains(*turn))
                && episode.sessions <= SESSIONS
            {
                format!("the evidence {turn:?} is not a turn of the episode")
            } else {
                continue;
            };
            let at = format!(
                "questions of {split}/{index}, horizon {horizon}: {:?}",
                question.id
            );
            return Err(Fault::new(
                at,
                wrong,
                "ask only about sessions and turns within the horizon",
            ));
        }
    }
    Ok(())
}

fn scores(environment: &mut Environment, split: &str, index: u64) -> Result<(), Fault> {
    environment.open(split, index, 0)?;
    for question in environment.questions()?.iter().take(QUESTIONS) {
        for text in ["", "yes", &question.text, SCRIPTS[1]] {
            // The host itself checks the reward's range.
            let score = environment.score(&question.id, &answer(text))?;
            if environment.score(&question.id, &answer(text))? != score {
                let at = format!("score({:?}, {text:?})", question.id);
                let advice = "let a score depend only on question and answer";
                return Err(Fault::new(at, "the same answer got another score", advice));
            }
        }
    }
    Ok(())
}

fn demonstrators(environment: &mut Environment, split: &str, index: u64) -> Result<(), Fault> {
    let episode = environment.open(split, index, 0)?;
    let sessions = turns(environment, &episode)?;
    let mut earlier: BTreeSet<&str> = BTreeSet::new();
    for (session, turns) in (1..).zip(&sessions) {
        earlier.extend(turns.iter().map(String::as_str));
        for demonstrator in DEMONSTRATORS {
            let at = format!("demonstrate({demonstrator:?}, {session}, 1)");
            let fault = |what: String, advice: &str| Err(Fault::new(at.clone(), what, advice));
            let hints = environment.demonstrate(demonstrator, session, 1)?;
            if environment.demonstrate(demonstrator, session, 1)? != hints {
                return fault(
                    "other hints for the same seed".into(),
                    "derive them from the seed",
                );
            }
            let mut hinted = BTreeMap::new();
            for hint in &hints {
                if !turns.contains(&hint.turn) || hinted.insert(&hint.turn, ()).is_some() {
                    let what = format!(
                        "{:?} is not a turn of the session, or has two hints",
                        hint.turn
                    );
                    return fault(what, "give at most one hint for each turn of the session");
                }
                if let DemonstratedOperation::Update(turn) | DemonstratedOperation::Delete(turn) =
                    &hint.operation
                    && !earlier.contains(turn.as_str())
                {
                    let what = format!("the operation {:?} names no earlier turn", hint.operation);
                    return fault(what, "name the turn that supports the entry");
                }
            }
            let expected = match demonstrator {
                "everything" => turns.len(),
                "nothing" => 0,
                _ => hints.len(),
            };
            if hints.len() != expected {
                let what = format!("{} hints for {} turns", hints.len(), turns.len());
                return fault(
                    what,
                    "give a hint for every turn for `everything`, for none for `nothing`",
                );
            }
        }
    }
    Ok(())
}

fn unicode(environment: &mut Environment, checked: &[EpisodeIndex]) -> Result<(), Fault> {
    let (split, index) = &checked[0];
    for text in SCRIPTS {
        let at = |function: &str| format!("{function}({})", excerpt(text));
        environment.open(split, *index, 0)?;
        if let Some(question) = environment.questions()?.first() {
            survived(at("score"), environment.score(&question.id, &answer(text)))?;
        }
        refused(at("score"), environment.score(text, &answer(text)))?;
        refused(at("open"), environment.open(text, 0, 0))?;
        refused(at("demonstrate"), environment.demonstrate(text, 1, 0))?;
        refused(at("advise"), environment.advise(text, 0))?;
        survived(at("rubric"), environment.rubric(text))?;
        survived(at("act"), environment.act(text))?;
    }
    Ok(())
}

/// Checks that calls before `open` are refused.
fn unopened(environment: &mut Environment) -> Result<(), Fault> {
    let at = |function: &str| format!("{function} before `open`");
    refused(at("get-session"), environment.session(1))?;
    refused(at("questions"), environment.questions())?;
    refused(at("score"), environment.score("q1", &answer("")))?;
    refused(at("demonstrate"), environment.demonstrate("nothing", 1, 0))?;
    refused(at("advise"), environment.advise("expert", 1))?;
    refused(at("act"), environment.act("look")).map(drop)
}

fn bad_arguments(environment: &mut Environment, checked: &[EpisodeIndex]) -> Result<(), Fault> {
    let (split, index) = &checked[0];
    let huge = huge();
    for name in ["", "no such split", &huge] {
        let at = format!("open({}, 0, 0)", excerpt(name));
        if !matches!(
            refused(at.clone(), environment.open(name, 0, 0))?,
            Refusal::Unknown(_)
        ) {
            return Err(Fault::new(
                at,
                "was not refused as unknown",
                "refuse unknown splits as unknown",
            ));
        }
    }
    for (index, horizon) in [(u64::MAX, 0), (0, u32::MAX)] {
        survived(
            format!("open({split:?}, {index}, {horizon})"),
            environment.open(split, index, horizon),
        )?;
    }
    let episode = environment.open(split, *index, 0)?;
    for session in [0, episode.sessions + 1, u32::MAX] {
        refused(
            format!("get-session({session})"),
            environment.session(session),
        )?;
        let call = format!("demonstrate(\"nothing\", {session}, 0)");
        refused(call, environment.demonstrate("nothing", session, 0))?;
    }
    survived(
        "demonstrate(\"expert\", 1, u64::MAX)".into(),
        environment.demonstrate("expert", 1, u64::MAX),
    )?;
    for name in ["", "no such", &huge] {
        refused(
            format!("score({})", excerpt(name)),
            environment.score(name, &answer("")),
        )?;
        refused(
            format!("demonstrate({}, 1, 0)", excerpt(name)),
            environment.demonstrate(name, 1, 0),
        )?;
    }
    if let Some(question) = environment.questions()?.first() {
        let id = question.id.clone();
        survived(
            format!("score({id:?}, {})", excerpt(&huge)),
            environment.score(&id, &answer(&huge)),
        )?;
    }
    for action in ["", &huge] {
        survived(format!("act({})", excerpt(action)), environment.act(action))?;
    }
    Ok(())
}

fn bad_options(environment: &mut Environment, inputs: Inputs<'_>) -> Result<(), Fault> {
    for options in NO_OBJECTS {
        refused(
            format!("load with the options {options:?}"),
            environment.load(inputs.data, options),
        )?;
    }
    for bytes in [vec![], vec![0xff; 100], b"[{}]".to_vec()] {
        let file = DataFile {
            name: "no such file\0".into(),
            bytes,
        };
        let at = format!(
            "load of a file with the bytes {:?}",
            excerpt(&String::from_utf8_lossy(&file.bytes))
        );
        survived(at, environment.load(&[file], inputs.options))?;
    }
    Ok(())
}

struct EnvironmentSubject {
    component: EnvironmentComponent,
    environment: Environment,
}

#[derive(Clone)]
struct EnvironmentDriver {
    random: RandomStream,
    sessions: u32,
    questions: Vec<String>,
}

impl Subject for EnvironmentSubject {
    type Driver = EnvironmentDriver;

    /// Calls only functions of the open episode: a restored state need not hold the data
    /// from which other episodes are opened.
    fn call(&mut self, driver: &mut EnvironmentDriver) -> Result<String, Error> {
        let environment = &mut self.environment;
        let random = &mut driver.random;
        let session = 1 + random.below(driver.sessions as usize) as u32;
        match random.below(9) {
            0..3 => outcome_text(environment.session(session)),
            3 => outcome_text(environment.questions()),
            4 | 5 if !driver.questions.is_empty() => {
                let question = random.pick(&driver.questions).clone();
                let text = random.sentence(1);
                outcome_text(environment.score(&question, &answer(&text)))
            }
            6 => outcome_text(environment.act(&random.sentence(2))),
            7 => match environment.advise("expert", random.bits()) {
                Ok(action) => outcome_text(environment.act(&action)),
                refused => outcome_text(refused),
            },
            _ => {
                let demonstrator = DEMONSTRATORS[random.below(DEMONSTRATORS.len())];
                outcome_text(environment.demonstrate(demonstrator, session, random.bits()))
            }
        }
    }

    fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        self.environment.snapshot()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        self.environment.restore(state)
    }

    fn fresh(&mut self) -> Result<Self, Error> {
        let component = self.component.clone();
        Ok(Self {
            environment: component.instantiate()?,
            component,
        })
    }

    fn fork(&mut self) -> Result<Self, Error> {
        let component = self.component.clone();
        Ok(Self {
            environment: self.environment.fork()?,
            component,
        })
    }
}
