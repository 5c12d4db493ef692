//! A task that is being done.

use std::collections::BTreeSet;

use memloom_sdk::types::Observation;
use serde::{Deserialize, Serialize};

use crate::arrange::arrange;
use crate::call::{Action, Call};
use crate::client::Client;
use crate::goals::Goals;
use crate::memory::Memory;
use crate::options::{Actions, View};
use crate::pages::{Browser, Surroundings};
use crate::reply::Exchange;
use crate::script::script;
use crate::server::Server;
use crate::task::Setting;
use crate::world::World;
use crate::{docs, given, listing};

/// The state of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sitting {
    /// The office.
    pub server: Server,
    /// The goals of the task.
    pub goals: Goals,
    /// What is known from earlier sessions.
    memory: Memory,
    /// The calls of this task.
    pub log: Vec<Exchange>,
    /// The pages, where the view is one of pages.
    browser: Browser,
    /// The number of acts.
    pub acts: u32,
    /// The number of acts that were refused.
    pub errors: u32,
    /// The answer that was given.
    pub answer: Option<String>,
    /// True if the task is over.
    pub done: bool,
}

impl Sitting {
    /// Returns the instruction of a task. Where the view is one of pages, it repeats the values
    /// by name, and shows the first page.
    #[must_use]
    pub fn instruction(setting: Setting) -> String {
        let task = setting.task;
        let mut lines = vec![task.template.instruction(&task.slots)];
        if setting.options.view == View::Pages {
            let slots = task.slots.fields();
            lines.extend(slots.map(|(name, value)| format!("{name}: {value}")));
            lines.push(Browser::default().text(setting.asks()));
        }
        lines.join("\n")
    }

    /// Starts a task in an office as the session before left it.
    #[must_use]
    pub fn start(setting: Setting, mut world: World, memory: Memory) -> Self {
        let goals = arrange(setting, &mut world);
        Self {
            server: Server::new(world),
            goals,
            memory,
            log: Vec::new(),
            browser: Browser::default(),
            acts: 0,
            errors: 0,
            answer: None,
            done: false,
        }
    }

    /// Takes an action.
    pub fn act(&mut self, setting: Setting, text: &str) -> Observation {
        self.acts = self.acts.saturating_add(1);
        let mut text = match setting.options.view {
            View::Calls => self.act_in_calls(setting, text),
            View::Pages => self.act_in_pages(setting, text),
        };
        if !self.done && self.acts >= setting.task.steps {
            self.done = true;
            text.push_str(" no acts are left.");
        }
        Observation {
            text,
            done: self.done,
            reward: self.last_reward(),
            actions: self.actions(setting),
        }
    }

    /// Returns the reward of the last act: the score at the end, before it 0.
    #[must_use]
    pub fn last_reward(&self) -> f32 {
        if self.done { self.reward() } else { 0.0 }
    }

    fn act_in_calls(&mut self, setting: Setting, text: &str) -> String {
        match Action::parse(text, |act, field| self.field(act, field)) {
            Ok(action) => self.perform(setting, action).join(" "),
            Err(error) => self.refuse(error),
        }
    }

    fn act_in_pages(&mut self, setting: Setting, text: &str) -> String {
        let asks = setting.asks();
        let around = Surroundings {
            open: &self.server.open,
            asks,
            given: &|api| given::fields(setting, &self.goals, &self.server.changes, api),
        };
        let mut browser = self.browser.clone();
        let mut lines = match browser.act(text, around) {
            Ok(Some(action)) => {
                let calls = self.log.len();
                let lines = self.perform(setting, action);
                if let Some(exchange) = self.log.get(calls) {
                    browser.show(&exchange.call, &exchange.reply);
                }
                lines
            }
            Ok(None) => Vec::new(),
            Err(error) => vec![self.refuse(error)],
        };
        self.browser = browser;
        if !self.done {
            lines.push(self.browser.text(asks));
        }
        lines.join("\n")
    }

    fn refuse(&mut self, error: String) -> String {
        self.errors = self.errors.saturating_add(1);
        error
    }

    /// Returns the actions that may be taken next; none where any text is one, or if the task
    /// is over.
    #[must_use]
    pub fn actions(&self, setting: Setting) -> Vec<String> {
        if self.done || setting.options.actions == Actions::Open {
            return Vec::new();
        }
        self.admissible(setting)
    }

    /// Returns the actions with values that were seen.
    #[must_use]
    pub fn admissible(&self, setting: Setting) -> Vec<String> {
        let calls = listing::calls(setting, &self.server, &self.log);
        match setting.options.view {
            View::Calls => calls.iter().map(ToString::to_string).collect(),
            View::Pages => self.browser.actions(setting.asks(), &calls),
        }
    }

    fn perform(&mut self, setting: Setting, action: Action) -> Vec<String> {
        let over = || vec!["the task is over.".into()];
        match action {
            Action::Call(call) => {
                let call = call.ordered();
                let reply = self.server.run(&setting.background.quirks, &call);
                self.errors = self.errors.saturating_add(u32::from(!reply.ok()));
                let sentences = reply.sentences();
                let act = self.acts;
                self.log.push(Exchange { act, call, reply });
                sentences
            }
            Action::Docs(topic) => vec![docs::docs(&topic)],
            Action::Answer(text) => {
                self.answer = Some(text);
                self.done = true;
                over()
            }
            Action::Finish => {
                self.done = true;
                over()
            }
        }
    }

    /// Returns the share of tests that the task passes as it stands, in [0, 1].
    #[must_use]
    pub fn reward(&self) -> f32 {
        self.goals
            .reward(&self.server.changes, self.answer.as_deref())
    }

    /// Returns the share of the wanted fields that were matched, in [0, 1], by the calls that
    /// were made and the one that a form is being filled for.
    #[must_use]
    pub fn potential(&self) -> f32 {
        let form = self.browser.call();
        let made = self.log.iter().map(|exchange| &exchange.call);
        let calls: Vec<&Call> = made.chain(&form).collect();
        self.goals.potential(&calls, self.answer.as_deref())
    }

    /// Returns the value of a field in the first row of the reply to an act.
    fn field(&self, act: usize, field: &str) -> Option<String> {
        let exchange = self
            .log
            .iter()
            .find(|exchange| exchange.act as usize == act)?;
        let row = exchange.reply.rows.first()?;
        row.has(field).then(|| row.get(field).into())
    }

    /// Returns what is known after this session's acts.
    #[must_use]
    pub fn knowledge(&self, session: u32) -> Memory {
        self.memory.clone().after(session, &self.log)
    }

    /// Returns the next action of an expert, who remembers earlier sessions or does not, and
    /// the sessions whose facts decided it.
    #[must_use]
    pub fn expert(&self, setting: Setting, remembers: bool) -> (String, BTreeSet<u32>) {
        let session = setting.task.session;
        let memory = if remembers {
            self.knowledge(session)
        } else {
            Memory::default().after(session, &self.log)
        };
        let mut client = Client::new(&memory, &self.log);
        let action = script(setting.task.template, &setting.task.slots, &mut client);
        let text = match setting.options.view {
            View::Calls => action.to_string(),
            View::Pages => self.browser.steer(&action, setting.asks()),
        };
        (text, client.used)
    }
}
