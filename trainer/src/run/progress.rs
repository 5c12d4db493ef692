//! How a run speaks while it works: bars on a terminal, plain lines elsewhere,
//! nothing but the result with `--json`.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Seconds between plain lines of one phase.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Where progress goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Console {
    /// Bars that are redrawn.
    Terminal,
    /// A line now and then.
    Lines,
    /// Nothing.
    Silent,
}

impl Console {
    /// What standard error is, unless told to be silent.
    pub fn detect(silent: bool) -> Self {
        match (silent, std::io::stderr().is_terminal()) {
            (true, _) => Self::Silent,
            (false, true) => Self::Terminal,
            (false, false) => Self::Lines,
        }
    }

    /// Says one line.
    pub fn say(self, line: &str) {
        if self != Self::Silent {
            eprintln!("{line}");
        }
    }

    /// Begins something that takes `total` parts.
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
            spoken: None,
        }
    }
}

/// Something under way.
pub struct Phase {
    console: Console,
    bar: Option<ProgressBar>,
    name: String,
    total: u64,
    spoken: Option<Instant>,
}

impl Phase {
    /// `done` parts are behind, and `message` is how it stands.
    pub fn at(&mut self, done: u64, message: &str) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            bar.set_message(message.to_owned());
        }
        let due = self.spoken.is_none_or(|at| at.elapsed() >= BETWEEN_LINES) || done == self.total;
        if self.console == Console::Lines && due {
            eprintln!("{} {done}/{}  {message}", self.name, self.total);
            self.spoken = Some(Instant::now());
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
