//! The files that memories are mapped to.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use rustix::fs::{MemfdFlags, memfd_create};

use super::image::Patch;
use super::page_map::{PAGE, count, is_zero, runs};
use super::mapped_memory::Region;

/// A file that exists only in memory.
pub(crate) struct Base {
    file: File,
    /// Of every page whether it is written in the file. The others are holes,
    /// which read as zeros.
    written: Vec<bool>,
}

impl Base {
    /// The content of a memory whose other pages are all zeros.
    pub(crate) fn new(region: &Region, pages: &[bool]) -> io::Result<Self> {
        let mut base = Self {
            file: memfd_create("memloom", MemfdFlags::CLOEXEC)?.into(),
            written: Vec::new(),
        };
        base.write(region.bytes(), pages)?;
        Ok(base)
    }

    /// Takes these pages of a memory, as long as itself or longer.
    fn write(&mut self, bytes: &[u8], pages: &[bool]) -> io::Result<()> {
        if pages.len() > self.written.len() {
            self.file.set_len(bytes.len() as u64)?;
            self.written.resize(pages.len(), false);
        }
        for (page, content) in bytes.chunks_exact(PAGE).enumerate() {
            self.written[page] |= pages[page] && !is_zero(content);
        }
        let both = pages.iter().zip(&self.written);
        let changed: Vec<bool> = both.map(|(&own, &written)| own && written).collect();
        runs(&changed).try_for_each(|run| {
            let start = run.start as u64;
            self.file.write_all_at(&bytes[run], start)
        })
    }

    /// Becomes the content of the only memory that lies over it, whose `own`
    /// pages are not those of the file, and are afterwards.
    pub(crate) fn take_in(&mut self, region: &Region, own: &[bool]) -> io::Result<()> {
        let old = self.written.len();
        self.write(region.bytes(), own)?;
        runs(&own[..old]).try_for_each(|run| region.revert(&run))?;
        region.map(&self.file, old * PAGE..region.length())
    }

    /// What makes it the content of a memory whose `own` pages alone may differ.
    /// Pages that are as in an earlier patch are shared with it.
    pub(crate) fn patch(&self, bytes: &[u8], own: &[bool], before: Option<&Patch>) -> Patch {
        let pages = bytes.chunks_exact(PAGE).enumerate();
        let changed = pages.filter(|&(page, content)| {
            own[page] && (!is_zero(content) || self.written.get(page) == Some(&true))
        });
        changed
            .map(|(page, content)| {
                let known = before.and_then(|before| before.get(&page));
                let same = known.filter(|known| ***known == *content).cloned();
                (page, same.unwrap_or_else(|| content.into()))
            })
            .collect()
    }

    /// Makes the memory's content that of the file, and zero behind its end.
    pub(crate) fn map(&self, region: &Region) -> io::Result<()> {
        let length = self.written.len() * PAGE;
        region.map(&self.file, 0..length)?;
        region.clear(length)
    }

    /// How many pages are written.
    pub(crate) fn written(&self) -> usize {
        count(&self.written)
    }

    /// Marks the pages that are written, of a memory that is not shorter.
    pub(crate) fn add_written(&self, pages: &mut [bool]) {
        for (page, written) in pages.iter_mut().zip(&self.written) {
            *page |= written;
        }
    }
}
