//! `memloom demonstrate`

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::output;
use super::run_arguments::RunArguments;
use crate::clients::{Client, models};
use crate::config::ServerSection;
use crate::rejection_sampling::{Played, Source, play};
use crate::run::progress::Console;

/// Record a served model's outputs in training episodes, with their rewards, as
/// demonstrations for the warm start.
#[derive(Args)]
pub(super) struct Demonstrate {
    #[command(flatten)]
    run: RunArguments,
    /// Base URL of a server that speaks OpenAI's protocol, for instance
    /// http://localhost:8000/v1.
    #[arg(long, value_name = "URL")]
    server: String,
    /// The server's model. Default: the only one that it has.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// The environment variable with the server's key.
    #[arg(long, value_name = "VARIABLE")]
    key_env: Option<String>,
    /// Sampling temperature.
    #[arg(long, default_value_t = 1.0)]
    temperature: f32,
    /// Episodes, from the first of the split train.
    #[arg(long, default_value_t = 32)]
    episodes: u64,
    /// Samples of each episode, of which the warm start keeps the best.
    #[arg(long, default_value_t = 4)]
    samples: u64,
    /// Sessions of each episode; 0 is all. Default: those of the first stage.
    #[arg(long)]
    horizon: Option<u32>,
    /// File of demonstrations. One that holds some already is continued.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print only the totals, as JSON.
    #[arg(long)]
    json: bool,
}

impl Demonstrate {
    pub(super) fn run(self) -> Result<()> {
        let file = self.run.read()?;
        ensure!(
            self.episodes > 0 && self.samples > 0,
            "--episodes and --samples must be at least 1"
        );
        ensure!(
            self.temperature >= 0.0 && self.temperature.is_finite(),
            "--temperature must be 0 or more, got {}",
            self.temperature
        );
        let key = self.key_env.as_ref().map(|variable| {
            std::env::var(variable)
                .with_context(|| format!("--key-env: the variable {variable} is not set to text"))
        });
        let key = key.transpose()?;
        let mut settings = ServerSection {
            key_env: self.key_env,
            temperature: self.temperature,
            ..ServerSection::at(&self.server, "")
        };
        settings.check("demonstrator").context("--server")?;
        settings.model = match self.model {
            Some(model) => model,
            None => models::only_model(&self.server, key.as_deref())?,
        };
        let source = Source {
            client: Arc::new(Client::new("demonstrator", &settings, file.run.seed)?),
            episodes: self.episodes,
            samples: self.samples,
            horizon: self
                .horizon
                .or(file.stages.first().map(|stage| stage.horizon))
                .unwrap_or(0),
        };
        let played = play(&file, &source, &self.out, Console::detect(self.json))?;
        output::print(&played, self.json, || {
            let out = self.out.display();
            format!(
                "{played}the warm start imitates them with warm_start.demonstrations = \"{out}\"\n"
            )
        })
    }
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            samples,
            new,
            outputs,
            malformed,
            reward,
            kept,
            abstaining,
            ..
        } = self;
        writeln!(
            f,
            "{samples} samples, {new} of them new; {malformed} of {outputs} outputs malformed"
        )?;
        writeln!(
            f,
            "mean reward {reward:.3}; of an empty memory {abstaining:.3}"
        )?;
        if let Some(best) = self.kept_reward {
            writeln!(f, "{kept} samples are kept, mean reward {best:.3}")?;
        }
        writeln!(f, "{}", self.usage)
    }
}
