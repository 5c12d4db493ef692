//! Arguments of every command that reads a run file.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use memloom_engine::device::Device;

use crate::config::RunFile;

// A doc comment would replace the help of the commands that this is flattened into.
#[derive(Args)]
pub(super) struct RunArguments {
    /// The run file (TOML).
    run: PathBuf,
    /// Set a key of the run file, for instance `algorithm.rollouts=4`; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// A data file for the environment, in addition to the run file's; may be repeated.
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// Device of the model: cpu, or cuda:0 and so on. Default: `run.device`.
    #[arg(long)]
    device: Option<Device>,
}

impl RunArguments {
    /// Reads the run file and puts the other arguments over it.
    pub(super) fn read(self) -> Result<RunFile> {
        let mut file = RunFile::read(&self.run, &self.settings)?;
        file.environment.data.extend(self.data);
        file.run.device = self.device.unwrap_or(file.run.device);
        Ok(file)
    }
}
