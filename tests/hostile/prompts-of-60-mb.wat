;; A policy that has the model read 60 MB without end.
;; world: policy
;; call: observe
;; error: NAME: observe exceeded its host_bytes limit (268435456); fix the component or raise `limits.host_bytes`
(module
  (import "memloom:agent/model@0.2.0" "generate" (func $generate (param i32 i32)))
  (memory (export "memory") 1200)
  (func (export "memloom:agent/policy@0.2.0#observe") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (i32.store (i32.const 3000) (i32.const 131072))
    (i32.store (i32.const 3004) (i32.const 60000000))
    (i32.store (i32.const 3024) (i32.const 9))
    (loop
        (call $generate (i32.const 3000) (i32.const 2064))
        (i32.store (i32.const 1032) (i32.const 0))
        (br 0))
    (i32.const 64)))
