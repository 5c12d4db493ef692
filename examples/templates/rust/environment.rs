//! An environment: friends name the colours that they like, and change their minds. Every
//! fourth session is a task: to say which colour one of them likes. The WIT files describe
//! the functions.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

wit_bindgen::generate!({
    world: "task-environment",
    path: "wit",
    additional_derives: [Clone, PartialEq],
});

use exports::memloom::agent::environment::{
    DataFile, Description, Episode, Guest, LoadReport, Split,
};
use exports::memloom::agent::state::Guest as StateGuest;
use memloom::agent::types::{
    Answer, DemonstratedOperation, Error, Hint, LexiconKind, Observation, Question, Score, Session,
    SessionContent, Task, Turn,
};

/// The format of snapshots. Change it whenever the saved type changes.
const FORMAT: &str = "my-component 1";
const SPLITS: [&str; 3] = ["train", "validation", "held-out"];
const DEMONSTRATORS: [&str; 4] = ["everything", "nothing", "demonstrator", "expert"];
const PEOPLE: [&str; 3] = ["Anna", "Ben", "Cleo"];
const COLOURS: [&str; 6] = ["red", "blue", "green", "yellow", "white", "black"];
const TALK: [&str; 4] = [
    "How are you?",
    "It rained all day.",
    "See you soon.",
    "I am tired.",
];
const TURNS: u32 = 4;
const TASK_EVERY: u32 = 4;
/// The number of actions after which a task ends.
const STEPS: u32 = 2;
const MOST_SESSIONS: u32 = 200;

/// The options, with defaults.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    seed: u64,
    sessions: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            sessions: 8,
        }
    }
}

/// The identity of the open episode. With the options it determines every word.
#[derive(Clone, Serialize, Deserialize)]
struct Address {
    split: String,
    index: u64,
    sessions: u32,
}

/// The task session that was read last.
#[derive(Clone, Serialize, Deserialize)]
struct Reading {
    session: u32,
    /// The number of actions that are left; 0 if the task is over.
    left: u32,
}

/// The whole state, as a snapshot stores it. Episodes are generated again from it.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Saved {
    format: String,
    options: Options,
    open: Option<Address>,
    reading: Option<Reading>,
    /// The colour that was said first in each task.
    said: BTreeMap<u32, String>,
}

thread_local! {
    static SAVED: RefCell<Saved> = RefCell::default();
}

/// splitmix64: the same seed gives the same numbers on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

/// A turn, and the operation of a perfect memory for it.
struct Line {
    turn: Turn,
    operation: Option<DemonstratedOperation>,
}

/// The colour that a friend likes, and where it was said.
#[derive(Clone, Default)]
struct Liking {
    person: &'static str,
    colour: &'static str,
    turn: String,
    sessions: Vec<u32>,
}

/// The last liking of each friend who told one.
type Likings = BTreeMap<&'static str, Liking>;

/// An episode.
#[derive(Default)]
struct Story {
    /// The dialogues; a task has no lines.
    sessions: Vec<Vec<Line>>,
    likings: Likings,
    /// The tasks by session, each with what is to be said.
    tasks: BTreeMap<u32, Liking>,
}

fn invalid(why: impl Into<String>) -> Error {
    Error::Invalid(why.into())
}

/// Generates the open episode. A longer one begins with a shorter one, since nothing
/// depends on its length.
fn story() -> Result<Story, Error> {
    let saved = SAVED.with_borrow(Clone::clone);
    let open = saved.open.ok_or_else(|| invalid("no episode is open"))?;
    let split = SPLITS
        .iter()
        .position(|name| *name == open.split)
        .unwrap_or_default();
    let mut random = Random(saved.options.seed ^ (open.index << 8) ^ split as u64);
    let mut story = Story::default();
    for session in 1..=open.sessions {
        let mut lines = Vec::new();
        let told: Vec<&Liking> = story.likings.values().collect();
        if session % TASK_EVERY == 0 && !told.is_empty() {
            let liking = told[random.below(told.len())].clone();
            story.tasks.insert(session, liking);
        } else {
            for turn in 1..=TURNS {
                lines.push(line(&mut random, &mut story.likings, session, turn));
            }
        }
        story.sessions.push(lines);
    }
    Ok(story)
}

fn line(random: &mut Random, likings: &mut Likings, session: u32, turn: u32) -> Line {
    let person = PEOPLE[random.below(PEOPLE.len())];
    let id = format!("D{session}:{turn}");
    let (text, operation) = if random.below(2) == 0 {
        (TALK[random.below(TALK.len())].into(), None)
    } else {
        let liking = likings.entry(person).or_default();
        let before = std::mem::replace(&mut liking.turn, id.clone());
        liking.person = person;
        liking.colour = COLOURS[random.below(COLOURS.len())];
        if !liking.sessions.contains(&session) {
            liking.sessions.push(session);
        }
        let operation = if before.is_empty() {
            DemonstratedOperation::Insert
        } else {
            DemonstratedOperation::Update(before)
        };
        let text = format!("My favourite colour is {}.", liking.colour);
        (text, Some(operation))
    };
    let turn = Turn {
        id,
        speaker: person.into(),
        text,
    };
    Line { turn, operation }
}

