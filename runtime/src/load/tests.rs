#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::load::inspect::Kind;
use crate::testing as stand_in;

fn sandbox() -> Sandbox {
    Sandbox::new(Limits::default()).unwrap()
}

fn refused(bytes: &[u8]) -> String {
    sandbox()
        .bank_from_bytes("x.wasm", bytes)
        .err()
        .unwrap()
        .to_string()
}

#[test]
fn a_component_of_another_world_is_named_with_the_missing_export() {
    assert_eq!(
        refused(&stand_in::policy().build()),
        "x.wasm is a policy, not a memory bank: it does not export memloom:agent/bank@0.1.0"
    );
    let bytes = stand_in::bank().build();
    let why = sandbox()
        .environment_from_bytes("x.wasm", &bytes)
        .err()
        .unwrap();
    assert_eq!(
        why.to_string(),
        "x.wasm is a memory bank, not an environment: \
         it does not export memloom:agent/environment@0.1.0"
    );
}

#[test]
fn a_component_of_no_world_is_refused() {
    assert_eq!(
        refused(&wat::parse_str("(component)").unwrap()),
        "x.wasm is not a memory bank: it does not export memloom:agent/bank@0.1.0"
    );
}

#[test]
fn another_version_of_the_contract_is_named() {
    let text = r#"(component (instance $i) (export "memloom:agent/bank@0.2.0" (instance $i)))"#;
    assert_eq!(
        refused(&wat::parse_str(text).unwrap()),
        "x.wasm is not a memory bank: it exports memloom:agent/bank@0.2.0, \
         but this memloom calls memloom:agent/bank@0.1.0"
    );
}

#[test]
fn an_import_that_is_not_granted_is_named() {
    let text = r#"(component
        (import "wasi:random/random@0.2.0" (instance))
        (instance $i)
        (export "memloom:agent/bank@0.1.0" (instance $i))
        (export "memloom:agent/state@0.1.0" (instance $i)))"#;
    assert_eq!(
        refused(&wat::parse_str(text).unwrap()),
        "x.wasm is a memory bank that cannot run here: it imports wasi:random/random@0.2.0; \
         a memory bank is granted only memloom:agent/types@0.1.0, memloom:agent/log@0.1.0"
    );
}

#[test]
fn functions_of_other_types_are_refused_before_they_are_called() {
    let text = r#"(component
        (instance $i)
        (export "memloom:agent/bank@0.1.0" (instance $i))
        (export "memloom:agent/state@0.1.0" (instance $i)))"#;
    let why = refused(&wat::parse_str(text).unwrap());
    assert!(
        why.starts_with("x.wasm is a memory bank that cannot run here: "),
        "{why}"
    );
    assert!(why.contains("get-schema"), "{why}");
}

#[test]
fn what_is_no_component_is_refused() {
    assert_eq!(
        refused(&stand_in::bank().module()),
        "cannot load x.wasm: it is a core module, not a component: make one of it, \
         for instance with `memloom componentize`"
    );
    let none = "cannot load x.wasm: it is not WebAssembly: \
                it does not begin as a binary component does";
    assert_eq!(refused(b"(component)"), none);
    assert_eq!(refused(b""), none);
    assert_eq!(
        refused(b"\x7fELF\x02\x01\x01 compiled elsewhere"),
        "cannot load x.wasm: it is compiled already, to machine code that nobody could check \
         (a `.cwasm` file?): load the component that it was made of"
    );
    let mut broken = stand_in::bank().build();
    broken.truncate(broken.len() / 2);
    let why = refused(&broken);
    assert!(why.starts_with("cannot load x.wasm: "), "{why}");
}

#[test]
fn a_file_that_is_missing_or_too_large_is_refused_by_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.wasm");
    let why = sandbox().bank(&path).err().unwrap().to_string();
    assert!(
        why.starts_with(&format!("cannot load {}: No such file", path.display())),
        "{why}"
    );
    std::fs::write(&path, stand_in::bank().build()).unwrap();
    let limits = Limits {
        component_bytes: 100,
        ..Limits::default()
    };
    let why = Sandbox::new(limits)
        .unwrap()
        .bank(&path)
        .err()
        .unwrap()
        .to_string();
    assert!(
        why.contains("more than the limit component_bytes (100) allows"),
        "{why}"
    );
    assert_eq!(sandbox().bank(&path).unwrap().name(), "bank");
}

#[test]
fn memory_that_a_component_starts_with_counts() {
    let limits = Limits {
        memory_bytes: 65_536,
        ..Limits::default()
    };
    let sandbox = Sandbox::new(limits).unwrap();
    let refused = sandbox.bank_from_bytes("flat", &stand_in::bank().build());
    assert_eq!(
        refused.err().unwrap().to_string(),
        "flat is a memory bank that cannot run here: \
         flat: instantiate exceeded the limit memory_bytes (65536): \
         mend the component or raise Limits::memory_bytes"
    );
}

#[test]
fn features_that_nobody_needs_are_refused() {
    for core in [
        "(module (memory i64 1))",
        "(module (memory 1 1 shared))",
        "(module (tag))",
        "(module (type (struct)))",
        "(module (type $f (func)) (func (param (ref $f))))",
        "(module (func $f (return_call $f)))",
        "(module (memory 1 1 (pagesize 1)))",
        "(module (func (drop (i64.add128 (i64.const 0) (i64.const 0)
            (i64.const 0) (i64.const 0))) (drop)))",
        "(module (func (drop (i8x16.relaxed_swizzle
            (v128.const i64x2 0 0) (v128.const i64x2 0 0)))))",
    ] {
        let text = core.replacen("(module", "(component (core module", 1) + ")";
        let why = refused(&wat::parse_str(&text).unwrap());
        assert!(why.starts_with("cannot load x.wasm: "), "{core}: {why}");
    }
}

