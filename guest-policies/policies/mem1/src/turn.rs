//! One turn: what it reads and what it decides.

/// The role of all requests.
pub const AGENT: &str = "agent";

/// The last turn, all that a prompt shows of the past besides the state in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    /// The output: as text it has the state; constrained it is the action alone.
    pub said: String,
    /// The result of its action, as far as prompts show it.
    pub information: String,
}

/// The decision of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The new state; empty if there is none.
    pub state: String,
    /// The action for the environment.
    pub action: String,
    /// The output as the next prompt shows it.
    pub said: String,
}
