//! A runtime for memory banks, environments and policies as WebAssembly components:
//! it loads, sandboxes, forks, records and replays them.
//!
//! A [`Sandbox`] loads files as components: [`BankComponent`],
//! [`EnvironmentComponent`], [`PolicyComponent`]. Each is compiled once and
//! instantiated in microseconds. Components have no WASI, and [`Limits`] bound their
//! resources.
//!
//! An [`Episode`] is one rollout: instances of a policy and its bank, an
//! [`Environment`] with an open episode, and a [`LanguageModel`]. The policy calls the
//! others only through the host, which checks, counts and on request records every
//! call ([`Trace`]). Episodes are synchronous: a policy that asks the model blocks its
//! thread, which needs about 2 MiB of stack. Any number of episodes can run in
//! parallel.
//!
//! A [`ForkPoint`] is a moment of an episode from which others start, in
//! microseconds: most components are forked by mapping their memory copy-on-write.
//! A [`Snapshot`] is an episode's state as bytes, named by its content;
//! [`Episode::resume`] continues from one, and a [`SnapshotStore`] keeps them.
//! Components are deterministic: the same calls lead to the same state on every
//! machine. So a recorded episode ([`LoadedSetup::record`]) can be replayed from its
//! [`Trace`] bit for bit and without a model ([`Trace::replay`]), also with one
//! operation changed ([`Trace::what_if`]).
//!
//! In service there is no environment: an [`Agent`] observes the sessions of its user,
//! does tasks in a [`World`] that the service gives, and answers questions. Its state between sessions is a [`Memory`], which a
//! [`MemoryStore`] keeps safe from crashes; an [`AgentForkPoint`] is a moment of it that
//! others go on from. A [`Worker`] gives an agent a thread of
//! its own, for asynchronous services; the workspace's `examples/embed` is one.
//!
//! # Threads
//!
//! All types are `Send`, and all are `Sync` but those that hold a model: [`Agent`],
//! [`Episode`] and [`ScriptedModel`].
//!
//! # An episode
//!
//! ```
//! use memloom_runtime::{AgentParts, DemonstrationModel, Episode, Limits, Sandbox};
//!
//! # fn main() -> Result<(), memloom_runtime::Error> {
//! let sandbox = Sandbox::new(Limits::default())?;
//! let mut environment = sandbox
//!     .environment("../target/components/chronicle.wasm")?
//!     .instantiate()?;
//! environment.load(&[], "{}")?;
//! let sessions = environment.open("train", 0, 2)?.sessions;
//! let parts = AgentParts {
//!     bank: sandbox.bank("../target/components/flat.wasm")?,
//!     policy: sandbox.policy("../target/components/selector.wasm")?,
//!     policy_options: "{}".into(),
//!     lexicon: environment.describe()?.lexicon,
//! };
//! let mut episode = Episode::start(&parts, environment, Box::new(DemonstrationModel))?;
//! for session in 1..=sessions {
//!     episode.observe(session, Some(("expert", 1)))?;
//! }
//! for question in episode.questions()? {
//!     let answer = episode.answer(&question)?;
//!     println!("{} {}", question.text, episode.score(&question, &answer)?.reward);
//! }
//! # Ok(())
//! # }
//! ```

mod agent;
mod bank;
mod bindings;
pub mod check;
mod cow;
mod environment;
mod error;
mod event;
mod guest;
mod host;
mod instance;
mod kind;
mod limits;
mod load;
mod model;
mod policy;
mod replay;
mod store;
#[cfg(test)]
mod testing;
mod trace;
pub mod types;
mod world;

pub use agent::episode::Episode;
pub use agent::fork_point::{AgentForkPoint, ForkPoint};
pub use agent::meter::Meter;
pub use agent::worker::Worker;
pub use agent::{Agent, AgentParts};
pub use bank::{Bank, BankComponent};
pub use environment::{Environment, EnvironmentComponent};
pub use error::Error;
pub use event::Event;
pub use host::cut_at;
pub use instance::log::LogLine;
pub use kind::Kind;
pub use limits::{Limit, Limits, Pace};
pub use load::Sandbox;
pub use load::inspect::Inspection;
pub use model::{
    Completion, DemonstrationModel, Embedder, GenerateCall, LanguageModel, ModelError,
    ScriptedModel,
};
pub use policy::PolicyComponent;
pub use replay::edit::{Edit, EntryChange, QuestionChange, StateChange, WhatIf};
pub use replay::{Difference, Replay};
pub use store::atomic_file::write_atomically;
pub use store::memory::Memory;
pub use store::memory_store::MemoryStore;
pub use store::snapshot::{Snapshot, States};
pub use store::snapshot_store::SnapshotStore;
pub use trace::Trace;
pub use trace::record::Program;
pub use trace::setup::{EpisodeSetup, LoadedSetup, SetupFiles, Source};
pub use types::FinishReason;
pub use world::World;
