//! Batches of requests from rollouts to the engine. A rollout is a thread that blocks while
//! it waits for the model. The engine steps only when every rollout that has not ended is
//! waiting, so that batches do not depend on thread timing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};

use anyhow::Result;
use memloom_engine::generation::{GenerateError, Request, Sample, Scheduler};
use memloom_engine::kernels::Kernels;

/// An engine that samples for rollouts.
pub trait Engine {
    /// Starts a job. `ticket` names it in the results of [`Engine::step`].
    fn begin(&mut self, ticket: usize, job: Request);

    /// Continues the jobs. Returns the results of those that have ended.
    fn step(&mut self) -> Vec<(usize, Result<Sample, String>)>;
}

impl<B: Kernels> Engine for Scheduler<B> {
    fn begin(&mut self, ticket: usize, job: Request) {
        self.submit(ticket, job);
    }

    fn step(&mut self) -> Vec<(usize, Result<Sample, String>)> {
        let ended = self.step().into_iter();
        let as_text = |result: Result<_, GenerateError>| result.map_err(|error| error.to_string());
        ended
            .map(|(ticket, result)| (ticket, as_text(result)))
            .collect()
    }
}

/// An engine that completes all its jobs in one step: `answer` returns one result for each
/// job, in their order.
pub struct AtOnce<F> {
    answer: F,
    tickets: Vec<usize>,
    jobs: Vec<Request>,
}

impl<F: FnMut(&[Request]) -> Vec<Result<Sample, String>>> AtOnce<F> {
    /// Returns an engine without jobs.
    pub fn new(answer: F) -> Self {
        Self {
            answer,
            tickets: Vec::new(),
            jobs: Vec::new(),
        }
    }
}

impl<F: FnMut(&[Request]) -> Vec<Result<Sample, String>>> Engine for AtOnce<F> {
    fn begin(&mut self, ticket: usize, job: Request) {
        self.tickets.push(ticket);
        self.jobs.push(job);
    }

    fn step(&mut self) -> Vec<(usize, Result<Sample, String>)> {
        let jobs = std::mem::take(&mut self.jobs);
        let results = (self.answer)(&jobs);
        self.tickets.drain(..).zip(results).collect()
    }
}

/// The place of a rollout within a step. It orders the requests of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RolloutId {
    /// Episode within the step.
    pub episode: usize,
    /// Rollout of the episode; for a reroll, the rollout of its anchor.
    pub rollout: usize,
    /// Session and member of a reroll; `None` for a global rollout.
    pub reroll: Option<(u32, usize)>,
}

impl fmt::Display for RolloutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rollout = self.rollout;
        match self.reroll {
            None => write!(f, "rollout {rollout}"),
            Some((session, member)) => write!(
                f,
                "reroll {member} of session {session} from rollout {rollout}"
            ),
        }
    }
}

/// A message from a rollout to the batcher.
pub enum Event {
    /// The rollout waits for the model.
    Request(PendingRequest),
    /// The rollout is about to start this number of rerolls.
    Spawned(usize),
    /// The rollout has ended, with or without an error.
    Done,
}

/// A rollout's request, with the channel for its answer.
pub struct PendingRequest {
    id: RolloutId,
    job: Request,
    reply: SyncSender<Result<Sample, String>>,
}

/// A rollout's handle to the batcher. Dropping it reports that the rollout has ended.
pub struct RolloutHandle {
    id: RolloutId,
    events: Sender<Event>,
}

impl RolloutHandle {
    /// Returns a handle for a rollout that [`serve`] already counts.
    pub fn new(id: RolloutId, events: Sender<Event>) -> Self {
        Self { id, events }
    }

    /// Returns the rollout's id.
    pub fn id(&self) -> RolloutId {
        self.id
    }

    /// Announces rerolls and returns a handle for each.
    pub fn spawn(&self, session: u32, members: usize) -> Vec<RolloutHandle> {
        // A batcher that is gone has failed. `ask` reports that.
        let _ = self.events.send(Event::Spawned(members));
        (0..members)
            .map(|member| RolloutHandle {
                id: RolloutId {
                    reroll: Some((session, member)),
                    ..self.id
                },
                events: self.events.clone(),
            })
            .collect()
    }
}

