//! `cargo xtask clients`: memloom's clients against third-party servers, which run here on tiny
//! random models.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::bench::table;
use crate::parity::PACKAGES;
use crate::workspace::{Workspace, output, succeed};
use crate::{files, guests, python};

/// Python interpreters.
#[derive(clap::Args)]
pub struct Args {
    /// A Python that has torch, transformers and peft; by default one is set up in
    /// target/reference (5 GB from PyPI)
    #[arg(long)]
    python: Option<PathBuf>,
    /// A Python that has llama-cpp-python with its server, and gguf; by default one is set up in
    /// target/reference (llama.cpp is compiled, which takes many minutes)
    #[arg(long)]
    llama_python: Option<PathBuf>,
}

const LLAMA: [&str; 2] = ["llama-cpp-python[server]", "gguf"];
const RESULT: &str = "docs/results/clients.json";
/// Time for a server to start.
const PATIENCE: Duration = Duration::from_secs(180);

/// A server process, killed when this value is dropped.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    /// Starts the command for a free port, and waits until the server accepts connections.
    fn start(command: impl FnOnce(u16) -> Command) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = command(port);
        let process = command
            .spawn()
            .with_context(|| format!("cannot start {:?}", command.get_program()))?;
        let mut server = Self { process, port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = server.process.try_wait()? {
                bail!("a server has ended ({status})");
            }
            if began.elapsed() > PATIENCE {
                bail!("a server does not answer after {} s", PATIENCE.as_secs());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(server)
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts the servers, asks them, prints a table and writes
/// `docs/results/clients.json`.
pub fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let llama = match &args.llama_python {
        Some(python) => python.clone(),
        None => python::environment(workspace, "llama-cpp", &LLAMA)?,
    };
    let torch = match &args.python {
        Some(python) => python.clone(),
        None => python::environment(workspace, "transformers", &PACKAGES)?,
    };
    guests::run(workspace, &guests::Args::default())?;
    let build = ["build", "--release", "--workspace", "--bins", "--examples"];
    succeed(workspace.cargo().args(build))?;
    let folder = workspace.path("target/reference/clients");
    files::fresh(&folder)?;
    eprintln!("1/2 llama.cpp's server: chat completions and embeddings");
    let mut found = openai(workspace, &llama, &folder)?;
    eprintln!("2/2 rollouts that transformers and peft sample");
    found["rollouts"] = rollouts(workspace, &torch, &folder)?;
    table::print(&found);
    files::replace(&workspace.path(RESULT), format!("{found:#}\n").as_bytes())
}

fn openai(workspace: &Workspace, python: &Path, folder: &Path) -> Result<Value> {
    let model = folder.join("tiny.gguf");
    let script = workspace.path("tests/reference/tiny_gguf.py");
    succeed(Command::new(python).arg(script).arg(&model))?;
    let serve = |more: &'static [&'static str]| {
        let (python, model) = (python.to_owned(), model.clone());
        move |port: u16| {
            let mut command = Command::new(python);
            command
                .args(["-m", "llama_cpp.server", "--verbose", "false", "--model"])
                .arg(model)
                .args(["--port", &port.to_string()])
                .args(more);
            command
        }
    };
    let speaks = Server::start(serve(&["--chat_format", "chatml", "--n_ctx", "8192"]))?;
    let embeds = Server::start(serve(&["--embedding", "true", "--n_ctx", "2048"]))?;
    let mut example = Command::new(workspace.path("target/release/examples/clients"));
    example
        .args([&speaks, &embeds].map(|server| format!("{}/v1", server.url())))
        .arg(folder.join("cache"));
    serde_json::from_str(&output(&mut example)?).context("the example printed no JSON")
}

/// Trains a small model, then an adapter to it with rollouts from a server.
fn rollouts(workspace: &Workspace, python: &Path, folder: &Path) -> Result<Value> {
    let train = |name: &str, settings: &[String]| {
        let out = folder.join(name);
        let mut train = Command::new(workspace.path("target/release/memloom"));
        train
            .args(["train", "examples/runs/quickstart.toml", "--set"])
            .arg(format!("run.out=\"{}\"", out.display()))
            .current_dir(workspace.path(""));
        for setting in settings {
            train.args(["--set", setting]);
        }
        succeed(&mut train)?;
        Ok::<_, anyhow::Error>(out)
    };
    let small = [
        "evaluation={held_out_episodes=1, validation_episodes=1, horizon=2}",
        "algorithm.rollouts=4",
        "algorithm.importance_cap=2",
    ]
    .map(str::to_owned);
    let first = ["warm_start.steps=30", "stage=[{horizon=2, steps=0}]"].map(str::to_owned);
    let base = train("base", &[&small[..], &first].concat())?.join("final");
    let script = workspace.path("tests/reference/token_server.py");
    let server = Server::start(|port| {
        let mut command = Command::new(python);
        command.arg(script).arg(&base).arg(port.to_string());
        command
    })?;
    let second = [
        format!("backbone={{path=\"{}\", lora={{rank=4}}}}", base.display()),
        format!(
            "servers.sampler={{url=\"{}\", model=\"base\"}}",
            server.url()
        ),
        "warm_start.steps=0".into(),
        "stage=[{horizon=2, steps=3, learning_rate=0.003}]".into(),
    ];
    let out = train("adapter", &[&small[..], &second].concat())?;
    let metrics = fs::read_to_string(out.join("metrics.jsonl"))?;
    let lines = metrics.lines().map(serde_json::from_str::<Value>);
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    let steps: Vec<&Value> = lines.iter().filter(|line| line["kind"] == "step").collect();
    let most = |key: &str| {
        let values = steps.iter().filter_map(|step| step[key].as_f64());
        values.map(f64::abs).fold(0.0, f64::max)
    };
    let summary: Value = serde_json::from_slice(&fs::read(out.join("summary.json"))?)?;
    Ok(json!({
        "steps": steps.len(),
        "usage": summary["servers"]["sampler"],
        "first_ratio_deviation": most("first_ratio_deviation"),
        "first_kl": most("first_kl"),
        "least_trained_steps": steps
            .iter()
            .filter_map(|step| step["trained_steps"].as_u64())
            .min(),
    }))
}
