//! What components say to people.

use std::sync::Arc;

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
    room: u32,
    lines: Vec<LogLine>,
}

impl Log {
    pub(crate) fn new(component: Arc<str>, room: u32) -> Self {
        Self {
            component,
            room,
            lines: Vec::new(),
        }
    }

    /// Keeps a line where there is room.
    pub(crate) fn write(&mut self, level: Level, mut text: String) {
        let Some(room) = self.room.checked_sub(1) else {
            return;
        };
        self.room = room;
        if let Some((end, _)) = text.char_indices().nth(LINE) {
            text.truncate(end);
        }
        self.lines.push(LogLine {
            component: self.component.clone(),
            level,
            text,
        });
    }

    /// Lines since the last call.
    pub(crate) fn take(&mut self) -> Vec<LogLine> {
        std::mem::take(&mut self.lines)
    }
}
