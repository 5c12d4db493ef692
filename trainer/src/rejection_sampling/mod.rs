//! Rejection sampling: a model on a server plays training episodes several times each, and
//! the warm start imitates the samples with the highest rewards.
//!
//! [`record`] is the file between the two, [`play()`] writes it, and [`select`] chooses from it.

pub mod play;
pub mod record;
mod reply_schema;
pub mod select;

pub use self::play::{Played, Source, play};
