//! Load, sandbox, fork and record memory banks, environments and policies as
//! WebAssembly components.
//!
//! A [`Sandbox`] turns files into components: [`BankComponent`],
//! [`EnvironmentComponent`], [`PolicyComponent`]. Each is compiled once and
//! instantiated in microseconds, granted no WASI, and held to [`Limits`].
//!
//! An [`Episode`] is one rollout: instances of a policy and its bank, an
//! [`Environment`] with an episode open, and a [`LanguageModel`]. The policy
//! reaches the others only through the host, which relays, checks, counts and
//! on request records every call ([`Trace`]). Episodes are synchronous: a
//! policy that asks the model blocks its thread, which needs about 2 MiB of
//! stack, and any number of episodes run side by side.
//!
//! A [`ForkPoint`] is a moment of an episode from which others start, in
//! microseconds: most components are forked by mapping their memory copy-on-write.
//! A [`Snapshot`] is an episode's state in a form that can be stored, named by its
//! content; [`Episode::resume`] goes on from one, and a [`SnapshotStore`] keeps
//! them. Components are deterministic: the same calls lead to the same state,
//! whatever the machine. So an episode that was recorded ([`Stage::record`]) is
//! lived through again from its [`Trace`] bit for bit and without a model
//! ([`Trace::replay`]), also with one operation changed ([`Trace::what_if`]).
//!
//! In service there is no environment: an [`Agent`] observes the sessions that its
//! user has, and answers. What it carries on from them is its [`Memory`], which a
//! [`MemoryStore`] keeps safe from crashes. A [`Worker`] gives it a thread of its
//! own, for services that are asynchronous; the workspace's `examples/embed` is one.
//!
//! # Threads
//!
//! Everything here can be sent to another thread, and everything can be shared
//! among threads (`Sync`) but for what holds a model: [`Agent`], [`Episode`] and
//! [`ScriptedModel`] are `Send` alone.
//!
//! # An episode
//!
//! ```
//! use memloom_runtime::{DemonstrationModel, Episode, EpisodeParts, Limits, Sandbox};
//!
//! # fn main() -> Result<(), memloom_runtime::Error> {
//! let sandbox = Sandbox::new(Limits::default())?;
//! let mut environment = sandbox
//!     .environment("../target/components/chronicle.wasm")?
//!     .instantiate()?;
//! environment.load(&[], "{}")?;
//! let sessions = environment.open("train", 0, 2)?.sessions;
//! let parts = EpisodeParts {
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
mod clock;
mod environment;
mod episode;
mod error;
mod files;
mod fork;
mod grants;
mod inspect;
mod instance;
mod limits;
mod log;
mod memories;
mod memory;
mod meter;
mod model;
mod policy;
mod record;
mod replay;
mod sandbox;
mod setting;
mod snapshot;
#[cfg(test)]
mod stand_in;
mod store;
mod surroundings;
mod trace;
pub mod types;
mod ungranted;
mod worker;

pub use agent::Agent;
pub use bank::{Bank, BankComponent};
pub use environment::{Environment, EnvironmentComponent};
pub use episode::{Episode, EpisodeParts};
pub use error::Error;
pub use fork::ForkPoint;
pub use inspect::{Inspection, Kind};
pub use limits::{Limit, Limits, Pace};
pub use log::LogLine;
pub use memories::MemoryStore;
pub use memory::Memory;
pub use meter::Meter;
pub use model::{
    Completion, DemonstrationModel, Embedder, GenerateCall, LanguageModel, ModelError,
    ScriptedModel,
};
pub use policy::PolicyComponent;
pub use record::Program;
pub use replay::{Difference, Edit, EntryChange, QuestionChange, Replay, StateChange, WhatIf};
pub use sandbox::Sandbox;
pub use setting::{Files, Setting, Source, Stage};
pub use snapshot::{Snapshot, States};
pub use store::SnapshotStore;
pub use trace::{Event, Trace};
pub use types::FinishReason;
pub use worker::Worker;
