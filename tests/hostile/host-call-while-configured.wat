;; A policy that asks the bank before there is an episode.
;; world: policy
;; call: describe
;; error: NAME: get-stats may not be called outside an episode
(module
  (import "memloom:agent/bank@0.2.0" "get-stats" (func $stats (param i32)))
  (func (export "memloom:agent/policy@0.2.0#describe") (result i32)
    (call $stats (i32.const 4096))
    (i32.const 64)))
