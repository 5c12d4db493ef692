#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::kind::Kind;
use crate::testing;

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
fn a_component_of_another_kind_is_named_with_the_missing_export() {
    assert_eq!(
        refused(&testing::policy().build()),
        "x.wasm is a policy, not a memory bank: it does not export memloom:agent/bank@0.2.0"
    );
    let bytes = testing::bank().build();
    let why = sandbox()
        .environment_from_bytes("x.wasm", &bytes)
        .err()
        .unwrap();
    assert_eq!(
        why.to_string(),
        "x.wasm is a memory bank, not an environment: \
         it does not export memloom:agent/environment@0.2.0"
    );
}

#[test]
fn a_component_of_no_kind_is_refused() {
    assert_eq!(
        refused(&wat::parse_str("(component)").unwrap()),
        "x.wasm is not a memory bank: it does not export memloom:agent/bank@0.2.0"
    );
}

#[test]
fn another_version_of_the_contract_is_named() {
    let text = r#"(component (instance $i) (export "memloom:agent/bank@0.3.0" (instance $i)))"#;
    assert_eq!(
        refused(&wat::parse_str(text).unwrap()),
        "x.wasm is not a memory bank: it exports memloom:agent/bank@0.3.0, \
         but this memloom runs versions 0.2.0 and 0.1.0"
    );
}

#[test]
fn a_forbidden_import_is_named() {
    let text = r#"(component
        (import "wasi:random/random@0.2.0" (instance))
        (instance $i)
        (export "memloom:agent/bank@0.2.0" (instance $i))
        (export "memloom:agent/state@0.2.0" (instance $i)))"#;
    assert_eq!(
        refused(&wat::parse_str(text).unwrap()),
        "x.wasm is a memory bank that cannot run here: it imports wasi:random/random@0.2.0; \
         a memory bank may import only memloom:agent/types@0.2.0, memloom:agent/log@0.2.0"
    );
}

#[test]
fn functions_of_other_types_are_refused_before_they_are_called() {
    let text = r#"(component
        (instance $i)
        (export "memloom:agent/bank@0.2.0" (instance $i))
        (export "memloom:agent/state@0.2.0" (instance $i)))"#;
    let why = refused(&wat::parse_str(text).unwrap());
    assert!(
        why.starts_with("x.wasm is a memory bank that cannot run here: "),
        "{why}"
    );
    assert!(why.contains("configure"), "{why}");
}

#[test]
fn bytes_that_are_no_component_are_refused() {
    assert_eq!(
        refused(&testing::bank().module()),
        "cannot load x.wasm: it is a core module, not a component; make a component of it, \
         for instance with `memloom componentize`"
    );
    let none = "cannot load x.wasm: it is not WebAssembly: \
                it lacks the header of a binary component";
    assert_eq!(refused(b"(component)"), none);
    assert_eq!(refused(b""), none);
    assert_eq!(
        refused(b"\x7fELF\x02\x01\x01 compiled elsewhere"),
        "cannot load x.wasm: it is machine code (a `.cwasm` file?), which cannot be checked; \
         load the component from which it was compiled"
    );
    let mut broken = testing::bank().build();
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
    std::fs::write(&path, testing::bank().build()).unwrap();
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
        why.contains("more than `Limits::component_bytes` (100) allows"),
        "{why}"
    );
    assert_eq!(sandbox().bank(&path).unwrap().name(), "bank");
}

#[test]
fn initial_memory_counts_towards_the_limit() {
    let limits = Limits {
        memory_bytes: 65_536,
        ..Limits::default()
    };
    let sandbox = Sandbox::new(limits).unwrap();
    let refused = sandbox.bank_from_bytes("flat", &testing::bank().build());
    assert_eq!(
        refused.err().unwrap().to_string(),
        "flat is a memory bank that cannot run here: \
         flat: instantiate exceeded its memory_bytes limit (65536); \
         fix the component or raise `limits.memory_bytes`"
    );
}

