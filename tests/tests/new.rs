//! `memloom new`: its projects build at once and keep the contract.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use memloom_tests::{build_for_wasm, memloom, project, refusal, root};

const KINDS: [&str; 3] = ["bank", "environment", "policy"];

#[track_caller]
fn assert_passes(component: &Path) {
    let output = memloom().arg("check").arg(component).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
}

#[test]
fn projects_in_rust_build_and_pass() {
    for kind in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let project = project(folder.path(), kind, "my-own", "rust");
        let module = build_for_wasm(&project).join("component.wasm");
        let component = project.join("my-own.wasm");
        let made = memloom()
            .arg("componentize")
            .args([&module, &component])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        assert_passes(&component);
    }
}

/// Runs the project's build script with these folders first in the path.
fn build(project: &Path, before: &[PathBuf]) -> Output {
    let usual = std::env::var_os("PATH").unwrap();
    let path = before.iter().cloned().chain(std::env::split_paths(&usual));
    Command::new("sh")
        .arg("build.sh")
        .current_dir(project)
        .env("PATH", std::env::join_paths(path).unwrap())
        .output()
        .unwrap()
}

#[test]
fn projects_in_other_languages_build_and_pass_where_their_packages_are() {
    for (language, tools) in [
        ("python", "target/python/bin"),
        ("javascript", "target/node/node_modules/.bin"),
    ] {
        let tools = std::path::absolute(root().join(tools)).unwrap();
        if !tools.exists() {
            continue;
        }
        for kind in KINDS {
            let folder = tempfile::tempdir().unwrap();
            let project = project(folder.path(), kind, "my-own", language);
            let output = build(&project, std::slice::from_ref(&tools));
            assert!(output.status.success(), "{output:?}");
            assert_passes(&project.join("my-own.wasm"));
        }
    }
}

/// Returns the output of a build with only these programs in the path.
fn build_with(language: &str, programs: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), "bank", "my-own", language);
    let tools = folder.path().join("tools");
    std::fs::create_dir(&tools).unwrap();
    for program in programs {
        let usual = std::env::var_os("PATH").unwrap();
        let mut places = std::env::split_paths(&usual).map(|folder| folder.join(program));
        let place = places
            .find(|place| place.exists())
            .unwrap_or("/bin/true".into());
        std::os::unix::fs::symlink(place, tools.join(program)).unwrap();
    }
    let output = Command::new("/bin/sh")
        .arg("build.sh")
        .current_dir(&project)
        .env("PATH", &tools)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_build_without_its_package_names_it() {
    for (language, programs, package) in [
        ("rust", &["dirname"][..], "rustup.rs"),
        ("python", &["dirname"], "componentize-py is missing"),
        ("javascript", &["dirname"], "Node.js 18"),
        (
            "javascript",
            &["dirname", "node"],
            "componentize-qjs is missing",
        ),
    ] {
        let said = build_with(language, programs);
        assert!(
            said.starts_with("error: ") && said.contains(package),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn a_new_project_says_how_to_go_on_and_takes_no_others_place() {
    let folder = tempfile::tempdir().unwrap();
    let new = |name: &str| {
        let mut new = memloom();
        new.args(["new", "environment", name, "--lang", "python"]);
        new.current_dir(folder.path()).output().unwrap()
    };
    let output = new("my-own");
    let said = String::from_utf8_lossy(&output.stdout);
    for line in [
        "cd my-own",
        "pip install -r requirements.txt",
        "sh build.sh",
        "memloom check my-own.wasm",
    ] {
        assert!(said.contains(line), "{said}");
    }
    let why = refusal(&new("my-own"));
    assert!(why.contains("./my-own exists"), "{why}");
    let why = refusal(&new("../elsewhere"));
    assert!(why.contains("invalid name"), "{why}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
