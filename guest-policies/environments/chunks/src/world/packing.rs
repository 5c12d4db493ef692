//! Packing of turns into sessions.

use memloom_sdk::text::word_count;

use crate::episode::Line;

/// Sessions in the making.
pub struct Packing {
    sittings: Vec<Vec<Line>>,
    limit: usize,
    held: usize,
}

impl Packing {
    /// Returns no sessions yet; each will have at most `limit` words, or one turn.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            sittings: Vec::new(),
            limit,
            held: 0,
        }
    }

    /// Returns the number of the present session, counted from 1; 0 before the first turn.
    #[must_use]
    pub fn session(&self) -> u32 {
        self.sittings.len() as u32
    }

    /// Adds a turn. Returns its session and its number there, both counted from 1.
    pub fn add(&mut self, line: Line) -> (u32, usize) {
        let words = word_count(&line.text);
        match self.sittings.last_mut() {
            Some(sitting) if self.held + words <= self.limit => {
                sitting.push(line);
                self.held += words;
            }
            _ => {
                self.sittings.push(vec![line]);
                self.held = words;
            }
        }
        let turns = self.sittings.last().map_or(0, Vec::len);
        (self.session(), turns)
    }

    /// Returns the first `horizon` sessions; all for 0.
    #[must_use]
    pub fn cut(mut self, horizon: u32) -> Vec<Vec<Line>> {
        if horizon > 0 {
            self.sittings.truncate(horizon as usize);
        }
        self.sittings
    }
}