impl Drop for RolloutHandle {
    fn drop(&mut self) {
        let _ = self.events.send(Event::Done);
    }
}

/// A sender of requests in the name of a rollout. It is separate from [`RolloutHandle`], as
/// a rollout may outlast its model.
#[derive(Clone)]
pub struct EngineClient {
    id: RolloutId,
    events: Sender<Event>,
}

impl EngineClient {
    /// Returns a client for the rollout of `handle`.
    pub fn on(handle: &RolloutHandle) -> Self {
        Self::new(handle.id, handle.events.clone())
    }

    /// Returns a client for [`serve_unordered`], which counts no rollouts.
    pub fn new(id: RolloutId, events: Sender<Event>) -> Self {
        Self { id, events }
    }

    /// Returns the id of the rollout.
    pub fn id(&self) -> RolloutId {
        self.id
    }

    /// Sends a job and blocks until the engine has answered.
    pub fn ask(&self, job: Request) -> Result<Sample, String> {
        let stopped = || "the generation engine has stopped".to_owned();
        let (reply, answer) = sync_channel(1);
        let request = PendingRequest {
            id: self.id,
            job,
            reply,
        };
        self.events
            .send(Event::Request(request))
            .map_err(|_| stopped())?;
        answer.recv().map_err(|_| stopped())?
    }
}

/// Serves this number of rollouts until all have ended.
pub fn serve(events: &Receiver<Event>, mut active: usize, engine: &mut dyn Engine) {
    let mut waiting: Vec<PendingRequest> = Vec::new();
    let mut pending = PendingRequests::new(engine);
    while active > 0 {
        while active > 0 && waiting.len() + pending.open() < active {
            match events.recv() {
                Ok(Event::Request(request)) => waiting.push(request),
                Ok(Event::Spawned(count)) => active += count,
                Ok(Event::Done) | Err(_) => active -= 1,
            }
        }
        waiting.sort_by_key(|request| request.id);
        waiting.drain(..).for_each(|request| pending.begin(request));
        pending.step();
    }
}

/// Serves requests until all clients are gone. Batches depend on timing.
pub fn serve_unordered(events: &Receiver<Event>, engine: &mut dyn Engine) {
    let mut pending = PendingRequests::new(engine);
    loop {
        if pending.open() == 0 {
            match events.recv() {
                Ok(event) => pending.handle(event),
                Err(_) => return,
            }
        }
        events.try_iter().for_each(|event| pending.handle(event));
        pending.step();
    }
}

/// Requests without an answer, by ticket.
struct PendingRequests<'a> {
    engine: &'a mut dyn Engine,
    replies: BTreeMap<usize, SyncSender<Result<Sample, String>>>,
    tickets: usize,
}

impl<'a> PendingRequests<'a> {
    fn new(engine: &'a mut dyn Engine) -> Self {
        Self {
            engine,
            replies: BTreeMap::new(),
            tickets: 0,
        }
    }

