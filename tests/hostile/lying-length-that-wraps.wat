;; Returns a text whose end wraps around to its memory's beginning.
;; world: bank
;; call: render
;; error: NAME: render trapped: string pointer/length out of bounds of memory
(module
  (func (export "memloom:agent/bank@0.2.0#render") (param i32 i32) (result i32)
    (i32.store (i32.const 2052) (i32.const -16))
    (i32.store (i32.const 2056) (i32.const 32))
    (i32.const 2048)))
