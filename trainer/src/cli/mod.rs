//! The command line: a file for each verb. A verb reads its arguments, resolves them
//! against a run file, runs, and prints its result; `main` prints errors.

mod chat;
mod check;
mod componentize;
mod demonstrate;
mod eval;
mod import;
mod inspect;
mod merge;
mod model;
mod new;
mod output;
mod play;
mod replay;
mod report;
mod run_arguments;
mod speed;
mod study;
mod train;
mod wrap;
mod zoo;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Train language-model agents to keep a memory.
#[derive(Parser)]
#[command(name = "memloom", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(train::Train),
    Demonstrate(demonstrate::Demonstrate),
    Eval(eval::Eval),
    Play(play::Play),
    Chat(chat::Chat),
    Replay(replay::Replay),
    Study(study::Study),
    Zoo(zoo::Zoo),
    Report(report::Report),
    Model(model::Model),
    New(new::New),
    Componentize(componentize::Componentize),
    Check(check::Check),
    Inspect(inspect::Inspect),
}

impl Cli {
    /// Runs the command that was given.
    pub fn run(self) -> Result<()> {
        match self.command {
            Command::Train(train) => train.run(),
            Command::Demonstrate(demonstrate) => demonstrate.run(),
            Command::Eval(eval) => eval.run(),
            Command::Play(play) => play.run(),
            Command::Chat(chat) => chat.run(),
            Command::Replay(replay) => replay.run(),
            Command::Study(study) => study.run(),
            Command::Zoo(zoo) => zoo.run(),
            Command::Report(report) => report.run(),
            Command::Model(model) => model.run(),
            Command::New(new) => new.run(),
            Command::Componentize(componentize) => componentize.run(),
            Command::Check(check) => check.run(),
            Command::Inspect(inspect) => inspect.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{Command, CommandFactory};

    use super::*;

    /// Adds the first help lines of all verbs below a command.
    fn abouts(command: &Command, all: &mut Vec<String>) {
        for verb in command.get_subcommands() {
            let about = verb.get_about();
            all.push(
                about
                    .unwrap_or_else(|| panic!("{verb} has no help"))
                    .to_string(),
            );
            abouts(verb, all);
        }
    }

    #[test]
    fn every_verb_has_help_of_its_own() {
        let command = Cli::command();
        command.clone().debug_assert();
        let mut all = Vec::new();
        abouts(&command, &mut all);
        assert_eq!(all.len(), 21, "{all:#?}");
        let distinct: BTreeSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "{all:#?}");
    }
}
