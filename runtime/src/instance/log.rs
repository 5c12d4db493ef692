//! What components say to people.

use std::sync::Arc;

use crate::limits::Limits;
use crate::types::Level;

/// Characters that are kept of a line.
const LINE: usize = 1000;

/// A line that a component wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// The component's name.
    pub component: Arc<str>,
    /// How loud.
    pub level: Level,
    /// The line, cut to 1000 characters.
    pub text: String,
}

/// The lines of an instance.
pub(crate) struct Log {
    component: Arc<str>,
    room: Room,
    lines: Vec<LogLine>,
}

/// What more is kept.
struct Room {
    lines: u32,
    bytes: u64,
}

impl Log {
    pub(crate) fn new(component: Arc<str>, limits: &Limits) -> Self {
        Self {
            component,
            room: Room {
                lines: limits.log_lines,
                bytes: limits.log_bytes,
            },
            lines: Vec::new(),
        }
    }

    /// Keeps a line where there is room, and returns what is kept.
    pub(crate) fn write(&mut self, level: Level, mut text: String) -> Option<&str> {
        if let Some((end, _)) = text.char_indices().nth(LINE) {
            text.truncate(end);
            text.shrink_to_fit();
        }
        self.room = Room {
            lines: self.room.lines.checked_sub(1)?,
            bytes: self.room.bytes.checked_sub(text.len() as u64)?,
        };
        self.lines.push(LogLine {
            component: self.component.clone(),
            level,
            text,
        });
        self.lines.last().map(|line| line.text.as_str())
    }

    /// Lines since the last call.
    pub(crate) fn take(&mut self) -> Vec<LogLine> {
        std::mem::take(&mut self.lines)
    }
}
