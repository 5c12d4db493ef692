//! What an environment must do.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::generators::{Draw, NO_OBJECTS, SCRIPTS, huge, shown};
use super::report::{Costs, Fault, Suite, lenient, refused, survived, told};
use super::state::{self, Subject};
use crate::environment::{Environment, EnvironmentComponent};
use crate::error::Error;
use crate::types::{
    Answer, DataFile, Error as Refusal, Gesture, LoadReport, OpenEpisode, SessionContent,
};

/// Sessions, questions and episodes of a split that are looked at.
const SESSIONS: u32 = 40;
const QUESTIONS: usize = 40;
const EPISODES: u64 = 2;
const DEMONSTRATORS: [&str; 4] = ["everything", "nothing", "demonstrator", "expert"];

pub(crate) fn run(check: &Check, suite: &mut Suite, loaded: Result<EnvironmentComponent, Error>) {
    let Some(component) = suite.contract(loaded) else {
        return;
    };
    let new = || component.instantiate().map_err(Fault::from);
    let report = suite.require(
        "load",
        "it takes its data and options, and has episodes",
        || load(&mut new()?, check),
    );
    let places = places(report.as_ref());
    let ready = || -> Result<Environment, Fault> {
        let mut environment = new()?;
        environment.load(&check.data, &check.options)?;
        Ok(environment)
    };
    let mut costs = Costs::default();
    suite.require(
        "limits",
        "an episode of each split under the default limits",
        || limits(&mut new()?, check, &places, &mut costs),
    );
    suite.costs(costs);
    suite.check("description", "name, categories, lexicon", || {
        description(&mut new()?)
    });
    suite.check(
        "episodes",
        "sessions and turns in order, cut to the horizon",
        || each(&places, &mut ready()?, episodes),
    );
    suite.check(
        "questions",
        "ids of their own, about sessions and turns there are",
        || each(&places, &mut ready()?, questions),
    );
    suite.check("scores", "in [0, 1], the same for the same answer", || {
        each(&places, &mut ready()?, scores)
    });
    suite.check(
        "demonstrators",
        "hints name turns; the same seed, the same hints",
        || each(&places, &mut ready()?, demonstrators),
    );
    suite.check("unicode", "every script is taken as an argument", || {
        unicode(&mut ready()?, &places)
    });
    suite.check(
        "bad-arguments",
        "what makes no sense is refused, not trapped on",
        || {
            unopened(&mut ready()?)?;
            bad_arguments(&mut ready()?, &places)?;
            bad_options(&mut ready()?, check)
        },
    );
    state::run(suite, check.seed, || {
        let mut environment = ready()?;
        let (split, index) = &places[0];
        let episode = environment.open(split, *index, 0)?;
        let questions = environment.questions()?;
        let subject = EnvironmentSubject {
            component: component.clone(),
            environment,
        };
        Ok((
            subject,
            EnvironmentDriver {
                draw: Draw::new(check.seed, "environment"),
                sessions: episode.sessions.clamp(1, SESSIONS),
                questions: questions.into_iter().map(|question| question.id).collect(),
            },
        ))
    });
}

/// A split and an index in it.
type Place = (String, u64);

/// The episodes that are looked at.
fn places(report: Option<&LoadReport>) -> Vec<Place> {
    let splits = report.map_or(&[][..], |report| &report.splits).iter();
    splits
        .flat_map(|split| {
            let last = split.episodes.unwrap_or(EPISODES).min(EPISODES);
            (0..last).map(|index| (split.name.clone(), index))
        })
        .collect()
}

fn each(
    places: &[Place],
    environment: &mut Environment,
    look: impl Fn(&mut Environment, &str, u64) -> Result<(), Fault>,
) -> Result<(), Fault> {
    places
        .iter()
        .try_for_each(|(split, index)| look(environment, split, *index))
}

