//! The linear memory of a shell: a piece of address space that a state can be
//! mapped over. All unsafe code of the workspace is here; `unsafe` blocks name
//! the invariants that make them sound.
//!
//! 1. A region's addresses, `reserved` bytes from `base`, are its own from
//!    [`Region::reserve`] to its end, and are never moved.
//! 2. The first `length` bytes can be read and written; all others, the guard
//!    that compiled code relies on among them, cannot be touched.
//! 3. A region belongs to one [`Shell`](crate::instance::slot::Shell): wasm runs in it
//!    only while the shell's store is borrowed mutably, and everything here
//!    that reads or replaces its content is called through the shell, borrowed
//!    mutably too. So nobody reads what another writes.
//! 4. Who maps a file over a region keeps a share of its [`Base`](super::image::Base)
//!    until the region is mapped anew or gone. A base changes only while one
//!    region alone has it, and there only in pages that the region has copies of.
#![allow(unsafe_code, reason = "maps and reads raw memory")]

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::fd::AsFd;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::mm::{
    Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap, mmap_anonymous, mprotect, munmap,
};
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

/// Reserved address space whose first bytes are a linear memory.
pub(crate) struct Region {
    base: NonNull<u8>,
    /// With the guard behind the memory.
    reserved: usize,
    /// As far as the memory can grow.
    capacity: usize,
    length: AtomicUsize,
}

// SAFETY: the addresses stay valid wherever the region is moved to (1), and
// their content is only touched by whoever has the shell for themself (3).
unsafe impl Send for Region {}
// SAFETY: as above; `length` is atomic.
unsafe impl Sync for Region {}

impl Region {
    pub(crate) fn reserve(length: usize, capacity: usize, guard: usize) -> io::Result<Self> {
        let reserved = capacity.checked_add(guard).ok_or(ErrorKind::OutOfMemory)?;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: the kernel chooses addresses that nobody uses.
        let base = unsafe { mmap_anonymous(ptr::null_mut(), reserved, ProtFlags::empty(), flags)? };
        let region = Self {
            base: NonNull::new(base.cast()).ok_or(ErrorKind::OutOfMemory)?,
            reserved,
            capacity,
            length: AtomicUsize::new(0),
        };
        region.grow_to(length)?;
        Ok(region)
    }

    /// Bytes of the memory.
    pub(crate) fn length(&self) -> usize {
        self.length.load(Ordering::Relaxed)
    }

    pub(crate) fn grow_to(&self, length: usize) -> io::Result<()> {
        let old = self.length();
        if length > self.capacity || length < old {
            return Err(ErrorKind::OutOfMemory.into());
        }
        if length > old {
            // SAFETY: `old..length` lies within the region (1) and holds nothing
            // yet (2).
            unsafe {
                let start = self.base.as_ptr().add(old).cast();
                mprotect(
                    start,
                    length - old,
                    MprotectFlags::READ | MprotectFlags::WRITE,
                )?;
            }
            self.length.store(length, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Makes these bytes of the memory those at the same place of a file: a page
    /// is copied when it is first written to. The file is at least as long.
    pub(crate) fn map(&self, file: &File, bytes: Range<usize>) -> io::Result<()> {
        // SAFETY: replaces pages of the region's own (1) that nobody looks at
        // (3) by as many that can be read and written (2). What the file holds
        // does not change as long as it is mapped (4).
        self.replace(&bytes, |start, length, protection, flags| unsafe {
            let offset = bytes.start as u64;
            mmap(start, length, protection, flags, file.as_fd(), offset)
        })
    }

    /// Gives the memory's pages from here on back; they are all zeros then.
    pub(crate) fn clear(&self, from: usize) -> io::Result<()> {
        let rest = from..self.length();
        // SAFETY: as for `map`; fresh pages belong to nobody else.
        self.replace(&rest, |start, length, protection, flags| unsafe {
            mmap_anonymous(start, length, protection, flags)
        })
    }

    fn replace(
        &self,
        bytes: &Range<usize>,
        map: impl FnOnce(
            *mut std::ffi::c_void,
            usize,
            ProtFlags,
            MapFlags,
        ) -> rustix::io::Result<*mut std::ffi::c_void>,
    ) -> io::Result<()> {
        if !bytes.is_empty() {
            let protection = ProtFlags::READ | ProtFlags::WRITE;
            let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
            map(self.start(bytes), bytes.len(), protection, flags)?;
        }
        Ok(())
    }

    /// Gives back what was written to these whole pages: they are those of the
    /// file that is mapped there.
    pub(crate) fn revert(&self, bytes: &Range<usize>) -> io::Result<()> {
        // SAFETY: pages of the memory (2) that nobody looks at (3).
        unsafe { madvise(self.start(bytes), bytes.len(), Advice::LinuxDontNeed)? };
        Ok(())
    }

    /// Writes over the memory.
    pub(crate) fn write(&self, at: usize, bytes: &[u8]) {
        let start = self.start(&(at..at + bytes.len())).cast();
        // SAFETY: these bytes can be written (2), and nobody looks at them (3),
        // so that they are not the source either.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), start, bytes.len()) }
    }

    /// Where these bytes of the memory are.
    fn start(&self, bytes: &Range<usize>) -> *mut std::ffi::c_void {
        assert!(bytes.start <= bytes.end && bytes.end <= self.length());
        // SAFETY: within the region (1), as was just asserted.
        unsafe { self.base.as_ptr().add(bytes.start).cast() }
    }

    /// The memory's content.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: these bytes can be read (2); nobody writes to them as long as
        // the caller has the shell (3).
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.length()) }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the region's own addresses (1), which nobody knows any more.
        let unmapped = unsafe { munmap(self.base.as_ptr().cast(), self.reserved) };
        debug_assert!(unmapped.is_ok(), "a region is unmapped once");
    }
}

