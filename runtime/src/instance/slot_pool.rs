//! Idle slots of one component, kept for its next instance.

use std::collections::BTreeMap;

use super::interface::Interface;
use super::slot::InstanceSlot;

/// Most slots that a pool keeps. An idle one holds some address space and a few
/// tens of KiB.
pub(crate) const CAPACITY: usize = 256;

/// Idle slots of one component by the lengths of their memories: an image fits
/// only over memories of its own lengths.
pub(crate) struct SlotPool<G: Interface> {
    idle: BTreeMap<Vec<usize>, Vec<InstanceSlot<G>>>,
    count: usize,
}

impl<G: Interface> SlotPool<G> {
    /// Returns an empty pool.
    pub(crate) fn new() -> Self {
        Self {
            idle: BTreeMap::new(),
            count: 0,
        }
    }

    /// Returns the number of idle slots.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Takes out a slot whose memories have these lengths.
    pub(crate) fn take(&mut self, lengths: &[usize]) -> Option<InstanceSlot<G>> {
        let slot = self.idle.get_mut(lengths)?.pop()?;
        self.count -= 1;
        Some(slot)
    }

    /// Adds a slot. Returns the one that no longer fits into the pool.
    pub(crate) fn put(&mut self, slot: InstanceSlot<G>) -> Option<InstanceSlot<G>> {
        self.idle.entry(slot.lengths()).or_default().push(slot);
        self.count += 1;
        if self.count <= CAPACITY {
            return None;
        }
        let mut first = self.idle.first_entry()?;
        let surplus = first.get_mut().pop();
        if first.get().is_empty() {
            first.remove();
        }
        self.count -= 1;
        surplus
    }
}
