//! Studies: reproducible experiments about the training, from a committed run file to a table.

pub mod analysis;
mod comparison;
mod continuations;
pub mod fairness;
pub mod learning;
mod measure;
mod page;
mod record;
pub mod retrieval;
mod statistics;
pub mod table;
pub mod zoo;
