//! A driver for stable Rust: mutates the corpus by a seeded generator, and keeps an input that makes
//! a target panic, abort or take too long.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::TARGETS;

/// An input may take this long.
const PATIENCE: Duration = Duration::from_secs(10);
const MOST_BYTES: usize = 1 << 16;
/// Inputs that are kept to be mutated further.
const MOST_KEPT: usize = 256;

/// Numbers and marks that formats treat differently.
const INTERESTING: [&[u8]; 12] = [
    &[0xff, 0xff, 0xff, 0xff],
    &[0xff, 0xff, 0xff, 0x7f],
    &[0, 0, 0, 0x80],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0, 0, 0, 0],
    b"\"",
    b"{",
    b"[[",
    b" = ",
    b"-1",
    b"nan",
    b"9223372036854775807",
];

/// Runs a target for some seconds on mutated inputs of its corpus.
///
/// # Errors
/// Fails on an unknown target, and on an input that makes the target panic or exceed its time; the
/// error names the file that keeps the input.
pub fn run(name: &str, seconds: u64, seed: u64) -> Result<u64> {
    let names = TARGETS.map(|(name, _)| name).join(", ");
    let (_, target) = TARGETS
        .into_iter()
        .find(|(own, _)| *own == name)
        .with_context(|| format!("no target {name}; there are {names}"))?;
    let mut inputs = corpus(name)?;
    ensure!(!inputs.is_empty(), "the corpus of {name} is empty");
    let fixed = inputs.len();
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let artifact = artifact(name, seed)?;
    let start = Instant::now();
    let mut runs = 0;
    while start.elapsed() < Duration::from_secs(seconds) {
        let mut input = inputs.choose(&mut generator).cloned().unwrap_or_default();
        for _ in 0..generator.random_range(1..=4) {
            mutate(&mut input, &inputs, &mut generator);
        }
        // Before the call: an abort leaves no chance to write.
        fs::write(&artifact, &input)
            .with_context(|| format!("cannot write {}", artifact.display()))?;
        let began = Instant::now();
        if catch_unwind(AssertUnwindSafe(|| target(&input))).is_err() {
            bail!("{name} panicked; the input is {}", artifact.display());
        }
        if began.elapsed() > PATIENCE {
            bail!(
                "{name} took {:.1} s; the input is {}",
                began.elapsed().as_secs_f64(),
                artifact.display()
            );
        }
        runs += 1;
        // Mutations add up: now and then one takes the place of an earlier one.
        if generator.random_bool(0.05) {
            match inputs.len() < MOST_KEPT {
                true => inputs.push(input),
                false => {
                    let place = generator.random_range(fixed..inputs.len());
                    inputs[place] = input;
                }
            }
        }
    }
    fs::remove_file(&artifact).with_context(|| format!("cannot remove {}", artifact.display()))?;
    Ok(runs)
}

/// Reads the corpus of a target.
///
/// # Errors
/// Fails if the folder or a file cannot be read.
pub fn corpus(name: &str) -> Result<Vec<Vec<u8>>> {
    let folder = package().join("corpus").join(name);
    let entries =
        fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<PathBuf>>>()?;
    paths.sort();
    let read =
        |path: &PathBuf| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    paths.iter().map(read).collect()
}

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn artifact(name: &str, seed: u64) -> Result<PathBuf> {
    let folder = package().join("artifacts").join(name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder.join(format!("seed-{seed}")))
}

/// Changes an input in one way.
fn mutate(input: &mut Vec<u8>, inputs: &[Vec<u8>], generator: &mut ChaCha8Rng) {
    let length = input.len();
    let at = generator.random_range(0..=length);
    let end = (at + generator.random_range(1..=32usize)).min(length);
    match generator.random_range(0..8) {
        0 if at < length => input[at] ^= 1u8 << generator.random_range(0..8u32),
        1 if at < length => input[at] = generator.random(),
        2 => drop(input.drain(at..end)),
        3 => {
            let again = input[at..end].to_vec();
            input.splice(at..at, again);
        }
        4 => {
            let bytes = INTERESTING.choose(generator).copied().unwrap_or_default();
            input.splice(at..at, bytes.iter().copied());
        }
        5 => {
            let bytes = INTERESTING.choose(generator).copied().unwrap_or_default();
            let end = (at + bytes.len()).min(length);
            input.splice(at..end, bytes.iter().copied());
        }
        6 => {
            let other = inputs.choose(generator).cloned().unwrap_or_default();
            let from = generator.random_range(0..=other.len());
            let until = (from + generator.random_range(1..=64usize)).min(other.len());
            input.splice(at..at, other[from..until].iter().copied());
        }
        _ => input.truncate(at),
    }
    input.truncate(MOST_BYTES);
}
