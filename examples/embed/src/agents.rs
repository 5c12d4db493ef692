//! One agent for each user, at hand while it is used, on disk always.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memloom_runtime::types::{Answer, Entry, Report, Turn};
use memloom_runtime::{Agent, AgentParts, Error, Limits, Memory, MemoryStore, Worker};
use memloom_trainer::rollout::policy_model::{Overflows, RecordedSteps, Step};
use memloom_trainer::serving::ServedModel;
use tokio::sync::OnceCell;

use crate::problem::Problem;

/// The parts of an agent, and the store of memories.
pub struct Kit {
    pub parts: AgentParts,
    pub limits: Limits,
    pub model: ServedModel,
    pub memories: MemoryStore,
}

/// A user's agent. Between two calls its memory is what is on disk: a session is
/// observed and stored, or it did not happen.
pub struct Resident {
    name: String,
    kit: Arc<Kit>,
    /// None before the first call, and after one that failed.
    agent: Option<Agent>,
    /// Outputs of the model since they were last counted.
    steps: RecordedSteps,
}

impl Resident {
    /// Observes session `session`, which must be the next. A request that is sent
    /// again because its answer was lost is refused, and not observed twice.
    pub fn observe(
        &mut self,
        session: u32,
        time: &str,
        turns: Vec<Turn>,
    ) -> Result<(Report, Memory, Overflows), Problem> {
        let kit = self.kit.clone();
        let mut agent = match self.wake()? {
            Some(agent) => agent,
            None => {
                let model = kit.model.handle_keeping(&self.steps);
                self.granted(Agent::start(&kit.parts, model)?)
            }
        };
        self.take_steps();
        let (name, observed) = (&self.name, agent.sessions());
        if Some(session) != observed.checked_add(1) {
            self.agent = (observed > 0).then_some(agent);
            let next = u64::from(observed) + 1;
            return Err(Problem::conflict(format!(
                "{name} has observed {observed} sessions: the next is session {next}"
            )));
        }
        let report = agent.observe(time, turns)?;
        let memory = agent.memory()?;
        kit.memories.save(name, &memory)?;
        self.agent = Some(agent);
        let mut overflows = Overflows::default();
        self.take_steps()
            .iter()
            .for_each(|step| overflows.count(step));
        Ok((report, memory, overflows))
    }

    pub fn answer(&mut self, question: &str) -> Result<Answer, Problem> {
        let answer = self.with(|agent, _| agent.answer(question));
        self.take_steps();
        answer
    }

