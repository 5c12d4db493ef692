;; Says that its state has one GiB.
;; world: bank
;; call: snapshot
;; error: NAME: snapshot trapped: list pointer/length out of bounds of memory
(module
  (func (export "memloom:agent/state@0.2.0#snapshot") (result i32)
    (i32.store (i32.const 2048) (i32.const 4096))
    (i32.store (i32.const 2052) (i32.const 1073741824))
    (i32.const 2048)))
