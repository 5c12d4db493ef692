//! How many may do something at once.

use std::sync::{Condvar, Mutex, PoisonError};

/// So many places.
pub struct Permits {
    free: Mutex<usize>,
    freed: Condvar,
}

/// A place that is taken until this is dropped.
pub struct Permit<'a>(&'a Permits);

impl Permits {
    /// For `count` at once, 1 or more.
    pub fn new(count: usize) -> Self {
        Self {
            free: Mutex::new(count),
            freed: Condvar::new(),
        }
    }

    /// Blocks until there is a place.
    pub fn take(&self) -> Permit<'_> {
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
