//! Hostile guests that text files cannot express: damaged files, other formats, bombs.

use std::fs;

use memloom_runtime::types::Answer;
use memloom_runtime::{Error, Sandbox};

use super::guest::Guest;
use crate::component;

pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) tries: &'static str,
    pub(super) error: &'static str,
    pub(super) attack: fn(&Sandbox) -> Result<(), Error>,
}

pub(super) const CASES: [Case; 5] = [
    Case {
        name: "truncated",
        tries: "A file that ends in its middle.",
        error: "cannot load truncated: failed to parse WebAssembly module: unexpected end-of-file \
                (at offset 0x7ad)",
        attack: |sandbox| {
            let path = crate::root().join("tests/hostile/endless-loop.wat");
            let whole = Guest::read(&path).bytes;
            load(sandbox, "truncated", &whole[..whole.len() / 3])
        },
    },
    Case {
        name: "compiled-elsewhere",
        tries: "Machine code of somebody else's, like a `.cwasm` file: this very program.",
        error: "cannot load compiled-elsewhere: it is machine code (a `.cwasm` file?), \
                which cannot be checked; load the component from which it was compiled",
        attack: |sandbox| {
            let program = std::env::current_exe().expect("a program");
            let mut bytes = fs::read(program).expect("a program");
            bytes.truncate(1 << 20);
            load(sandbox, "compiled-elsewhere", &bytes)
        },
    },
    Case {
        name: "compile-bomb",
        tries: "17 KB of loops that take the compiler minutes and gigabytes.",
        error: "cannot load compile-bomb: function 0: function_complexity is 670005835500, \
                but `Limits::function_complexity` allows 10000000",
        attack: |sandbox| {
            let mut body = format!("(local{})", " i32".repeat(1000));
            body += &"(loop ".repeat(1000);
            for local in 0..1000 {
                body += &format!("(local.set {local} (i32.add (local.get {local}) (i32.const 1)))");
            }
            body += &"(br_if 0 (local.get 0)))".repeat(1000);
            let text = format!("(component (core module (func {body})))");
            load(
                sandbox,
                "compile-bomb",
                &wat::parse_str(text).expect("a component"),
            )
        },
    },
    Case {
        name: "deep-nesting",
        tries: "A component inside of a component, 20 000 times.",
        error: "cannot load deep-nesting: its parts are nested more than 100 deep",
        attack: |sandbox| {
            let mut bytes = Vec::new();
            for _ in 0..20_000 {
                bytes = nest(&bytes);
            }
            load(sandbox, "deep-nesting", &nest(&bytes))
        },
    },
    Case {
        name: "forged-question",
        tries: "An answer to a question that was never asked.",
        error: "chronicle: score: unknown: the episode asks no question `forged`",
        attack: |sandbox| {
            let mut environment = sandbox.environment(component("chronicle"))?.instantiate()?;
            environment.load(&[], "{}")?;
            environment.open("train", 0, 2)?;
            let answer = Answer {
                text: "Oslo".into(),
                citations: vec![],
            };
            environment.score("forged", &answer).map(drop)
        },
    },
];

fn load(sandbox: &Sandbox, name: &str, bytes: &[u8]) -> Result<(), Error> {
    sandbox.bank_from_bytes(name, bytes).map(drop)
}

/// Returns a component that contains `inner`; an empty one for no bytes.
fn nest(inner: &[u8]) -> Vec<u8> {
    let mut outer = b"\0asm\x0d\0\x01\0".to_vec();
    if !inner.is_empty() {
        outer.push(4);
        let mut length = inner.len();
        while length >= 128 {
            outer.push(length as u8 | 128);
            length >>= 7;
        }
        outer.push(length as u8);
        outer.extend(inner);
    }
    outer
}
