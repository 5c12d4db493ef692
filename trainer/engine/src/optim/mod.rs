//! AdamW, gradient accumulation, and learning rate schedules.

mod adamw;
mod gradients;
pub mod lr_schedule;

pub use self::adamw::AdamW;
pub use self::gradients::Gradients;

#[cfg(test)]
mod tests;
