//! Clients of models that others serve: they speak for roles, judge answers, embed texts
//! and sample rollouts, as the run file's `[servers.NAME]` sections say.
//!
//! A [`Client`] asks one server over OpenAI's protocol: [`chat`] for roles and the
//! [`Judge`], [`embeddings`] for the embedder. A [`role_router`] passes requests of served
//! roles to their servers and all others to the rollout's own model. [`vllm`] samples whole
//! rollouts instead of the engine.

mod backoff;
pub mod chat;
pub mod embeddings;
pub mod http;
pub mod judge;
pub mod models;
mod refusal;
pub mod response_cache;
pub mod role_router;
mod semaphore;
pub mod servers;
pub mod usage;
pub mod vllm;

pub use self::http::{Client, Failure};
pub use self::judge::Judge;
pub use self::role_router::Spent;
pub use self::servers::Servers;
pub use self::usage::Usage;
