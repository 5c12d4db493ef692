//! The scores of tasks.

use memloom_sdk::types::Score;

use crate::course::Course;
use crate::ground::Ground;

/// Returns what a task came to: the best share of goals that held, as AgentBoard counts, and apart
/// from it the success, since what is undone again stays counted.
#[must_use]
pub fn score(ground: &Ground, course: &Course) -> Score {
    let progress = course.progress(ground);
    let metrics = [
        ("success", f32::from(course.is_complete(ground))),
        ("acts", course.moves as f32),
        ("return", progress),
        ("refused", course.refused as f32),
    ];
    Score {
        reward: progress,
        metrics: metrics.map(|(name, value)| (name.into(), value)).into(),
    }
}
