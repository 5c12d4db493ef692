//! Sampling completions from a backbone, many at a time.
//!
//! A [`Batch`] works on jobs side by side, token by token: jobs join and leave while
//! others go on. Prompts are flat and without padding like everything that the
//! backbone reads, so a batch may mix any lengths, and what prompts share is read
//! once. Tokens that a grammar forces are not sampled but read together with the
//! sampled one before them. Random numbers belong to a job, never to a batch.

mod paged_cache;
mod request;
mod sampler;
mod scheduler;
mod sequence;
mod stop;

pub use self::request::{FinishReason, GenerateError, Job, Sample};
pub use self::scheduler::{Batch, generate};
pub use self::stop::StopStrings;

#[cfg(test)]
mod tests;