/// A region as wasmtime sees it.
struct Memory(Arc<Region>);

// SAFETY: the base never moves, the size only grows, up to the capacity, and
// what lies beyond cannot be touched (1, 2).
unsafe impl LinearMemory for Memory {
    fn byte_size(&self) -> usize {
        self.0.length()
    }

    fn byte_capacity(&self) -> usize {
        self.0.capacity
    }

    fn grow_to(&mut self, new_size: usize) -> wasmtime::Result<()> {
        Ok(self.0.grow_to(new_size)?)
    }

    fn as_ptr(&self) -> *mut u8 {
        self.0.base.as_ptr()
    }
}

thread_local! {
    static CRADLE: RefCell<Cradle> = const { RefCell::new(Cradle::EMPTY) };
}

/// Memories of the instance that is being made on this thread.
struct Cradle {
    /// Lengths that they shall have, in order; where there is none, their least.
    wanted: Vec<usize>,
    made: Vec<Arc<Region>>,
}

impl Cradle {
    const EMPTY: Self = Self {
        wanted: Vec::new(),
        made: Vec::new(),
    };
}

/// Makes an instance, and returns it with its memories: as long as `wanted`
/// says, in the order in which they are made.
pub(crate) fn bear<R>(wanted: &[usize], make: impl FnOnce() -> R) -> (R, Vec<Arc<Region>>) {
    let fresh = Cradle {
        wanted: wanted.to_vec(),
        made: Vec::new(),
    };
    CRADLE.set(fresh);
    let made = make();
    (made, CRADLE.replace(Cradle::EMPTY).made)
}

/// Makes wasmtime's linear memories out of regions.
pub(crate) struct Creator;

// SAFETY: a new memory is zero-filled, has the size it reports, the reservation
// and the guard that are asked for, and is used by nobody but its instance (3).
unsafe impl MemoryCreator for Creator {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        CRADLE.with_borrow_mut(|cradle| {
            let wanted = cradle.wanted.get(cradle.made.len());
            let length = wanted.map_or(minimum, |&wanted| wanted.max(minimum));
            let capacity = reserved.unwrap_or(length).max(length);
            let region = Region::reserve(length, capacity, guard)
                .map_err(|error| format!("cannot reserve memory: {error}"))?;
            let region = Arc::new(region);
            cradle.made.push(region.clone());
            Ok(Box::new(Memory(region)) as Box<dyn LinearMemory>)
        })
    }
}
