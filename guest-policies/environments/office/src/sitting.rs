//! A task that is being done.

use std::borrow::Cow;
use std::collections::BTreeSet;

use memloom_sdk::types::Observation;
use serde::{Deserialize, Serialize};

use crate::call::{Action, Call};
use crate::client::{Client, Exchange};
use crate::jobs::{Goals, arrange, script};
use crate::memory::Memory;
use crate::options::{Actions, View};
use crate::pages::{Browser, Surroundings};
use crate::plan::Setting;
use crate::scoring;
use crate::seed;
use crate::server::Server;
use crate::world::World;
use crate::{docs, given, listing};

/// The state of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sitting {
    /// The office.
    pub server: Server,
    /// What the task wants.
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
    /// Whether the task is over.
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
            lines.push(Browser::default().text(task.template.asks().is_some()));
        }
        lines.join("\n")
    }

    /// Starts a task in an office as the session before left it.
    #[must_use]
    pub fn start(setting: Setting, mut world: World, memory: Memory) -> Self {
        let Setting {
            options,
            address,
            office,
            task,
        } = setting;
        let goals = arrange(
            task.template,
            &task.slots,
            office,
            office.today(task.session),
            options.rows as usize,
            &mut world,
            &mut seed::arrival(options.seed, address, task.session),
        );
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
        if self.done {
            scoring::reward(self)
        } else {
            0.0
        }
    }

    fn act_in_calls(&mut self, setting: Setting, text: &str) -> String {
        match Action::parse(text, |act, field| self.field(act, field)) {
            Ok(action) => self.perform(setting, action).join(" "),
            Err(error) => self.refuse(error),
        }
    }

    fn act_in_pages(&mut self, setting: Setting, text: &str) -> String {
        let asks = setting.task.template.asks().is_some();
        let around = Surroundings {
            open: &self.server.open,
            asks,
            given: &|app, api| given::fields(setting, self, app, api),
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
        let calls = listing::calls(setting, self);
        match setting.options.view {
            View::Calls => calls.iter().map(ToString::to_string).collect(),
            View::Pages => {
                let asks = setting.task.template.asks().is_some();
                self.browser.actions(asks, &calls)
            }
        }
    }

    fn perform(&mut self, setting: Setting, action: Action) -> Vec<String> {
        let over = || vec!["the task is over.".into()];
        match action {
            Action::Call(call) => {
                let call = call.ordered();
                let reply = self.server.run(&setting.office.quirks, &call);
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

    /// Returns the calls that were made, and the one that a form is being filled for.
    pub fn attempts(&self) -> impl Iterator<Item = Cow<'_, Call>> {
        let made = self
            .log
            .iter()
            .map(|exchange| Cow::Borrowed(&exchange.call));
        made.chain(self.browser.call().map(Cow::Owned))
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

    /// Returns what this session's acts told.
    #[must_use]
    pub fn seen(&self, session: u32) -> Memory {
        let mut memory = Memory::default();
        self.learn(&mut memory, session);
        memory
    }

    /// Returns what is known after this session's acts.
    #[must_use]
    pub fn knowledge(&self, session: u32) -> Memory {
        let mut memory = self.memory.clone();
        self.learn(&mut memory, session);
        memory
    }

    fn learn(&self, memory: &mut Memory, session: u32) {
        for Exchange { call, reply, .. } in &self.log {
            memory.learn(session, call, reply);
        }
    }

    /// Returns the next action of an expert, who remembers earlier sessions or does not, and
    /// the sessions whose facts decided it.
    #[must_use]
    pub fn expert(&self, setting: Setting, remembers: bool) -> (String, BTreeSet<u32>) {
        let session = setting.task.session;
        let memory = if remembers {
            self.knowledge(session)
        } else {
            self.seen(session)
        };
        let mut client = Client::new(&memory, &self.log);
        let action = script(setting.task.template, &setting.task.slots, &mut client);
        let asks = setting.task.template.asks().is_some();
        let text = match setting.options.view {
            View::Calls => action.to_string(),
            View::Pages => self.browser.steer(&action, asks),
        };
        (text, client.used)
    }
}
