//! From a fresh checkout to a trained agent in one command.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::guests;
use crate::workspace::{Workspace, succeed};

/// Options of the run.
#[derive(clap::Args)]
pub struct Args {
    /// Same seed, same run
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder of the run; by default runs/quickstart-SEED
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print only the summary, as JSON
    #[arg(long)]
    json: bool,
}

/// Builds what is missing, then becomes `memloom train`; a run that was begun and
/// interrupted goes on.
pub fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    eprintln!("1/3 guests: the sandboxed components (up to three minutes the first time)");
    guests::run(workspace, &guests::Args::default())?;
    eprintln!("2/3 trainer: the binary `memloom` (up to ten minutes the first time)");
    succeed(
        workspace
            .cargo()
            .args(["build", "--release", "--workspace"]),
    )?;
    eprintln!("3/3 training, with seed {}", args.seed);
    let mut train = train(workspace, args)?;
    // Becoming the trainer leaves it the terminal and its signals.
    Err(train.exec()).context("cannot start target/release/memloom")
}

fn train(workspace: &Workspace, args: &Args) -> Result<Command> {
    let out = match &args.out {
        // Relative to where the user is, and not to the checkout's root.
        Some(out) => env::current_dir()
            .context("the current folder is gone")?
            .join(out),
        None => PathBuf::from(format!("runs/quickstart-{}", args.seed)),
    };
    let mut train = Command::new(workspace.path("target/release/memloom"));
    train
        .current_dir(workspace.path(""))
        .args(["train", "examples/runs/quickstart.toml"])
        .args(["--set", &format!("run.seed={}", args.seed)])
        .args(["--set", &format!("run.out={}", out.display())]);
    if workspace.path("").join(&out).join("run.toml").exists() {
        train.arg("--resume");
    }
    if args.json {
        train.arg("--json");
    }
    Ok(train)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::path::Path;

    use super::*;

    fn words(args: &Args) -> Vec<String> {
        train(&Workspace::at(Path::new("/checkout")), args)
            .unwrap()
            .get_args()
            .map(|word| word.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn a_run_is_named_by_its_seed() {
        let args = Args {
            seed: 7,
            out: None,
            json: false,
        };
        assert_eq!(
            words(&args),
            [
                "train",
                "examples/runs/quickstart.toml",
                "--set",
                "run.seed=7",
                "--set",
                "run.out=runs/quickstart-7",
            ]
        );
    }

    #[test]
    fn a_folder_of_the_users_own_is_where_the_user_says() {
        let args = Args {
            seed: 1,
            out: Some("/tmp/mine".into()),
            json: true,
        };
        assert_eq!(words(&args)[5..], ["run.out=/tmp/mine", "--json"]);
    }
}
