//! The goals of tasks, and how far they were reached.

use memloom_sdk::metrics::normalised_words;
use serde::{Deserialize, Serialize};

use crate::api::{Api, App};
use crate::call::Call;
use crate::changes::Changes;
use crate::row::Row;

/// A call that a task wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// The application.
    pub app: App,
    /// The call.
    pub api: Api,
    /// Its arguments.
    pub args: Row,
}

/// The goals of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goals {
    /// The changes.
    pub calls: Vec<Goal>,
    /// The answer, if the task asks a question.
    pub answer: Option<String>,
}

impl Goals {
    /// Adds a change.
    pub fn want(&mut self, app: App, api: Api, args: &[(&str, &str)]) {
        let args = Row::new(args);
        self.calls.push(Goal { app, api, args });
    }

    /// Returns the first wanted call of a kind that was not made, and its place.
    #[must_use]
    pub fn open(&self, api: Api, changes: &Changes) -> Option<(usize, &Goal)> {
        let mut calls = self.calls.iter().enumerate();
        calls.find(|(_, goal)| goal.api == api && !changes.has(api, &goal.args))
    }

    /// Returns the share of tests that are passed, in [0, 1]: one for each wanted change, one
    /// for the answer, and one for having changed nothing else, which does not count where
    /// nothing was achieved.
    #[must_use]
    pub fn reward(&self, changes: &Changes, answer: Option<&str>) -> f32 {
        let calls = self.calls.iter();
        let met = calls
            .filter(|goal| changes.has(goal.api, &goal.args))
            .count();
        let passed = met + usize::from(self.answered(answer));
        let tidy = passed > 0 && changes.len() == met;
        let tests = self.calls.len() + usize::from(self.answer.is_some()) + 1;
        (passed + usize::from(tidy)) as f32 / tests as f32
    }

    /// Returns the share of the fields of the wanted calls that some calls match, in [0, 1].
    /// The answer counts as a field.
    #[must_use]
    pub fn potential(&self, calls: &[&Call], answer: Option<&str>) -> f32 {
        let mut matched = usize::from(self.answered(answer));
        let mut fields = usize::from(self.answer.is_some());
        for goal in &self.calls {
            let same = calls.iter().filter(|call| call.api() == Some(goal.api));
            let shared = same.map(|call| goal.args.shared(&call.args));
            matched += shared.max().unwrap_or(0);
            fields += goal.args.len();
        }
        matched as f32 / fields.max(1) as f32
    }

    /// Returns whether the right answer was given to a question.
    fn answered(&self, answer: Option<&str>) -> bool {
        match (&self.answer, answer) {
            (Some(right), Some(given)) => normalised_words(right) == normalised_words(given),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goals() -> Goals {
        let mut goals = Goals {
            answer: Some("41".into()),
            ..Goals::default()
        };
        goals.want(App::Pay, Api::PaySend, &[("to", "ann"), ("amount", "7")]);
        goals.want(App::Pay, Api::PaySend, &[("to", "ben"), ("amount", "2")]);
        goals
    }

    fn paid(payments: &[(&str, &str)]) -> Changes {
        let mut changes = Changes::default();
        for (to, amount) in payments {
            let args = Row::new(&[("to", to), ("amount", amount)]);
            changes.make(Api::PaySend, args, "");
        }
        changes
    }

    #[test]
    fn the_reward_is_the_share_of_passed_tests() {
        let both = paid(&[("ann", "7"), ("ben", "2")]);
        assert_eq!(goals().reward(&both, Some("41.")), 1.0);
        assert_eq!(goals().reward(&both, None), 0.75);
        let other = paid(&[("ann", "7"), ("ben", "3")]);
        assert_eq!(goals().reward(&other, Some("41")), 0.5);
    }

    #[test]
    fn changing_nothing_is_worth_nothing() {
        assert_eq!(goals().reward(&Changes::default(), Some("40")), 0.0);
    }

    #[test]
    fn the_potential_counts_fields() {
        let call = Call::new(App::Pay, "send", &[("to", "ann"), ("amount", "2")]);
        assert_eq!(goals().potential(&[&call], None), 0.4);
    }
}
