//! LoGo-GRPO: what a rollout and a reroll are worth, and what their tokens
//! learn from it. Rewards and advantages are plain numbers; tensors enter in
//! the loss.
//!
//! Source: Memory-R2 (arXiv 2605.21768), equations 7 to 17.

pub mod algorithm;
pub mod gae;
pub mod loss;
pub mod normalise;
pub mod reward;
