//! The command lines and links of the README and the book.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use memloom_tests::root;

/// Entries of the checkout that command lines name.
const NAMED: [&str; 2] = ["examples", "wit"];

/// A block of command lines, by its page and the line of its fence.
struct Block {
    page: String,
    line: usize,
    script: String,
}

/// Pages in the order of reading: the README, then the book in the order of its summary.
fn pages() -> Vec<String> {
    let summary = fs::read_to_string(root().join("docs/src/SUMMARY.md")).unwrap();
    let chapters = links(&summary).map(|(_, target)| format!("docs/src/{target}"));
    std::iter::once("README.md".to_owned())
        .chain(chapters)
        .collect()
}

/// The blocks of a page whose fence says `sh`. Blocks that say `console` are not run.
fn blocks(page: &str) -> Vec<Block> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            continue;
        };
        let inside = lines.by_ref().map(|(_, line)| line);
        let inside: Vec<&str> = inside.take_while(|line| *line != "```").collect();
        if language == "sh" {
            found.push(Block {
                page: page.to_owned(),
                line: at + 1,
                script: inside.join("\n"),
            });
        }
    }
    found
}

/// Marks that open and close links in Markdown and HTML.
const LINKS: [(&str, char); 3] = [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"')];

/// The targets of a text's links outside code blocks, each with its line.
fn links(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    let outside = text.lines().enumerate().filter(move |(_, line)| {
        in_code ^= line.starts_with("```");
        !in_code
    });
    outside.flat_map(|(at, line)| {
        LINKS.into_iter().flat_map(move |(opening, closing)| {
            let targets = line.split(opening).skip(1);
            targets.filter_map(move |rest| Some((at + 1, rest.split_once(closing)?.0)))
        })
    })
}

/// A folder that looks like the checkout, with components and binaries of this build.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = root().canonicalize().unwrap();
    let test = std::env::current_exe().unwrap();
    let binaries = test.ancestors().nth(2).unwrap();
    fs::create_dir(folder.path().join("target")).unwrap();
    symlink(binaries, folder.path().join("target/release")).unwrap();
    let components = "target/components";
    symlink(root.join(components), folder.path().join(components)).unwrap();
    for name in NAMED {
        symlink(root.join(name), folder.path().join(name)).unwrap();
    }
    folder
}

/// Runs a block; an error is the output of the command that failed.
fn run(block: &Block, folder: &Path) -> Result<(), String> {
    let output = Command::new("bash")
        .args(["-eux", "-o", "pipefail", "-c"])
        .arg(format!("exec 2>&1\n{}", block.script))
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stdout).into_owned()),
    }
}

#[test]
fn command_lines_of_the_readme_and_the_book_run() {
    let folder = folder();
    let mut run_blocks = 0;
    for block in pages().iter().flat_map(|page| blocks(page)) {
        let Block { page, line, .. } = &block;
        if let Err(output) = run(&block, folder.path()) {
            panic!("{page}:{line}: the commands fail:\n{output}");
        }
        run_blocks += 1;
    }
    assert!(run_blocks > 0, "no page has a block of commands");
}

#[test]
fn relative_links_of_the_documents_lead_to_files() {
    let chapters = fs::read_dir(root().join("docs/src")).unwrap();
    let chapters = chapters.map(|entry| entry.unwrap().path());
    let documents = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(|name| root().join(name));
    let documents: Vec<PathBuf> = documents
        .into_iter()
        .chain(chapters)
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    let mut checked = 0;
    let mut dead = Vec::new();
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for (line, target) in links(&text) {
            let file = target.split('#').next().unwrap();
            if target.contains("://") || file.is_empty() {
                continue;
            }
            checked += 1;
            if !document.parent().unwrap().join(file).exists() {
                dead.push(format!("{}:{line}: {target}", document.display()));
            }
        }
    }
    assert!(checked > 0, "no document has a relative link");
    assert!(dead.is_empty(), "no such file:\n{}", dead.join("\n"));
}

#[test]
fn a_block_that_fails_is_reported_with_its_output() {
    let folder = tempfile::tempdir().unwrap();
    let block = |script: &str| Block {
        page: String::new(),
        line: 1,
        script: script.to_owned(),
    };
    let failing = run(
        &block("echo said; false | cat; echo unreached"),
        folder.path(),
    );
    let output = failing.unwrap_err();
    assert!(output.contains("said"), "{output}");
    assert!(!output.contains("unreached\n"), "{output}");
    assert!(run(&block("echo $unset"), folder.path()).is_err());
    assert_eq!(run(&block("true"), folder.path()), Ok(()));
}
