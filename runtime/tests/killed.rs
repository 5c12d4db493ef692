//! A memory store survives kills of the process that writes it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use memloom_runtime::{Memory, MemoryStore};

/// The variable with the child's file.
const STORE: &str = "MEMLOOM_TEST_STORE";

/// Returns the memory of this number, from a few bytes to a few hundred KiB, with one of
/// three policy states.
fn memory(number: u32) -> Memory {
    let length = 10 + (number as usize * 7919) % 300_000;
    let bank = number.to_le_bytes().repeat(length / 4);
    Memory::new(number, bank, vec![(number % 3) as u8; 1000])
}

/// The child process: stores one memory after the other, and prints a line after each.
#[test]
#[ignore = "runs until it is killed; the next test starts it"]
fn stores_without_end() {
    let store = MemoryStore::open(PathBuf::from(env::var_os(STORE).unwrap())).unwrap();
    let mut said = std::io::stdout();
    let last = store.load("ada").unwrap();
    for number in last.map_or(0, |memory| memory.sessions()) + 1.. {
        store.save("ada", &memory(number)).unwrap();
        writeln!(said, "stored {number}").unwrap();
        said.flush().unwrap();
    }
}

#[test]
fn what_was_stored_is_there_whole_whenever_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agents.redb");
    let mut stored = 0;
    for round in 0..40 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "stores_without_end", "--ignored", "--nocapture"])
            .env(STORE, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Killed after so many more are stored, or while the store is opened. Where
        // in storing the next one it is by then, chance decides.
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let numbers = said.map_while(Result::ok).filter_map(|line| {
            let (_, number) = line.split_once("stored ")?;
            number.parse::<u32>().ok()
        });
        if let Some(number) = numbers.take(round % 7).last() {
            assert!(number > stored, "round {round}");
            stored = number;
        }
        child.kill().unwrap();
        child.wait().unwrap();

        let store = MemoryStore::open(&path).unwrap();
        let found = store.load("ada").unwrap();
        let number = found.as_ref().map_or(0, Memory::sessions);
        assert!(
            number >= stored,
            "round {round}: {stored} was lost, {number} is there"
        );
        assert_eq!(found.unwrap_or_else(|| memory(0)), memory(number));
        stored = number;
    }
    assert!(stored >= 100, "only {stored} were stored in all rounds");
}
