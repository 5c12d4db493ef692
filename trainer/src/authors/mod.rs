//! What authors of components use: `memloom new`, `componentize` and `check`.

pub mod check;
pub mod componentize;
pub mod new;
