//! An agent with its past: a line of sessions that can be undone and forked.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use memloom_runtime::types::{Answer, Entry, Report, Turn};
use memloom_runtime::{Agent, AgentForkPoint, AgentParts};

use super::memory_view::{MemoryView, Settled};
use super::screen::Screen;
use crate::rollout::policy_model::{Overflows, RecordedSteps};
use crate::serving::ServedModel;

/// An agent, its past sessions, and the lines of the present one.
pub(super) struct Branch {
    /// The branch that it was forked from; none for the first.
    pub(super) parent: Option<usize>,
    /// Lines that the agent has not read.
    pub(super) unread: Vec<Turn>,
    agent: Agent,
    view: Arc<Mutex<MemoryView>>,
    /// The moments before each session, and its number of lines.
    past: Vec<(Arc<AgentForkPoint>, usize)>,
    /// Outputs since they were last counted.
    steps: RecordedSteps,
}

/// The result of `/undo`.
pub(super) enum Undone {
    /// Lines that no session had read.
    Lines(usize),
    /// A session of this number and as many lines.
    Session(u32, usize),
    Nothing,
}

impl Branch {
    /// Returns an agent with an empty memory.
    pub(super) fn start(parts: &AgentParts, model: &ServedModel, screen: Screen) -> Result<Self> {
        let steps = RecordedSteps::default();
        let mut agent = Agent::start(parts, model.handle_keeping(&steps))?;
        if let Some(embedder) = model.embedder() {
            agent.set_embedder(embedder);
        }
        Ok(Self {
            parent: None,
            unread: Vec::new(),
            view: watch(&mut agent, screen)?,
            agent,
            past: Vec::new(),
            steps,
        })
    }

    /// Returns a branch in the same state, whose parent is branch `own`.
    pub(super) fn fork(&mut self, own: usize, model: &ServedModel, screen: Screen) -> Result<Self> {
        let steps = RecordedSteps::default();
        let point = self.agent.fork_point()?;
        let mut agent = point.fork(model.handle_keeping(&steps))?;
        Ok(Self {
            parent: Some(own),
            unread: self.unread.clone(),
            view: watch(&mut agent, screen)?,
            agent,
            past: self.past.clone(),
            steps,
        })
    }

    /// Returns the number of sessions that the agent has read.
    pub(super) fn sessions(&self) -> u32 {
        self.agent.sessions()
    }

    /// Returns the entries of the memory.
    pub(super) fn entries(&mut self) -> Result<Vec<Entry>> {
        Ok(self.agent.entries()?)
    }

    /// Adds a line to the present session.
    pub(super) fn add_line(&mut self, speaker: &str, text: &str) {
        let (session, line) = (self.sessions() + 1, self.unread.len() + 1);
        self.unread.push(Turn {
            id: format!("D{session}:{line}"),
            speaker: speaker.to_owned(),
            text: text.to_owned(),
        });
    }

    /// Has the agent read the present session. After a failure the agent is as it was before,
    /// and the lines are still unread.
    pub(super) fn read_session(
        &mut self,
        date: &str,
        model: &ServedModel,
        screen: Screen,
    ) -> Result<(Report, Settled)> {
        let point = self.agent.fork_point()?;
        match self.agent.observe(date, self.unread.clone()) {
            Ok(report) => {
                self.past.push((Arc::new(point), self.unread.len()));
                self.unread.clear();
                let entries = self.agent.entries()?;
                let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
                Ok((report, view.settle(&entries)?))
            }
            Err(error) => {
                self.go_back_to(&point, model, screen)?;
                Err(error.into())
            }
        }
    }

    /// Asks the agent. It is the same afterwards, also after a failure.
    pub(super) fn ask(
        &mut self,
        question: &str,
        model: &ServedModel,
        screen: Screen,
    ) -> Result<Answer> {
        let point = self.agent.fork_point()?;
        match self.agent.answer(question) {
            Ok(answer) => Ok(answer),
            Err(error) => {
                self.go_back_to(&point, model, screen)?;
                Err(error.into())
            }
        }
    }

    /// Drops unread lines, or else undoes the last session.
    pub(super) fn undo(&mut self, model: &ServedModel, screen: Screen) -> Result<Undone> {
        if !self.unread.is_empty() {
            let lines = std::mem::take(&mut self.unread).len();
            return Ok(Undone::Lines(lines));
        }
        let Some((point, lines)) = self.past.pop() else {
            return Ok(Undone::Nothing);
        };
        let session = self.sessions();
        self.go_back_to(&point, model, screen)?;
        Ok(Undone::Session(session, lines))
    }

    fn go_back_to(
        &mut self,
        point: &AgentForkPoint,
        model: &ServedModel,
        screen: Screen,
    ) -> Result<()> {
        self.agent = point.fork(model.handle_keeping(&self.steps))?;
        self.view = watch(&mut self.agent, screen)?;
        Ok(())
    }

    /// Returns counts of outputs and prompts since the last call that the context was too short
    /// for.
    pub(super) fn take_overflows(&mut self) -> Overflows {
        let mut overflows = Overflows::default();
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        steps.drain(..).for_each(|step| overflows.count(&step));
        overflows
    }
}

/// Has an agent's operations shown as they happen.
fn watch(agent: &mut Agent, screen: Screen) -> Result<Arc<Mutex<MemoryView>>> {
    let view = MemoryView::new(screen, &agent.entries()?);
    let view = Arc::new(Mutex::new(view));
    let shown = view.clone();
    agent.watch(move |event| {
        let mut view = shown.lock().unwrap_or_else(PoisonError::into_inner);
        view.tell(event);
    });
    Ok(view)
}
