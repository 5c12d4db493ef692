;; Traps in every function of an environment.
;; world: environment
;; call: each
;; error: NAME: EACH trapped: wasm trap: wasm `unreachable` instruction executed
(module
  (func (export "memloom:agent/environment@0.2.0#describe") (result i32) (unreachable))
  (func (export "memloom:agent/environment@0.2.0#load") (param i32 i32 i32 i32) (result i32) (unreachable))
  (func (export "memloom:agent/environment@0.2.0#open") (param i32 i32 i64 i32) (result i32) (unreachable))
  (func (export "memloom:agent/environment@0.2.0#get-session") (param i32) (result i32) (unreachable))
  (func (export "memloom:agent/environment@0.2.0#act") (param i32 i32) (result i32) (unreachable))
  (func (export "memloom:agent/environment@0.2.0#advise") (param i32 i32 i64) (result i32) (unreachable))
  (func (export "memloom:agent/environment@0.2.0#questions") (result i32) (unreachable))
  (func (export "memloom:agent/environment@0.2.0#score") (param i32 i32 i32 i32 i32 i32) (result i32) (unreachable))
  (func (export "memloom:agent/environment@0.2.0#rubric") (param i32 i32) (result i32) (unreachable))
  (func (export "memloom:agent/environment@0.2.0#demonstrate") (param i32 i32 i32 i64) (result i32) (unreachable))
  (func (export "memloom:agent/state@0.2.0#snapshot") (result i32) (unreachable))
  (func (export "memloom:agent/state@0.2.0#restore") (param i32 i32) (result i32) (unreachable)))