fn load(environment: &mut Environment, check: &Check) -> Result<LoadReport, Fault> {
    let report = match environment.load(&check.data, &check.options) {
        Err(error @ Error::Guest { .. }) => {
            let advice = "give it what it needs: memloom check --data FILE --config RUN.toml";
            return Err(Fault::new("load", error.to_string(), advice));
        }
        report => report?,
    };
    let mut names = BTreeSet::new();
    if !report.splits.iter().all(|split| names.insert(&*split.name)) {
        let advice = "give each split a name of its own";
        return Err(Fault::new("load", "two splits have one name", advice));
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
    check: &Check,
    places: &[Place],
    costs: &mut Costs,
) -> Result<(), Fault> {
    let result = environment.describe();
    costs.note("describe", environment.instance.used(), result)?;
    let result = environment.load(&check.data, &check.options);
    costs.note("load", environment.instance.used(), result)?;
    for (split, index) in places {
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
        // Restoring may forget the data.
        lenient(environment.load(&check.data, &check.options))?;
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

/// Ids of an episode's turns by session, from 1.
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
            let what = format!("the turn id {twice:?} is there twice");
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
            let advice = "let a longer horizon go on from a shorter one";
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
        // Ids of their own and sessions from 1 are checked wherever a host asks.
        for question in environment.questions()? {
            let wrong = if !categories.contains(&question.category) {
                format!("the category {:?} is not described", question.category)
            } else if let Some(session) = question.sessions.iter().find(|&&s| s > episode.sessions)
            {
                format!("session {session} of {} is asked about", episode.sessions)
            } else if let Some(turn) = question.evidence.iter().find(|turn| !turns.contains(*turn))
                && episode.sessions <= SESSIONS
            {
                format!("the evidence {turn:?} is no turn of the episode")
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
                "ask about what is there within the horizon",
            ));
        }
    }
    Ok(())
}

fn scores(environment: &mut Environment, split: &str, index: u64) -> Result<(), Fault> {
    environment.open(split, index, 0)?;
    for question in environment.questions()?.iter().take(QUESTIONS) {
        for text in ["", "yes", &question.text, SCRIPTS[1]] {
            // The reward's range is checked wherever a host asks.
            let score = environment.score(&question.id, &answer(text))?;
            if environment.score(&question.id, &answer(text))? != score {
                let at = format!("score({:?}, {text:?})", question.id);
                let advice = "let a score depend on question and answer alone";
                return Err(Fault::new(at, "another score for the same answer", advice));
            }
        }
    }
    Ok(())
}

fn demonstrators(environment: &mut Environment, split: &str, index: u64) -> Result<(), Fault> {
    let episode = environment.open(split, index, 0)?;
    let sessions = turns(environment, &episode)?;
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for (session, turns) in (1..).zip(&sessions) {
        known.extend(turns.iter().map(String::as_str));
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
                        "{:?} is no turn of the session, or hinted at twice",
                        hint.turn
                    );
                    return fault(what, "give at most one hint for each turn of the session");
                }
                if let Gesture::Update(turn) | Gesture::Delete(turn) = &hint.gesture
                    && !known.contains(turn.as_str())
                {
                    let what = format!("the gesture {:?} names no earlier turn", hint.gesture);
                    return fault(what, "name the turn that supports the entry");
                }
            }
            let wanted = match demonstrator {
                "everything" => turns.len(),
                "nothing" => 0,
                _ => hints.len(),
            };
            if hints.len() != wanted {
                let what = format!("{} hints for {} turns", hints.len(), turns.len());
                return fault(
                    what,
                    "hint at every turn for `everything`, at none for `nothing`",
                );
            }
        }
    }
    Ok(())
}

fn unicode(environment: &mut Environment, places: &[Place]) -> Result<(), Fault> {
    let (split, index) = &places[0];
    for text in SCRIPTS {
        let at = |function: &str| format!("{function}({})", shown(text));
        environment.open(split, *index, 0)?;
        if let Some(question) = environment.questions()?.first() {
            survived(at("score"), environment.score(&question.id, &answer(text)))?;
        }
        refused(at("score"), environment.score(text, &answer(text)))?;
        refused(at("open"), environment.open(text, 0, 0))?;
        refused(at("demonstrate"), environment.demonstrate(text, 1, 0))?;
        survived(at("act"), environment.act(text))?;
    }
    Ok(())
}

