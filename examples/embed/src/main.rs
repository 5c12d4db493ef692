//! A service around a trained agent: every user has an agent of their own, which
//! observes their conversations, answers from what it keeps of them, and
//! remembers across restarts.
//!
//! ```text
//! cargo build --release --workspace
//! target/release/embed examples/runs/quickstart.toml
//! ```
//!
//! - `agents` keeps the agents: each on a thread of its own while it is used, its
//!   memory in a file after every session.
//! - `routes` has them answer over HTTP; `problem` is what they say when they cannot.
//!
//! It knows no passwords and no TLS: put it behind what does.

mod agents;
mod problem;
mod routes;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Parser;
use memloom_runtime::{AgentParts, Limits, MemoryStore, Sandbox};
use memloom_trainer::config::RunFile;
use memloom_trainer::serving::ServedModel;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::agents::{Agents, Kit};

/// Serves a trained agent over HTTP, with a memory for each of its users.
#[derive(Parser)]
struct Arguments {
    /// The run file that it was trained by.
    run: PathBuf,
    /// Folder with model.safetensors, config.json and tokenizer.json. Default: `run.out`/final.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// The file that memories are kept in.
    #[arg(long, default_value = "memories.redb")]
    memories: PathBuf,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Agents that are held ready; others are loaded when they are asked.
    #[arg(long, default_value_t = 256)]
    live: usize,
    /// Requests that are worked on at once; more are turned away.
    #[arg(long, default_value_t = 64)]
    requests: usize,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let kit = kit(arguments)?;
    let agents = Arc::new(Agents::new(kit, arguments.live));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let address = arguments.listen;
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"))?;
        println!("listening on http://{}", listener.local_addr()?);
        std::io::stdout().flush()?;
        let stopped = stopped()?;
        axum::serve(listener, routes::all(agents, arguments.requests))
            .with_graceful_shutdown(stopped)
            .await?;
        Ok(())
    })
}

/// The agents are made of what the run trained with: its components, options,
/// weights, and the closed language of its environment, if it has one.
fn kit(arguments: &Arguments) -> Result<Kit> {
    let file = RunFile::read(&arguments.run, &[])?;
    let limits = Limits::default();
    let sandbox = Sandbox::new(limits.clone())?;
    let environment = sandbox.environment(&file.components.environment)?;
    let weights = arguments.weights.clone();
    let weights = weights.unwrap_or_else(|| file.run.out.join("final"));
    Ok(Kit {
        parts: AgentParts {
            bank: memloom_trainer::env::bank(&file, &sandbox)?,
            policy: sandbox.policy(&file.components.policy)?,
            policy_options: serde_json::to_string(&file.policy.options)?,
            lexicon: environment.instantiate()?.describe()?.lexicon,
        },
        limits,
        model: ServedModel::load(&file, &weights)?,
        memories: MemoryStore::open(&arguments.memories)?,
    })
}

/// When the process is told to end, by control-C or by whoever started it.
fn stopped() -> Result<impl Future<Output = ()> + use<>> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}
