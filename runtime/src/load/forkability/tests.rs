#![allow(clippy::unwrap_used, reason = "tests")]

use super::forkable;

fn obstacle(component: &[u8]) -> Option<String> {
    forkable(component).err()
}

/// Returns the reason why a component of one module with these items cannot be forked by
/// memory.
fn module(items: &str) -> Option<String> {
    let text = format!(
        r#"(component (core module
            (global $stack (export "stack") (mut i32) (i32.const 1024))
            (global $other (export "other") (mut i32) (i32.const 0))
            (memory 1) {items}))"#
    );
    obstacle(&wat::parse_str(text).unwrap())
}

/// Returns whether a function with this body provably leaves the globals unchanged.
fn balanced(body: &str) -> bool {
    // A table refers to it, so it can be called from elsewhere.
    let function = format!(
        "(elem declare func $f)
         (func $f (param $p i32) (result i32) (local $frame i32) {body})"
    );
    match module(&function) {
        None => true,
        Some(why) => {
            assert_eq!(why, "function 0 may leave a global changed");
            false
        }
    }
}

/// Returns a body within the usual frame of compilers.
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
        // The frame's address is lost.
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
        let found = module(&format!(
            "{table} (data $d \"x\") (func (export \"f\") {change})"
        ));
        assert_eq!(found.as_deref(), Some(why), "{change}");
    }
    assert_eq!(
        module(&format!("{table} (elem (i32.const 0) $f) (func $f)")),
        None
    );
}

#[test]
fn two_imported_globals_that_are_set_could_be_one() {
    let component = |sets: &str| {
        let text = format!(
            r#"(component (core module
                (import "a" "x" (global $x (mut i32)))
                (import "a" "y" (global $y (mut i32)))
                (func (export "f") (global.set $x (global.get $x)) {sets})))"#
        );
        obstacle(&wat::parse_str(text).unwrap())
    };
    let why = component("(global.set $y (global.get $y))");
    assert_eq!(why.as_deref(), Some("its modules share several globals"));
    assert_eq!(component("(drop (global.get $y))"), None);
    // One of them may hold the value to which the other was set.
    let why = component("(global.set $x (global.get $y))");
    assert!(why.unwrap().contains("leave a global changed"));
}

#[test]
fn functions_that_nobody_can_call_do_not_count() {
    let sets = "(global.set $other (i32.const 1))";
    let dead = format!("(func $g {sets}) (func $h (call $g))");
    assert_eq!(module(&dead), None);
    for root in [
        r#"(export "h" (func $h))"#,
        "(start $h)",
        "(table 1 funcref) (elem (i32.const 0) $h)",
        "(table 1 funcref (ref.func $h))",
        "(global funcref (ref.func $h))",
        r#"(elem declare func $h) (func (export "i") (drop (ref.func $h)))"#,
        r#"(func (export "i") (return_call $h))"#,
    ] {
        assert!(module(&format!("{dead} {root}")).is_some(), "{root}");
    }
}

/// Returns whether a component forks by memory if its function sets a global of its own
/// module.
fn moves(global: &str) -> bool {
    let text = format!(
        r#"(component (core module {global}
            (func (export "f") (global.set $g (i32.mul (global.get $g) (i32.const 2))))))"#
    );
    match forkable(&wat::parse_str(text).unwrap()) {
        Ok(moved) => {
            wasmparser::Validator::new().validate_all(&moved).unwrap();
            true
        }
        Err(why) => {
            assert!(why.contains("leave a global changed"));
            false
        }
    }
}

#[test]
fn a_global_that_others_may_know_is_not_moved() {
    assert!(moves("(global $g (mut i32) (i32.const 7))"));
    assert!(!moves(
        r#"(global $g (export "g") (mut i32) (i32.const 7))"#
    ));
    assert!(!moves(r#"(import "a" "g" (global $g (mut i32)))"#));
}

/// Returns the core module of a component in its forkable form.
fn run(module: &str) -> Vec<i64> {
    let component = wat::parse_str(format!("(component {module})")).unwrap();
    let moved = forkable(&component).unwrap();
    let inner = wasmparser::Parser::new(0)
        .parse_all(&moved)
        .find_map(|payload| match payload.unwrap() {
            wasmparser::Payload::ModuleSection {
                unchecked_range, ..
            } => Some(moved[unchecked_range].to_vec()),
            _ => None,
        });
    let engine = wasmtime::Engine::default();
    let module = wasmtime::Module::new(&engine, inner.unwrap()).unwrap();
    let mut store = wasmtime::Store::new(&engine, ());
    let instance = wasmtime::Instance::new(&mut store, &module, &[]).unwrap();
    let next = instance
        .get_typed_func::<(), i64>(&mut store, "next")
        .unwrap();
    (0..4).map(|_| next.call(&mut store, ()).unwrap()).collect()
}

#[test]
fn code_whose_globals_are_moved_does_what_it_did() {
    let code = r#"
        (global $fixed i32 (i32.const 5))
        (global $small (mut i32) (i32.const -3))
        (global $large (mut i64) (i64.const 0x1_0000_0000))
        (func $other (param i32) (result i32) (i32.add (local.get 0) (global.get $fixed)))
        (func (export "next") (result i64) (local i64)
            (global.set $small (i32.add (global.get $small) (i32.const 1)))
            (global.set $large (i64.mul (global.get $large) (i64.const 3)))
            (if (i32.eqz (global.get $small)) (then (global.set $large (i64.const 1))))
            (i64.add (global.get $large)
                (i64.extend_i32_s (call $other (global.get $small)))))"#;
    let expected = [3 << 32, 9 << 32, 1, 3].iter().zip([-2, -1, 0, 1]);
    let expected: Vec<i64> = expected.map(|(large, small)| large + small + 5).collect();
    for memory in ["", "(memory 1) (data (i32.const 0) \"x\")"] {
        assert_eq!(run(&format!("(core module {memory} {code})")), expected);
    }
}

#[test]
fn modules_in_nested_components_are_followed() {
    let nested = |body: &str| {
        let text = format!(
            r#"(component (component (component
                (core module (global $g (export "g") (mut i32) (i32.const 0)) (func (export "f") {body})))))"#
        );
        obstacle(&wat::parse_str(text).unwrap())
    };
    assert_eq!(nested(""), None);
    assert!(nested("(global.set $g (i32.const 1))").is_some());
}

