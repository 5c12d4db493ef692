//! Fuzz targets: functions that take any bytes, and panic only if memloom has a fault.
//!
//! With nightly and cargo-fuzz:
//!
//! ```sh
//! cargo +nightly fuzz run trace
//! ```
//!
//! With stable Rust, by a driver that mutates the corpus without coverage:
//!
//! ```sh
//! cargo run --release --manifest-path fuzz/Cargo.toml -- trace 60
//! ```

pub mod driver;

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use memloom_engine::grammar::Grammars;
use memloom_engine::tokenizer::Tokenizer;
use memloom_runtime::{Limits, Sandbox, Trace};
use memloom_trainer::config::RunFile;

/// A target: its name, which is its folder in the corpus, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 4] = [
    ("component", component),
    ("trace", trace),
    ("grammar", grammar),
    ("run-file", run_file),
];

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    let limits = Limits {
        fuel: 20_000_000,
        ..Limits::default()
    };
    Sandbox::new(limits).expect("a sandbox")
});

/// A folder for inputs that memloom only reads from files.
static FOLDER: LazyLock<tempfile::TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder"));

/// Loads a component of each kind. A bank that loads is started and stored.
pub fn component(bytes: &[u8]) {
    if let Ok(bank) = SANDBOX.bank_from_bytes("fuzzed", bytes)
        && let Ok(mut bank) = bank.instantiate()
        && let Ok(state) = bank.snapshot()
    {
        // Errors are fine: a guest may refuse its own state.
        let _ = bank.restore(&state);
    }
    let _ = SANDBOX.environment_from_bytes("fuzzed", bytes);
    let _ = SANDBOX.policy_from_bytes("fuzzed", bytes);
}

/// Reads a trace from these bytes, then with all hashes made right, so that changed frames are
/// decoded too. A trace that is read must be written and read again as it was.
pub fn trace(bytes: &[u8]) {
    for bytes in [bytes.to_vec(), with_right_hashes(bytes)] {
        let path = written("fuzzed.trace", &bytes);
        let Ok(trace) = Trace::read(&path) else {
            continue;
        };
        trace.write(&path).expect("a trace is written");
        let again = Trace::read(&path).expect("a written trace is read");
        // As text: a NaN is not equal to itself.
        assert_eq!(format!("{trace:?}"), format!("{again:?}"));
    }
}

/// Bytes of a trace before its first frame: a magic and a version.
const HEAD: usize = 12;
/// Bytes of a frame's hash of the file so far.
const HASH: usize = 16;

/// Walks the frames of a trace and puts the right hash at the end of each.
fn with_right_hashes(bytes: &[u8]) -> Vec<u8> {
    let mut file: Vec<u8> = bytes.iter().take(HEAD).copied().collect();
    let mut at = HEAD;
    while let Some(length) = bytes.get(at..at + 4) {
        let length = u32::from_le_bytes(length.try_into().expect("4 bytes")) as usize;
        let Some(content) = bytes.get(at..at + 4 + length) else {
            break;
        };
        file.extend(content);
        let hash = blake3::hash(&file);
        file.extend(&hash.as_bytes()[..HASH]);
        at += 4 + length + HASH;
    }
    file
}

static GRAMMARS: LazyLock<Grammars> = LazyLock::new(|| {
    let texts = ["one two three four".to_owned()];
    let words = ["a", "b", "c", "keep", "drop"].map(str::to_owned);
    let tokenizer = Tokenizer::train_bpe(&texts, &words, &[], 300);
    Grammars::new(Arc::new(tokenizer.expect("a tokenizer")))
});

/// Compiles a grammar, the bytes up to a zero, and takes tokens that it allows, as the bytes after
/// the zero choose them.
pub fn grammar(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let Ok(text) = std::str::from_utf8(parts.next().unwrap_or_default()) else {
        return;
    };
    let choices = parts.next().unwrap_or_default();
    let Ok(grammar) = GRAMMARS.compile(text) else {
        return;
    };
    let mut state = grammar.start();
    for choice in choices.iter().take(64) {
        let allowed = state.allowed().clone();
        assert!(allowed.is_sorted(), "allowed tokens are sorted");
        if allowed.is_empty() {
            return;
        }
        let token = allowed[usize::from(*choice) % allowed.len()];
        match grammar.advance(state, token) {
            Ok(Some(next)) => state = next,
            Ok(None) => {
                let end = GRAMMARS.tokenizer().ends().contains(&token);
                assert!(end, "an allowed token {token} leads nowhere");
                return;
            }
            Err(_) => return,
        }
    }
}

/// Reads a run file. One that is read must resolve to a run file that reads the same.
pub fn run_file(bytes: &[u8]) {
    let path = written("fuzzed.toml", bytes);
    // A base could be any file of this machine.
    if String::from_utf8_lossy(bytes).contains("extends") {
        return;
    }
    let Ok(file) = RunFile::read(&path, &[]) else {
        return;
    };
    let resolved = file.resolved().expect("a run file is written as TOML");
    let path = written("resolved.toml", resolved.as_bytes());
    let again = RunFile::read(&path, &[]).expect("a resolved run file is read");
    assert_eq!(resolved, again.resolved().expect("a run file is written"));
}

fn written(name: &str, bytes: &[u8]) -> PathBuf {
    let path = FOLDER.path().join(name);
    fs::write(&path, bytes).expect("a temporary file");
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_takes_its_corpus() {
        for (name, target) in TARGETS {
            let corpus = driver::corpus(name).expect("a corpus");
            assert!(!corpus.is_empty(), "{name} has no corpus");
            corpus.iter().for_each(|input| target(input));
        }
    }

    #[test]
    fn the_corpus_of_traces_has_right_hashes_and_is_read() {
        for input in driver::corpus("trace").expect("a corpus") {
            assert_eq!(with_right_hashes(&input), input);
            Trace::read(written("corpus.trace", &input)).expect("a trace");
        }
    }
}
