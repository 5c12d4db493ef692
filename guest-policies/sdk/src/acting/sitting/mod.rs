//! A task that is being played.

use super::choice::{Choice, Page};
use super::{Form, Rules};
use crate::host::{Host, Message};
use crate::text::first_sentences;
use crate::thoughts::spoken;
use crate::types::{Error, Observation, Task};

/// The words that messages show in the place of the rest of a long observation.
const CUT: &str = "(more not shown)";

/// A task that is being played.
pub struct Sitting {
    rules: Rules,
    turns: Vec<Turn>,
    /// The actions that may be taken now; empty where any text is one.
    actions: Vec<String>,
    /// The page of actions that is shown, counted from 0.
    page: usize,
    /// The most acts.
    limit: u32,
    malformed: u32,
    reward: f32,
    done: bool,
}

/// An act and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The action.
    pub action: String,
    /// The text that the agent saw.
    pub observation: String,
    /// The observation as far as messages show it.
    pub shown: String,
    /// The assistant's message: the output, or the action where the output was a control word or
    /// malformed.
    said: String,
}

/// The effect of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The act that it chose.
    Act,
    /// The first action that is listed, or an empty one, since the output is malformed.
    Malformed,
    /// The next page of actions, without an act.
    Page,
}

impl Sitting {
    /// Returns a task at its beginning.
    pub fn new(task: Task, rules: Rules) -> Self {
        Self {
            limit: match task.steps {
                0 => rules.acts,
                steps => rules.acts.min(steps),
            },
            rules,
            turns: Vec::new(),
            actions: task.actions,
            page: 0,
            malformed: 0,
            reward: 0.0,
            done: false,
        }
    }

    /// Returns whether the task has ended or the last act was done.
    pub fn is_over(&self) -> bool {
        self.done || self.acts() >= self.limit
    }

    /// Returns whether the task has ended by itself.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Returns the acts and what came of them, in order.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// Returns the number of acts.
    pub fn acts(&self) -> u32 {
        self.turns.len() as u32
    }

    /// Returns the number of malformed outputs.
    pub fn malformed(&self) -> u32 {
        self.malformed
    }

    /// Returns the sum of the rewards so far.
    pub fn reward(&self) -> f32 {
        self.reward
    }

    /// Returns the form of the next choice: text where no actions are listed.
    pub fn form(&self) -> Form {
        match self.actions.is_empty() {
            true => Form::Text,
            false => self.rules.form,
        }
    }

    fn shown(&self) -> Page<'_> {
        Page::new(&self.actions, self.page, &self.rules)
    }

    /// Returns the messages before the next choice: the `opening` with the task's instruction,
    /// the last turns, the `reminder` in the last message where it is not the opening, and the
    /// actions. User and assistant alternate.
    pub fn messages(&self, opening: &str, reminder: &str) -> Vec<Message> {
        let actions = self.shown().lines();
        let from = self.turns.len().saturating_sub(self.rules.window);
        let mut messages = vec![Message::new("user", opening)];
        for turn in &self.turns[from..] {
            messages.push(Message::new("assistant", &*turn.said));
            messages.push(Message::new("user", &*turn.shown));
        }
        let is_opening = messages.len() == 1;
        if let Some(last) = messages.last_mut() {
            let parts = [if is_opening { "" } else { reminder }, &actions];
            for part in parts.into_iter().filter(|part| !part.is_empty()) {
                last.content += "\n";
                last.content += part;
            }
        }
        messages
    }

    /// Returns the grammar of the next choice, `(a1 | a2 | more)` or `(look | go north)`; none for
    /// text.
    pub fn grammar(&self) -> Option<String> {
        self.shown().grammar()
    }

    /// Returns the most words of the next choice under its grammar; 0 for text.
    pub fn most_words(&self) -> u32 {
        self.shown().most_words()
    }

    /// Returns the output that follows a demonstrator's advice; none if the action is not listed.
    pub fn demonstration(&self, advice: &str) -> Option<String> {
        self.shown().output(advice)
    }

    /// Returns whether an output is a choice that [`Sitting::take`] understands.
    pub fn reads(&self, output: &str) -> bool {
        self.shown().parse(output).is_some()
    }

    /// Reads an output and acts, or shows the next page of actions. An action that the
    /// environment refuses is an act that changes nothing, and the reason is what comes of it.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if the host does not observe a task.
    pub fn take(&mut self, host: &mut dyn Host, output: &str) -> Result<Taken, Error> {
        let choice = self.shown().parse(output);
        let is_malformed = choice.is_none();
        let action = match choice {
            Some(Choice::More) => {
                self.page += 1;
                return Ok(Taken::Page);
            }
            Some(Choice::Act(action)) => action,
            None => self.actions.first().cloned().unwrap_or_default(),
        };
        let said = match spoken(output) {
            Some(said) if !is_malformed && self.form() == Form::Text => said.trim().into(),
            _ => self.said(&action),
        };
        match host.act(&action) {
            Ok(seen) => self.see(action, said, seen),
            Err(Error::Invalid(why) | Error::Unknown(why)) => self.turn(action, said, why),
            Err(error) => return Err(error),
        }
        self.malformed += u32::from(is_malformed);
        Ok(match is_malformed {
            true => Taken::Malformed,
            false => Taken::Act,
        })
    }

    /// Returns the assistant's message for an action that the output does not say.
    fn said(&self, action: &str) -> String {
        match self.form() {
            Form::Words => action.into(),
            Form::Text => self.shown().output(action).unwrap_or_default(),
        }
    }

    fn see(&mut self, action: String, said: String, seen: Observation) {
        self.turn(action, said, seen.text);
        self.reward += seen.reward;
        self.done = seen.done;
        self.actions = seen.actions;
    }

    fn turn(&mut self, action: String, said: String, observation: String) {
        let shown = match first_sentences(&observation, self.rules.observation_words) {
            Some(kept) => format!("{kept} {CUT}").trim_start().into(),
            None => observation.clone(),
        };
        self.turns.push(Turn {
            action,
            observation,
            said,
            shown,
        });
        self.page = 0;
    }
}

#[cfg(test)]
mod tests;
