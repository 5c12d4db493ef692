//! A case that a task is shown.

use memloom_sdk::bank::Hit;
use memloom_sdk::text::{apart, lower_words};

/// A case that a task is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The id in the bank.
    pub id: String,
    goal: String,
    plan: String,
}

impl Case {
    /// Returns the case of a hit.
    pub fn new(hit: Hit) -> Self {
        let mut fields = hit.entry.fields.into_iter();
        let plan = fields.find(|(name, _)| name == "plan");
        Self {
            id: hit.entry.id,
            goal: hit.entry.text,
            plan: plan.map_or_else(String::new, |(_, plan)| plan),
        }
    }

    /// Returns its lines as text.
    pub fn text(&self) -> String {
        format!("Goal: {}\nPlan: {}", self.goal, self.plan)
    }

    /// Returns its line for a small model.
    pub fn words(&self) -> String {
        format!("{} {}", self.goal, self.plan)
    }

    /// Returns whether the plan has an action, whole and in a row.
    pub fn has(&self, action: &str) -> bool {
        let padded = |text: &str| format!(" {} ", apart(&text.to_lowercase()));
        !lower_words(action).is_empty() && padded(&self.plan).contains(&padded(action))
    }
}
