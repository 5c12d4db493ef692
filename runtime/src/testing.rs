//! Components for tests, written as the WebAssembly text of their functions.
//! Functions that a test does not write return zeros: empty lists and strings,
//! the first case of each variant.
//!
//! Memory: zeros from 64 to 1023, the state (a number) at 1024, how much is
//! allocated at 1032, room to write results in from 2048, allocations from
//! 65536. It is all of their state, so that they fork copy-on-write.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// (interface, function, parameters, whether it returns a pointer)
type Function = (&'static str, &'static str, &'static str, bool);

const STATE: [Function; 2] = [
    ("state", "snapshot", "", true),
    ("state", "restore", "i32 i32", true),
];
const BANK: [Function; 7] = [
    ("bank", "get-schema", "", true),
    ("bank", "apply", "i32 i32 i32 i32 i32", true),
    (
        "bank",
        "retrieve",
        "i32 i32 i32 i32 i32 i32 i32 i32 i32 f32",
        true,
    ),
    ("bank", "entries", "", true),
    ("bank", "render", "i32 i32", true),
    ("bank", "end-session", "i32 i32 i32", false),
    ("bank", "get-stats", "", true),
];
const ENVIRONMENT: [Function; 8] = [
    ("environment", "describe", "", true),
    ("environment", "load", "i32 i32 i32 i32", true),
    ("environment", "open", "i32 i32 i64 i32", true),
    ("environment", "get-session", "i32", true),
    ("environment", "act", "i32 i32", true),
    ("environment", "questions", "", true),
    ("environment", "score", "i32 i32 i32 i32 i32 i32", true),
    ("environment", "demonstrate", "i32 i32 i32 i64", true),
];
const POLICY: [Function; 4] = [
    ("policy", "describe", "", true),
    ("policy", "configure", "i32 i32 i32 i32", true),
    (
        "policy",
        "observe",
        "i32 i32 i32 i32 i32 i32 i32 i32 i32",
        true,
    ),
    ("policy", "answer", "i32 i32", true),
];

/// A component in the making.
#[derive(Clone)]
pub(crate) struct StandIn {
    world: &'static str,
    functions: Vec<Function>,
    bodies: BTreeMap<&'static str, String>,
    imports: String,
    items: String,
}

/// A bank whose state counts operations, and 256 for each session's end.
pub(crate) fn bank() -> StandIn {
    StandIn::new("memory-bank", &BANK)
        .with(
            "apply",
            "(i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (local.get 4)))
             (i32.store (i32.const 2048) (i32.const 64))
             (i32.store (i32.const 2052) (local.get 4))
             (i32.const 2048)",
        )
        .with(
            "end-session",
            "(i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (i32.const 256)))",
        )
}

/// An environment of empty dialogues, as many as are asked for.
pub(crate) fn environment() -> StandIn {
    StandIn::new("task-environment", &ENVIRONMENT).with(
        "get-session",
        "(i32.store (i32.const 2048) (i32.const 0))
         (i32.store (i32.const 2052) (i32.const 0))
         (i32.store (i32.const 2056) (local.get 0))
         (i32.const 2048)",
    )
}

/// A policy that does nothing.
pub(crate) fn policy() -> StandIn {
    StandIn::new("memory-policy", &POLICY)
}

impl StandIn {
    fn new(world: &'static str, functions: &[Function]) -> Self {
        let stand_in = Self {
            world,
            functions: [functions, &STATE].concat(),
            bodies: BTreeMap::new(),
            imports: String::new(),
            items: String::new(),
        };
        stand_in
            .with(
                "snapshot",
                "(i32.store (i32.const 2048) (i32.const 1024))
                 (i32.store (i32.const 2052) (i32.const 4))
                 (i32.const 2048)",
            )
            .with(
                "restore",
                "(i32.store (i32.const 1024) (i32.load (local.get 0))) (i32.const 64)",
            )
    }

    /// Writes a function's body; parameters are `(local.get 0)` and so on.
    pub(crate) fn with(mut self, function: &'static str, body: &str) -> Self {
        assert!(self.functions.iter().any(|(_, name, ..)| *name == function));
        self.bodies.insert(function, body.into());
        self
    }

    /// Imports a function of the contract as `$name`.
    pub(crate) fn importing(mut self, interface: &str, name: &str, signature: &str) -> Self {
        writeln!(
            self.imports,
            r#"(import "memloom:agent/{interface}@0.1.0" "{name}" (func ${name} {signature}))"#
        )
        .unwrap();
        self
    }

    /// With a function in which memory is not all of the state, so that forks go
    /// through the exports.
    pub(crate) fn with_a_table(self) -> Self {
        self.item(
            "(table $changing 1 funcref)
             (func $change (table.set $changing (i32.const 0) (ref.null func)))
             (elem declare func $change)",
        )
    }

    /// Adds an item to the module: a table, data, a function.
    pub(crate) fn item(mut self, text: &str) -> Self {
        self.items.push_str(text);
        self
    }

    /// The core module.
    pub(crate) fn module(&self) -> Vec<u8> {
        let mut text = format!(
            r#"(module {} (memory (export "memory") 2) {}
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (local $new i32)
                (local.set $new (i32.and
                    (i32.add (i32.load (i32.const 1032)) (i32.const 7)) (i32.const -8)))
                (i32.store (i32.const 1032) (i32.add (local.get $new) (local.get 3)))
                (i32.add (i32.const 65536) (local.get $new)))"#,
            self.imports, self.items
        );
        for (interface, function, parameters, returns) in &self.functions {
            let (result, default) = if *returns {
                ("(result i32)", "(i32.const 64)")
            } else {
                ("", "")
            };
            let body = self.bodies.get(function).map_or(default, String::as_str);
            writeln!(
                text,
                r#"(func (export "memloom:agent/{interface}@0.1.0#{function}")
                    (param {parameters}) {result} {body})"#
            )
            .unwrap();
        }
        wat::parse_str(text + ")").unwrap()
    }

    /// The component.
    pub(crate) fn build(&self) -> Vec<u8> {
        let mut resolve = Resolve::default();
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
        let (package, _) = resolve.push_path(wit).unwrap();
        let world = resolve.select_world(&[package], Some(self.world)).unwrap();
        let mut module = self.module();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
            .unwrap();
        ComponentEncoder::default()
            .module(&module)
            .unwrap()
            .encode()
            .unwrap()
    }
}
