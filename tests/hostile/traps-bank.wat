;; Traps in every function of a bank.
;; world: bank
;; call: each
;; error: NAME: EACH trapped: wasm trap: wasm `unreachable` instruction executed
(module
  (func (export "memloom:agent/bank@0.2.0#get-schema") (result i32) (unreachable))
  (func (export "memloom:agent/bank@0.2.0#apply") (param i32 i32 i32 i32 i32) (result i32) (unreachable))
  (func (export "memloom:agent/bank@0.2.0#retrieve") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 f32 i32 i32) (result i32) (unreachable))
  (func (export "memloom:agent/bank@0.2.0#entries") (result i32) (unreachable))
  (func (export "memloom:agent/bank@0.2.0#render") (param i32 i32) (result i32) (unreachable))
  (func (export "memloom:agent/bank@0.2.0#end-session") (param i32 i32 i32) (unreachable))
  (func (export "memloom:agent/bank@0.2.0#get-stats") (result i32) (unreachable))
  (func (export "memloom:agent/state@0.2.0#snapshot") (result i32) (unreachable))
  (func (export "memloom:agent/state@0.2.0#restore") (param i32 i32) (result i32) (unreachable)))