    fn take_steps(&mut self) -> Vec<Step> {
        std::mem::take(&mut *self.steps.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn entries(&mut self) -> Result<(Memory, Vec<Entry>), Problem> {
        self.with(|agent, _| Ok((agent.memory()?, agent.entries()?)))
    }

    /// Keeps the memory of now under a name. What it has in common with others
    /// takes no room.
    pub fn snapshot(&mut self, name: &str) -> Result<Memory, Problem> {
        let kept = self.kept(name);
        self.with(|agent, kit| {
            let memory = agent.memory()?;
            kit.memories.save(&kept, &memory)?;
            Ok(memory)
        })
    }

    /// Goes back to a memory that was kept.
    pub fn restore(&mut self, name: &str) -> Result<Memory, Problem> {
        let kept = self.kit.memories.load(&self.kept(name))?;
        let memory = kept
            .ok_or_else(|| Problem::not_found(format!("{} has no snapshot {name}", self.name)))?;
        let own = self.name.clone();
        self.with(|agent, kit| {
            agent.restore(&memory)?;
            kit.memories.save(&own, &memory)
        })?;
        Ok(memory)
    }

    /// Names of the memories that were kept.
    pub fn snapshots(&mut self) -> Result<Vec<String>, Problem> {
        let begin = self.kept("");
        let kept = self.kit.memories.agents(&begin)?;
        Ok(kept
            .iter()
            .map(|kept| kept[begin.len()..].to_owned())
            .collect())
    }

    /// Forgets the user: all snapshots, and then the agent.
    pub fn forget(&mut self) -> Result<(), Problem> {
        self.agent = None;
        for kept in self.kit.memories.agents(&self.kept(""))? {
            self.kit.memories.remove(&kept)?;
        }
        match self.kit.memories.remove(&self.name)? {
            true => Ok(()),
            false => Err(self.unknown()),
        }
    }

    /// Returns the key of a snapshot of this name; no agent's name has a slash.
    fn kept(&self, name: &str) -> String {
        format!("{}/{name}", self.name)
    }

    /// Does something with the agent. One that fails is not used again.
    fn with<R>(
        &mut self,
        run: impl FnOnce(&mut Agent, &Kit) -> Result<R, Error>,
    ) -> Result<R, Problem> {
        let mut agent = self.wake()?.ok_or_else(|| self.unknown())?;
        let result = run(&mut agent, &self.kit)?;
        self.agent = Some(agent);
        Ok(result)
    }

    /// The agent as it was left, or as it is on disk; none where it has never
    /// observed anything.
    fn wake(&mut self) -> Result<Option<Agent>, Error> {
        if let Some(agent) = self.agent.take() {
            return Ok(Some(agent));
        }
        let Kit { parts, model, .. } = &*self.kit;
        let memory = self.kit.memories.load(&self.name)?;
        let agent =
            memory.map(|memory| Agent::resume(parts, &memory, model.handle_keeping(&self.steps)));
        Ok(agent.transpose()?.map(|agent| self.granted(agent)))
    }

    /// An agent with the embedder that it was trained with, if there was one.
    fn granted(&self, mut agent: Agent) -> Agent {
        if let Some(embedder) = self.kit.model.embedder() {
            agent.set_embedder(embedder);
        }
        agent
    }

    fn unknown(&self) -> Problem {
        Problem::not_found(format!("{} has observed no session yet", self.name))
    }
}

/// All agents. Those that were used last have a thread of their own.
pub struct Agents {
    kit: Arc<Kit>,
    most: usize,
    live: Mutex<HashMap<String, Seat>>,
    uses: AtomicU64,
}

struct Seat {
    worker: Arc<OnceCell<Worker<Resident>>>,
    /// A number that grows from use to use.
    used: u64,
}

impl Agents {
    /// At most so many are kept live while nobody asks them.
    pub fn new(kit: Kit, most: usize) -> Self {
        Self {
            kit: Arc::new(kit),
            most,
            live: Mutex::default(),
            uses: AtomicU64::default(),
        }
    }

    /// Does something with a user's agent, on its thread. Calls of one agent come
    /// one after the other, of different agents side by side.
    pub async fn with<R: Send + 'static>(
        &self,
        name: &str,
        run: impl FnOnce(&mut Resident) -> Result<R, Problem> + Send + 'static,
    ) -> Result<R, Problem> {
        let seat = self.seat(name);
        let resident = Resident {
            name: name.to_owned(),
            kit: self.kit.clone(),
            agent: None,
            steps: RecordedSteps::default(),
        };
        let start = || Worker::start(&self.kit.limits, move || Ok::<_, Error>(resident));
        let worker = seat.get_or_try_init(start).await?;
        // A seat is taken until the call is done, also where nobody waits any more.
        let held = seat.clone();
        let call = worker.call(move |resident| {
            let result = run(resident);
            drop(held);
            Ok::<_, Error>(result)
        });
        call.await.unwrap_or_else(|stopped| {
            self.live()
                .retain(|_, other| !Arc::ptr_eq(&other.worker, &seat));
            Err(stopped.into())
        })
    }

    /// The seat of an agent. Where there are too many, the one that has been idle
    /// for longest goes.
    fn seat(&self, name: &str) -> Arc<OnceCell<Worker<Resident>>> {
        let used = self.uses.fetch_add(1, Ordering::Relaxed);
        let mut live = self.live();
        if live.len() >= self.most && !live.contains_key(name) {
            let idle = live
                .iter()
                .filter(|(_, seat)| Arc::strong_count(&seat.worker) == 1)
                .min_by_key(|(_, seat)| seat.used)
                .map(|(name, _)| name.clone());
            idle.and_then(|idle| live.remove(&idle));
        }
        let seat = live.entry(name.to_owned()).or_insert_with(|| Seat {
            worker: Arc::default(),
            used,
        });
        seat.used = used;
        seat.worker.clone()
    }

    fn live(&self) -> MutexGuard<'_, HashMap<String, Seat>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
