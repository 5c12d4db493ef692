//! A conversation: the branches of an agent, and what a person does with them.

use std::ops::ControlFlow;

use anyhow::Result;
use memloom_runtime::AgentParts;
use memloom_runtime::types::Report;

use super::branch::{Branch, Undone};
use super::command::{Command, HELP};
use super::memory_view::Settled;
use super::screen::{Look, Screen};
use super::subject::Subject;
use crate::serving::ServedModel;

/// The state of a conversation.
pub(super) struct Conversation {
    model: ServedModel,
    screen: Screen,
    /// All branches; their numbers begin at 1.
    branches: Vec<Branch>,
    /// Place of the present branch.
    present: usize,
    /// The speaker of the next line.
    speaker: String,
    date: String,
    /// The next line is a question.
    asking: bool,
    /// Name of the policy.
    policy: String,
}

/// Returns a count with its noun.
fn count(number: usize, one: &str) -> String {
    match (number, one.strip_suffix('y')) {
        (1, _) => format!("1 {one}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        _ => format!("{number} {one}s"),
    }
}

impl Conversation {
    /// Loads the weights and starts an agent with an empty memory.
    pub(super) fn start(
        subject: &Subject,
        speaker: String,
        date: String,
        screen: Screen,
    ) -> Result<Self> {
        let parts: AgentParts = subject.parts()?;
        let policy = parts.policy.describe()?.name;
        let model = ServedModel::load(&subject.file, &subject.weights)?;
        Ok(Self {
            branches: vec![Branch::start(&parts, &model, screen)?],
            model,
            screen,
            present: 0,
            speaker,
            date,
            asking: false,
            policy,
        })
    }

    /// Prints who listens, and how to get help.
    pub(super) fn greet(&self, subject: &Subject) -> Result<()> {
        self.note(&format!(
            "{} with the weights in {} listens. Say something, end the session with /session, then /ask. /help lists the commands.",
            self.policy,
            subject.weights.display()
        ))
    }

    /// Returns the prompt of the next line.
    pub(super) fn prompt(&self) -> String {
        let session = self.branches[self.present].sessions() + 1;
        match self.asking {
            true => "question> ".to_owned(),
            false => format!("{session} {}> ", self.speaker),
        }
    }

    /// Does what a line says. A failure of the agent is printed, and the conversation goes on.
    ///
    /// # Errors
    /// Fails if standard output cannot be written to.
    pub(super) fn hear(&mut self, line: &str) -> Result<ControlFlow<()>> {
        let command = match Command::read(line) {
            Ok(command) => command,
            Err(why) => {
                self.fault(&why)?;
                return Ok(ControlFlow::Continue(()));
            }
        };
        let asking = std::mem::take(&mut self.asking);
        match command {
            Command::Nothing => self.asking = asking,
            Command::Say(question) if asking => self.ask(question)?,
            Command::Say(text) => {
                let branch = &mut self.branches[self.present];
                branch.add_line(&self.speaker, text);
            }
            Command::Session => self.end_session()?,
            Command::Ask("") => self.asking = true,
            Command::Ask(question) => self.ask(question)?,
            Command::Memory => self.list_memory()?,
            Command::Undo => self.undo()?,
            Command::Fork => self.fork()?,
            Command::Forks => self.list_forks()?,
            Command::Switch(number) => self.switch(number)?,
            Command::As(name) => name.clone_into(&mut self.speaker),
            Command::Date(text) => text.clone_into(&mut self.date),
            Command::Help => self.help()?,
            Command::Quit => return Ok(ControlFlow::Break(())),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Says what is lost at the end.
    pub(super) fn leave(&self) -> Result<()> {
        match self.branches[self.present].unread.len() {
            0 => Ok(()),
            lines => self.note(&format!(
                "not read: {} of the last session, which no /session ended",
                count(lines, "line")
            )),
        }
    }

    fn end_session(&mut self) -> Result<()> {
        let branch = &mut self.branches[self.present];
        let lines = branch.unread.len();
        if lines == 0 {
            return self.fault("the session has no lines yet");
        }
        let head = format!(
            "session {}, {}, {}",
            branch.sessions() + 1,
            self.date,
            count(lines, "line")
        );
        self.screen.tell(&head)?;
        match branch.read_session(&self.date, &self.model, self.screen) {
            Ok((report, settled)) => self.report(&report, &settled)?,
            Err(error) => self.fault(&format!(
                "the session was not read, and its lines are kept: {error:#}"
            ))?,
        }
        self.overflows()
    }

    /// Sums up a session. Outputs are shown where some of them could not be read.
    fn report(&self, report: &Report, settled: &Settled) -> Result<()> {
        let outputs = count(report.steps as usize, "output");
        if settled.shown == 0 {
            self.note("nothing has changed")?;
        }
        if report.malformed == 0 {
            return self.note(&outputs);
        }
        for (role, output) in &settled.outputs {
            self.screen.say(Look::Faint, &format!("{role}: "), output)?;
        }
        self.fault(&format!(
            "{} of {outputs} could not be read and changed nothing",
            report.malformed
        ))
    }

    /// Says what the context was too short for.
    fn overflows(&mut self) -> Result<()> {
        let overflows = self.branches[self.present].take_overflows();
        let (prompts, outputs) = (
            overflows.context_overflows as usize,
            overflows.context_cuts as usize,
        );
        if prompts + outputs == 0 {
            return Ok(());
        }
        self.fault(&format!(
            "the context was too short for {} and {}",
            count(prompts, "prompt"),
            count(outputs, "output")
        ))
    }

    fn ask(&mut self, question: &str) -> Result<()> {
        let branch = &mut self.branches[self.present];
        let unread = branch.unread.len();
        match branch.ask(question, &self.model, self.screen) {
            Ok(answer) => {
                match &*answer.text {
                    "" => self.note("= (no answer)")?,
                    text => self.screen.say(Look::Plain, "= ", text)?,
                }
                if !answer.citations.is_empty() {
                    self.screen.say(
                        Look::Faint,
                        "  ",
                        &format!("from {}", answer.citations.join(" ")),
                    )?;
                }
                if unread > 0 {
                    self.note(&format!(
                        "not read yet: {} of this session, which /session ends",
                        count(unread, "line")
                    ))?;
                }
            }
            Err(error) => self.fault(&format!("the question was not answered: {error:#}"))?,
        }
        self.overflows()
    }

    fn list_memory(&mut self) -> Result<()> {
        let entries = self.branches[self.present].entries()?;
        if entries.is_empty() {
            return self.note("the memory is empty");
        }
        for entry in entries {
            let head = format!("  {}  ", entry.id);
            self.screen.say(Look::Plain, &head, &entry.text)?;
            let of = match &*entry.speaker {
                "" => entry.time,
                speaker => format!("{speaker}, {}", entry.time),
            };
            self.screen
                .say(Look::Faint, &" ".repeat(head.len()), &format!("({of})"))?;
        }
        Ok(())
    }

    fn undo(&mut self) -> Result<()> {
        let branch = &mut self.branches[self.present];
        let undone = match branch.undo(&self.model, self.screen)? {
            Undone::Lines(lines) => format!("{} dropped", count(lines, "line")),
            Undone::Session(session, lines) => format!(
                "session {session} undone ({}); {} in the memory",
                count(lines, "line"),
                count(branch.entries()?.len(), "entry")
            ),
            Undone::Nothing => return self.fault("there is nothing to undo"),
        };
        self.screen.tell(&undone)
    }

    fn fork(&mut self) -> Result<()> {
        let own = self.present + 1;
        let branch = &mut self.branches[self.present];
        let mut fork = branch.fork(own, &self.model, self.screen)?;
        let entries = count(fork.entries()?.len(), "entry");
        self.branches.push(fork);
        self.present = self.branches.len() - 1;
        self.screen.tell(&format!(
            "fork {} of {own}, {entries} in the memory: /switch {own} goes back",
            self.present + 1
        ))
    }

    fn list_forks(&mut self) -> Result<()> {
        let present = self.present;
        for (place, branch) in self.branches.iter_mut().enumerate() {
            let sign = if place == present { '*' } else { ' ' };
            let parent = match branch.parent {
                Some(parent) => format!("of {parent}, "),
                None => String::new(),
            };
            let mut line = format!(
                "{parent}{}, {}",
                count(branch.sessions() as usize, "session"),
                count(branch.entries()?.len(), "entry")
            );
            if !branch.unread.is_empty() {
                line += &format!(", {} unread", count(branch.unread.len(), "line"));
            }
            self.screen
                .say(Look::Plain, &format!("{sign} {}  ", place + 1), &line)?;
        }
        Ok(())
    }

    fn switch(&mut self, number: usize) -> Result<()> {
        let forks = self.branches.len();
        match number.checked_sub(1).filter(|place| *place < forks) {
            Some(place) => {
                self.present = place;
                let entries = self.branches[place].entries()?.len();
                self.screen.tell(&format!(
                    "fork {number}, {} in the memory",
                    count(entries, "entry")
                ))
            }
            None => self.fault(&format!("there is no fork {number}: /forks lists them")),
        }
    }

    fn help(&self) -> Result<()> {
        for (command, does) in HELP {
            self.screen
                .say(Look::Plain, &format!("  {command:<15}"), does)?;
        }
        Ok(())
    }

    fn note(&self, text: &str) -> Result<()> {
        self.screen.say(Look::Faint, "", text)
    }

    fn fault(&self, text: &str) -> Result<()> {
        self.screen.say(Look::Wrong, "! ", text)
    }
}
