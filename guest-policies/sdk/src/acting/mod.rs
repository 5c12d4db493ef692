//! Task sessions as a policy plays them: what was done and seen, what may be done next, and the
//! words in which a model chooses.
//!
//! ```
//! use memloom_sdk::acting::{Rules, Sitting};
//! use memloom_sdk::host::Request;
//! use memloom_sdk::types::{Error, Task};
//! use memloom_sdk::Host;
//!
//! fn play(host: &mut dyn Host, task: Task) -> Result<u32, Error> {
//!     let opening = task.instruction.clone();
//!     let mut sitting = Sitting::new(task, Rules::default());
//!     while !sitting.is_over() {
//!         let request = Request {
//!             grammar: sitting.grammar(),
//!             demonstration: host.advise().and_then(|advice| sitting.demonstration(&advice)),
//!             ..Request::new("actor", sitting.messages(&opening, "What next?"), 64)
//!         };
//!         let output = host.generate(&request)?.text;
//!         sitting.take(host, &output)?;
//!     }
//!     Ok(sitting.acts())
//! }
//! ```

pub mod cases;
mod choice;
mod sitting;
mod story;

pub use choice::{MAX_SHOWN, MORE, control_words, labelled};
pub use sitting::{Sitting, Taken, Turn};
pub use story::{Begun, story};

/// The form in which a model chooses an action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// One control word, `a1` to `a64` or `more`, or the action itself, under a grammar. Where a
    /// task lists no actions, the form is [`Form::Text`].
    Words,
    /// Free text, of which the last line `action: …` counts.
    #[default]
    Text,
}

/// The rules by which tasks are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The form of a choice. By default text.
    pub form: Form,
    /// True if [`Form::Words`] lists numbered actions and takes a number. Else it lists none and
    /// takes an action in its own words and punctuation, each a token of the model; one with `(`,
    /// `)` or `|` cannot be said. By default true.
    pub numbered: bool,
    /// The number of past turns that messages show; with 0 not even what came of the last act. By
    /// default 5.
    pub window: usize,
    /// The most words of an observation that messages show. By default 300.
    pub observation_words: usize,
    /// The most acts in a task. By default 100.
    pub acts: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            form: Form::Text,
            numbered: true,
            window: 5,
            observation_words: 300,
            acts: 100,
        }
    }
}
