//! A state: the content of an instance's memories. What is forked from it maps
//! files that exist only in memory and copies what it writes.
//!
//! The kernel knows which pages of a memory are not those of the file below it.
//! Where nobody else has the file, they are written into it; where they are few,
//! they are kept beside it as a patch. So an image costs what changed.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::cow::backing_file::Base;
use crate::cow::mapped_memory::Region;
use crate::cow::page_map::{PAGE, PageMap, count};

/// The content of some memories at one moment. Never changes.
pub(crate) struct Image {
    lengths: Vec<usize>,
    contents: Vec<Content>,
}

/// The content of one memory: what is not in the patch is as in the base, and
/// zero behind its end.
struct Content {
    base: Arc<Base>,
    patch: Arc<Patch>,
    /// Pages of the patch that were copied into forks.
    copied: AtomicUsize,
    /// The content as a base of its own, once forks have copied as much as that
    /// costs.
    whole: OnceLock<Arc<Base>>,
}

/// Pages by number.
pub(crate) type Patch = BTreeMap<usize, Arc<[u8]>>;

/// So many times as large as a patch a base must be. A patch is copied by every
/// fork, and the few that follow a snapshot shall cost less than a new base.
const PATCHED: usize = 8;

impl Image {
    /// What the memories hold now that lie over the bases `below`, which become
    /// those that they lie over then. `before` is what they held earlier.
    ///
    /// Where this fails, so may the memories.
    pub(crate) fn of(
        regions: &[Arc<Region>],
        below: &mut Vec<Arc<Base>>,
        before: Option<Arc<Self>>,
    ) -> io::Result<Self> {
        let patches = before.as_deref().map(Self::patches).unwrap_or_default();
        // What it has of the bases does not count.
        drop(before);
        let mut patches = patches.into_iter();
        let mut bases = std::mem::take(below).into_iter();
        let pages = PageMap::open();
        let contents = regions
            .iter()
            .map(|region| Content::of(region, bases.next(), patches.next(), &pages))
            .collect::<io::Result<Vec<_>>>()?;
        below.extend(contents.iter().map(|content| content.base.clone()));
        Ok(Self {
            lengths: regions.iter().map(|region| region.length()).collect(),
            contents,
        })
    }

    fn patches(&self) -> Vec<Arc<Patch>> {
        let contents = self.contents.iter();
        contents.map(|content| content.patch.clone()).collect()
    }

    /// Lengths of the memories, in bytes.
    pub(crate) fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// Makes the content of memories of the same lengths that of the image, and
    /// returns the bases that they lie over then.
    pub(crate) fn map(&self, regions: &[Arc<Region>]) -> io::Result<Vec<Arc<Base>>> {
        let pairs = self.contents.iter().zip(regions);
        pairs.map(|(content, region)| content.map(region)).collect()
    }
}

impl Content {
    fn of(
        region: &Region,
        below: Option<Arc<Base>>,
        before: Option<Arc<Patch>>,
        pages: &PageMap,
    ) -> io::Result<Self> {
        let mut own = pages.own(region.bytes());
        if let Some(mut base) = below {
            if let Some(only) = Arc::get_mut(&mut base) {
                only.take_in(region, &own)?;
                return Ok(Self::whole(base));
            }
            if count(&own) * PATCHED <= base.written() {
                let patch = base.patch(region.bytes(), &own, before.as_deref());
                return Ok(Self {
                    patch: Arc::new(patch),
                    ..Self::whole(base)
                });
            }
            base.add_written(&mut own);
        }
        let base = Base::new(region, &own)?;
        base.map(region)?;
        Ok(Self::whole(Arc::new(base)))
    }

    fn whole(base: Arc<Base>) -> Self {
        Self {
            base,
            patch: Arc::default(),
            copied: AtomicUsize::new(0),
            whole: OnceLock::new(),
        }
    }

    fn map(&self, region: &Region) -> io::Result<Arc<Base>> {
        let base = self.whole.get().unwrap_or(&self.base);
        base.map(region)?;
        if Arc::ptr_eq(base, &self.base) && !self.patch.is_empty() {
            for (page, bytes) in &*self.patch {
                region.write(page * PAGE, bytes);
            }
            self.count_copies(region)?;
        }
        Ok(base.clone())
    }

    /// The patch was copied to a memory, which has the image's content now.
    fn count_copies(&self, region: &Region) -> io::Result<()> {
        let more = self.patch.len();
        let copied = self.copied.fetch_add(more, Ordering::Relaxed) + more;
        if copied > self.base.written() && self.whole.get().is_none() {
            let mut written = vec![false; region.length() / PAGE];
            self.base.add_written(&mut written);
            self.patch.keys().for_each(|&page| written[page] = true);
            let whole = Arc::new(Base::new(region, &written)?);
            // Another thread may have been as quick, with the same.
            drop(self.whole.set(whole));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
