//! The LoCoMo benchmark as an environment.
