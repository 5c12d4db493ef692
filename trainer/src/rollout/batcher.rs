//! Where rollouts meet the engine. A rollout is a thread that blocks while it
//! waits for the model; the engine goes on only when every live rollout is
//! waiting, so what it works on side by side never depends on thread timing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};

use anyhow::Result;
use memloom_engine::generation::{GenerateError, Request, Sample, Scheduler};
use memloom_engine::kernels::Kernels;

/// What rollouts wait for.
pub trait Engine {
    /// Takes a job up; `ticket` names it in what [`Engine::step`] returns.
    fn begin(&mut self, ticket: usize, job: Request);

    /// Goes on with the jobs. Returns those that have ended meanwhile, if any.
    fn step(&mut self) -> Vec<(usize, Result<Sample, String>)>;
}

impl<B: Kernels> Engine for Scheduler<B> {
    fn begin(&mut self, ticket: usize, job: Request) {
        self.submit(ticket, job);
    }

    fn step(&mut self) -> Vec<(usize, Result<Sample, String>)> {
        let ended = self.step().into_iter();
        let said = |result: Result<_, GenerateError>| result.map_err(|error| error.to_string());
        ended
            .map(|(ticket, result)| (ticket, said(result)))
            .collect()
    }
}

/// An engine that answers all jobs that it was given by then at once: `answer` turns
/// them into one result each, in their order.
pub struct AtOnce<F> {
    answer: F,
    tickets: Vec<usize>,
    jobs: Vec<Request>,
}

impl<F: FnMut(&[Request]) -> Vec<Result<Sample, String>>> AtOnce<F> {
    /// No jobs yet.
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

/// Which rollout asks: orders the members of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RolloutId {
    /// Episode within the step.
    pub episode: usize,
    /// Rollout of the episode; of a reroll: its anchor.
    pub rollout: usize,
    /// None for a global rollout; session and member of a reroll.
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

/// What a rollout tells the hub.
pub enum Event {
    /// It waits for the model.
    Request(PendingRequest),
    /// It is about to start so many rerolls.
    Spawned(usize),
    /// It has ended, well or not.
    Done,
}

/// A rollout's wish and where the answer goes.
pub struct PendingRequest {
    id: RolloutId,
    job: Request,
    reply: SyncSender<Result<Sample, String>>,
}

/// A rollout's handle to the hub. Dropping it says that the rollout has ended.
pub struct RolloutHandle {
    id: RolloutId,
    events: Sender<Event>,
}

impl RolloutHandle {
    /// A handle for a rollout that the hub already counts as live.
    pub fn new(id: RolloutId, events: Sender<Event>) -> Self {
        Self { id, events }
    }

    /// Which rollout speaks here.
    pub fn id(&self) -> RolloutId {
        self.id
    }

    /// Announces rerolls and opens a line for each.
    pub fn spawn(&self, session: u32, members: usize) -> Vec<RolloutHandle> {
        // A hub that is gone has failed, and says so through `ask`.
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

/// How a model handle asks: separate from [`RolloutHandle`] so that a rollout lives on
/// after its model handle is gone.
#[derive(Clone)]
pub struct EngineClient {
    id: RolloutId,
    events: Sender<Event>,
}

impl EngineClient {
    /// Asks in the name of `handle`'s rollout.
    pub fn on(handle: &RolloutHandle) -> Self {
        Self::new(handle.id, handle.events.clone())
    }

    /// Asks a hub that counts no rollouts: [`serve_unordered`].
    pub fn new(id: RolloutId, events: Sender<Event>) -> Self {
        Self { id, events }
    }

    /// Which rollout asks.
    pub fn id(&self) -> RolloutId {
        self.id
    }

    /// Blocks until the engine has answered.
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

/// Serves `live` rollouts until all have ended.
pub fn serve(events: &Receiver<Event>, mut live: usize, engine: &mut dyn Engine) {
    let mut waiting: Vec<PendingRequest> = Vec::new();
    let mut pending = PendingRequests::new(engine);
    while live > 0 {
        while live > 0 && waiting.len() + pending.open() < live {
            match events.recv() {
                Ok(Event::Request(request)) => waiting.push(request),
                Ok(Event::Spawned(count)) => live += count,
                Ok(Event::Done) | Err(_) => live -= 1,
            }
        }
        waiting.sort_by_key(|request| request.id);
        waiting.drain(..).for_each(|request| pending.begin(request));
        pending.step();
    }
}

/// Serves whoever asks, until nobody can any more. What is worked on side by side
/// depends on timing.
pub fn serve_unordered(events: &Receiver<Event>, engine: &mut dyn Engine) {
    let mut pending = PendingRequests::new(engine);
    loop {
        if pending.open() == 0 {
            match events.recv() {
                Ok(event) => pending.hear(event),
                Err(_) => return,
            }
        }
        events.try_iter().for_each(|event| pending.hear(event));
        pending.step();
    }
}

/// Requests that the engine works on.
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

    /// Requests without an answer.
    fn open(&self) -> usize {
        self.replies.len()
    }

    fn hear(&mut self, event: Event) {
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
    fn batches_form_only_when_all_live_rollouts_wait_and_are_in_order() {
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
    fn anybody_is_served_until_nobody_can_ask() {
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
                // Three more ask while the first is answered.
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
