//! A core instance with its memories, which is given one state after another.

use std::io;
use std::sync::Arc;

use wasmtime::Store;

use super::interface::Interface;
use super::store_data::StoreData;
use crate::cow::backing_file::BackingFile;
use crate::cow::image::MemoryImage;
use crate::cow::mapped_memory::MappedMemory;
use crate::guest::StateGuest;

/// An instance of a component with its memories. The content of the memories is
/// its state.
pub(crate) struct InstanceSlot<G: Interface> {
    pub(crate) store: Store<StoreData<G::Host>>,
    pub(crate) guest: G,
    pub(crate) state: StateGuest,
    memories: Vec<Arc<MappedMemory>>,
    /// The files under the memories; empty in a new slot.
    backing: Vec<Arc<BackingFile>>,
    /// The image that was mapped or captured last.
    image: Option<Arc<MemoryImage>>,
    /// Set if a call may have changed the memories since.
    dirty: bool,
}

impl<G: Interface> InstanceSlot<G> {
    /// Returns a slot of an instance; `memories` are its memories in the order in
    /// which they were made.
    pub(crate) fn new(
        store: Store<StoreData<G::Host>>,
        guest: G,
        state: StateGuest,
        memories: Vec<Arc<MappedMemory>>,
    ) -> Self {
        Self {
            store,
            guest,
            state,
            memories,
            backing: Vec::new(),
            image: None,
            dirty: true,
        }
    }

    /// Notes that the memories may change. Must come before every call.
    pub(crate) fn mark_dirty(&mut self) {
        self.dirty = true;
    }

    /// Returns the lengths of the memories in bytes.
    pub(crate) fn lengths(&self) -> Vec<usize> {
        self.memories.iter().map(|memory| memory.length()).collect()
    }

    /// Captures the memories as an image. Where this fails, their content is lost.
    pub(crate) fn capture_image(&mut self) -> io::Result<Arc<MemoryImage>> {
        let before = self.image.take();
        let now = match before {
            Some(image) if !self.dirty => image,
            before => {
                MemoryImage::capture(&self.memories, &mut self.backing, before).map(Arc::new)?
            }
        };
        self.image = Some(now.clone());
        self.dirty = false;
        Ok(now)
    }

    /// Maps an image over the memories, whose lengths must be the image's.
    pub(crate) fn map_image(&mut self, image: &Arc<MemoryImage>) -> io::Result<()> {
        self.backing = image.map(&self.memories)?;
        self.image = Some(image.clone());
        self.dirty = false;
        Ok(())
    }

    /// Zeroes the memories and returns their pages to the kernel.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        self.memories
            .iter()
            .try_for_each(|memory| memory.clear(0))?;
        self.backing.clear();
        self.image = None;
        self.dirty = true;
        Ok(())
    }
}
