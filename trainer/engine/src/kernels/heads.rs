//! Head counts of attention.

/// How many heads, and how wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// Query heads.
    pub queries: usize,
    /// Key and value heads; divides `queries`.
    pub keys: usize,
    /// Width of a head.
    pub width: usize,
}

impl Heads {
    /// Columns of queries, keys and values together.
    pub fn columns(&self) -> usize {
        (self.queries + 2 * self.keys) * self.width
    }
}
