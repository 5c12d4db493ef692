//! The record of an episode: every call of its policy into the host, and what
//! the host asked of it.

mod display;
mod file;
pub(crate) mod record;
pub(crate) mod setup;

use serde::{Deserialize, Serialize};

use crate::model::{Completion, GenerateCall};
use crate::trace::setup::Setting;
use crate::store::snapshot::States;
use crate::types::{
    Answer, Entry, Error as Refusal, Hit, Level, Moment, Observation, OpenEpisode, Operation,
    Query, Question, Report, Schema, Score, Stats,
};

/// Something that happened in an episode. Calls of the policy into the host
/// come before the event of the call of the host that they belong to. Displays
/// as a line for people; an [`Event::Apply`] as a line for each operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The policy asked what the bank can do.
    Schema(Schema),
    /// The policy changed the bank, or tried to.
    Apply {
        /// When in the episode.
        at: Moment,
        /// What was to be done.
        operations: Vec<Operation>,
        /// One result each.
        results: Vec<Result<String, Refusal>>,
    },
    /// The policy searched the bank.
    Retrieve {
        /// What for.
        query: Query,
        /// What was found.
        result: Result<Vec<Hit>, Refusal>,
    },
    /// The policy read the whole bank.
    Entries(Vec<Entry>),
    /// The policy had entries rendered.
    Render {
        /// Which.
        ids: Vec<String>,
        /// As text.
        result: Result<String, Refusal>,
    },
    /// The policy ended a session in the bank.
    EndSession(Moment),
    /// The policy asked for the bank's sizes.
    Stats(Stats),
    /// The policy asked the model.
    Generate {
        /// What it asked for, and when.
        call: GenerateCall,
        /// What the model said, or why it could not.
        result: Result<Completion, String>,
    },
    /// The policy asked the embedder.
    Embed {
        /// Texts.
        texts: Vec<String>,
        /// Vectors, none where there is no embedder; or why it failed.
        result: Result<Option<Vec<Vec<f32>>>, String>,
    },
    /// The policy acted in a task session.
    Act {
        /// What it did.
        action: String,
        /// What came of it.
        result: Result<Observation, Refusal>,
    },
    /// The policy wrote a line to the log.
    Log {
        /// How loud.
        level: Level,
        /// The line.
        text: String,
    },
    /// The host opened an episode of the environment.
    Opened {
        /// The environment's split.
        split: String,
        /// The episode's number in it.
        index: u64,
        /// Sessions to which it was cut; 0 is all.
        horizon: u32,
        /// What was opened.
        episode: OpenEpisode,
    },
    /// The host put bank, policy and environment into these states.
    Restored(States),
    /// The host took the state of bank, policy and environment.
    Captured(States),
    /// The host had the policy observe a session.
    Observed {
        /// Which.
        session: u32,
        /// Whose hints came with it, and the seed of them.
        demonstrator: Option<(String, u64)>,
        /// What the policy said of it, or why it came to nothing.
        result: Result<Report, String>,
    },
    /// The host asked the environment for its questions.
    Asked(Vec<Question>),
    /// The host had the policy answer a question.
    Answered {
        /// The question's id.
        question: String,
        /// The answer, or why there is none.
        result: Result<Answer, String>,
    },
    /// The host had the environment score an answer.
    Scored {
        /// The question's id.
        question: String,
        /// The answer.
        answer: Answer,
        /// What it is worth, or why that is not known.
        result: Result<Score, String>,
    },
}

impl Event {
    /// Whether the host began it: the events before it, back to the last such
    /// one, are the policy's calls that it led to.
    pub fn is_of_host(&self) -> bool {
        matches!(
            self,
            Self::Opened { .. }
                | Self::Restored(_)
                | Self::Captured(_)
                | Self::Observed { .. }
                | Self::Asked(_)
                | Self::Answered { .. }
                | Self::Scored { .. }
        )
    }
}

/// An episode as it was recorded: enough to live through it again without its
/// model.
///
/// ```
/// use memloom_runtime::{DemonstrationModel, Files, Program, Setting, Trace};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let setting = Setting::of(Files {
///     bank: "../target/components/flat.wasm".as_ref(),
///     environment: "../target/components/chronicle.wasm".as_ref(),
///     policy: "../target/components/selector.wasm".as_ref(),
///     data: &[],
/// })?;
/// let stage = setting.stage()?;
/// let program = Program {
///     split: "train",
///     index: 0,
///     horizon: 2,
///     demonstrator: Some(("expert", 1)),
///     from: None,
///     embedder: None,
/// };
/// let model = Box::new(DemonstrationModel);
/// let (trace, lived) = stage.record(&program, model, &mut |_, _| Ok(()));
/// lived?;
///
/// # let folder = tempfile::tempdir().expect("a folder");
/// # let path = folder.path().join("one.trace");
/// trace.write(&path)?;
/// let trace = Trace::read(&path)?;
/// assert_eq!(trace.states().count(), 3); // before, between and after two sessions
///
/// // Without the model, and every byte as it was.
/// let replay = trace.replay(&stage, None)?;
/// assert_eq!(replay.difference, None);
/// assert_eq!((replay.events, replay.states), (trace.events.len(), 3));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// What it took place in.
    pub setting: Setting,
    /// What happened, in order. People and [`Edit`](crate::Edit) count from 1.
    pub events: Vec<Event>,
}

impl Trace {
    /// The states between sessions, each with the session before it: 0 before
    /// the first.
    pub fn states(&self) -> impl Iterator<Item = (u32, &States)> {
        let session = |event: &Event| match event {
            Event::Observed { session, .. } => Some(*session),
            _ => None,
        };
        let first = self.events.iter().find_map(session);
        let mut before = first.map_or(0, |first| first.saturating_sub(1));
        self.events.iter().filter_map(move |event| {
            before = session(event).unwrap_or(before);
            match event {
                Event::Captured(states) => Some((before, states)),
                _ => None,
            }
        })
    }
}
