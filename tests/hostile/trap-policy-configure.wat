;; A policy that traps before anything else.
;; world: policy
;; call: configure
;; error: NAME: configure trapped: wasm trap: wasm `unreachable` instruction executed
(module
  (func (export "memloom:agent/policy@0.2.0#configure") (param i32 i32 i32 i32) (result i32) (unreachable)))