/// Returns a component that defines a resource and passes `new` to a module.
fn resources(module: &str, more: &str) -> Option<String> {
    let text = format!(
        r#"(component
            (type $r (resource (rep i32)))
            (core func $new (canon resource.new $r))
            (core func $drop (canon resource.drop $r))
            (core instance $around (export "new" (func $new)) (export "drop" (func $drop)))
            (core module $m
                (import "r" "new" (func $new (param i32) (result i32)))
                (import "r" "drop" (func $drop (param i32)))
                {module})
            (core instance $i (instantiate $m (with "r" (instance $around))))
            {more})"#
    );
    obstacle(&wat::parse_str(text).unwrap())
}

#[test]
fn resources_are_fine_until_somebody_makes_one() {
    assert_eq!(resources("", ""), None);
    let drops = r#"(func (export "f") (call $drop (i32.const 1)))"#;
    assert_eq!(resources(drops, ""), None);
    let makes = "it makes handles of resources";
    for (module, more) in [
        (
            r#"(func (export "f") (drop (call $new (i32.const 1))))"#,
            "",
        ),
        (r#"(export "again" (func $new))"#, ""),
        ("(table 1 funcref) (elem (i32.const 0) $new)", ""),
        (
            "",
            r#"(alias core export $around "new" (core func $n))
               (type $f (func (param "x" s32) (result s32)))
               (func (type $f) (canon lift (core func $n)))"#,
        ),
    ] {
        assert_eq!(resources(module, more).as_deref(), Some(makes), "{module}");
    }
}

#[test]
fn other_built_in_functions_and_passed_modules_are_not_followed() {
    for (text, why) in [
        (
            "(component (core func (canon context.set i32 0)))",
            "it uses asynchronous or other special functions",
        ),
        (
            r#"(component (import "m" (core module)))"#,
            "it imports, exports or aliases core modules",
        ),
        (
            "(component (core module $m) (component (alias outer 1 $m (core module))))",
            "it imports, exports or aliases core modules",
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

/// Returns a component whose function `f` moves the stack by one amount and returns the
/// value there, and whose function `post` moves it by another.
fn lifted(by: i32, back: i32, inside: &str, options: &str) -> Option<String> {
    let text = format!(
        r#"(component
            (core module $m
                (memory (export "memory") 1)
                (global $stack (export "stack") (mut i32) (i32.const 1024))
                (func $f (export "f") (result i32) (local $frame i32)
                    (global.set $stack (local.tee $frame
                        (i32.add (global.get $stack) (i32.const {by}))))
                    (local.get $frame))
                (func $post (export "post") (param i32)
                    (global.set $stack (i32.add (global.get $stack) (i32.const {back}))))
                {inside})
            (core module $other (import "m" "f" (func $f (result i32))))
            (core module $caller (import "m" "f" (func $f (result i32)))
                (func (export "g") (drop (call $f))))
            (core instance $i (instantiate $m))
            (alias core export $i "memory" (core memory $memory))
            (alias core export $i "f" (core func $f))
            (alias core export $i "post" (core func $post))
            (type $t (func (result string)))
            {options})"#
    );
    obstacle(&wat::parse_str(text).unwrap())
}

#[test]
fn results_may_lie_on_the_stack_until_the_post_return() {
    let lift = |options: &str| {
        format!("(func (type $t) (canon lift (core func $f) (memory $memory) {options}))")
    };
    let paired = &lift("(post-return (core func $post))");
    assert_eq!(lifted(-16, 16, "", ""), None);
    assert_eq!(lifted(-16, 16, "", paired), None);
    let refused = |by, back, inside: &str, options: &str| {
        let why = lifted(by, back, inside, options);
        assert!(why.is_some_and(|why| why.contains("leave a global changed")));
    };
    // By another amount, or not at all.
    refused(-16, 8, "", paired);
    refused(-16, 0, "", paired);
    refused(0, 16, "", paired);
    refused(-16, 16, "", &lift(""));
    // Another function calls it, too.
    refused(-16, 16, r#"(func (export "g") (drop (call $f)))"#, paired);
    refused(-16, 16, "(table 1 funcref) (elem (i32.const 0) $f)", paired);
    let given = |module: &str| {
        format!(r#"(core instance (instantiate {module} (with "m" (instance $i))))"#)
    };
    assert_eq!(lifted(-16, 16, "", &given("$other")), None);
    refused(-16, 16, "", &given("$caller"));
    // Moved back in another instance.
    refused(
        -16,
        16,
        "",
        r#"(core instance $j (instantiate $m))
           (alias core export $j "post" (core func $elsewhere))
           (func (type $t) (canon lift (core func $f) (memory $memory)
               (post-return (core func $elsewhere))))"#,
    );
}
