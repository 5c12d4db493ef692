;; A policy that traps when it is asked.
;; world: policy
;; call: answer
;; error: NAME: answer trapped: wasm trap: wasm `unreachable` instruction executed
(module
  (func (export "memloom:agent/policy@0.2.0#answer") (param i32 i32) (result i32) (unreachable)))
