//! The roles that the model plays: what each is asked, and how its output is read.

pub mod critic;
pub mod proposer;
pub mod reflector;
pub mod simulator;

use memloom_sdk::acting::Form;

use crate::options::Options;

/// Returns the form of outputs.
pub fn form(options: &Options) -> Form {
    match options.constrained {
        true => Form::Words,
        false => Form::Text,
    }
}
