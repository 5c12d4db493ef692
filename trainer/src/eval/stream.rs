//! Success over a stream of tasks: by session, so far, and the acts that it took.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A task of an episode.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// Its session.
    pub session: u32,
    /// The metric `success`.
    pub success: f64,
    /// The metric `acts`, if the environment gives it.
    pub acts: Option<f64>,
}

/// Success of the tasks of all episodes by session.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Stream {
    /// In the order of sessions; those without a task are left out.
    pub sessions: Vec<StreamPoint>,
    /// Tasks with success 1 whose acts are known.
    pub solved: u64,
    /// Mean acts of these tasks; 0 without one.
    pub acts_to_success: f64,
}

/// Success in a session, and up to it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct StreamPoint {
    /// The session, from 1.
    pub session: u32,
    /// Number of tasks in it, over all episodes.
    pub tasks: u64,
    /// Mean success of these tasks.
    pub success: f64,
    /// Mean success of the tasks of this session and those before.
    pub so_far: f64,
}

impl Stream {
    /// Returns the figures of an episode's tasks.
    pub fn of(tasks: &[Task]) -> Self {
        let mut sums: BTreeMap<u32, (u64, f64)> = BTreeMap::new();
        for task in tasks {
            let (count, sum) = sums.entry(task.session).or_default();
            *count += 1;
            *sum += task.success;
        }
        let solved = tasks.iter().filter(|task| task.success >= 1.0);
        let acts: Vec<f64> = solved.filter_map(|task| task.acts).collect();
        Self::over(sums, acts.len() as u64, acts.iter().sum())
    }

    /// Returns the figures over several episodes.
    pub fn merge<'a>(all: impl Iterator<Item = &'a Self>) -> Self {
        let mut sums: BTreeMap<u32, (u64, f64)> = BTreeMap::new();
        let (mut solved, mut acts) = (0, 0.0);
        for stream in all {
            solved += stream.solved;
            acts += stream.acts_to_success * stream.solved as f64;
            for point in &stream.sessions {
                let (count, sum) = sums.entry(point.session).or_default();
                *count += point.tasks;
                *sum += point.success * point.tasks as f64;
            }
        }
        Self::over(sums, solved, acts)
    }

    /// Returns true without a task.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    fn over(sums: BTreeMap<u32, (u64, f64)>, solved: u64, acts: f64) -> Self {
        let (mut all, mut successes) = (0, 0.0);
        let points = sums.into_iter().map(|(session, (tasks, sum))| {
            all += tasks;
            successes += sum;
            StreamPoint {
                session,
                tasks,
                success: sum / tasks as f64,
                so_far: successes / all as f64,
            }
        });
        Self {
            sessions: points.collect(),
            solved,
            acts_to_success: acts / solved.max(1) as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(session: u32, success: f64, acts: f64) -> Task {
        Task {
            session,
            success,
            acts: Some(acts),
        }
    }

    #[test]
    fn success_so_far_is_the_mean_over_the_sessions_up_to_one() {
        let tasks = [(1, 0.0), (2, 1.0), (3, 1.0), (4, 1.0)];
        let stream = Stream::of(&tasks.map(|(session, success)| task(session, success, 6.0)));
        let so_far: Vec<f64> = stream.sessions.iter().map(|point| point.so_far).collect();
        assert_eq!(so_far, [0.0, 0.5, 2.0 / 3.0, 0.75]);
    }

    #[test]
    fn only_solved_tasks_count_their_acts() {
        let stream = Stream::of(&[task(2, 1.0, 4.0), task(3, 0.5, 50.0), task(4, 1.0, 7.0)]);
        assert_eq!((stream.solved, stream.acts_to_success), (2, 5.5));
        assert_eq!(Stream::of(&[]).acts_to_success, 0.0);
    }

    #[test]
    fn episodes_are_weighted_by_their_tasks() {
        let one = Stream::of(&[task(2, 1.0, 4.0), task(3, 0.0, 9.0)]);
        let other = Stream::of(&[task(3, 1.0, 8.0), task(3, 1.0, 6.0)]);
        let both = Stream::merge([&one, &other].into_iter());
        let all = [
            task(2, 1.0, 4.0),
            task(3, 0.0, 9.0),
            task(3, 1.0, 8.0),
            task(3, 1.0, 6.0),
        ];
        assert_eq!(both, Stream::of(&all));
        assert!(Stream::merge(std::iter::empty()).is_empty());
    }
}
