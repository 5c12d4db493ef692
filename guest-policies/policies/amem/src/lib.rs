//! The policy of A-MEM (arXiv 2502.12110), for the bank `notes`: an analyser writes each turn as a note
//! with keywords, a context and tags; an evolver links it to the nearest notes and rewrites their
//! context and tags; questions are looked up by keywords and answered from the nearest notes and those
//! that they link to. The roles speak JSON, or words under a grammar. `README.md` has the formats.

mod amem;
mod analyser;
mod answerer;
mod evolution;
mod evolver;
mod keywords;
mod note;
mod options;
mod prompts;
mod reply;
mod roles;
mod salient;
mod verdict;
mod words;

pub use amem::Amem;

memloom_sdk::export_policy!(Amem);
