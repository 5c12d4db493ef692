//! The content of an instance's memories at one moment. Forks map its files and
//! copy the pages that they write.
//!
//! The kernel knows the pages in which a memory differs from the file that it maps.
//! If no other memory or image uses the file, these pages are written into it; if they
//! are few, they are kept beside it as a patch. So the cost of an image is that of the
//! changes since the last one.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::cow::backing_file::{BackingFile, Patch};
use crate::cow::mapped_memory::MappedMemory;
use crate::cow::page_map::{PAGE, PageMap, count};

/// The content of an instance's memories at one moment. Never changes.
pub(crate) struct MemoryImage {
    lengths: Vec<usize>,
    contents: Vec<Content>,
}

/// The content of one memory: the pages of the patch over those of the file, and
/// zeros behind the file's end.
struct Content {
    file: Arc<BackingFile>,
    patch: Arc<Patch>,
    /// The number of pages of the patch that were copied into forks so far.
    copied: AtomicUsize,
    /// A file with the patch in it, once forks have copied as much as the file
    /// costs.
    merged: OnceLock<Arc<BackingFile>>,
}

/// The least ratio of a file to its patch, in pages. Every fork copies the patch,
/// and the few forks of a snapshot should cost less than a new file.
const FILE_TO_PATCH: usize = 8;

impl MemoryImage {
    /// Captures memories that map the files `backing`, and replaces `backing` by the
    /// files that they map afterwards. `before` is an earlier image of them.
    ///
    /// If this fails, the content of the memories may be lost.
    pub(crate) fn capture(
        memories: &[Arc<MappedMemory>],
        backing: &mut Vec<Arc<BackingFile>>,
        before: Option<Arc<Self>>,
    ) -> io::Result<Self> {
        let patches = before.as_deref().map(Self::patches).unwrap_or_default();
        // The earlier image must not count as a user of its files.
        drop(before);
        let mut patches = patches.into_iter();
        let mut files = std::mem::take(backing).into_iter();
        let pages = PageMap::open();
        let contents = memories
            .iter()
            .map(|memory| Content::capture(memory, files.next(), patches.next(), &pages))
            .collect::<io::Result<Vec<_>>>()?;
        backing.extend(contents.iter().map(|content| content.file.clone()));
        Ok(Self {
            lengths: memories.iter().map(|memory| memory.length()).collect(),
            contents,
        })
    }

    fn patches(&self) -> Vec<Arc<Patch>> {
        let contents = self.contents.iter();
        contents.map(|content| content.patch.clone()).collect()
    }

    /// Returns the lengths of the memories in bytes.
    pub(crate) fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// Gives memories of the same lengths the image's content. Returns the files that
    /// they map then.
    pub(crate) fn map(&self, memories: &[Arc<MappedMemory>]) -> io::Result<Vec<Arc<BackingFile>>> {
        let pairs = self.contents.iter().zip(memories);
        pairs.map(|(content, memory)| content.map(memory)).collect()
    }
}

impl Content {
    fn capture(
        memory: &MappedMemory,
        backing: Option<Arc<BackingFile>>,
        before: Option<Arc<Patch>>,
        pages: &PageMap,
    ) -> io::Result<Self> {
        let mut dirty = pages.dirty(memory.bytes());
        if let Some(mut file) = backing {
            if let Some(unshared) = Arc::get_mut(&mut file) {
                unshared.absorb(memory, &dirty)?;
                return Ok(Self::without_patch(file));
            }
            if count(&dirty) * FILE_TO_PATCH <= file.written() {
                let patch = file.patch(memory.bytes(), &dirty, before.as_deref());
                return Ok(Self {
                    patch: Arc::new(patch),
                    ..Self::without_patch(file)
                });
            }
            file.add_written(&mut dirty);
        }
        let file = BackingFile::new(memory, &dirty)?;
        file.map(memory)?;
        Ok(Self::without_patch(Arc::new(file)))
    }

    fn without_patch(file: Arc<BackingFile>) -> Self {
        Self {
            file,
            patch: Arc::default(),
            copied: AtomicUsize::new(0),
            merged: OnceLock::new(),
        }
    }

    fn map(&self, memory: &MappedMemory) -> io::Result<Arc<BackingFile>> {
        let file = self.merged.get().unwrap_or(&self.file);
        file.map(memory)?;
        if Arc::ptr_eq(file, &self.file) && !self.patch.is_empty() {
            for (page, bytes) in &*self.patch {
                memory.write(page * PAGE, bytes);
            }
            self.count_copy(memory)?;
        }
        Ok(file.clone())
    }

    /// Counts that the patch was copied into a memory, which has the content now.
    /// Merges patch and file once that has become cheaper than more copies.
    fn count_copy(&self, memory: &MappedMemory) -> io::Result<()> {
        let more = self.patch.len();
        let copied = self.copied.fetch_add(more, Ordering::Relaxed) + more;
        if copied > self.file.written() && self.merged.get().is_none() {
            let mut written = vec![false; memory.length() / PAGE];
            self.file.add_written(&mut written);
            self.patch.keys().for_each(|&page| written[page] = true);
            let merged = Arc::new(BackingFile::new(memory, &written)?);
            // Another thread may have set an equal file meanwhile.
            drop(self.merged.set(merged));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
