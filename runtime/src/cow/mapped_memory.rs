//! The linear memory of an instance slot: reserved address space that a file can
//! be mapped over. All unsafe code of the workspace is here; `unsafe` blocks name
//! the invariants that make them sound.
//!
//! 1. The addresses of a memory, `reserved` bytes from `base`, belong to it alone
//!    from [`MappedMemory::reserve`] until it is dropped, and never move.
//! 2. The first `length` bytes can be read and written; all others, among them the
//!    guard that compiled code relies on, cannot be accessed.
//! 3. A memory belongs to one [`InstanceSlot`](crate::instance::slot::InstanceSlot).
//!    Wasm runs in it only while the slot's store is borrowed mutably, and all
//!    functions here that read or replace its content are called through the slot,
//!    borrowed mutably too. So no read races with a write.
//! 4. A slot that maps a file over a memory holds a reference to its
//!    [`BackingFile`](super::backing_file::BackingFile) until the memory is mapped
//!    anew or dropped. A file changes only while one memory alone maps it, and then
//!    only in pages of which the memory has copies.
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
pub(crate) struct MappedMemory {
    base: NonNull<u8>,
    /// Bytes of address space, with the guard behind the memory.
    reserved: usize,
    /// The most bytes that the memory can grow to.
    capacity: usize,
    length: AtomicUsize,
}

// SAFETY: the addresses stay valid wherever the value is moved to (1), and their
// content is accessed only through an exclusive borrow of the slot (3).
unsafe impl Send for MappedMemory {}
// SAFETY: as above; `length` is atomic.
unsafe impl Sync for MappedMemory {}

impl MappedMemory {
    /// Reserves address space for a memory of `length` bytes that can grow to
    /// `capacity`, with a guard behind.
    pub(crate) fn reserve(length: usize, capacity: usize, guard: usize) -> io::Result<Self> {
        let reserved = capacity.checked_add(guard).ok_or(ErrorKind::OutOfMemory)?;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: the kernel chooses addresses that are not in use.
        let base = unsafe { mmap_anonymous(ptr::null_mut(), reserved, ProtFlags::empty(), flags)? };
        let memory = Self {
            base: NonNull::new(base.cast()).ok_or(ErrorKind::OutOfMemory)?,
            reserved,
            capacity,
            length: AtomicUsize::new(0),
        };
        memory.grow_to(length)?;
        Ok(memory)
    }

    /// Returns the memory's length in bytes.
    pub(crate) fn length(&self) -> usize {
        self.length.load(Ordering::Relaxed)
    }

    /// Makes the memory longer; the new bytes are zeros.
    pub(crate) fn grow_to(&self, length: usize) -> io::Result<()> {
        let old = self.length();
        if length > self.capacity || length < old {
            return Err(ErrorKind::OutOfMemory.into());
        }
        if length > old {
            // SAFETY: `old..length` lies within the reservation (1) and is not in
            // use yet (2).
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

    /// Maps a range of a file over the same range of the memory, copy-on-write. The
    /// file is at least as long.
    pub(crate) fn map(&self, file: &File, bytes: Range<usize>) -> io::Result<()> {
        // SAFETY: replaces pages of the memory's own (1), to which there are no
        // references (3), by as many that can be read and written (2). The file
        // does not change as long as it is mapped (4).
        self.replace(&bytes, |start, length, protection, flags| unsafe {
            let offset = bytes.start as u64;
            mmap(start, length, protection, flags, file.as_fd(), offset)
        })
    }

    /// Returns the pages from `from` on to the kernel; they are zeros then.
    pub(crate) fn clear(&self, from: usize) -> io::Result<()> {
        let rest = from..self.length();
        // SAFETY: as for `map`; fresh pages have no other owner.
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

    /// Drops the copies of these whole pages: they are those of the mapped file then.
    pub(crate) fn revert(&self, bytes: &Range<usize>) -> io::Result<()> {
        // SAFETY: pages of the memory (2) to which there are no references (3).
        unsafe { madvise(self.start(bytes), bytes.len(), Advice::LinuxDontNeed)? };
        Ok(())
    }

    /// Overwrites bytes of the memory.
    pub(crate) fn write(&self, at: usize, bytes: &[u8]) {
        let start = self.start(&(at..at + bytes.len())).cast();
        // SAFETY: these bytes can be written (2), and there are no references to
        // them (3), so that they do not overlap the source.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), start, bytes.len()) }
    }

    /// Returns the address of a range of the memory.
    fn start(&self, bytes: &Range<usize>) -> *mut std::ffi::c_void {
        assert!(bytes.start <= bytes.end && bytes.end <= self.length());
        // SAFETY: within the reservation (1), as was just asserted.
        unsafe { self.base.as_ptr().add(bytes.start).cast() }
    }

    /// Returns the memory's content.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: these bytes can be read (2); no write happens as long as the
        // caller borrows the slot (3).
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.length()) }
    }
}

impl Drop for MappedMemory {
    fn drop(&mut self) {
        // SAFETY: the memory's own addresses (1), to which no pointer is left.
        let unmapped = unsafe { munmap(self.base.as_ptr().cast(), self.reserved) };
        debug_assert!(unmapped.is_ok(), "a memory is unmapped once");
    }
}

/// A mapped memory in wasmtime's terms.
struct WasmtimeMemory(Arc<MappedMemory>);

// SAFETY: the base never moves, the size only grows, up to the capacity, and
// no byte beyond can be accessed (1, 2).
unsafe impl LinearMemory for WasmtimeMemory {
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
    static PENDING: RefCell<PendingMemories> = const { RefCell::new(PendingMemories::EMPTY) };
}

/// The memories of the instance that is being made on this thread.
struct PendingMemories {
    /// Their lengths in order; further memories have their least length.
    sizes: Vec<usize>,
    made: Vec<Arc<MappedMemory>>,
}

impl PendingMemories {
    const EMPTY: Self = Self {
        sizes: Vec::new(),
        made: Vec::new(),
    };
}

/// Makes an instance whose memories have these sizes. Returns it with its memories
/// in the order in which they were made.
pub(crate) fn with_memory_sizes<R>(
    sizes: &[usize],
    make: impl FnOnce() -> R,
) -> (R, Vec<Arc<MappedMemory>>) {
    let fresh = PendingMemories {
        sizes: sizes.to_vec(),
        made: Vec::new(),
    };
    PENDING.set(fresh);
    let made = make();
    (made, PENDING.replace(PendingMemories::EMPTY).made)
}

/// Wasmtime's source of linear memories: every one is a [`MappedMemory`].
pub(crate) struct MappedMemoryCreator;

// SAFETY: a new memory is zero-filled, has the size that it reports and the
// reservation and the guard that were requested, and serves one instance only (3).
unsafe impl MemoryCreator for MappedMemoryCreator {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        PENDING.with_borrow_mut(|pending| {
            let size = pending.sizes.get(pending.made.len());
            let length = size.map_or(minimum, |&size| size.max(minimum));
            let capacity = reserved.unwrap_or(length).max(length);
            let memory = MappedMemory::reserve(length, capacity, guard)
                .map_err(|error| format!("cannot reserve memory: {error}"))?;
            let memory = Arc::new(memory);
            pending.made.push(memory.clone());
            Ok(Box::new(WasmtimeMemory(memory)) as Box<dyn LinearMemory>)
        })
    }
}
