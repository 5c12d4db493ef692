//! Rows that keys and values lie in.

use crate::kernels::Heads;

/// Rows of floats in which keys and values lie.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct KeyRows<'a> {
    /// All rows.
    pub(in crate::kernels) data: &'a [f32],
    /// Length of a row.
    pub(in crate::kernels) columns: usize,
    /// Where the first head's key starts in a row.
    pub(in crate::kernels) keys: usize,
    /// Where the first head's value starts in a row.
    pub(in crate::kernels) values: usize,
}

impl<'a> KeyRows<'a> {
    /// The keys and values in rows of queries, keys and values.
    pub(in crate::kernels) fn in_qkv(rows: &'a [f32], heads: Heads) -> Self {
        Self {
            data: rows,
            columns: heads.columns(),
            keys: heads.queries * heads.width,
            values: (heads.queries + heads.keys) * heads.width,
        }
    }
}
