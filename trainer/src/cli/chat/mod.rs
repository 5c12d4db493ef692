//! `memloom chat`

mod branch;
mod command;
mod conversation;
mod memory_view;
mod screen;
mod subject;

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::{Context, Result};
use clap::Args;
use memloom_engine::device::Device;

use self::conversation::Conversation;
use self::screen::Screen;
use self::subject::Subject;

/// Talk to a trained agent over several sessions, and see what it writes into its memory.
#[derive(Args)]
pub(super) struct Chat {
    /// A run's folder, a run file (TOML), or the folder of a model, which then speaks for the
    /// policy memory-r2.
    run: PathBuf,
    /// Folder with model.safetensors, config.json and tokenizer.json. Default: `run.out`/final.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// Set a key of the run file, for instance `policy.options.max_tokens=256`; may be
    /// repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Device of the model: cpu, or cuda:0 and so on. Default: `run.device`.
    #[arg(long)]
    device: Option<Device>,
    /// Your name in the sessions. The command /as changes it.
    #[arg(long, default_value = "User", value_parser = name)]
    name: String,
    /// The date of the first session in any words. The command /date changes it.
    /// Default: today.
    #[arg(long)]
    date: Option<String>,
}

fn name(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a name must not be empty".into()),
        name => Ok(name.to_owned()),
    }
}

impl Chat {
    pub(super) fn run(self) -> Result<()> {
        let subject = Subject::find(&self.run, self.weights, &self.settings, self.device)?;
        let screen = Screen::detect();
        let date = self.date.unwrap_or_else(today);
        let mut conversation = Conversation::start(&subject, self.name, date, screen)?;
        let asks = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        conversation.greet(&subject)?;
        let mut lines = std::io::stdin().lock().lines();
        loop {
            if asks {
                print!("{}", conversation.prompt());
                std::io::stdout()
                    .flush()
                    .context("cannot write to standard output")?;
            }
            let Some(line) = lines.next() else { break };
            let line = line.context("cannot read a line from standard input: is it UTF-8?")?;
            if conversation.hear(&line)?.is_break() {
                break;
            }
        }
        conversation.leave()
    }
}

/// Returns the date of today (UTC), for instance `3 May 2026`.
fn today() -> String {
    // `Sun, 03 May 2026 08:49:37 GMT`
    let now = httpdate::fmt_http_date(SystemTime::now());
    let parts: Vec<&str> = now.split(' ').collect();
    let day = parts[1].trim_start_matches('0');
    let months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let month = months.iter().find(|month| month.starts_with(parts[2]));
    format!("{day} {} {}", month.unwrap_or(&parts[2]), parts[3])
}
