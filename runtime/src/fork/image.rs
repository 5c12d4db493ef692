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
    files: Vec<File>,
}

impl Image {
    /// What the memories hold now.
    pub(super) fn of(regions: &[Arc<Region>]) -> io::Result<Self> {
        let contents = || regions.iter().map(|region| region.bytes());
        Ok(Self {
            lengths: contents().map(<[u8]>::len).collect(),
            files: contents().map(file_of).collect::<io::Result<_>>()?,
        })
    }

    /// Lengths of the memories, in bytes.
    pub(super) fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// Makes the content of memories of the same lengths that of the image.
    pub(super) fn map(&self, regions: &[Arc<Region>]) -> io::Result<()> {
        let mut pairs = self.files.iter().zip(regions);
        pairs.try_for_each(|(file, region)| region.map(file))
    }
}

fn file_of(bytes: &[u8]) -> io::Result<File> {
    let file = File::from(memfd_create("memloom", MemfdFlags::CLOEXEC)?);
    file.set_len(bytes.len() as u64)?;
    for run in written(bytes) {
        // What is not written stays a hole, which reads as zeros.
        file.write_all_at(&bytes[run.clone()], run.start as u64)?;
    }
    Ok(file)
}

/// The stretches of whole pages in which anything is not zero.
fn written(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (number, page) in bytes.chunks(PAGE).enumerate() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_found_in_whole_pages() {
        let mut bytes = vec![0; 5 * PAGE];
        assert_eq!(written(&bytes), []);
        bytes[PAGE - 1] = 1;
        bytes[PAGE] = 1;
        bytes[5 * PAGE - 1] = 1;
        assert_eq!(written(&bytes), [0..2 * PAGE, 4 * PAGE..5 * PAGE]);
    }
}