#[test]
fn an_inspection_tells_kind_and_interfaces_of_anything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.wasm");
    let bytes = stand_in::environment().build();
    std::fs::write(&path, &bytes).unwrap();
    let inspection = sandbox().inspect(&path).unwrap();
    assert_eq!(
        (inspection.name.as_str(), inspection.kind),
        ("odd", Kind::Environment)
    );
    assert_eq!(inspection.bytes, bytes.len() as u64);
    assert_eq!(
        inspection.exports,
        [
            "memloom:agent/environment@0.1.0",
            "memloom:agent/state@0.1.0"
        ]
    );
    let json = serde_json::to_value(&inspection).unwrap();
    assert_eq!(json["kind"], "environment");
    assert_eq!(json["blake3"], blake3::hash(&bytes).to_hex().as_str());
    let text = inspection.to_string();
    assert!(text.starts_with("odd (environment)\n  bytes    "), "{text}");
    assert!(
        text.ends_with(
            "  exports  memloom:agent/environment@0.1.0\n           memloom:agent/state@0.1.0\n  \
             forks    copy-on-write\n"
        ),
        "{text}"
    );

    std::fs::write(&path, stand_in::environment().with_a_table().build()).unwrap();
    let text = sandbox().inspect(&path).unwrap().to_string();
    assert!(
        text.ends_with("  forks    through snapshot and restore: it changes a table\n"),
        "{text}"
    );

    let unknown = wat::parse_str(r#"(component (import "a:b/c" (instance)))"#).unwrap();
    std::fs::write(&path, unknown).unwrap();
    let inspection = sandbox().inspect(&path).unwrap();
    assert_eq!(inspection.kind, Kind::Unknown);
    assert_eq!(inspection.imports, ["a:b/c"]);
}

#[test]
fn compiled_components_are_kept_in_the_folder_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let sandbox = Sandbox::with_cache(Limits::default(), &cache).unwrap();
    sandbox
        .bank_from_bytes("flat", &stand_in::bank().build())
        .unwrap();
    assert!(cache.read_dir().unwrap().next().is_some());

    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let why = Sandbox::with_cache(Limits::default(), &file)
        .err()
        .unwrap()
        .to_string();
    assert!(
        why.starts_with(&format!(
            "cannot set up the sandbox: no cache in {}: ",
            file.display()
        )),
        "{why}"
    );
}

/// A component of one function with this body.
fn of_code(body: &str) -> Vec<u8> {
    wat::parse_str(format!("(component (core module (func {body})))")).unwrap()
}

/// Loops inside of loops around much that changes: 12 KiB that took wasmtime
/// minutes and gigabytes.
fn bomb() -> Vec<u8> {
    let mut body = format!("(local{})", " i32".repeat(1000));
    body += &"(loop ".repeat(1000);
    for local in 0..1000 {
        body += &format!("(local.set {local} (i32.add (local.get {local}) (i32.const 1)))");
    }
    of_code(&(body + &"(br_if 0 (local.get 0)))".repeat(1000)))
}

#[test]
fn code_that_would_take_the_compiler_too_far_is_not_compiled() {
    assert_eq!(
        refused(&bomb()),
        "cannot load x.wasm: its function 0 has 670005835500, \
         where the limit function_tangle allows 10000000"
    );
    let code = of_code(&"(drop (i32.const 1))".repeat(50));
    for (limits, why) in [
        (
            Limits {
                function_bytes: 100,
                ..Limits::default()
            },
            "its function 0 has 152, where the limit function_bytes allows 100",
        ),
        (
            Limits {
                code_bytes: 100,
                ..Limits::default()
            },
            "its code has 152, where the limit code_bytes allows 100",
        ),
    ] {
        let sandbox = Sandbox::new(limits).unwrap();
        let refused = sandbox.bank_from_bytes("x", &code).err().unwrap();
        assert_eq!(refused.to_string(), format!("cannot load x: {why}"));
    }
    let why = refused(&code);
    assert!(why.contains("does not export"), "{why}");
}

#[test]
fn what_blocks_hand_on_counts_a_hundred_times() {
    let plain = "(i32.const 1) (if (then)) (i32.const 1) drop";
    let handing = "(i32.const 1) (i32.const 1) (if (param i32) (then drop) (else drop))";
    let limits = Limits {
        function_tangle: 99,
        ..Limits::default()
    };
    let sandbox = Sandbox::new(limits).unwrap();
    let why = |body| {
        let refused = sandbox.bank_from_bytes("x", &of_code(body));
        refused.err().unwrap().to_string()
    };
    assert!(why(plain).contains("does not export"), "{}", why(plain));
    assert_eq!(
        why(handing),
        "cannot load x: its function 0 has 200, where the limit function_tangle allows 99"
    );
}

#[test]
fn compiling_is_given_up_when_its_time_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        compile_ms: 0,
        ..Limits::default()
    };
    // Nothing is kept there yet.
    let sandbox = Sandbox::with_cache(limits, folder.path()).unwrap();
    let refused = sandbox.bank_from_bytes("flat", &stand_in::bank().build());
    assert_eq!(
        refused.err().unwrap().to_string(),
        "cannot load flat: compiling it takes longer than the limit compile_ms (0) allows"
    );
}
