//! Rules for reading text: the same for the host and for its guests.

pub mod tags;
pub mod thoughts;
pub mod trace;
pub mod words;
