//! `memloom inspect`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use memloom_runtime::{Limits, Sandbox};

use super::output;

/// Print a component's kind, size, imports, exports and fork mode.
#[derive(Args)]
pub(super) struct Inspect {
    /// A `.wasm` component.
    component: PathBuf,
    /// Print as JSON.
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub(super) fn run(self) -> Result<()> {
        let inspection = Sandbox::new(Limits::default())?.inspect(&self.component)?;
        output::print(&inspection, self.json, || inspection.to_string())
    }
}
