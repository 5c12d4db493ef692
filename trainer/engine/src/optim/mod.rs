//! AdamW, gradients summed over micro-batches, and schedules of the learning rate.

mod adamw;
mod gradients;
pub mod lr_schedule;

pub use self::adamw::AdamW;
pub use self::gradients::Gradients;

#[cfg(test)]
mod tests;