    /// Returns the number of requests without an answer.
    fn open(&self) -> usize {
        self.replies.len()
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Request(request) => self.begin(request),
            Event::Spawned(_) | Event::Done => {}
        }
    }

    fn begin(&mut self, request: PendingRequest) {
        self.engine.begin(self.tickets, request.job);
        self.replies.insert(self.tickets, request.reply);
        self.tickets += 1;
    }

    fn step(&mut self) {
        if self.open() == 0 {
            return;
        }
        for (ticket, sample) in self.engine.step() {
            if let Some(reply) = self.replies.remove(&ticket) {
                // A rollout that is gone needs no answer.
                let _ = reply.send(sample);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use memloom_engine::generation::FinishReason;

    fn job(seed: u64) -> Request {
        Request {
            role: "extractor".into(),
            prompt: vec![1].into(),
            grammar: None,
            max_tokens: 1,
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            stop: None,
            ends: [0].into(),
            seed,
        }
    }

    fn echo(jobs: &[Request]) -> Vec<Result<Sample, String>> {
        jobs.iter()
            .map(|job| {
                Ok(Sample {
                    tokens: vec![job.seed as u32],
                    logprobs: vec![0.0],
                    choices: vec![None],
                    finish: FinishReason::Stop,
                })
            })
            .collect()
    }

    #[test]
    fn batches_form_in_order_when_all_rollouts_wait() {
        let (sender, receiver) = channel();
        let mut batches: Vec<Vec<u64>> = Vec::new();
        std::thread::scope(|scope| {
            for rollout in (0..4usize).rev() {
                let handle = RolloutHandle::new(
                    RolloutId {
                        episode: 0,
                        rollout,
                        reroll: None,
                    },
                    sender.clone(),
                );
                scope.spawn(move || {
                    let client = EngineClient::on(&handle);
                    for round in 0..2 + rollout as u64 {
                        let seed = round * 10 + rollout as u64;
                        let sample = client.ask(job(seed)).expect("the engine answers");
                        assert_eq!(sample.tokens, [seed as u32]);
                        if rollout == 1 && round == 0 {
                            for child in handle.spawn(3, 2) {
                                scope.spawn(move || {
                                    let Some((session, member)) = child.id().reroll else {
                                        panic!("a reroll's handle says so");
                                    };
                                    let seed = u64::from(session) * 100 + member as u64;
                                    EngineClient::on(&child).ask(job(seed)).expect("answers");
                                });
                            }
                        }
                    }
                });
            }
            serve(
                &receiver,
                4,
                &mut AtOnce::new(|jobs: &[Request]| {
                    batches.push(jobs.iter().map(|job| job.seed).collect());
                    echo(jobs)
                }),
            );
        });
        assert_eq!(
            batches,
            [
                vec![0, 1, 2, 3],
                vec![10, 11, 300, 301, 12, 13],
                vec![21, 22, 23],
                vec![32, 33],
                vec![43],
            ]
        );
    }

    #[test]
    fn unordered_requests_are_served_until_all_clients_are_gone() {
        let (sender, receiver) = channel();
        let id = RolloutId {
            episode: 0,
            rollout: 0,
            reroll: None,
        };
        let client = EngineClient::new(id, sender);
        let mut batches: Vec<usize> = Vec::new();
        std::thread::scope(|scope| {
            let ask = |client: EngineClient, seed| {
                scope.spawn(move || client.ask(job(seed)).expect("the engine answers").tokens)
            };
            let mut asked = vec![ask(client.clone(), 0)];
            let mut spare = Some(client);
            let mut engine = AtOnce::new(|jobs: &[Request]| {
                batches.push(jobs.len());
                // Three more requests arrive during the first answer.
                if let Some(client) = spare.take() {
                    asked.extend((1..4).map(|seed| ask(client.clone(), seed)));
                }
                echo(jobs)
            });
            serve_unordered(&receiver, &mut engine);
            drop(engine);
            for (seed, asked) in asked.into_iter().enumerate() {
                assert_eq!(asked.join().expect("no panic"), [seed as u32]);
            }
        });
        assert_eq!((batches[0], batches.iter().sum::<usize>()), (1, 4));
    }

    #[test]
    fn an_engine_that_refuses_reaches_the_rollout_as_an_error() {
        let (sender, receiver) = channel();
        std::thread::scope(|scope| {
            let handle = RolloutHandle::new(
                RolloutId {
                    episode: 0,
                    rollout: 0,
                    reroll: None,
                },
                sender,
            );
            let rollout = scope.spawn(move || EngineClient::on(&handle).ask(job(0)));
            let mut engine = AtOnce::new(|jobs: &[Request]| {
                vec![Err("the prompt is too long".into()); jobs.len()]
            });
            serve(&receiver, 1, &mut engine);
            let answer = rollout.join().expect("no panic");
            assert_eq!(answer.expect_err("refused"), "the prompt is too long");
        });
    }
}
