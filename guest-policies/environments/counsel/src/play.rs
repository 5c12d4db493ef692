//! Acts in a task.

use crate::stream::Task;
use crate::visit::Visit;

impl Visit {
    /// Acts in a task and returns what is seen and the reward of the action. A task that ends is
    /// explained.
    pub fn act(&mut self, task: &dyn Task, action: &str) -> (String, f32) {
        let mut text = task.act(action, self);
        self.acts = self.acts.saturating_add(1);
        if !self.over && self.acts >= task.steps() {
            self.over = true;
            self.faults = self.faults.saturating_add(1);
            text.push_str(" You have no actions left.");
        }
        if self.over {
            text.push(' ');
            text.push_str(&task.explanation());
        }
        self.observed.push(text.clone());
        (text, self.outcome.reward)
    }
}
