//! The policy of the Memory-R2 paper: extractor, manager and answerer that speak JSON.
