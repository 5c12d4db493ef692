//! The folder of a run: metrics, timings, checkpoints, the summary; and its console.

pub mod atomic_fs;
pub mod checkpoint;
pub mod jsonl;
pub mod process_memory;
pub mod progress;
pub mod summary;
pub mod timings;
