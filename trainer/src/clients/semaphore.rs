//! A counting semaphore.

use std::sync::{Condvar, Mutex, PoisonError};

/// A number of permits that threads take and give back.
pub struct Semaphore {
    free: Mutex<usize>,
    freed: Condvar,
}

/// A permit, given back on drop.
pub struct Permit<'a>(&'a Semaphore);

impl Semaphore {
    /// Creates a semaphore with `count` permits, 1 or more.
    pub fn new(count: usize) -> Self {
        Self {
            free: Mutex::new(count),
            freed: Condvar::new(),
        }
    }

    /// Takes a permit; blocks until one is free.
    pub fn acquire(&self) -> Permit<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = (self.freed)
            .wait_while(free, |free| *free == 0)
            .unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Permit(self)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}
