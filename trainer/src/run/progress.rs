//! Progress output of a run: bars on a terminal, plain lines elsewhere, and none with
//! `--json`.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Time between plain lines of one phase.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// The form of progress output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Console {
    /// Progress bars.
    Terminal,
    /// A line every few seconds.
    Lines,
    /// No output.
    Silent,
}

impl Console {
    /// Returns the form that suits standard error, or no output if `silent`.
    pub fn detect(silent: bool) -> Self {
        match (silent, std::io::stderr().is_terminal()) {
            (true, _) => Self::Silent,
            (false, true) => Self::Terminal,
            (false, false) => Self::Lines,
        }
    }

    /// Prints one line.
    pub fn say(self, line: &str) {
        if self != Self::Silent {
            eprintln!("{line}");
        }
    }

    /// Begins a phase of `total` parts, of which `done` are done.
    pub fn phase(self, name: &str, total: u64, done: u64) -> Phase {
        let bar = (self == Self::Terminal).then(|| {
            let bar = ProgressBar::new(total).with_position(done);
            // The template is a constant; a wrong one would fail every run.
            if let Ok(style) = ProgressStyle::with_template(
                "{prefix:>14} {wide_bar} {pos}/{len} {eta} left  {msg}",
            ) {
                bar.set_style(style);
            }
            bar.set_prefix(name.to_owned());
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        Phase {
            console: self,
            bar,
            name: name.to_owned(),
            total,
            last_line: None,
        }
    }
}

/// A phase under way.
pub struct Phase {
    console: Console,
    bar: Option<ProgressBar>,
    name: String,
    total: u64,
    last_line: Option<Instant>,
}

impl Phase {
    /// Prints one line, above the bar if there is one.
    pub fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => self.console.say(line),
        }
    }

    /// Shows that `done` parts are done, with a message.
    pub fn at(&mut self, done: u64, message: &str) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            bar.set_message(message.to_owned());
        }
        let due = self
            .last_line
            .is_none_or(|at| at.elapsed() >= BETWEEN_LINES)
            || done == self.total;
        if self.console == Console::Lines && due {
            eprintln!("{} {done}/{}  {message}", self.name, self.total);
            self.last_line = Some(Instant::now());
        }
    }
}

impl Drop for Phase {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish();
        }
    }
}
