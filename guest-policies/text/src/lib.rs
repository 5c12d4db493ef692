//! Rules for reading text: the same for the host and for its guests.

pub mod thoughts;
pub mod words;
