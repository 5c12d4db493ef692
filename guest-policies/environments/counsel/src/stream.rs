//! The sessions of an episode.

use memloom_sdk::random::Random;

use crate::visit::Visit;

/// A turn of a dialogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The speaker's name.
    pub speaker: String,
    /// The text.
    pub text: String,
    /// True if a later task may need it.
    pub needed: bool,
}

/// A text that was perceived earlier in the episode.
#[derive(Clone, Copy, Debug)]
pub struct Memory<'a> {
    /// The speaker; empty for an observation in a task.
    pub speaker: &'a str,
    /// The text.
    pub text: &'a str,
}

/// A task. It is the same whatever was done before.
pub trait Task {
    /// Returns the category.
    fn category(&self) -> &'static str;

    /// Returns the earlier sessions whose memory it needs, in order.
    fn sessions(&self) -> &[u32];

    /// Returns the instruction.
    fn instruction(&self) -> String;

    /// Returns the number of actions after which it ends.
    fn steps(&self) -> u32;

    /// Returns a visit before the first action.
    fn begin(&self) -> Visit {
        Visit::default()
    }

    /// Returns the actions that it lists.
    fn choices(&self, visit: &Visit) -> Vec<String>;

    /// Acts and returns what is seen. An action that is not understood is told so.
    fn act(&self, action: &str, visit: &mut Visit) -> String;

    /// Returns what is said when it is over.
    fn explanation(&self) -> String;

    /// Returns the best next action, from the instruction, the memories and the visit's
    /// observations. `random` decides where these tell nothing.
    fn advise(&self, memories: &[Memory<'_>], visit: &Visit, random: &mut Random) -> String;
}

/// A session.
pub enum Sitting {
    /// A dialogue.
    Talk(Vec<Line>),
    /// A task.
    Task(Box<dyn Task>),
}

/// The sessions of an episode.
pub struct Stream {
    /// The names of the speakers.
    pub speakers: Vec<String>,
    /// The sessions in order; the first is session 1.
    pub sittings: Vec<Sitting>,
}

impl Stream {
    /// Returns the tasks, each with its session's number.
    pub fn tasks(&self) -> impl Iterator<Item = (u32, &dyn Task)> {
        (1..)
            .zip(&self.sittings)
            .filter_map(|(session, sitting)| match sitting {
                Sitting::Task(task) => Some((session, task.as_ref())),
                Sitting::Talk(_) => None,
            })
    }
}
