//! Rows of keys and values.

use crate::kernels::Heads;

/// Rows of floats that hold keys and values.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct KeyRows<'a> {
    /// The rows.
    pub(in crate::kernels) data: &'a [f32],
    /// The length of a row.
    pub(in crate::kernels) columns: usize,
    /// The column of the first head's key.
    pub(in crate::kernels) keys: usize,
    /// The column of the first head's value.
    pub(in crate::kernels) values: usize,
}

impl<'a> KeyRows<'a> {
    /// Returns the keys and values in rows `[queries | keys | values]`.
    pub(in crate::kernels) fn in_qkv(rows: &'a [f32], heads: Heads) -> Self {
        Self {
            data: rows,
            columns: heads.columns(),
            keys: heads.queries * heads.width,
            values: (heads.queries + heads.keys) * heads.width,
        }
    }
}
