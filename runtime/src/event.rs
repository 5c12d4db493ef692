//! Events of episodes.

use serde::{Deserialize, Serialize};

use crate::model::{Completion, GenerateCall};
use crate::store::snapshot::States;
use crate::types::{
    Answer, Entry, Error as Refusal, Hit, Level, Moment, Observation, OpenEpisode, Operation,
    Query, Question, Report, Schema, Score, Stats,
};

/// An event of an episode: a call of the policy into the host, or one of the host
/// into a component. The policy's calls come before the host's call that caused
/// them. Displays as a line for people; an [`Event::Apply`] as a line for each
/// operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The policy asked for the bank's operations.
    Schema(Schema),
    /// The policy applied operations to the bank.
    Apply {
        /// The moment in the episode.
        at: Moment,
        /// The operations in order.
        operations: Vec<Operation>,
        /// One result for each operation.
        results: Vec<Result<String, Refusal>>,
    },
    /// The policy searched the bank.
    Retrieve {
        /// The query.
        query: Query,
        /// The hits, or the refusal.
        result: Result<Vec<Hit>, Refusal>,
    },
    /// The policy read the whole bank.
    Entries(Vec<Entry>),
    /// The policy had entries rendered.
    Render {
        /// The ids of the entries.
        ids: Vec<String>,
        /// The text, or the refusal.
        result: Result<String, Refusal>,
    },
    /// The policy ended a session in the bank.
    EndSession(Moment),
    /// The policy asked for the bank's sizes.
    Stats(Stats),
    /// The policy asked the model.
    Generate {
        /// The request and its place in the episode.
        call: GenerateCall,
        /// The output, or the error.
        result: Result<Completion, String>,
    },
    /// The policy had the tokens of a text counted.
    Count {
        /// The text.
        text: String,
        /// The number; none if the model has no tokenizer, so that words were counted.
        tokens: Option<u32>,
    },
    /// The policy had a part of a text cut out.
    Cut {
        /// The text.
        text: String,
        /// The part's first token.
        first: u32,
        /// The token after its last one.
        end: u32,
        /// The part; none if the model has no tokenizer, so that words were cut.
        tokens: Option<String>,
    },
    /// The policy asked the embedder.
    Embed {
        /// The texts.
        texts: Vec<String>,
        /// The vectors, none if there is no embedder; or the error.
        result: Result<Option<Vec<Vec<f32>>>, String>,
    },
    /// The policy acted in a task session.
    Act {
        /// The action.
        action: String,
        /// The observation, or the refusal.
        result: Result<Observation, Refusal>,
    },
    /// The policy asked for a demonstrator's action: none, unless demonstrations are
    /// collected.
    Advise(Option<String>),
    /// The policy wrote a line to the log.
    Log {
        /// The line's severity.
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
        /// The number of sessions to which it was cut; 0 means all.
        horizon: u32,
        /// The episode.
        episode: OpenEpisode,
    },
    /// The host restored bank, policy and environment to these states.
    Restored(States),
    /// The host captured the states of bank, policy and environment.
    Captured(States),
    /// The host let the policy observe a session.
    Observed {
        /// The session's number.
        session: u32,
        /// The demonstrator whose hints came with it, and their seed.
        demonstrator: Option<(String, u64)>,
        /// The policy's report, or the error.
        result: Result<Report, String>,
    },
    /// The host asked the environment for its questions.
    Asked(Vec<Question>),
    /// The host let the policy answer a question.
    Answered {
        /// The question's id.
        question: String,
        /// The answer, or the error.
        result: Result<Answer, String>,
    },
    /// The host let the environment score an answer.
    Scored {
        /// The question's id.
        question: String,
        /// The answer.
        answer: Answer,
        /// The score, or the error.
        result: Result<Score, String>,
    },
}

impl Event {
    /// Returns whether the host made the call. The events before it, back to the last
    /// such one, are the policy's calls that it caused.
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
