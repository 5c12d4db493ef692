//! Guests as files of WebAssembly text. A file holds the hostile functions of a component; the
//! rest is completed here. It opens with a description of the attempt and the expected error:
//!
//! ```text
//! ;; A loop that does not end.
//! ;; world: bank
//! ;; call: apply
//! ;; error: NAME: apply exceeded its fuel limit (200000000); ...
//! ```
//!
//! `world` is the component's world in the contract, or `none` if the file is the whole
//! component. `call` is the host's call; see [`super::calls`]. `error` is the expected error of
//! the host, or `none`.
//!
//! Functions of the world that a file does not export return a pointer to zeros:
//! empty lists and strings, the first case of each variant. Memory: zeros from 64
//! to 1023, the state (four bytes) at 1024, how much is allocated at 1032, room
//! for results from 2048, allocations from 65536.

use std::fmt::Write;
use std::path::Path;

use wasmparser::{FuncType, Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

/// A guest read from its file.
pub(super) struct Guest {
    /// Name of the file without its ending.
    pub(super) name: String,
    /// The attempt, in words.
    pub(super) tries: String,
    pub(super) world: String,
    pub(super) call: String,
    pub(super) error: Option<String>,
    pub(super) bytes: Vec<u8>,
}

impl Guest {
    /// Reads a file.
    ///
    /// # Panics
    /// Panics if the file does not follow the form above.
    pub(super) fn read(path: &Path) -> Self {
        let name = path.file_stem().expect("a name").to_string_lossy();
        let text = std::fs::read_to_string(path).expect("text");
        let mut tries: Vec<&str> = Vec::new();
        let (mut world, mut call, mut error) = (None, None, None);
        for line in text.lines().map_while(|line| line.strip_prefix(";; ")) {
            match line.split_once(": ") {
                Some(("world", value)) => world = Some(value.to_owned()),
                Some(("call", value)) => call = Some(value.to_owned()),
                Some(("error", value)) => error = Some(value.replace("NAME", &name)),
                _ => tries.push(line),
            }
        }
        let said =
            |value: Option<String>, what| value.unwrap_or_else(|| panic!("{name}: no {what}"));
        let world = said(world, "world");
        let bytes = match world.as_str() {
            "bank" => complete(&text, "memory-bank"),
            "environment" => complete(&text, "task-environment"),
            "policy" => complete(&text, "memory-policy"),
            "none" => wat::parse_str(&text).expect("WebAssembly text"),
            _ => panic!("{name}: there is no world {world}"),
        };
        Self {
            tries: tries.join(" "),
            world,
            call: said(call, "call"),
            error: Some(said(error, "error")).filter(|error| error != "none"),
            bytes,
            name: name.into_owned(),
        }
    }
}

/// Completes a module to a component of a world: functions that are missing return zeros.
///
/// # Panics
/// Panics if the text is not a module that fits the world.
pub fn complete(text: &str, world: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let wit = crate::root().join("wit");
    let (package, _) = resolve.push_path(wit).expect("the contract");
    let world = resolve
        .select_world(&[package], Some(world))
        .expect("a world of the contract");
    let abi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);
    let mut whole = text
        .trim_end()
        .strip_suffix(')')
        .expect("a module")
        .to_owned();
    let lacks = |name: &str| !text.contains(&format!("(export \"{name}\""));
    if lacks("memory") {
        whole += "(memory (export \"memory\") 2)";
    }
    if lacks("cabi_realloc") {
        whole += REALLOC;
    }
    for (name, kind) in functions(&dummy_module(&resolve, world, abi)) {
        if name.contains('#') && !name.starts_with("cabi_post_") && lacks(&name) {
            whole += &idle(&name, &kind);
        }
    }
    let mut module = wat::parse_str(whole + ")").unwrap_or_else(|error| panic!("{error}"));
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
        .expect("a module of this world");
    let mut encoder = ComponentEncoder::default();
    encoder.module(&module).expect("a module");
    encoder.encode().expect("a component")
}

const REALLOC: &str = r#"
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (local $new i32)
        (local.set $new (i32.and
            (i32.add (i32.load (i32.const 1032)) (i32.const 7)) (i32.const -8)))
        (i32.store (i32.const 1032) (i32.add (local.get $new) (local.get 3)))
        (i32.add (i32.const 65536) (local.get $new)))"#;

/// Returns the text of a function that returns zeros.
fn idle(name: &str, kind: &FuncType) -> String {
    let mut text = format!("(func (export {name:?}) (param");
    for parameter in kind.params() {
        write!(text, " {parameter}").expect("a string");
    }
    text += match kind.results() {
        [] => "))",
        _ => ") (result i32) (i32.const 64))",
    };
    text
}

/// Returns the functions that a module exports.
fn functions(module: &[u8]) -> Vec<(String, FuncType)> {
    let (mut types, mut kinds, mut exports) = (Vec::new(), Vec::new(), Vec::new());
    let mut imported = 0;
    for payload in Parser::new(0).parse_all(module) {
        match payload.expect("a module") {
            Payload::TypeSection(section) => {
                types = section
                    .into_iter_err_on_gc_types()
                    .map(|kind| kind.expect("a type"))
                    .collect();
            }
            Payload::ImportSection(section) => imported = section.into_imports().count(),
            Payload::FunctionSection(section) => {
                kinds = section
                    .into_iter()
                    .map(|kind| kind.expect("a function"))
                    .collect();
            }
            Payload::ExportSection(section) => {
                exports = section
                    .into_iter()
                    .map(|export| export.expect("an export"))
                    .collect();
            }
            _ => {}
        }
    }
    let function = |export: &wasmparser::Export<'_>| {
        let own = (export.index as usize).checked_sub(imported)?;
        let kind: &FuncType = &types[*kinds.get(own)? as usize];
        (export.kind == wasmparser::ExternalKind::Func)
            .then(|| (export.name.to_owned(), kind.clone()))
    };
    exports.iter().filter_map(function).collect()
}
