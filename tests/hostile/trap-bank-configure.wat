;; A bank that traps before anything else.
;; world: bank
;; call: configure
;; error: NAME: configure trapped: wasm trap: wasm `unreachable` instruction executed
(module
  (func (export "memloom:agent/bank@0.2.0#configure") (param i32 i32) (result i32) (unreachable)))
