//! The pages in which a memory differs from the file that it maps.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Bytes of a page. A memory's length is a multiple.
pub(crate) const PAGE: usize = 4096;

/// Returns whether a page holds only zeros.
pub(crate) fn is_zero(page: &[u8]) -> bool {
    page[0] == 0 && page[1..] == page[..page.len() - 1]
}

/// Returns the number of flags that are set.
pub(crate) fn count(pages: &[bool]) -> usize {
    pages.iter().filter(|page| **page).count()
}

/// Returns the ranges, in bytes, of consecutive pages whose flags are set.
pub(crate) fn runs(pages: &[bool]) -> impl Iterator<Item = Range<usize>> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + pages[rest..].iter().position(|page| *page)?;
        let length = pages[start..].iter().position(|page| !*page);
        rest = length.map_or(pages.len(), |length| start + length);
        Some(start * PAGE..rest * PAGE)
    })
}

/// The kernel's map of this process's pages; none if it cannot be read.
///
/// Read from `/proc/self/pagemap`: the newer `PAGEMAP_SCAN` needs an `ioctl`,
/// and was measured to be no quicker where most pages are in use, since both
/// walk the same tables.
pub(crate) struct PageMap(Option<File>);

impl PageMap {
    pub(crate) fn open() -> Self {
        let usual = rustix::param::page_size() == PAGE;
        Self(File::open("/proc/self/pagemap").ok().filter(|_| usual))
    }

    /// Returns one flag a page: whether it may differ from the mapped file. All are
    /// set if the map cannot be read.
    pub(crate) fn dirty(&self, bytes: &[u8]) -> Vec<bool> {
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
    fn runs_are_ranges_of_consecutive_pages() {
        let found = |pages: &[bool]| runs(pages).collect::<Vec<_>>();
        assert!(found(&[]).is_empty());
        assert!(found(&[false, false]).is_empty());
        assert_eq!(
            found(&[true, true, false, false, true]),
            [0..2 * PAGE, 4 * PAGE..5 * PAGE]
        );
    }

    #[test]
    fn a_page_is_zero_or_not() {
        let mut page = vec![0; PAGE];
        assert!(is_zero(&page));
        for index in [0, 1, PAGE - 1] {
            page[index] = 1;
            assert!(!is_zero(&page));
            page[index] = 0;
        }
    }

    #[test]
    fn without_a_page_map_every_page_may_differ() {
        assert_eq!(PageMap(None).dirty(&[0; 2 * PAGE]), [true, true]);
    }
}
