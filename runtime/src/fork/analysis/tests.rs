#![allow(clippy::unwrap_used, reason = "tests")]

use super::obstacle;

/// The obstacle in a component of one module with these items.
fn module(items: &str) -> Option<String> {
    let text = format!(
        "(component (core module
            (global $stack (mut i32) (i32.const 1024))
            (global $other (mut i32) (i32.const 0))
            (memory 1) {items}))"
    );
    obstacle(&wat::parse_str(text).unwrap())
}

/// Whether a function with this body is shown to leave the globals alone.
fn balanced(body: &str) -> bool {
    let function = format!("(func $f (param $p i32) (result i32) (local $frame i32) {body})");
    match module(&function) {
        None => true,
        Some(why) => {
            assert_eq!(why, "its function 0 may change a global for good");
            false
        }
    }
}

/// What compilers put around a function's body.
fn framed(body: &str) -> String {
    format!(
        "(global.set $stack (local.tee $frame (i32.sub (global.get $stack) (i32.const 16))))
         {body}
         (global.set $stack (i32.add (local.get $frame) (i32.const 16)))
         (i32.const 0)"
    )
}

#[test]
fn code_that_moves_its_stack_and_moves_it_back_is_balanced() {
    assert!(balanced("(i32.const 0)"));
    assert!(balanced(&framed("")));
    assert!(balanced(&framed("(drop (call $f (local.get $p)))")));
    assert!(balanced(&framed(
        "(block (loop (br_if 1 (local.get $p))
            (local.set $p (i32.add (local.get $p) (i32.const 1))) (br 0)))"
    )));
    assert!(balanced(&framed(
        "(if (local.get $p)
            (then (global.set $stack (i32.add (local.get $frame) (i32.const 16)))
                  (return (i32.const 1))))"
    )));
    assert!(balanced(&framed("(block (br_table 0 0 (local.get $p)))")));
    assert!(balanced(&framed("(if (local.get $p) (then unreachable))")));
}

#[test]
fn a_frame_of_unknown_size_is_balanced_where_it_was_saved() {
    assert!(balanced(
        "(local.set $frame (global.get $stack))
         (global.set $stack (i32.and (i32.sub (global.get $stack) (local.get $p)) (i32.const -16)))
         (global.set $stack (local.get $frame))
         (i32.const 0)"
    ));
}

#[test]
fn whatever_leaves_a_global_changed_is_not() {
    for body in [
        "(global.set $other (local.get $p)) (i32.const 0)",
        "(global.set $other (i32.const 0)) (i32.const 0)",
        "(global.set $other (global.get $stack)) (i32.const 0)",
        "(global.set $stack (i32.sub (global.get $stack) (i32.const 16))) (i32.const 0)",
        // One way out of several.
        &framed("(br_if 0 (i32.const 1) (local.get $p)) drop"),
        &framed("(if (local.get $p) (then (return (i32.const 1))))"),
        &framed("(br_table 0 0 (i32.const 1) (local.get $p))"),
        &framed(
            "(if (local.get $p) (then (global.set $stack (local.get $p))))
                 (local.set $frame (i32.sub (global.get $stack) (i32.const 0)))",
        ),
        // The frame's place is lost.
        &framed("(local.set $frame (local.get $p))"),
        &framed("(if (local.get $p) (then (local.set $frame (local.get $p))))"),
        &framed(
            "(loop (local.set $frame (i32.add (local.get $frame) (i32.const 16)))
                 (br_if 0 (local.get $p)))",
        ),
        // Each round moves it on.
        "(loop (global.set $stack (i32.sub (global.get $stack) (i32.const 16)))
            (br_if 0 (local.get $p)))
         (global.set $stack (i32.add (global.get $stack) (i32.const 16)))
         (i32.const 0)",
    ] {
        assert!(!balanced(body), "{body}");
    }
}

#[test]
fn what_is_unreachable_does_not_count() {
    assert!(balanced(
        "(return (i32.const 0)) (global.set $other (i32.const 1))
         (block (loop (if (i32.const 1) (then (br 1)) (else (br 2)))))"
    ));
    assert!(balanced(
        "unreachable (loop (global.set $other (i32.const 1)) (br 0))"
    ));
}

#[test]
fn tables_and_segments_that_change_are_state() {
    let table = "(table $t 1 funcref)";
    for (change, why) in [
        (
            "(table.set $t (i32.const 0) (ref.null func))",
            "it changes a table",
        ),
        (
            "(drop (table.grow $t (ref.null func) (i32.const 1)))",
            "it changes a table",
        ),
        ("(data.drop $d)", "it drops a segment"),
    ] {
        let found = module(&format!("{table} (data $d \"x\") (func {change})"));
        assert_eq!(found.as_deref(), Some(why), "{change}");
    }
    assert_eq!(
        module(&format!("{table} (elem (i32.const 0) $f) (func $f)")),
        None
    );
}

#[test]
fn two_imported_globals_could_be_one() {
    let import = r#"(import "a" "x" (global (mut i32))) (import "a" "y" (global (mut i32)))"#;
    let text = format!("(component (core module {import}))");
    let why = obstacle(&wat::parse_str(text).unwrap());
    assert_eq!(why.as_deref(), Some("its modules share several globals"));
}

#[test]
fn handles_and_code_inside_nested_components_are_not_followed() {
    for (text, why) in [
        (
            "(component (type (resource (rep i32))))",
            "it defines resources, which have handles",
        ),
        (
            "(component (component (core module)))",
            "it has components with code inside",
        ),
    ] {
        let found = obstacle(&wat::parse_str(text).unwrap());
        assert_eq!(found.as_deref(), Some(why));
    }
}

#[test]
fn bytes_that_are_no_component_are_an_obstacle() {
    assert!(obstacle(b"\0asm\x0d\0\x01\0garbage").is_some());
    assert!(obstacle(b"").is_some());
}
