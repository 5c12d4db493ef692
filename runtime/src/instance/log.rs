//! The log lines of components.

use std::sync::Arc;

use crate::limits::Limits;
use crate::types::Level;

/// Most characters of a line that are kept.
const LINE: usize = 1000;

/// A line that a component wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// The component's name.
    pub component: Arc<str>,
    /// The line's severity.
    pub level: Level,
    /// The line, cut to 1000 characters.
    pub text: String,
}

/// The lines of an instance, up to its limits.
pub(crate) struct Log {
    component: Arc<str>,
    lines_left: u32,
    bytes_left: u64,
    lines: Vec<LogLine>,
}

impl Log {
    pub(crate) fn new(component: Arc<str>, limits: &Limits) -> Self {
        Self {
            component,
            lines_left: limits.log_lines,
            bytes_left: limits.log_bytes,
            lines: Vec::new(),
        }
    }

    /// Writes a line. Returns the line as it is kept; none if the log is full.
    pub(crate) fn write(&mut self, level: Level, mut text: String) -> Option<&str> {
        if let Some((end, _)) = text.char_indices().nth(LINE) {
            text.truncate(end);
            text.shrink_to_fit();
        }
        let lines_left = self.lines_left.checked_sub(1)?;
        self.bytes_left = self.bytes_left.checked_sub(text.len() as u64)?;
        self.lines_left = lines_left;
        self.lines.push(LogLine {
            component: self.component.clone(),
            level,
            text,
        });
        self.lines.last().map(|line| line.text.as_str())
    }

    /// Takes the lines since the last call.
    pub(crate) fn take(&mut self) -> Vec<LogLine> {
        std::mem::take(&mut self.lines)
    }
}
