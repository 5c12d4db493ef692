//! What attention knows of a pass.

use std::sync::Arc;

use crate::kernels::{Heads, Layout, Rope};

/// Everything that attention needs to know of a pass but the numbers.
#[derive(Clone, Debug)]
pub struct Sight {
    /// Who sees whom.
    pub layout: Layout,
    /// Heads.
    pub heads: Heads,
    /// Rotary tables.
    pub rope: Arc<Rope>,
}
