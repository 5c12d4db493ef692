//! Copy-on-write memories, with which instances are forked.
//!
//! A [`MappedMemory`](mapped_memory::MappedMemory) is the linear memory of an
//! instance. A [`MemoryImage`](image::MemoryImage) is the content of an instance's
//! memories at one moment; it lies in a [`BackingFile`](backing_file::BackingFile)
//! that memories of forks map.

pub(crate) mod backing_file;
pub(crate) mod image;
pub(crate) mod mapped_memory;
pub(crate) mod page_map;