fn lines(story: &Story, index: u32) -> Result<&[Line], Error> {
    let place = (index as usize).wrapping_sub(1);
    let found = story.sessions.get(place).map(Vec::as_slice);
    found.ok_or_else(|| Error::Unknown(format!("the episode has no session {index}")))
}

/// Returns the task that was read last, and what is to be said in it.
fn task() -> Result<(Reading, Liking), Error> {
    let mut story = story()?;
    let reading = SAVED.with_borrow(|saved| saved.reading.clone());
    let task = reading.and_then(|reading| Some((story.tasks.remove(&reading.session)?, reading)));
    match task {
        None => Err(Error::Unsupported(
            "the session that was read last is no task".into(),
        )),
        Some((_, Reading { left: 0, .. })) => Err(invalid("the task is over")),
        Some((liking, reading)) => Ok((reading, liking)),
    }
}

/// Refuses unknown demonstrators.
fn check_demonstrator(name: &str) -> Result<(), Error> {
    if DEMONSTRATORS.contains(&name) {
        return Ok(());
    }
    Err(Error::Unknown(format!(
        "there is no demonstrator {name:?}; use one of {DEMONSTRATORS:?}"
    )))
}

fn check_sessions(sessions: u32) -> Result<(), Error> {
    if (1..=MOST_SESSIONS).contains(&sessions) {
        return Ok(());
    }
    Err(invalid(format!(
        "an episode has 1 to {MOST_SESSIONS} sessions, not {sessions}"
    )))
}

struct Component;

impl Guest for Component {
    fn describe() -> Description {
        Description {
            name: "my-component".into(),
            summary: "Friends tell which colour they like, and change their minds.".into(),
            categories: vec!["colour".into(), "task".into()],
            lexicon: vec![LexiconKind {
                name: "colour".into(),
                cues: vec!["colour".into()],
                values: COLOURS.map(String::from).into(),
            }],
        }
    }

    fn load(files: Vec<DataFile>, options: String) -> Result<LoadReport, Error> {
        if let Some(file) = files.first() {
            return Err(invalid(format!(
                "remove the file {:?}: it has no input files",
                file.name
            )));
        }
        let refuse = |error| invalid(format!("the options: {error}"));
        let options: serde_json::Map<_, _> = serde_json::from_str(&options).map_err(refuse)?;
        let options: Options = serde_json::from_value(options.into()).map_err(refuse)?;
        check_sessions(options.sessions)?;
        SAVED.set(Saved {
            options,
            ..Saved::default()
        });
        let split = |name: &&str| Split {
            name: (*name).into(),
            episodes: None,
        };
        Ok(LoadReport {
            splits: SPLITS.iter().map(split).collect(),
            warnings: Vec::new(),
        })
    }

    fn open(split: String, index: u64, horizon: u32) -> Result<Episode, Error> {
        if !SPLITS.contains(&split.as_str()) {
            return Err(Error::Unknown(format!(
                "there is no split {split:?}; use one of {SPLITS:?}"
            )));
        }
        let options = SAVED.with_borrow(|saved| saved.options.clone());
        let sessions = if horizon == 0 {
            options.sessions
        } else {
            horizon
        };
        check_sessions(sessions)?;
        let id = format!("{split}/{index}");
        SAVED.set(Saved {
            options,
            open: Some(Address {
                split,
                index,
                sessions,
            }),
            ..Saved::default()
        });
        Ok(Episode {
            id,
            sessions,
            speakers: PEOPLE.map(String::from).into(),
        })
    }

    fn get_session(index: u32) -> Result<SessionContent, Error> {
        let story = story()?;
        let lines = lines(&story, index)?;
        let time = format!("day {index}");
        let task = story.tasks.get(&index);
        SAVED.with_borrow_mut(|saved| {
            saved.reading = task.map(|_| Reading {
                session: index,
                left: STEPS,
            });
        });
        Ok(match task {
            Some(liking) => SessionContent::Task(Task {
                index,
                time,
                instruction: format!("Say the favourite colour of {}.", liking.person),
                actions: COLOURS.map(String::from).into(),
                steps: STEPS,
            }),
            None => SessionContent::Dialogue(Session {
                index,
                time,
                turns: lines.iter().map(|line| line.turn.clone()).collect(),
            }),
        })
    }