#[test]
fn features_without_use_for_guests_are_refused() {
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
fn an_inspection_names_kind_and_interfaces_of_any_component() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.wasm");
    let bytes = testing::environment().build();
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
            "memloom:agent/environment@0.2.0",
            "memloom:agent/state@0.2.0"
        ]
    );
    let json = serde_json::to_value(&inspection).unwrap();
    assert_eq!(json["kind"], "environment");
    assert_eq!(json["blake3"], blake3::hash(&bytes).to_hex().as_str());
    let text = inspection.to_string();
    assert!(text.starts_with("odd (environment)\n  bytes    "), "{text}");
    assert!(
        text.ends_with(
            "  exports  memloom:agent/environment@0.2.0\n           memloom:agent/state@0.2.0\n  \
             forks    copy-on-write\n"
        ),
        "{text}"
    );

    std::fs::write(&path, testing::environment().with_a_table().build()).unwrap();
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
fn compiled_components_are_kept_in_the_given_folder() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let sandbox = Sandbox::with_cache(Limits::default(), &cache).unwrap();
    sandbox
        .bank_from_bytes("flat", &testing::bank().build())
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
            "cannot set up the sandbox: cannot use the cache folder {}: ",
            file.display()
        )),
        "{why}"
    );
}

/// Returns a component of one function with this body.
fn component_with_code(body: &str) -> Vec<u8> {
    wat::parse_str(format!("(component (core module (func {body})))")).unwrap()
}

/// Returns nested loops around many changing locals: 12 KiB that took wasmtime minutes
/// and gigabytes.
fn bomb() -> Vec<u8> {
    let mut body = format!("(local{})", " i32".repeat(1000));
    body += &"(loop ".repeat(1000);
    for local in 0..1000 {
        body += &format!("(local.set {local} (i32.add (local.get {local}) (i32.const 1)))");
    }
    component_with_code(&(body + &"(br_if 0 (local.get 0)))".repeat(1000)))
}

#[test]
fn code_that_is_too_complex_is_not_compiled() {
    assert_eq!(
        refused(&bomb()),
        "cannot load x.wasm: function 0: function_complexity is 670005835500, \
         but `Limits::function_complexity` allows 10000000"
    );
    let code = component_with_code(&"(drop (i32.const 1))".repeat(50));
    for (limits, why) in [
        (
            Limits {
                function_bytes: 100,
                ..Limits::default()
            },
            "function 0: function_bytes is 152, but `Limits::function_bytes` allows 100",
        ),
        (
            Limits {
                code_bytes: 100,
                ..Limits::default()
            },
            "all functions: code_bytes is 152, but `Limits::code_bytes` allows 100",
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
fn a_block_with_operands_counts_a_hundredfold() {
    let plain = "(i32.const 1) (if (then)) (i32.const 1) drop";
    let passing = "(i32.const 1) (i32.const 1) (if (param i32) (then drop) (else drop))";
    let limits = Limits {
        function_complexity: 99,
        ..Limits::default()
    };
    let sandbox = Sandbox::new(limits).unwrap();
    let why = |body| {
        let refused = sandbox.bank_from_bytes("x", &component_with_code(body));
        refused.err().unwrap().to_string()
    };
    assert!(why(plain).contains("does not export"), "{}", why(plain));
    assert_eq!(
        why(passing),
        "cannot load x: function 0: function_complexity is 200, \
         but `Limits::function_complexity` allows 99"
    );
}

#[test]
fn compilation_stops_at_its_time_limit() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        compile_ms: 0,
        ..Limits::default()
    };
    // The cache must be empty, or nothing is compiled.
    let sandbox = Sandbox::with_cache(limits, folder.path()).unwrap();
    let refused = sandbox.bank_from_bytes("flat", &testing::bank().build());
    assert_eq!(
        refused.err().unwrap().to_string(),
        "cannot load flat: compiling it takes longer than `Limits::compile_ms` (0) allows"
    );
}
