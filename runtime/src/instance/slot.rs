//! Instances without a state of their own, and the pool that keeps them for
//! the next fork.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use wasmtime::Store;

use crate::bindings::state;
use crate::cow::backing_file::Base;
use crate::cow::image::Image;
use crate::cow::mapped_memory::Region;
use crate::instance::{Interface, Tenant};

/// An instance of a component with its memories. Its state is what they hold.
pub(crate) struct Shell<G: Interface> {
    pub(crate) store: Store<Tenant<G::Served>>,
    pub(crate) guest: G,
    pub(crate) state: state::Guest,
    regions: Vec<Arc<Region>>,
    /// What its memories lie over; nothing in a new one.
    below: Vec<Arc<Base>>,
    /// The state that it was put in or that was taken of it last.
    image: Option<Arc<Image>>,
    /// Whether nothing was called since, so that this is still its state.
    untouched: bool,
}

impl<G: Interface> Shell<G> {
    /// `regions` are the instance's memories, in the order in which they were made.
    pub(crate) fn new(
        store: Store<Tenant<G::Served>>,
        guest: G,
        state: state::Guest,
        regions: Vec<Arc<Region>>,
    ) -> Self {
        Self {
            store,
            guest,
            state,
            regions,
            below: Vec::new(),
            image: None,
            untouched: false,
        }
    }

    /// To be said before anything in it is called.
    pub(crate) fn touch(&mut self) {
        self.untouched = false;
    }

    /// Lengths of its memories, in bytes.
    pub(crate) fn lengths(&self) -> Vec<usize> {
        self.regions.iter().map(|region| region.length()).collect()
    }

    /// Its state. Where this fails, it has none any more.
    pub(crate) fn image(&mut self) -> io::Result<Arc<Image>> {
        let before = self.image.take();
        let now = match before {
            Some(image) if self.untouched => image,
            before => Image::of(&self.regions, &mut self.below, before).map(Arc::new)?,
        };
        self.image = Some(now.clone());
        self.untouched = true;
        Ok(now)
    }

    /// Puts it into a state.
    pub(crate) fn take_on(&mut self, image: &Arc<Image>) -> io::Result<()> {
        self.below = image.map(&self.regions)?;
        self.image = Some(image.clone());
        self.untouched = true;
        Ok(())
    }

    /// Forgets its state and gives the memory back.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        self.regions.iter().try_for_each(|region| region.clear(0))?;
        self.below.clear();
        self.image = None;
        self.untouched = false;
        Ok(())
    }
}

/// Idle shells of one component, by the lengths of their memories: an image
/// fits only where they are its own.
pub(crate) struct Pool<G: Interface> {
    idle: BTreeMap<Vec<usize>, Vec<Shell<G>>>,
    count: usize,
}

/// Shells that a pool keeps at most. An idle one holds some address space and a
/// few tens of KiB.
pub(crate) const MOST: usize = 256;

impl<G: Interface> Pool<G> {
    pub(crate) fn new() -> Self {
        Self {
            idle: BTreeMap::new(),
            count: 0,
        }
    }

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn idle(&self) -> usize {
        self.count
    }

    pub(crate) fn take(&mut self, lengths: &[usize]) -> Option<Shell<G>> {
        let shell = self.idle.get_mut(lengths)?.pop()?;
        self.count -= 1;
        Some(shell)
    }

    /// Keeps a shell, and returns one that is too many.
    pub(crate) fn put(&mut self, shell: Shell<G>) -> Option<Shell<G>> {
        self.idle.entry(shell.lengths()).or_default().push(shell);
        self.count += 1;
        if self.count <= MOST {
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
