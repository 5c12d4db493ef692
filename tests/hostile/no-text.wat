;; Returns a text that is no UTF-8.
;; world: bank
;; call: render
;; error: NAME: render trapped: invalid utf-8 sequence of 1 bytes from index 0
(module
  (func (export "memloom:agent/bank@0.2.0#render") (param i32 i32) (result i32)
    (i32.store8 (i32.const 3000) (i32.const 255))
    (i32.store (i32.const 2052) (i32.const 3000))
    (i32.store (i32.const 2056) (i32.const 1))
    (i32.const 2048)))