/// Before an episode is open there is nothing to ask for.
fn unopened(environment: &mut Environment) -> Result<(), Fault> {
    let at = |function: &str| format!("{function} before `open`");
    refused(at("get-session"), environment.session(1))?;
    refused(at("questions"), environment.questions())?;
    refused(at("score"), environment.score("q1", &answer("")))?;
    refused(at("demonstrate"), environment.demonstrate("nothing", 1, 0))?;
    refused(at("act"), environment.act("look")).map(drop)
}

fn bad_arguments(environment: &mut Environment, places: &[Place]) -> Result<(), Fault> {
    let (split, index) = &places[0];
    let huge = huge();
    for name in ["", "no such split", &huge] {
        let at = format!("open({}, 0, 0)", shown(name));
        if !matches!(
            refused(at.clone(), environment.open(name, 0, 0))?,
            Refusal::Unknown(_)
        ) {
            return Err(Fault::new(
                at,
                "was not refused as unknown",
                "refuse what does not exist so",
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
        let asked = format!("demonstrate(\"nothing\", {session}, 0)");
        refused(asked, environment.demonstrate("nothing", session, 0))?;
    }
    survived(
        "demonstrate(\"expert\", 1, u64::MAX)".into(),
        environment.demonstrate("expert", 1, u64::MAX),
    )?;
    for name in ["", "no such", &huge] {
        refused(
            format!("score({})", shown(name)),
            environment.score(name, &answer("")),
        )?;
        refused(
            format!("demonstrate({}, 1, 0)", shown(name)),
            environment.demonstrate(name, 1, 0),
        )?;
    }
    if let Some(question) = environment.questions()?.first() {
        let id = question.id.clone();
        survived(
            format!("score({id:?}, {})", shown(&huge)),
            environment.score(&id, &answer(&huge)),
        )?;
    }
    for action in ["", &huge] {
        survived(format!("act({})", shown(action)), environment.act(action))?;
    }
    Ok(())
}

fn bad_options(environment: &mut Environment, check: &Check) -> Result<(), Fault> {
    for options in NO_OBJECTS {
        refused(
            format!("load with the options {options:?}"),
            environment.load(&check.data, options),
        )?;
    }
    for bytes in [vec![], vec![0xff; 100], b"[{}]".to_vec()] {
        let file = DataFile {
            name: "no such file\0".into(),
            bytes,
        };
        let at = format!(
            "load of a file with the bytes {:?}",
            shown(&String::from_utf8_lossy(&file.bytes))
        );
        survived(at, environment.load(&[file], &check.options))?;
    }
    Ok(())
}

struct EnvironmentSubject {
    component: EnvironmentComponent,
    environment: Environment,
}

#[derive(Clone)]
struct EnvironmentDriver {
    draw: Draw,
    sessions: u32,
    questions: Vec<String>,
}

impl Subject for EnvironmentSubject {
    type Driver = EnvironmentDriver;

    /// Calls that concern the open episode: a state that is restored need not
    /// have the data that others are opened from.
    fn step(&mut self, driver: &mut EnvironmentDriver) -> Result<String, Error> {
        let environment = &mut self.environment;
        let draw = &mut driver.draw;
        let session = 1 + draw.below(driver.sessions as usize) as u32;
        match draw.below(8) {
            0..3 => told(environment.session(session)),
            3 => told(environment.questions()),
            4 | 5 if !driver.questions.is_empty() => {
                let question = draw.pick(&driver.questions).clone();
                let text = draw.sentence(1);
                told(environment.score(&question, &answer(&text)))
            }
            6 => told(environment.act(&draw.sentence(2))),
            _ => {
                let demonstrator = DEMONSTRATORS[draw.below(DEMONSTRATORS.len())];
                told(environment.demonstrate(demonstrator, session, draw.bits()))
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
