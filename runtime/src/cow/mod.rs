//! Copy-on-write memories.

pub(crate) mod backing_file;
pub(crate) mod image;
pub(crate) mod mapped_memory;
pub(crate) mod page_map;
