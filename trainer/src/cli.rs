//! The command line: what can be asked, and who answers.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand};

use crate::authors::new::Arguments as NewArguments;
use crate::authors::{check, componentize, new};
use crate::device::Device;
use crate::play::{Player, Start, play};
use crate::replay::Replay;
use crate::runfile::RunFile;
use crate::train::progress::Voice;
use crate::{eval, merge, report, speed, study, train};

/// Train language-model agents to keep a memory.
#[derive(Parser)]
#[command(version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train a policy as a run file says: warm start, then LoGo-GRPO stage by stage.
    Train {
        #[command(flatten)]
        run: RunArguments,
        /// Continue the run in `run.out` from its newest checkpoint.
        #[arg(long)]
        resume: bool,
        /// Check everything, print the run file with all defaults, and stop.
        #[arg(long)]
        dry_run: bool,
        /// Print the summary as JSON, and nothing else.
        #[arg(long)]
        json: bool,
    },
    /// Evaluate the weights of a run on episodes of a split.
    Eval {
        #[command(flatten)]
        run: RunArguments,
        /// Folder with model.safetensors, config.json and tokenizer.json. Default: `run.out`/final.
        #[arg(long)]
        weights: Option<PathBuf>,
        /// The environment's split: validation or held-out.
        #[arg(long, default_value = "held-out")]
        split: String,
        /// How many episodes. Default: the run file's for held-out.
        #[arg(long)]
        episodes: Option<u64>,
        /// Sessions of each episode; 0 is all. Default: the run file's.
        #[arg(long)]
        horizon: Option<u32>,
        /// Print the figures as JSON, and nothing else.
        #[arg(long)]
        json: bool,
    },
    /// Play one episode of a run, and record every call in a trace.
    Play {
        #[command(flatten)]
        run: RunArguments,
        /// The trace to write.
        #[arg(long, value_name = "FILE")]
        trace: PathBuf,
        /// The environment's split.
        #[arg(long, default_value = "held-out")]
        split: String,
        /// The episode's number in the split, from 0.
        #[arg(long, default_value_t = 0)]
        episode: u64,
        /// Sessions of the episode; 0 is all. Default: the run file's.
        #[arg(long)]
        horizon: Option<u32>,
        /// Folder with model.safetensors, config.json and tokenizer.json. Default: `run.out`/final.
        #[arg(long)]
        weights: Option<PathBuf>,
        /// Have a demonstrator of the environment play, which needs no model:
        /// expert, demonstrator, everything or nothing.
        #[arg(long, value_name = "NAME", conflicts_with = "weights")]
        demonstrator: Option<String>,
        /// Store the states between sessions in this folder, equal ones once.
        #[arg(long, value_name = "DIR")]
        states: Option<PathBuf>,
        /// Begin from a state that another trace's --states stored: after so many
        /// sessions of that trace's episode.
        #[arg(
            long,
            value_name = "TRACE:SESSION",
            value_parser = from,
            requires = "states",
            conflicts_with_all = ["split", "episode", "horizon"]
        )]
        from: Option<(PathBuf, u32)>,
        /// Print names of states and figures as JSON, and nothing else.
        #[arg(long)]
        json: bool,
    },
    /// Live through a recorded episode again, without its model, and compare
    /// every call, state and reward.
    Replay(Replay),
    /// Experiments about the training itself.
    Study {
        #[command(subcommand)]
        study: Study,
    },
    /// Write what runs did: an HTML page, and event files for TensorBoard beside
    /// their metrics.
    Report {
        /// Folders of runs, also of such as have not ended.
        #[arg(required = true)]
        runs: Vec<PathBuf>,
        /// The page. Default for one run: RUN/report.html.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Models that a run can start from.
    Model {
        #[command(subcommand)]
        model: Model,
    },
    /// Begin a component of your own, from a template that builds at once.
    New(NewArguments),
    /// Make a component of a core module that was built against wit/.
    Componentize {
        /// What `cargo build --target wasm32-unknown-unknown` made of a `cdylib`.
        module: PathBuf,
        /// Where the component goes.
        component: PathBuf,
    },
    /// Check that a component keeps the contract: determinism, snapshots, limits,
    /// bad arguments and more. Exits with 1 where it does not.
    Check {
        /// A `.wasm` component.
        component: PathBuf,
        /// A run file with the data and options it needs and, for a policy, the
        /// bank and environment to check it among. Default for a policy: flat and
        /// chronicle.
        #[arg(long, value_name = "RUN.toml")]
        config: Option<PathBuf>,
        /// A data file for the environment, beside the run file's; may be repeated.
        #[arg(long, value_name = "FILE")]
        data: Vec<PathBuf>,
        /// What is drawn at random derives from it.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Print the report as JSON, and nothing else.
        #[arg(long)]
        json: bool,
    },
    /// Say what a component is: world, size, imports, exports, parts, forks.
    Inspect {
        /// A `.wasm` component.
        component: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
enum Study {
    /// Hold every estimator of credit against the true advantage, which fresh
    /// continuations from the states before and after a session tell.
    Fairness {
        #[command(flatten)]
        run: RunArguments,
        /// Two episodes and four continuations: minutes instead of hours.
        #[arg(long)]
        small: bool,
        /// Print the result as JSON, and nothing else.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
enum Model {
    /// Say what a folder of Hugging Face's holds, and whether a run can start from it.
    Inspect {
        /// With config.json, weights and tokenizer.
        folder: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say how fast a device trains a model and samples from it.
    Speed {
        #[command(flatten)]
        options: speed::Options,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a model of an adapter and the model that it was trained on.
    Merge {
        /// An adapter in PEFT's layout: `final/` of a run with `[backbone.lora]`, or a
        /// role's folder there.
        adapter: PathBuf,
        /// Where the model goes: a folder that is not there yet.
        out: PathBuf,
        /// The model that the adapter was trained on. Default: what it says itself.
        #[arg(long, value_name = "DIR")]
        base: Option<PathBuf>,
    },
}

#[derive(Args)]
struct RunArguments {
    /// The run file (TOML).
    run: PathBuf,
    /// Set a key of the run file, for instance `logo.rollouts=4`; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// A data file for the environment, beside the run file's; may be repeated.
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// Where the model is: cpu, or cuda:0 and so on. Default: `run.device`.
    #[arg(long)]
    device: Option<Device>,
}

impl RunArguments {
    fn read(self) -> Result<RunFile> {
        let mut file = RunFile::read(&self.run, &self.settings)?;
        file.environment.data.extend(self.data);
        file.run.device = self.device.unwrap_or(file.run.device);
        Ok(file)
    }
}

fn from(text: &str) -> Result<(PathBuf, u32), String> {
    let (trace, session) = text
        .rsplit_once(':')
        .ok_or("it names a trace and a session, as in one.trace:5")?;
    let session = session.parse().map_err(|error| format!("{error}"))?;
    Ok((trace.into(), session))
}

impl Cli {
    /// Does what was asked.
    pub fn run(self) -> Result<()> {
        match self.command {
            Command::Train {
                run,
                resume,
                dry_run,
                json,
            } => {
                let file = run.read()?;
                if dry_run {
                    train::check(&file, Voice::detect(json))?;
                    print!("{}", file.resolved()?);
                    return Ok(());
                }
                let summary = train::run(&file, resume, Voice::detect(json))?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&summary)?);
                } else {
                    print!("{}", summary.table());
                }
            }
            Command::Eval {
                run,
                weights,
                split,
                episodes,
                horizon,
                json,
            } => {
                let file = run.read()?;
                let exam = eval::Exam::new(
                    &file.logo,
                    &split,
                    episodes.unwrap_or(file.evaluation.held_out_episodes),
                    horizon.unwrap_or(file.evaluation.horizon),
                );
                let weights = weights.unwrap_or_else(|| file.run.out.join("final"));
                let figures = train::evaluate(&file, &weights, &exam, Voice::detect(json))?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&figures)?);
                } else {
                    print!("{}", figures.table());
                }
            }
            Command::Play {
                run,
                trace,
                split,
                episode,
                horizon,
                weights,
                demonstrator,
                states,
                from,
                json,
            } => {
                let file = run.read()?;
                let start = match from {
                    Some((trace, session)) => Start::State { trace, session },
                    None => Start::Episode {
                        split,
                        index: episode,
                        horizon: horizon.unwrap_or(file.evaluation.horizon),
                    },
                };
                let player = match demonstrator {
                    Some(name) => Player::Demonstrator(name),
                    None => Player::Weights(weights.unwrap_or_else(|| file.run.out.join("final"))),
                };
                let played = play(&file, &start, &player, &trace, states.as_deref())?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&played)?);
                } else {
                    print!("{played}");
                }
            }
            Command::Replay(replay) => replay.run()?,
            Command::Study {
                study: Study::Fairness { run, small, json },
            } => {
                let report = study::fairness::run(&run.read()?, small, Voice::detect(json))?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&report)?);
                } else {
                    print!("{}", report.table());
                }
            }
            Command::Report { runs, out } => {
                println!("{}", report::write(&runs, out)?.display());
            }
            Command::Model {
                model: Model::Inspect { folder, json },
            } => {
                let inspection = crate::model::inspect::Inspection::of(&folder)?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&inspection)?);
                } else {
                    print!("{inspection}");
                }
            }
            Command::Model {
                model: Model::Speed { options, json },
            } => {
                let speed = speed::run(&options)?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&speed)?);
                } else {
                    print!("{speed}");
                }
            }
            Command::Model {
                model: Model::Merge { adapter, out, base },
            } => merge::run(&adapter, &out, base)?,
            Command::New(arguments) => print!("{}", new::run(&arguments)?),
            Command::Componentize { module, component } => {
                componentize::run(&module, &component)?;
            }
            Command::Check {
                component,
                config,
                data,
                seed,
                json,
            } => {
                let report = check::run(&check::Subject {
                    component,
                    seed,
                    config,
                    data,
                })?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&report)?);
                } else {
                    print!("{report}");
                }
                let (failed, all) = (report.failed(), report.findings.len());
                ensure!(failed == 0, "{failed} of {all} checks failed");
            }
            Command::Inspect { component, json } => {
                let sandbox = memloom_runtime::Sandbox::new(memloom_runtime::Limits::default())?;
                let inspection = sandbox.inspect(&component)?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&inspection)?);
                } else {
                    print!("{inspection}");
                }
            }
        }
        std::io::Write::flush(&mut std::io::stdout()).context("cannot write to standard output")
    }
}
