//! Help and errors of the command line.

use std::process::Command;

use clap::CommandFactory;
use memloom_trainer::cli::Cli;

fn memloom(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_memloom"))
        .args(arguments)
        .output()
        .expect("memloom starts");
    let mut said = output.stdout;
    said.extend(output.stderr);
    let text = String::from_utf8_lossy(&said).into_owned();
    (output.status.success(), text)
}

#[test]
fn help_names_every_command() {
    let (fine, text) = memloom(&["--help"]);
    assert!(fine);
    let command = Cli::command();
    let names: Vec<&str> = command
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    assert!(names.contains(&"train") && names.len() > 5, "{names:?}");
    let listed: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    for name in names {
        assert!(listed.contains(&name), "no {name} in:\n{text}");
    }
}

#[test]
fn the_version_is_the_programs() {
    let (fine, text) = memloom(&["--version"]);
    assert!(fine);
    assert_eq!(text, format!("memloom {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn an_unknown_command_is_refused_by_name() {
    let (fine, text) = memloom(&["trian"]);
    assert!(!fine);
    assert!(text.contains("trian"), "{text}");
}
