//! The generated pages of the book: references of the run file and of metrics.

use anyhow::Result;

use crate::workspace::{Workspace, succeed};

/// Writes the pages to docs/src/reference. `trainer/tests/book` makes them, and fails in
/// other test runs if a page does not match the code.
pub fn run(workspace: &Workspace) -> Result<()> {
    let test = [
        "test",
        "--release",
        "-p",
        "memloom-trainer",
        "--test",
        "book",
    ];
    succeed(workspace.cargo().args(test).env("MEMLOOM_WRITE_DOCS", "1"))
}
