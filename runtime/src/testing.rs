//! Components for tests, written as the WebAssembly text of their functions.
//! Functions that a test does not write return zeros: empty lists and strings, the
//! first case of each variant.
//!
//! The memory layout: zeros from 64 to 1023, the state (a number) at 1024, the
//! allocated bytes at 1032, space for results from 2048, allocations from 65536.
//! Memory is all of the state, so the components fork copy-on-write.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Interface, function, parameters, and whether it returns a pointer.
type Function = (&'static str, &'static str, &'static str, bool);

const STATE: [Function; 2] = [
    ("state", "snapshot", "", true),
    ("state", "restore", "i32 i32", true),
];
const BANK: [Function; 8] = [
    ("bank", "configure", "i32 i32", true),
    ("bank", "get-schema", "", true),
    ("bank", "apply", "i32 i32 i32 i32 i32", true),
    (
        "bank",
        "retrieve",
        "i32 i32 i32 i32 i32 i32 i32 i32 i32 f32 i32 i32",
        true,
    ),
    ("bank", "entries", "", true),
    ("bank", "render", "i32 i32", true),
    ("bank", "end-session", "i32 i32 i32", false),
    ("bank", "get-stats", "", true),
];
const ENVIRONMENT: [Function; 10] = [
    ("environment", "describe", "", true),
    ("environment", "load", "i32 i32 i32 i32", true),
    ("environment", "open", "i32 i32 i64 i32", true),
    ("environment", "get-session", "i32", true),
    ("environment", "act", "i32 i32", true),
    ("environment", "advise", "i32 i32 i64", true),
    ("environment", "questions", "", true),
    ("environment", "score", "i32 i32 i32 i32 i32 i32", true),
    ("environment", "rubric", "i32 i32", true),
    ("environment", "demonstrate", "i32 i32 i32 i64", true),
];
const POLICY: [Function; 4] = [
    ("policy", "describe", "", true),
    ("policy", "configure", "i32 i32 i32 i32", true),
    (
        "policy",
        "observe",
        "i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32",
        true,
    ),
    ("policy", "answer", "i32 i32", true),
];

/// A builder of a component.
#[derive(Clone)]
pub(crate) struct TestComponent {
    world: &'static str,
    functions: Vec<Function>,
    bodies: BTreeMap<&'static str, String>,
    imports: String,
    items: String,
}

/// Returns a bank whose state is the number of operations, plus 256 for each end of a
/// session.
pub(crate) fn bank() -> TestComponent {
    TestComponent::new("memory-bank", &BANK)
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

/// Returns an environment with empty dialogues.
pub(crate) fn environment() -> TestComponent {
    TestComponent::new("task-environment", &ENVIRONMENT).with(
        "get-session",
        "(i32.store (i32.const 2048) (i32.const 0))
         (i32.store (i32.const 2052) (i32.const 0))
         (i32.store (i32.const 2056) (local.get 0))
         (i32.const 2048)",
    )
}

/// Returns a policy that does nothing.
pub(crate) fn policy() -> TestComponent {
    TestComponent::new("memory-policy", &POLICY)
}

/// A call of a policy that inserts an empty entry: a list of one result at 2048.
pub(crate) const INSERT: &str = "(call $apply (i32.const 1) (i32.const 0) (i32.const 0)
    (i32.const 64) (i32.const 1) (i32.const 2048))";

/// A call of a policy that asks the model as the role "", with a request of zeros: a result at
/// 2064, its text at 2068 and the text's length at 2072.
pub(crate) const GENERATE: &str = "(call $generate (i32.const 64) (i32.const 2064))";

/// Traps if the last [`GENERATE`] failed.
pub(crate) const GENERATE_MUST_SUCCEED: &str =
    "(if (i32.load8_u (i32.const 2064)) (then unreachable))";

/// Returns a policy that can call the host. It answers with the message of a refused
/// insertion.
pub(crate) fn calling_policy() -> TestComponent {
    policy()
        .importing("bank", "apply", "(param i32 i32 i32 i32 i32 i32)")
        .importing("bank", "end-session", "(param i32 i32 i32)")
        .importing("bank", "get-stats", "(param i32)")
        .importing("acting", "act", "(param i32 i32 i32)")
        .importing("embedder", "embed", "(param i32 i32 i32)")
        .importing("model", "generate", "(param i32 i32)")
        .with(
            "answer",
            &format!(
                "(local $result i32) {INSERT}
                 (local.set $result (i32.load (i32.const 2048)))
                 (i32.store (i32.const 2100) (i32.const 0))
                 (i32.store (i32.const 2104) (i32.load offset=8 (local.get $result)))
                 (i32.store (i32.const 2108) (i32.load offset=12 (local.get $result)))
                 (i32.store (i32.const 2112) (i32.const 0))
                 (i32.store (i32.const 2116) (i32.const 0))
                 (i32.const 2100)"
            ),
        )
}

impl TestComponent {
    fn new(world: &'static str, functions: &[Function]) -> Self {
        let component = Self {
            world,
            functions: [functions, &STATE].concat(),
            bodies: BTreeMap::new(),
            imports: String::new(),
            items: String::new(),
        };
        component
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

    /// Sets a function's body. Its parameters are `(local.get 0)` and so on.
    pub(crate) fn with(mut self, function: &'static str, body: &str) -> Self {
        assert!(self.functions.iter().any(|(_, name, ..)| *name == function));
        self.bodies.insert(function, body.into());
        self
    }

    /// Imports a function of the contract as `$name`.
    pub(crate) fn importing(mut self, interface: &str, name: &str, signature: &str) -> Self {
        writeln!(
            self.imports,
            r#"(import "memloom:agent/{interface}@0.2.0" "{name}" (func ${name} {signature}))"#
        )
        .unwrap();
        self
    }

    /// Adds a function that changes a table, so that forks go through exports.
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

    /// Returns the core module.
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
                r#"(func (export "memloom:agent/{interface}@0.2.0#{function}")
                    (param {parameters}) {result} {body})"#
            )
            .unwrap();
        }
        wat::parse_str(text + ")").unwrap()
    }

    /// Returns the component.
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
