//! `memloom report`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::output;
use crate::report;

/// Write a report of runs: an HTML page, and TensorBoard event files beside their metrics.
#[derive(Args)]
pub(super) struct Report {
    /// Folders of runs, finished or not.
    #[arg(required = true)]
    runs: Vec<PathBuf>,
    /// The page. Default for one run: RUN/report.html.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Report {
    pub(super) fn run(self) -> Result<()> {
        let page = report::write(&self.runs, self.out)?;
        output::print_text(&format!("{}\n", page.display()))
    }
}
