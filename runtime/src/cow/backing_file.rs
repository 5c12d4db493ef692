//! The files that memories map.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use rustix::fs::{MemfdFlags, memfd_create};

use super::mapped_memory::MappedMemory;
use super::page_map::{PAGE, count, is_zero, runs};

/// Pages that differ from a backing file, by number.
pub(crate) type Patch = BTreeMap<usize, Arc<[u8]>>;

/// A file without a name (`memfd_create`) with the content of a memory.
pub(crate) struct BackingFile {
    file: File,
    /// One flag a page: whether the file has it. Other pages are holes, which read
    /// as zeros.
    written: Vec<bool>,
}

impl BackingFile {
    /// Copies these pages of a memory, whose other pages are all zeros, into a new
    /// file.
    pub(crate) fn new(memory: &MappedMemory, pages: &[bool]) -> io::Result<Self> {
        let mut file = Self {
            file: memfd_create("memloom", MemfdFlags::CLOEXEC)?.into(),
            written: Vec::new(),
        };
        file.write(memory.bytes(), pages)?;
        Ok(file)
    }

    /// Writes these pages of a memory, which is at least as long as the file.
    fn write(&mut self, bytes: &[u8], pages: &[bool]) -> io::Result<()> {
        if pages.len() > self.written.len() {
            self.file.set_len(bytes.len() as u64)?;
            self.written.resize(pages.len(), false);
        }
        for (page, content) in bytes.chunks_exact(PAGE).enumerate() {
            self.written[page] |= pages[page] && !is_zero(content);
        }
        let both = pages.iter().zip(&self.written);
        let changed: Vec<bool> = both.map(|(&dirty, &written)| dirty && written).collect();
        runs(&changed).try_for_each(|run| {
            let start = run.start as u64;
            self.file.write_all_at(&bytes[run], start)
        })
    }

    /// Writes the `dirty` pages of the only memory that maps the file, and maps them
    /// again: afterwards the file is the memory's content.
    pub(crate) fn absorb(&mut self, memory: &MappedMemory, dirty: &[bool]) -> io::Result<()> {
        let old = self.written.len();
        self.write(memory.bytes(), dirty)?;
        runs(&dirty[..old]).try_for_each(|run| memory.revert(&run))?;
        memory.map(&self.file, old * PAGE..memory.length())
    }

    /// Returns the pages in which a memory differs from the file, among its `dirty`
    /// ones. Pages that equal those of an earlier patch are shared with it.
    pub(crate) fn patch(&self, bytes: &[u8], dirty: &[bool], before: Option<&Patch>) -> Patch {
        let pages = bytes.chunks_exact(PAGE).enumerate();
        let changed = pages.filter(|&(page, content)| {
            dirty[page] && (!is_zero(content) || self.written.get(page) == Some(&true))
        });
        changed
            .map(|(page, content)| {
                let earlier = before.and_then(|before| before.get(&page));
                let same = earlier.filter(|earlier| ***earlier == *content).cloned();
                (page, same.unwrap_or_else(|| content.into()))
            })
            .collect()
    }

    /// Maps the file over a memory, and zeroes the memory behind the file's end.
    pub(crate) fn map(&self, memory: &MappedMemory) -> io::Result<()> {
        let length = self.written.len() * PAGE;
        memory.map(&self.file, 0..length)?;
        memory.clear(length)
    }

    /// Returns the number of pages that the file has.
    pub(crate) fn written(&self) -> usize {
        count(&self.written)
    }

    /// Sets the flags of the pages that the file has. `pages` is not shorter than
    /// the file.
    pub(crate) fn add_written(&self, pages: &mut [bool]) {
        for (page, written) in pages.iter_mut().zip(&self.written) {
            *page |= written;
        }
    }
}
