//! Threads for blocking values, for callers that must not block.

use std::sync::mpsc::{Sender, channel};
use std::thread;

use futures_channel::oneshot;

use crate::error::Error;
use crate::limits::Limits;

/// Stack for the host and for a model that runs in it, beside those of two components.
const HOST_STACK: u64 = 1 << 20;

/// A thread that owns a blocking value, such as an [`Agent`](crate::Agent) or an
/// [`Episode`](crate::Episode), and runs calls on it as futures. A guest that
/// computes for long holds up this thread alone.
///
/// It is a thread and not a task of an async runtime for two reasons. Calls of one
/// agent run one after the other anyway, and a thread can have the stack that
/// [`Limits`] need. It works with every async runtime. An idle thread costs a few
/// tens of KiB, so a service can keep hundreds of agents.
///
/// Calls run in the order in which their futures were first polled. A call whose
/// future is dropped before its turn does not run; a running call ends, and its
/// result is dropped. The thread ends and drops the value when the last clone of the
/// worker is dropped and all calls have run.
///
/// `Send` and `Sync`, whatever `T` is: it stays on its thread.
///
/// ```
/// use memloom_runtime::{Agent, AgentParts, Error, Limits, Sandbox, ScriptedModel, Worker};
///
/// async fn ask(parts: AgentParts, limits: &Limits) -> Result<String, Error> {
///     let model = ScriptedModel::new(["t1 keep", "f1 insert"]);
///     let agent = Worker::start(limits, move || Agent::start(&parts, Box::new(model))).await?;
///     let answer = agent.call(|agent| agent.answer("Where does Ada live?")).await?;
///     Ok(answer.text)
/// }
///
/// # fn main() -> Result<(), Error> {
/// let limits = Limits::default();
/// let sandbox = Sandbox::new(limits.clone())?;
/// let parts = AgentParts {
///     bank: sandbox.bank("../target/components/flat.wasm")?,
///     policy: sandbox.policy("../target/components/selector.wasm")?,
///     policy_options: "{}".into(),
///     lexicon: vec![],
/// };
/// // It has no entries yet. (`pollster` is the smallest of async runtimes.)
/// assert_eq!(pollster::block_on(ask(parts, &limits))?, "");
/// # Ok(())
/// # }
/// ```
pub struct Worker<T> {
    jobs: Sender<Job<T>>,
}

type Job<T> = Box<dyn FnOnce(&mut T) + Send>;

impl<T: 'static> Worker<T> {
    /// Makes a value on a new thread, whose stack suffices for components under these
    /// limits.
    ///
    /// # Errors
    /// Those of `make`; [`Error::Worker`] if no thread can be started, or if `make`
    /// panics.
    pub async fn start<E>(
        limits: &Limits,
        make: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<Self, E>
    where
        E: From<Error> + Send + 'static,
    {
        let (jobs, inbox) = channel::<Job<T>>();
        let (made, outcome) = oneshot::channel();
        let stack = (2 * limits.stack_bytes).saturating_add(HOST_STACK);
        let work = move || match make() {
            Ok(mut value) => {
                // The starter may have dropped its future: then no jobs come either.
                let _ = made.send(Ok(()));
                inbox.iter().for_each(|job| job(&mut value));
            }
            Err(error) => drop(made.send(Err(error))),
        };
        thread::Builder::new()
            .name("memloom-worker".into())
            .stack_size(usize::try_from(stack).unwrap_or(usize::MAX))
            .spawn(work)
            .map_err(|error| Error::Worker {
                why: error.to_string(),
            })?;
        outcome.await.unwrap_or_else(|_| Err(stopped().into()))?;
        Ok(Self { jobs })
    }

    /// Runs a call on the thread, after those before it.
    ///
    /// # Errors
    /// Those of `run`; [`Error::Worker`] if this call or one before it panics.
    pub async fn call<R, E>(
        &self,
        run: impl FnOnce(&mut T) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (reply, outcome) = oneshot::channel();
        let job = move |value: &mut T| {
            if !reply.is_canceled() {
                let _ = reply.send(run(value));
            }
        };
        // If the thread has stopped, dropping the job closes the reply.
        let _ = self.jobs.send(Box::new(job));
        outcome.await.unwrap_or_else(|_| Err(stopped().into()))
    }
}

