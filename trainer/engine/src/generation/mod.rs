//! Sampling completions from a backbone with continuous batching.
//!
//! A [`Scheduler`] runs requests side by side, one forward pass at a time. Requests join and leave
//! between passes. Prompts of any length share a pass, flat and without padding; a prefix that
//! prompts share is computed once. Tokens that a grammar forces are not sampled: the next pass
//! reads them together with the sampled token before them, and with tokens that the sequence is
//! likely to copy from its prompt. Random numbers belong to a request, so its sample does not depend
//! on the other requests. [`generate`] runs a list of requests to the end.

mod paged_cache;
mod prompt_lookup;
mod request;
mod sampler;
mod scheduler;
mod sequence;
mod stop;

pub use self::request::{FinishReason, GenerateError, Request, Sample};
pub use self::scheduler::{Scheduler, generate};
pub use self::stop::StopStrings;

#[cfg(test)]
mod tests;