    fn act(action: String) -> Result<Observation, Error> {
        let (mut reading, liking) = task()?;
        if !COLOURS.contains(&action.as_str()) {
            return Err(invalid(format!(
                "there is no action {action:?}; use one of {COLOURS:?}"
            )));
        }
        let right = action == liking.colour;
        let first = reading.left == STEPS;
        reading.left = if right { 0 } else { reading.left - 1 };
        let done = reading.left == 0;
        SAVED.with_borrow_mut(|saved| {
            if first {
                saved.said.insert(reading.session, action);
            }
            saved.reading = Some(reading);
        });
        let colours = COLOURS.iter().take(if done { 0 } else { COLOURS.len() });
        Ok(Observation {
            text: if right { "Yes." } else { "No." }.into(),
            done,
            reward: f32::from(u8::from(right)),
            actions: colours.map(ToString::to_string).collect(),
        })
    }

    fn advise(demonstrator: String, seed: u64) -> Result<String, Error> {
        let (reading, liking) = task()?;
        check_demonstrator(&demonstrator)?;
        let mut random =
            Random(seed ^ u64::from(reading.session) ^ (u64::from(reading.left) << 32));
        let colour = match demonstrator.as_str() {
            "nothing" => COLOURS[0],
            // Guesses now and then, so that rewards teach the rest.
            "demonstrator" if random.below(4) == 0 => COLOURS[random.below(COLOURS.len())],
            _ => liking.colour,
        };
        Ok(colour.into())
    }

    fn questions() -> Result<Vec<Question>, Error> {
        let story = story()?;
        let asked = story.likings.into_values().map(|liking| Question {
            id: liking.person.into(),
            text: format!("Which colour does {} like?", liking.person),
            category: "colour".into(),
            sessions: liking.sessions,
            evidence: vec![liking.turn],
        });
        // A question without text is not asked: `score` says what the task came to.
        let silent = story.tasks.into_iter().map(|(session, liking)| Question {
            id: format!("task-{session}"),
            text: String::new(),
            category: "task".into(),
            sessions: [liking.sessions, vec![session]].concat(),
            evidence: Vec::new(),
        });
        Ok(asked.chain(silent).collect())
    }

    fn score(question: String, answer: Answer) -> Result<Score, Error> {
        let story = story()?;
        let asked = story.likings.get(question.as_str());
        let mut tasks = story.tasks.iter();
        let task = tasks.find(|(session, _)| format!("task-{session}") == question);
        let right = match (asked, task) {
            (Some(liking), _) => answer.text.trim().to_lowercase() == liking.colour,
            (None, Some((session, liking))) => SAVED.with_borrow(|saved| {
                let said = saved.said.get(session);
                said.is_some_and(|said| said == liking.colour)
            }),
            (None, None) => return Err(Error::Unknown(format!("{question:?} is not asked"))),
        };
        let reward = f32::from(u8::from(right));
        Ok(Score {
            reward,
            metrics: vec![("f1".into(), reward)],
        })
    }

    fn rubric(_question: String) -> Result<Option<String>, Error> {
        Ok(None)
    }

    fn demonstrate(demonstrator: String, index: u32, seed: u64) -> Result<Vec<Hint>, Error> {
        let story = story()?;
        let lines = lines(&story, index)?;
        check_demonstrator(&demonstrator)?;
        let mut random = Random(seed ^ u64::from(index));
        let mut operation = |line: &Line| match demonstrator.as_str() {
            "everything" => Some(DemonstratedOperation::Insert),
            "nothing" => None,
            "expert" => line.operation.clone(),
            // Inserts too much and never updates, so that rewards teach the rest.
            _ => (random.below(4) > 0).then_some(DemonstratedOperation::Insert),
        };
        let hint = |line: &Line| {
            operation(line).map(|operation| Hint {
                turn: line.turn.id.clone(),
                operation,
            })
        };
        Ok(lines.iter().filter_map(hint).collect())
    }
}

impl StateGuest for Component {
    fn snapshot() -> Vec<u8> {
        SAVED.with_borrow_mut(|saved| {
            saved.format = FORMAT.into();
            serde_json::to_vec(saved).expect("all of it is JSON")
        })
    }

    fn restore(bytes: Vec<u8>) -> Result<(), Error> {
        let read: Saved = serde_json::from_slice(&bytes)
            .map_err(|error| Error::Invalid(format!("these bytes are not a snapshot: {error}")))?;
        if read.format != FORMAT {
            return Err(invalid(format!("this is a snapshot of {:?}", read.format)));
        }
        check_sessions(read.options.sessions)?;
        if let Some(open) = &read.open {
            check_sessions(open.sessions)?;
        }
        SAVED.set(read);
        Ok(())
    }
}

export!(Component);
