;; Asks the bank for its schema, and traps while the host hands it over.
;; world: policy
;; call: observe
;; error: NAME: observe trapped: wasm trap: wasm `unreachable` instruction executed
(module
  (import "memloom:agent/bank@0.2.0" "get-schema" (func $schema (param i32)))
  (memory (export "memory") 200)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (if (i32.load (i32.const 3000)) (then (unreachable)))
    (i32.store (i32.const 1032) (i32.add (i32.load (i32.const 1032)) (i32.const 4096)))
    (i32.add (i32.const 65536) (i32.load (i32.const 1032))))
  (func (export "memloom:agent/policy@0.2.0#observe") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (i32.store (i32.const 3000) (i32.const 1))
    (call $schema (i32.const 4096))
    (i32.const 64)))
