//! A state: the content of an instance's memories, in files that exist only in
//! memory. Whatever is forked from it maps these files and copies what it writes.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use rustix::fs::{MemfdFlags, memfd_create};

use super::region::Region;

/// Bytes that are kept or skipped together.
const PAGE: usize = 4096;

/// The content of some memories at one moment. Never changes.
pub(super) struct Image {
    lengths: Vec<usize>,
    contents: Vec<Content>,
}

/// The content of one memory.
struct Content {
    file: File,
    /// The bytes that are written in the file. The others are holes, which read
    /// as zeros.
    written: Vec<Range<usize>>,
}

impl Image {
    /// What the memories hold now, over which `below` was mapped last if
    /// anything was.
    pub(super) fn of(regions: &[Arc<Region>], below: Option<&Self>) -> io::Result<Self> {
        let pages = PageMap::open();
        let content = |(number, region): (usize, &Arc<Region>)| {
            let below = below.map_or(&[][..], |below| &below.contents[number].written);
            Content::of(region.bytes(), below, &pages)
        };
        Ok(Self {
            lengths: regions.iter().map(|region| region.length()).collect(),
            contents: regions
                .iter()
                .enumerate()
                .map(content)
                .collect::<io::Result<_>>()?,
        })
    }

    /// Lengths of the memories, in bytes.
    pub(super) fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// Makes the content of memories of the same lengths that of the image.
    pub(super) fn map(&self, regions: &[Arc<Region>]) -> io::Result<()> {
        let mut pairs = self.contents.iter().zip(regions);
        pairs.try_for_each(|(content, region)| region.map(&content.file))
    }
}

impl Content {
    fn of(bytes: &[u8], below: &[Range<usize>], pages: &PageMap) -> io::Result<Self> {
        let file = File::from(memfd_create("memloom", MemfdFlags::CLOEXEC)?);
        file.set_len(bytes.len() as u64)?;
        let mut own = pages.own(bytes);
        for page in below.iter().flat_map(|run| run.clone().step_by(PAGE)) {
            own[page / PAGE] = true;
        }
        let written = runs(bytes, &own);
        for run in &written {
            file.write_all_at(&bytes[run.clone()], run.start as u64)?;
        }
        Ok(Self { file, written })
    }
}

/// The stretches of those pages in which anything is not zero.
fn runs(bytes: &[u8], pages: &[bool]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (number, (page, _)) in bytes
        .chunks(PAGE)
        .zip(pages)
        .enumerate()
        .filter(|(_, (_, own))| **own)
    {
        if is_zero(page) {
            continue;
        }
        let start = number * PAGE;
        match runs.last_mut() {
            Some(run) if run.end == start => run.end += page.len(),
            _ => runs.push(start..start + page.len()),
        }
    }
    runs
}

fn is_zero(page: &[u8]) -> bool {
    page[0] == 0 && page[1..] == page[..page.len() - 1]
}

/// What the kernel says of this process's pages, where it does.
struct PageMap(Option<File>);

impl PageMap {
    fn open() -> Self {
        let usual = rustix::param::page_size() == PAGE;
        Self(File::open("/proc/self/pagemap").ok().filter(|_| usual))
    }

    /// For every page whether it may hold what no file below it does: true for
    /// all where the kernel does not say.
    fn own(&self, bytes: &[u8]) -> Vec<bool> {
        /// Bits of an entry (Documentation/admin-guide/mm/pagemap.rst).
        const PRESENT: u64 = 1 << 63;
        const SWAPPED: u64 = 1 << 62;
        const OF_A_FILE: u64 = 1 << 61;
        let count = bytes.len().div_ceil(PAGE);
        let mut entries = vec![0; count * size_of::<u64>()];
        let first = bytes.as_ptr() as usize / PAGE * size_of::<u64>();
        let read = |file: &File| file.read_exact_at(&mut entries, first as u64);
        if self.0.as_ref().map(read).is_none_or(|read| read.is_err()) {
            return vec![true; count];
        }
        let entries = entries
            .as_chunks()
            .0
            .iter()
            .copied()
            .map(u64::from_ne_bytes);
        entries
            .map(|entry| entry & SWAPPED != 0 || entry & (PRESENT | OF_A_FILE) == PRESENT)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_found_in_whole_pages() {
        let mut bytes = vec![0; 6 * PAGE];
        let found = |bytes: &[u8]| runs(bytes, &[true, true, true, true, true, false]);
        assert_eq!(found(&bytes), []);
        bytes[PAGE - 1] = 1;
        bytes[PAGE] = 1;
        bytes[5 * PAGE - 1] = 1;
        bytes[5 * PAGE] = 1;
        assert_eq!(found(&bytes), [0..2 * PAGE, 4 * PAGE..5 * PAGE]);
    }

    #[test]
    fn without_a_page_map_every_page_may_be_written() {
        assert_eq!(PageMap(None).own(&[0; 2 * PAGE]), [true, true]);
    }
}
