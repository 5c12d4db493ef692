//! Threads that stay awake.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rayon::Yield;

/// How long a thread waits for work. A thread that waits within a loop may begin to stay awake on
/// top of it; then the pass itself waits for this thread, and the wait must end.
const PATIENCE: Duration = Duration::from_millis(1);

/// Sets a flag when it is dropped.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Runs `work` in the thread pool, whose other threads wait for its parallel loops without falling
/// asleep, unless there are none for a while. Waking a thread takes longer than most loops of a pass of few tokens.
pub(super) fn keep_awake<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let done = AtomicBool::new(false);
    rayon::scope(|scope| {
        let own = rayon::current_thread_index();
        let done = &done;
        scope.spawn_broadcast(move |_, context| {
            // The thread that works must not wait for itself.
            let mut worked = Instant::now();
            while Some(context.index()) != own
                && !done.load(Ordering::Acquire)
                && worked.elapsed() < PATIENCE
            {
                match rayon::yield_now() {
                    Some(Yield::Executed) => worked = Instant::now(),
                    _ => std::thread::yield_now(),
                }
            }
        });
        let _done = SetOnDrop(done);
        work()
    })
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use rayon::prelude::*;

    use super::*;

    #[test]
    fn works_side_by_side_end() {
        let sums: Vec<usize> = std::thread::scope(|scope| {
            let work = || keep_awake(|| (0..10_000usize).into_par_iter().sum::<usize>());
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(work)).collect();
            threads
                .into_iter()
                .filter_map(|sum| sum.join().ok())
                .collect()
        });
        assert_eq!(sums, [49_995_000; 8]);
        // Also within the pool, and one within the other.
        let nested: usize = (0..8usize)
            .into_par_iter()
            .map(|_| keep_awake(|| keep_awake(|| (0..1000usize).into_par_iter().sum::<usize>())))
            .sum();
        assert_eq!(nested, 8 * 499_500);
    }

    /// A thread that waits within a loop may take the broadcast, on top of work that the pass
    /// waits for.
    #[test]
    fn passes_in_a_row_end() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build();
        let sum: usize = pool.expect("a pool").install(|| {
            let numbers = || (0..64usize).into_par_iter();
            let pass = |_| keep_awake(|| numbers().map(|n| n + 1).sum::<usize>());
            (0..20_000).map(pass).sum()
        });
        assert_eq!(sum, 20_000 * 2080);
    }

    #[test]
    fn a_panic_lets_the_threads_go() {
        assert!(catch_unwind(|| keep_awake(|| panic!("as a test"))).is_err());
        assert_eq!(keep_awake(|| 1), 1);
    }
}