impl<T> Clone for Worker<T> {
    fn clone(&self) -> Self {
        Self {
            jobs: self.jobs.clone(),
        }
    }
}

fn stopped() -> Error {
    Error::Worker {
        why: "it stopped because a call panicked; start another".into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::rc::Rc;
    use std::sync::mpsc::sync_channel;
    use std::thread::ThreadId;

    use pollster::block_on;

    use super::*;

    fn start<T: 'static>(make: impl FnOnce() -> T + Send + 'static) -> Worker<T> {
        let limits = Limits::default();
        block_on(Worker::start(&limits, || Ok::<_, Error>(make()))).unwrap()
    }

    #[test]
    fn calls_are_made_in_order_on_one_thread() {
        // An `Rc` cannot leave its thread.
        let worker = start(|| Rc::new(thread::current().id()));
        let here: Result<ThreadId, Error> = block_on(worker.call(|made_on| {
            assert_eq!(**made_on, thread::current().id());
            Ok(**made_on)
        }));
        assert_ne!(here.unwrap(), thread::current().id());

        let worker = start(Vec::new);
        let other = worker.clone();
        let (one, two) = block_on(async {
            let push = |number| {
                move |numbers: &mut Vec<i32>| {
                    numbers.push(number);
                    Ok::<_, Error>(numbers.clone())
                }
            };
            (
                worker.call(push(1)).await.unwrap(),
                other.call(push(2)).await.unwrap(),
            )
        });
        assert_eq!((one, two), (vec![1], vec![1, 2]));
    }

    #[test]
    fn a_value_that_cannot_be_made_is_an_error_of_the_start() {
        let limits = Limits::default();
        let start = Worker::<()>::start(&limits, || Err(Error::Replay { why: "so".into() }));
        assert_eq!(
            block_on(start).err().unwrap().to_string(),
            "cannot replay: so"
        );
    }

    #[test]
    fn after_a_panic_every_call_is_an_error() {
        let worker = start(|| ());
        for _ in 0..2 {
            let outcome: Result<(), Error> =
                block_on(worker.call(|()| panic!("a call's own fault")));
            assert_eq!(
                outcome.unwrap_err().to_string(),
                "worker failed: it stopped because a call panicked; start another"
            );
        }
    }

    #[test]
    fn a_call_whose_future_is_dropped_does_not_run() {
        let worker = start(Vec::new);
        let (gate, opened) = sync_channel::<()>(0);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let holds = move |_: &mut Vec<i32>| {
            opened.recv().unwrap();
            Ok::<_, Error>(())
        };
        let mut held = Box::pin(worker.call(holds));
        assert!(held.as_mut().poll(&mut context).is_pending());
        let mut dropped = Box::pin(worker.call(|numbers: &mut Vec<i32>| {
            numbers.push(1);
            Ok::<_, Error>(())
        }));
        assert!(dropped.as_mut().poll(&mut context).is_pending());
        drop(dropped);
        gate.send(()).unwrap();
        block_on(held).unwrap();
        let numbers = block_on(worker.call(|numbers| Ok::<_, Error>(numbers.clone())));
        assert_eq!(numbers.unwrap(), Vec::<i32>::new());
    }

    #[test]
    fn the_thread_ends_with_the_last_clone() {
        let (last, gone) = sync_channel::<()>(0);
        let worker = start(move || last);
        drop(worker.clone());
        drop(worker);
        // The channel closes when the thread drops its end.
        assert!(gone.recv().is_err());
    }
}
