;; A policy that asks the bank for its sizes without end.
;; world: policy
;; call: observe
;; error: NAME: observe exceeded its host_calls limit (100000); fix the component or raise `limits.host_calls`
(module
  (import "memloom:agent/bank@0.2.0" "get-stats" (func $stats (param i32)))
  (func (export "memloom:agent/policy@0.2.0#observe") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (loop
        (call $stats (i32.const 4096))
        (br 0))
    (i32.const 64)))
