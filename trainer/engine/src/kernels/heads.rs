//! Head counts of attention.

/// The number and width of attention heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// The number of query heads.
    pub queries: usize,
    /// The number of key and value heads. It divides `queries`.
    pub keys: usize,
    /// The width of a head.
    pub width: usize,
}

impl Heads {
    /// Returns the number of columns of queries, keys and values together.
    pub fn columns(&self) -> usize {
        (self.queries + 2 * self.keys) * self.width
    }
}
