//! Studies: experiments about the training itself, from a committed run file to
//! a table that anyone can make again.

pub mod analysis;
mod continuations;
pub mod fairness;
mod measure;
mod page;
mod statistics;
mod table;
