//! An environment: friends name the colours that they like, and change their minds.
//! The WIT files describe the functions.

use std::cell::RefCell;

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
    SessionContent, Turn,
};

/// The format of snapshots. Change it whenever the saved type changes.
const FORMAT: &str = "my-component 1";
const SPLITS: [&str; 3] = ["train", "validation", "held-out"];
const PEOPLE: [&str; 3] = ["Anna", "Ben", "Cleo"];
const COLOURS: [&str; 6] = ["red", "blue", "green", "yellow", "white", "black"];
const TALK: [&str; 4] = [
    "How are you?",
    "It rained all day.",
    "See you soon.",
    "I am tired.",
];
const TURNS: u32 = 4;
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

/// The whole state, as a snapshot stores it. Episodes are generated again from it.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Saved {
    format: String,
    options: Options,
    open: Option<Address>,
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

/// The colour that a friend likes.
#[derive(Clone, Default)]
struct Liking {
    colour: &'static str,
    turn: String,
    sessions: Vec<u32>,
}

struct Story {
    sessions: Vec<Vec<Line>>,
    likings: Vec<Liking>,
}

/// Generates the open episode. A longer one begins with a shorter one, since nothing
/// depends on its length.
fn story() -> Result<Story, Error> {
    let saved = SAVED.with_borrow(Clone::clone);
    let open = saved
        .open
        .ok_or_else(|| Error::Invalid("no episode is open".into()))?;
    let split = SPLITS
        .iter()
        .position(|name| *name == open.split)
        .unwrap_or_default();
    let mut random = Random(saved.options.seed ^ (open.index << 8) ^ split as u64);
    let mut likings = vec![Liking::default(); PEOPLE.len()];
    let sessions = (1..=open.sessions)
        .map(|session| {
            (1..=TURNS)
                .map(|turn| line(&mut random, &mut likings, session, turn))
                .collect()
        })
        .collect();
    Ok(Story { sessions, likings })
}

fn line(random: &mut Random, likings: &mut [Liking], session: u32, turn: u32) -> Line {
    let person = random.below(PEOPLE.len());
    let id = format!("D{session}:{turn}");
    let (text, operation) = if random.below(2) == 0 {
        (TALK[random.below(TALK.len())].into(), None)
    } else {
        let liking = &mut likings[person];
        let colour = COLOURS[random.below(COLOURS.len())];
        let before = std::mem::replace(&mut liking.turn, id.clone());
        liking.colour = colour;
        if !liking.sessions.contains(&session) {
            liking.sessions.push(session);
        }
        let operation = if before.is_empty() {
            DemonstratedOperation::Insert
        } else {
            DemonstratedOperation::Update(before)
        };
        (format!("My favourite colour is {colour}."), Some(operation))
    };
    let turn = Turn {
        id,
        speaker: PEOPLE[person].into(),
        text,
    };
    Line { turn, operation }
}

fn session(story: &Story, index: u32) -> Result<&[Line], Error> {
    let place = (index as usize).wrapping_sub(1);
    let found = story.sessions.get(place).map(Vec::as_slice);
    found.ok_or_else(|| Error::Unknown(format!("the episode has no session {index}")))
}

struct Component;

impl Guest for Component {
    fn describe() -> Description {
        Description {
            name: "my-component".into(),
            summary: "Friends tell which colour they like, and change their minds.".into(),
            categories: vec!["colour".into()],
            lexicon: vec![LexiconKind {
                name: "colour".into(),
                cues: vec!["colour".into()],
                values: COLOURS.map(String::from).into(),
            }],
        }
    }

    fn load(files: Vec<DataFile>, options: String) -> Result<LoadReport, Error> {
        if let Some(file) = files.first() {
            return Err(Error::Invalid(format!(
                "remove the file {:?}: it has no input files",
                file.name
            )));
        }
        let options: serde_json::Map<_, _> = serde_json::from_str(&options)
            .map_err(|error| Error::Invalid(format!("the options: {error}")))?;
        let options: Options = serde_json::from_value(options.into())
            .map_err(|error| Error::Invalid(format!("the options: {error}")))?;
        check_sessions(options.sessions)?;
        SAVED.set(Saved {
            format: String::new(),
            options,
            open: None,
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
        let all = SAVED.with_borrow(|saved| saved.options.sessions);
        let sessions = if horizon == 0 { all } else { horizon };
        check_sessions(sessions)?;
        let id = format!("{split}/{index}");
        SAVED.with_borrow_mut(|saved| {
            saved.open = Some(Address {
                split,
                index,
                sessions,
            })
        });
        Ok(Episode {
            id,
            sessions,
            speakers: PEOPLE.map(String::from).into(),
        })
    }

    fn get_session(index: u32) -> Result<SessionContent, Error> {
        let story = story()?;
        let turns = session(&story, index)?
            .iter()
            .map(|line| line.turn.clone())
            .collect();
        Ok(SessionContent::Dialogue(Session {
            index,
            time: format!("day {index}"),
            turns,
        }))
    }

    fn act(_action: String) -> Result<Observation, Error> {
        Err(Error::Unsupported("there is no task to act in".into()))
    }

    fn questions() -> Result<Vec<Question>, Error> {
        let likings = story()?.likings.into_iter().zip(PEOPLE);
        let told = likings.filter(|(liking, _)| !liking.turn.is_empty());
        let question = |(liking, person): (Liking, &str)| Question {
            id: person.into(),
            text: format!("Which colour does {person} like?"),
            category: "colour".into(),
            sessions: liking.sessions,
            evidence: vec![liking.turn],
        };
        Ok(told.map(question).collect())
    }

    fn score(question: String, answer: Answer) -> Result<Score, Error> {
        let likings = story()?.likings;
        let asked = PEOPLE.iter().position(|person| *person == question);
        let liking = asked
            .map(|person| &likings[person])
            .filter(|liking| !liking.turn.is_empty());
        let liking = liking.ok_or_else(|| Error::Unknown(format!("{question:?} is not asked")))?;
        let reward = f32::from(u8::from(answer.text.trim().to_lowercase() == liking.colour));
        Ok(Score {
            reward,
            metrics: vec![("f1".into(), reward)],
        })
    }

    fn demonstrate(demonstrator: String, index: u32, seed: u64) -> Result<Vec<Hint>, Error> {
        let story = story()?;
        let lines = session(&story, index)?;
        let mut random = Random(seed ^ u64::from(index));
        let mut operation = |line: &Line| match demonstrator.as_str() {
            "everything" => Ok(Some(DemonstratedOperation::Insert)),
            "nothing" => Ok(None),
            "expert" => Ok(line.operation.clone()),
            // Inserts too much and never updates, so that rewards teach the rest.
            "demonstrator" if random.below(4) == 0 => Ok(None),
            "demonstrator" => Ok(Some(DemonstratedOperation::Insert)),
            _ => Err(Error::Unknown(format!(
                "there is no demonstrator {demonstrator:?}"
            ))),
        };
        let mut hints = Vec::new();
        for line in lines {
            if let Some(operation) = operation(line)? {
                hints.push(Hint {
                    turn: line.turn.id.clone(),
                    operation,
                });
            }
        }
        Ok(hints)
    }
}

fn check_sessions(sessions: u32) -> Result<(), Error> {
    if (1..=MOST_SESSIONS).contains(&sessions) {
        return Ok(());
    }
    Err(Error::Invalid(format!(
        "an episode has 1 to {MOST_SESSIONS} sessions, not {sessions}"
    )))
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
            return Err(Error::Invalid(format!(
                "this is a snapshot of {:?}",
                read.format
            )));
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
