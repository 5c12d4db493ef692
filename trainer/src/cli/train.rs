//! `memloom train`

use anyhow::Result;
use clap::Args;

use super::output;
use super::run_arguments::RunArguments;
use crate::run::progress::Console;
use crate::{report, train};

/// Train a policy as a run file says: warm start, then LoGo-GRPO stage by stage.
#[derive(Args)]
pub(super) struct Train {
    #[command(flatten)]
    run: RunArguments,
    /// Continue the run in `run.out` from its newest checkpoint.
    #[arg(long)]
    resume: bool,
    /// Check everything, print the run file with all defaults, and stop.
    #[arg(long)]
    dry_run: bool,
    /// Print only the summary, as JSON.
    #[arg(long)]
    json: bool,
}

impl Train {
    pub(super) fn run(self) -> Result<()> {
        let file = self.run.read()?;
        if self.dry_run {
            train::check(&file, Console::detect(self.json))?;
            return output::print_text(&file.resolved()?);
        }
        let summary = train::run(&file, self.resume, Console::detect(self.json))?;
        report::write_events(&file.run.out)?;
        output::print(&summary, self.json, || summary.table())
    }
}
