//! The text that is carried from one chunk to the next.

use memloom_sdk::Host;

use crate::options::Options;

/// The first tokens of the first chunk, and the last tokens of the last one.
#[derive(Default)]
pub struct Kept {
    head: String,
    tail: String,
    /// True once a chunk was kept.
    begun: bool,
}

impl Kept {
    /// Returns the reply that the next chunk goes on with; empty before the first.
    pub fn text(&self) -> String {
        format!("{}{}", self.head, self.tail)
    }

    /// Adds the output of a chunk and drops all but the state. Returns false if there is nothing to
    /// drop: the output was cut off before the chunk was full, and thinking cannot go on.
    pub fn add(&mut self, host: &mut dyn Host, options: &Options, output: &str) -> bool {
        let mut all = std::mem::take(&mut self.tail);
        if options.constrained && !all.is_empty() {
            // Words are parted by spaces, and an output begins without one.
            all.push(' ');
        }
        all += output;
        let count = host.count(&all);
        let head = match self.begun {
            true => 0,
            false => options.head,
        };
        let tail = options.state - options.head;
        if count <= head + tail {
            return false;
        }
        if !self.begun {
            self.head = host.cut(&all, 0, head);
            self.begun = true;
        }
        self.tail = host.cut(&all, count - tail, count);
        true
    }
}
