;; A policy that ends a session while a question is asked.
;; world: policy
;; call: answer
;; error: NAME: end-session may not be called while no session is observed
(module
  (import "memloom:agent/bank@0.2.0" "end-session" (func $end (param i32 i32 i32)))
  (func (export "memloom:agent/policy@0.2.0#answer") (param i32 i32) (result i32)
    (call $end (i32.const 1) (i32.const 0) (i32.const 0))
    (i32.const 64)))
